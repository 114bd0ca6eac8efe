import type { DiagnosticReport } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { endAmendments, endsIn } from '../../main/engine/replication/amended.ts';
import { Attempts } from '../../main/engine/replication/attempts.ts';
import { Item } from '../../main/engine/replication/item.ts';
import type { AnyDoc } from '../../main/engine/replication/port.ts';
import { reportDoc } from '../../main/engine/replication/testing.ts';
import { type AnyResource, type Replicated, resourceTypes } from '../../shared/fhir/mapping.ts';
import { reportMapping } from '../../shared/fhir/report.ts';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** A report signed here and amended there: signed content is never merged and never overwritten (C4); an amendment task waits. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

const report = (at: Conflict) => at.store.all('reports')[0]!;

/** Amends the signed report at the server and waits until that is known here: what stood `before` here and `there`. */
async function amendedThere(at: Conflict) {
  const before = report(at);
  const there = at.there<DiagnosticReport>('DiagnosticReport', before.serverId);
  at.put({ ...there, status: 'amended', conclusion: 'Haemolysed: repeat.' });
  await at.until(() => report(at).syncState === 'conflict');
  return { before, there };
}

/** The next version of a signed report, as another station signs it. */
function nextOf(there: DiagnosticReport, docId: string, version: number): DiagnosticReport {
  const text = JSON.stringify(there).replaceAll(docId, `${docId}-${version}`).replaceAll('"B2"', '"A1"');
  const { id: _id, meta, ...rest } = JSON.parse(text) as DiagnosticReport;
  const extension = rest.extension?.map((one) =>
    one.valueInteger === undefined ? one : { ...one, valueInteger: version },
  );
  return { ...rest, extension: extension ?? [], id: `next-${version}`, meta: { tag: meta?.tag ?? [] } };
}

const ofCase1 = { requisition: 'REQ-1', patientId: 'pat-1', orderIds: ['ord-1'], specimenIds: ['spe-1'] };

/** Two stations that cannot see each other sign one report: what the other one signed is at the server first. */
async function signedTwice(at: Conflict) {
  const signed = at.there<DiagnosticReport>('DiagnosticReport', report(at).serverId);
  const text = JSON.stringify(signed).replaceAll('rep-1', 'rep-9').replaceAll('"B2"', '"A1"');
  const { id: _id, meta, ...rest } = JSON.parse(text.replaceAll('Adeyemi', 'Byrne')) as DiagnosticReport;
  await at.unplug();
  at.put({ ...rest, id: 'elsewhere', meta: { tag: meta?.tag ?? [] } });
  at.store.change('reports', reportDoc(9, { ...ofCase1, resultIds: ['res-1-0'] }));
  at.store.pdfs.set('rep-9', new TextEncoder().encode('%PDF-1.7 mine'));
  await at.plug();
}

/** What was signed here and is not at the server. */
const lost = (at: Conflict) => at.store.all('reports').find((doc) => doc.id === 'rep-9')!;
const asSigned = { state: 'signed', signature: { name: 'Dr R. Adeyemi' } };

test('a report signed here and amended at the server: both versions stay as they are and an amendment task asks a pathologist', async () => {
  of = await conflict();
  const { before } = await amendedThere(of);
  expect(report(of)).toMatchObject({
    conclusion: before.conclusion,
    signature: before.signature,
    state: 'signed',
  });
  const [task] = of.store.all('tasks');
  expect(task).toMatchObject({
    kind: 'amendment',
    reason: 'signedChanged',
    status: 'open',
    reportId: before.id,
  });
  expect(task!.payload).toMatchObject({ server: { conclusion: 'Haemolysed: repeat.' } });
  await expect(of.replication.decide('reports', before.id, [], DECIDER)).rejects.toMatchObject({
    code: 'sync.signed',
  });
  await of.plug();
  expect(of.there<DiagnosticReport>('DiagnosticReport', before.serverId).conclusion).toBe(
    'Haemolysed: repeat.',
  );
  expect(of.store.all('tasks')).toHaveLength(1);
});

