import type { Observation } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { decided } from '../../main/engine/replication/result-rules-twice.ts';
import { newSync } from '../../shared/documents/common.ts';
import type { ResultDoc } from '../../shared/documents/index.ts';
import { resultMapping } from '../../shared/fhir/result.ts';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** One test of one tube at two stations: entered twice, released twice, changed at the server. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

const mine = (at: Conflict): ResultDoc => at.store.all('results').find((doc) => doc.id === 'res-1-0')!;
const all = (at: Conflict) => at.store.all('results');
const there = (at: Conflict) => at.there<Observation>('Observation', mine(at).serverId);
const waiting = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;

/** The result of this station at the server as another station would have made its own: another identifier, another value. */
function elsewhere(at: Conflict, id: string, value: string): Observation {
  const text = JSON.stringify(there(at))
    .replaceAll('res-1-0', id)
    .replaceAll('key-1-0', `key-${id}`)
    .replaceAll('"B2"', '"A1"')
    .replaceAll('5.40', value);
  const { id: _id, meta, ...rest } = JSON.parse(text) as Observation;
  return { ...rest, id: `server-${id}`, meta: { tag: meta?.tag ?? [] } };
}

test('a result entered twice, at two stations: both are kept, one task shows both values, and the chosen one stands everywhere', async () => {
  of = await conflict();
  of.store.change('results', { ...mine(of), ...waiting });
  await of.plug();
  await of.unplug();
  of.put(elsewhere(of, 'res-0-0', '7.10'));
  await of.plug();
  expect(all(of)).toHaveLength(2);
  expect(mine(of)).toMatchObject({ syncState: 'conflict', current: true, value: { text: '5.40' } });
  const [task] = of.store.all('tasks');
  expect(task).toMatchObject({ reason: 'enteredTwice', resultId: 'res-1-0', status: 'open' });
  expect(task!.summary).toBe('Glucose was entered at two stations: 5.40 here, 7.10 at A1');
  expect(task!.payload).toMatchObject({
    here: { value: { text: '5.40' } },
    server: { value: { text: '7.10' } },
  });
  await of.replication.decide('results', 'res-1-0', [], DECIDER);
  await of.plug();
  const other = all(of).find((doc) => doc.id === 'res-0-0')!;
  expect(mine(of)).toMatchObject({ current: false, value: { text: '5.40' }, syncState: 'onServer' });
  expect(other).toMatchObject({ current: true, value: { text: '7.10' }, syncState: 'onServer' });
  expect(mine(of).because[0]).toMatchObject({ rule: 'enteredTwice', inputs: { by: 'ml' } });
  expect(of.server.stats()).toMatchObject({ duplicates: [], resources: { Observation: 2 } });
  expect(of.store.all('tasks')[0]).toMatchObject({ status: 'done', resolvedBy: 'ml' });
});

/** A second result of mine that was never sent as far as is known here, and waits for a person: another station entered its test too. */
async function neverSent(at: Conflict): Promise<ResultDoc> {
  const first = mine(at);
  await at.unplug();
  const again = {
    ...first,
    ...waiting,
    id: 'res-5-0',
    accessionIdentifier: 'B2A00000002Y',
    sourceKey: 'key-5-0',
  };
  at.store.change('results', { ...again, serverId: '', sync: newSync(first.createdAt), syncState: 'queued' });
  const other = JSON.parse(
    JSON.stringify(elsewhere(at, 'res-0-0', '7.10')).replaceAll('B2A00000001X', 'B2A00000002Y'),
  );
  at.put(other as Observation);
  await at.plug();
  const [doc] = all(at).filter((one) => one.id === 'res-5-0');
  expect(doc).toMatchObject({ syncState: 'conflict', serverId: '' });
  return doc!;
}

test('the question which of two results stands is at the server before it is answered, also when mine was never sent', async () => {
  of = await conflict();
  await neverSent(of);
  const disputed = () => all(of!).find((doc) => doc.id === 'res-5-0')!;
  expect(of.store.all('tasks')).toMatchObject([
    { reason: 'enteredTwice', status: 'open', syncState: 'onServer' },
  ]);
  expect(of.tasks()).toMatchObject([{ status: 'requested' }]);
  expect(JSON.stringify(of.tasks())).not.toContain('Observation/');
  await of.replication.decide('results', 'res-5-0', ['value'], DECIDER);
  await of.plug();
  expect(disputed()).toMatchObject({ syncState: 'onServer', current: true });
  expect(of.tasks()).toMatchObject([{ status: 'completed' }]);
  expect(JSON.stringify(of.tasks())).toContain(`Observation/${disputed().serverId}`);
});

test('what others decided about a result of mine that waits for a person is heard also where the answer to its sending was lost', async () => {
  of = await conflict();
  const disputed = await neverSent(of);
  const context = { station: 'B2', reference: () => '' };
  const decision = { stands: 'res-0-0', round: 1, by: 'okafor', at: '2026-07-29T06:30:00.000Z' };
  const sent = resultMapping.to(decided(disputed, decision), context);
  of.put({ ...sent, id: 'server-res-5-0', subject: there(of).subject! });
  const now = () => all(of!).find((doc) => doc.id === 'res-5-0')!;
  await of.until(() => now().serverId === 'server-res-5-0');
  await of.plug();
  expect(now()).toMatchObject({ current: false, value: { text: '5.40' }, syncState: 'onServer' });
  expect(of.store.all('tasks')).toMatchObject([{ status: 'done', resolvedBy: 'server' }]);
  expect(of.server.stats().duplicates).toEqual([]);
});

/** My result as the server has it, as another station that commented on it would leave it there. */
const commented = (at: Conflict, text: string): Observation => ({ ...there(at), note: [{ text }] });

