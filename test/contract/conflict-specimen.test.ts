import type { Specimen } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** One tube and two opinions: rejected at two stations, rejected on one side, deleted at the server. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

const tube = (at: Conflict) => at.store.all('specimens')[0]!;
const there = (at: Conflict) => at.there<Specimen>('Specimen', tube(at).serverId);
const clotted: Pick<Specimen, 'status' | 'condition'> = {
  status: 'unsatisfactory',
  condition: [{ coding: [{ code: 'RC' }], text: 'Clotted' }],
};

/** A tube of which nothing is released. */
async function unreleased(): Promise<Conflict> {
  const scene = await conflict();
  for (const doc of scene.store.all('results'))
    scene.store.change('results', {
      ...doc,
      verdict: 'ready',
      status: 'preliminary',
      verifiedBy: '',
      verifiedTime: '',
    });
  await scene.plug();
  return scene;
}

test('a specimen rejected at two stations for different reasons stays rejected once, with one reason everywhere, and nobody is asked', async () => {
  of = await unreleased();
  await of.unplug();
  of.store.change('specimens', {
    ...tube(of),
    status: 'rejected',
    conditionCode: 'RH',
    conditionText: 'Hemolysed',
  });
  of.put({ ...there(of), ...clotted });
  await of.plug();
  expect(tube(of)).toMatchObject({ status: 'rejected', syncState: 'onServer' });
  expect(there(of).status).toBe('unsatisfactory');
  expect(there(of).condition?.[0]?.text).toBe(tube(of).conditionText);
  expect(
    (await of.history<Specimen>('Specimen', tube(of).serverId)).map((one) => one.condition?.[0]?.text),
  ).toContain('Clotted');
  expect(of.server.stats().resources.Specimen).toBe(1);
  expect(of.store.all('tasks')).toEqual([]);
});

test('a specimen rejected at the server and received here: the rejection stands and what was measured is held', async () => {
  of = await unreleased();
  await of.unplug();
  of.store.change('specimens', { ...tube(of), receivedBy: 'N. Okafor' });
  of.put({ ...there(of), ...clotted });
  await of.plug();
  expect(tube(of)).toMatchObject({ status: 'rejected', conditionText: 'Clotted', syncState: 'onServer' });
  expect(of.store.all('results')[0]).toMatchObject({ verdict: 'held', syncState: 'onServer' });
});

test('a specimen deleted at the server stays here with its results, is marked, and is not made anew behind the back of whoever deleted it', async () => {
  of = await conflict();
  const { serverId } = tube(of);
  of.server.control.remove('Specimen', serverId);
  await of.until(() => tube(of!).syncState === 'conflict');
  expect(of.store.all('tasks')).toMatchObject([
    { kind: 'conflict', reason: 'deletedAtServer', status: 'open' },
  ]);
  expect(of.store.all('tasks')[0]!.payload).toMatchObject({ deleted: true });
  expect(of.store.all('results')[0]).toMatchObject({ verdict: 'released', current: true });
  expect(of.store.all('reports')[0]).toMatchObject({ state: 'signed', syncState: 'onServer' });
  await of.round();
  expect(of.server.stats().resources.Specimen ?? 0).toBe(0);
  await of.replication.decide('specimens', tube(of).id, [], DECIDER);
  await of.plug();
  expect(tube(of)).toMatchObject({ status: 'received', syncState: 'local' });
  expect(of.server.stats().resources.Specimen ?? 0).toBe(0);
  expect(of.store.all('tasks')[0]).toMatchObject({ status: 'done' });
});