test('an amendment is done when the next version is signed, here or elsewhere; the version before stays as it was signed, and is not asked about again', async () => {
  of = await conflict();
  const { before, there } = await amendedThere(of);
  of.put(nextOf(there, 'rep-1', 2));
  await of.until(() => of!.store.all('reports').length === 2);
  await of.until(() => of!.store.all('tasks')[0]?.status === 'done');
  const [first] = of.store.all('reports').filter((one) => one.id === before.id);
  expect(first).toMatchObject({ state: 'signed', syncState: 'local', signature: before.signature });
  expect(first).toMatchObject({ conclusion: before.conclusion, current: false });
  await of.restart();
  await of.plug();
  expect(of.store.all('tasks').filter(({ status }) => status === 'open')).toEqual([]);
  expect(of.there<DiagnosticReport>('DiagnosticReport', before.serverId).conclusion).toBe(
    'Haemolysed: repeat.',
  );
});

test('an amendment is no longer asked for when the server says again what was signed here', async () => {
  of = await conflict();
  const { before, there } = await amendedThere(of);
  of.put(there);
  await of.until(() => report(of!).syncState === 'onServer');
  expect(of.store.all('tasks').map(({ status }) => status)).toEqual(['done']);
  expect(report(of)).toMatchObject({ signature: before.signature, conclusion: before.conclusion });
});

test('a report signed at another station is taken as it is over an unsigned one of the same requisition, never the other way round', async () => {
  of = await conflict();
  // The other station signed first; this one has the same report, unsigned, and sends it.
  const signed = of.there<DiagnosticReport>('DiagnosticReport', report(of).serverId);
  const elsewhere = JSON.parse(
    JSON.stringify(signed).replaceAll('rep-1', 'rep-9').replaceAll('"B2"', '"A1"'),
  ) as DiagnosticReport;
  const { id: _id, meta, ...rest } = elsewhere;
  of.put({ ...rest, id: 'elsewhere', meta: { tag: meta?.tag ?? [] } });
  const unsigned = { state: 'waiting', status: 'partial', signature: null, issuedTime: '' } as const;
  of.store.change(
    'reports',
    reportDoc(9, {
      ...unsigned,
      requisition: 'REQ-1',
      patientId: 'pat-1',
      orderIds: ['ord-1'],
      specimenIds: ['spe-1'],
      resultIds: ['res-1-0'],
    }),
  );
  await of.plug();
  const mine = of.store.all('reports').find((doc) => doc.id === 'rep-9')!;
  expect(mine).toMatchObject({
    state: 'signed',
    signature: report(of).signature,
    syncState: 'onServer',
    serverId: 'elsewhere',
  });
  expect(new TextDecoder().decode(of.store.pdfs.get('rep-9'))).toContain('%PDF-1.7 report 1');
  expect(of.there<DiagnosticReport>('DiagnosticReport', 'elsewhere')).toMatchObject({
    status: 'final',
    issued: signed.issued,
  });
  expect(await of.history('DiagnosticReport', 'elsewhere')).toHaveLength(1);
  expect(of.server.stats().duplicates).toEqual([]);
});

test.each(['knew', 'never sent'] as const)(
  'a report signed here, of which the server has the draft of another station (%s one before): what is signed goes there, with its PDF',
  async (before) => {
    of = await conflict();
    const waiting = { state: 'waiting', status: 'partial', signature: null, issuedTime: '' } as const;
    const draft = reportDoc(9, { ...ofCase1, ...waiting, resultIds: [] });
    if (before === 'knew') of.store.change('reports', draft);
    await of.plug();
    await of.unplug();
    const { serverId } = before === 'knew' ? lost(of) : { serverId: 'draft' };
    const resource = reportMapping.to(draft, {
      station: 'A1',
      reference: (collection, id) =>
        `${resourceTypes[collection as Replicated][0]}/${of!.store.all(collection).find((one) => one.id === id)?.serverId}`,
    });
    const form = { contentType: 'application/pdf', data: Buffer.from('%PDF-1.7 draft').toString('base64') };
    of.put({ ...resource, id: serverId, status: 'registered', presentedForm: [form] });
    const { signature, issuedTime } = reportDoc(9);
    const signed = { state: 'signed', status: 'final', signature, issuedTime } as const;
    of.store.change('reports', {
      ...(before === 'knew' ? lost(of) : draft),
      ...signed,
      resultIds: ['res-1-0'],
    });
    of.store.pdfs.set('rep-9', new TextEncoder().encode('%PDF-1.7 mine'));
    await of.plug();
    expect(lost(of)).toMatchObject({ syncState: 'onServer', serverId, ...asSigned });
    expect(of.store.all('tasks')).toEqual([]);
    const there = of.there<DiagnosticReport>('DiagnosticReport', serverId);
    expect(there).toMatchObject({ status: 'final', issued: issuedTime, result: [{}] });
    expect(Buffer.from(there.presentedForm?.[0]?.data ?? '', 'base64').toString()).toBe('%PDF-1.7 mine');
  },
);