test('a result entered twice stays with the person who was asked when somebody else changes it at the server meanwhile', async () => {
  of = await conflict();
  of.store.change('results', { ...mine(of), ...waiting });
  await of.plug();
  of.put(elsewhere(of, 'res-0-0', '7.10'));
  await of.until(() => mine(of!).syncState === 'conflict');
  of.put(commented(of, 'Haemolysed'));
  await of.until(() => mine(of!).comment === 'Haemolysed');
  await of.round();
  expect(mine(of)).toMatchObject({ syncState: 'conflict', current: true });
  expect(mine(of).sync.why).toBe('Glucose was entered at two stations: 5.40 here, 7.10 at A1');
  expect(of.store.all('tasks')).toMatchObject([{ reason: 'enteredTwice', status: 'open' }]);
  await of.replication.decide('results', 'res-1-0', [], DECIDER);
  await of.plug();
  const standing = all(of).filter((doc) => doc.current);
  expect(standing.map((doc) => doc.value.text)).toEqual(['7.10']);
  expect(mine(of)).toMatchObject({ syncState: 'onServer', comment: 'Haemolysed' });
});

test('a version that replaces another and a comment on the replaced one arrive together: both are taken, nobody is asked', async () => {
  of = await conflict();
  await of.unplug();
  const first = mine(of);
  const reference = (to: string) => (to === 'results' ? `Observation/${first.serverId}` : '');
  const next = { ...first, id: 'res-7-0', version: 2, replacesId: first.id, sourceKey: '', extra: undefined };
  const sent = resultMapping.to({ ...next, ...waiting, verdict: 'held' }, { station: 'A1', reference });
  of.put({ ...sent, id: 'server-res-7-0', subject: there(of).subject! });
  of.put(commented(of, 'Haemolysed'));
  await of.plug();
  expect(mine(of)).toMatchObject({ current: false, comment: 'Haemolysed', syncState: 'onServer' });
  expect(all(of).filter((doc) => doc.current)).toMatchObject([{ version: 2, replacesId: 'res-1-0' }]);
  expect(of.store.all('tasks')).toEqual([]);
});

test('a value changed at the server and changed back there leaves nothing to decide: the task is closed', async () => {
  of = await conflict();
  const before = there(of);
  const changed = JSON.stringify(before).replaceAll('5.40', '6.60').replace('"value":5.4', '"value":6.6');
  of.put(JSON.parse(changed) as Observation);
  await of.until(() => mine(of!).syncState === 'conflict');
  of.put(before);
  await of.until(() => mine(of!).syncState === 'onServer');
  expect(mine(of)).toMatchObject({ value: { text: '5.40' }, current: true });
  expect(of.store.all('tasks')).toMatchObject([{ status: 'done', resolvedBy: 'server' }]);
});

test('the station whose version is the first of two is not asked: one person decides, not two', async () => {
  of = await conflict();
  of.store.change('results', { ...mine(of), ...waiting });
  await of.plug();
  of.put(elsewhere(of, 'res-9-9', '7.10'));
  await of.until(() => all(of!).length === 2);
  await of.round();
  expect(of.store.all('tasks')).toEqual([]);
  expect(mine(of)).toMatchObject({ syncState: 'onServer', current: true });
});

test('a result released at two stations: the release at the server stands, the other is written into its reasons, the value is untouched', async () => {
  of = await conflict();
  of.store.change('results', { ...mine(of), ...waiting });
  await of.plug();
  await of.unplug();
  const released = JSON.parse(
    JSON.stringify(there(of)).replace('"valueString":"ready"', '"valueString":"released"'),
  ) as Observation;
  const verified = {
    url: released.extension![0]!.url.replace(/[^/]+$/, 'verified-by'),
    valueString: 'okafor',
  };
  of.put({
    ...released,
    status: 'final',
    issued: '2026-07-29T06:20:00.000Z',
    extension: [...(released.extension ?? []).filter((one) => one.url !== verified.url), verified],
  });
  of.store.change('results', {
    ...mine(of),
    verdict: 'released',
    status: 'final',
    verifiedBy: 'ml',
    verifiedTime: '2026-07-29T06:25:00.000Z',
  });
  await of.plug();
  expect(mine(of)).toMatchObject({
    verdict: 'released',
    verifiedBy: 'okafor',
    verifiedTime: '2026-07-29T06:20:00.000Z',
    syncState: 'onServer',
    value: { text: '5.40' },
  });
  expect(mine(of).because[0]).toMatchObject({ rule: 'releasedTwice', inputs: { by: 'ml' } });
  expect(JSON.stringify(there(of))).toContain('releasedTwice');
  expect(of.store.all('tasks')).toEqual([]);
});

test('a value changed at the server is never taken: both are kept, a person decides, and what is taken is a new version that is held', async () => {
  of = await conflict();
  of.put(
    JSON.parse(
      JSON.stringify(there(of)).replaceAll('5.40', '6.60').replace('"value":5.4', '"value":6.6'),
    ) as Observation,
  );
  await of.until(() => mine(of!).syncState === 'conflict');
  expect(mine(of)).toMatchObject({ value: { text: '5.40' }, verdict: 'released' });
  await of.replication.decide('results', 'res-1-0', [], DECIDER);
  await of.plug();
  const next = all(of).find((doc) => doc.id !== 'res-1-0')!;
  expect(mine(of)).toMatchObject({ value: { text: '5.40' }, current: false, syncState: 'onServer' });
  expect(next).toMatchObject({
    value: { text: '6.60' },
    version: 2,
    replacesId: 'res-1-0',
    verdict: 'held',
    current: true,
  });
});