test('a report signed at two stations: the one at the server stands, the other is kept and its signer is told', async () => {
  of = await conflict();
  await signedTwice(of);
  expect(lost(of)).toMatchObject({ syncState: 'conflict', ...asSigned });
  expect(of.store.all('tasks')).toMatchObject([
    { kind: 'amendment', reason: 'signedChanged', status: 'open' },
  ]);
  expect(JSON.stringify(of.there('DiagnosticReport', 'elsewhere'))).toContain('Byrne');
  expect(await of.history('DiagnosticReport', 'elsewhere')).toHaveLength(1);
});

test('a report signed at two stations: who signs the next version elsewhere never saw what was signed here, and ends nothing; who signs one here does', async () => {
  of = await conflict();
  await signedTwice(of);
  of.put(nextOf(of.there<DiagnosticReport>('DiagnosticReport', 'elsewhere'), 'rep-9', 2));
  await of.until(() => of!.store.all('reports').some(({ id }) => id === 'rep-9-2'));
  expect(lost(of)).toMatchObject({ syncState: 'conflict', current: false, ...asSigned });
  expect(of.store.all('tasks').map(({ status }) => status)).toEqual(['open']);
  const third = reportDoc(9, { id: 'rep-9-3', requisition: 'REQ-1', patientId: 'pat-1', version: 3 });
  await of.store.write({ command: 'report.sign', actor: 'byrne' }, (unit) =>
    endAmendments(endsIn(unit), third, 'byrne', '2026-07-29T09:00:00.000Z'),
  );
  expect(of.store.all('tasks')).toMatchObject([{ status: 'done', resolvedBy: 'byrne' }]);
  expect(lost(of)).toMatchObject({ syncState: 'local', serverId: 'elsewhere', ...asSigned });
  await of.plug();
  expect(lost(of)).toMatchObject({ syncState: 'local', ...asSigned });
  expect(await of.history('DiagnosticReport', 'elsewhere')).toHaveLength(1);
});

test('a report signed at two stations, kept here: whatever is written to the one at the server, ours never goes over it', async () => {
  of = await conflict();
  await signedTwice(of);
  const next = reportDoc(9, { requisition: 'REQ-1', version: 2 });
  await of.store.write({ command: 'report.sign', actor: 'byrne' }, (unit) =>
    endAmendments(endsIn(unit), next, 'byrne', '2026-07-29T09:00:00.000Z'),
  );
  const there = of.there<DiagnosticReport>('DiagnosticReport', 'elsewhere');
  of.put({ ...there, language: 'en' });
  await of.until(() => lost(of!).syncState !== 'local');
  await of.plug();
  expect(await of.history('DiagnosticReport', 'elsewhere')).toHaveLength(2);
  expect(JSON.stringify(of.there('DiagnosticReport', 'elsewhere'))).toContain('Byrne');
  expect(lost(of)).toMatchObject({ syncState: 'conflict', ...asSigned });
  expect(of.store.all('tasks').map(({ status }) => status)).toEqual(['done', 'open']);
});

test('a draft that the server has as this station once sent it, and nothing of which is left to send: it is known here', async () => {
  of = await conflict();
  const draft = { state: 'waiting', status: 'partial', signature: null, issuedTime: '' } as const;
  of.store.change('reports', reportDoc(9, { ...ofCase1, ...draft, resultIds: ['res-1-0'] }));
  await of.plug();
  const { serverId } = lost(of);
  const there = of.there<DiagnosticReport>('DiagnosticReport', serverId);
  const doc = lost(of) as unknown as AnyDoc;
  const later = { ...there, conclusion: 'Repeat.' } as AnyResource;
  const rest = { serverId, versionId: doc.sync.versionId, main: true, completes: true };
  const inVain = new Item(
    { collection: 'reports', doc, resource: later, ...rest },
    Buffer.from(JSON.stringify(later)),
  );
  await new Attempts(of.store, () => new Date()).sending([inVain]);
  of.put(later as DiagnosticReport);
  const { versionId } = of.there<DiagnosticReport>('DiagnosticReport', serverId).meta!;
  await of.round();
  await of.round();
  expect(lost(of)).toMatchObject({ syncState: 'onServer', conclusion: 'Repeat.', sync: { versionId } });
});
