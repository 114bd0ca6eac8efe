/** V3: the call of a critical value is recorded at one station and counts at all of them. Two stations, one central server. */
import type { Communication, Task } from 'fhir/r4';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { CaseDetailRow } from '../../shared/ipc/signout.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import {
  CHILD_PIN,
  type ChildStation,
  catalogueServer,
  endStations,
  setUp,
  startChild,
} from './child-station.ts';
import { testStation } from './engine-client.ts';

const WAIT = { timeout: 40_000, interval: 100 };

interface Station extends ChildStation {
  code: string;
}

/** A critical potassium that station A measured and released. */
interface Critical {
  resultId: string;
  requisition: string;
}

let server: FhirServer;
let a: Station;
let b: Station;
let patients = 0;

async function station(code: string): Promise<Station> {
  const at = testStation({
    ...{ code, name: `Bench ${code}`, timeZone: 'Europe/Dublin', laboratory: { ...LABORATORY } },
    separationOfDuties: false,
    server: { url: server.url, pullSeconds: 1 },
  });
  const started = await startChild(at);
  await setUp(started, { name: `T. ${code}`, roles: ['technician', 'lead', 'pathologist'] });
  return { code, ...started };
}

beforeAll(async () => {
  server = await catalogueServer(11);
  [a, b] = await Promise.all([station('A1'), station('B2')]);
}, 90_000);

afterAll(() => endStations([a, b], server));

const callAt = async (one: Station, { resultId }: Critical) =>
  (await one.tech.rows('results.detail', { resultId }))[0]?.call;

/** Waits until a station shows the call so. */
const shows = (one: Station, critical: Critical, call: object) =>
  vi.waitFor(async () => expect(await callAt(one, critical)).toMatchObject(call), WAIT);

const record = (one: Station, { resultId }: Critical, to: string) =>
  one.tech.command('result.recordCall', { resultId, to, readBack: true, note: '' });

const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

async function critical(): Promise<Critical> {
  await vi.waitFor(
    async () => expect(await a.tech.rows('catalog.list', { kind: 'test' })).not.toHaveLength(0),
    WAIT,
  );
  patients += 1;
  const { patientId } = await a.tech.command('patient.register', {
    ...{ identifier: `MRN-${patients}`, familyName: 'Murphy', givenName: 'Aoife' },
    ...{ sex: 'female', birthDate: '1965-03-14' },
  });
  const { requisition } = await a.tech.command('order.enter', {
    ...{ patientId, catalogCodes: ['K'], priority: 'routine' },
  });
  await a.tech.command('accession.draw', {
    ...{ requisition, collector: 'K. Obi', collectedTime: new Date().toISOString() },
  });
  const [row] = await a.tech.rows('accession.requisition', { scanned: requisition });
  const { accessionIdentifier } = row!.tubes[0]!;
  await a.tech.command('accession.receive', { accessionIdentifier });
  const { resultId } = await a.tech.command('result.enter', {
    ...{ accessionIdentifier, testCode: 'K', valueText: '6.9' },
  });
  expect(
    await a.tech.command('result.release', { resultIds: [resultId], comment: 'not hemolysed' }),
  ).toMatchObject({ released: [resultId] });
  const found = { resultId, requisition };
  expect(await callAt(a, found)).toMatchObject({ state: 'due' });
  return found;
}

/** The case at sign-out of a station. */
async function caseAt(one: Station, { requisition }: Critical): Promise<CaseDetailRow> {
  const [found] = await one.tech.rows('signout.find', { scanned: requisition });
  const [row] = await one.tech.rows('signout.case', { reportId: found?.id ?? '' });
  if (row === undefined) throw new Error(`No case of ${requisition} at ${one.code}`);
  return row;
}

const criticalCheck = (row: CaseDetailRow) => row.checks.find((check) => check.rule === 'V3.critical');

/** Waits until the report can be signed at a station, signs it there, and waits until the other has it signed. */
async function signAt(one: Station, other: Station, about: Critical, text: string): Promise<void> {
  await vi.waitFor(async () => expect((await caseAt(one, about)).state).toBe('waiting'), WAIT);
  const row = await caseAt(one, about);
  expect(criticalCheck(row)).toMatchObject({ outcome: 'pass', text });
  expect(row.results).toMatchObject([{ call: 'done' }]);
  const { id: reportId, contentHash } = row;
  await one.tech.command('report.sign', { reportId, contentHash, pin: CHILD_PIN, meaning: 'Approved' });
  await vi.waitFor(async () => expect((await caseAt(other, about)).state).toBe('signed'), WAIT);
}

const tasksOf = ({ resultId }: Critical): Task[] =>
  (server.control.all('Task') as unknown as Task[]).filter(
    (one) => one.groupIdentifier?.value === `call:${resultId}`,
  );

/** What was said, as the server has it: the Communications of a call. */
const communicationsOf = (about: Critical): Communication[] => {
  const ids = new Set(tasksOf(about).map((one) => `Task/${one.id}`));
  return (server.control.all('Communication') as unknown as Communication[]).filter((one) =>
    ids.has(one.basedOn?.[0]?.reference ?? ''),
  );
};

/** Waits until nothing is left to send, and until several looks for news have changed nothing more. */
async function settled(about: Critical): Promise<void> {
  for (const one of [a, b]) {
    await vi.waitFor(async () => {
      const [status] = await one.tech.rows('strip', {});
      expect(status).toMatchObject({ server: { queued: 0, conflicts: 0 } });
    }, WAIT);
  }
  const version = () => tasksOf(about).map((one) => one.meta?.versionId);
  const before = version();
  for (let n = 0; n < 2; n += 1) {
    for (const one of [a, b]) {
      const since = new Date().toISOString();
      await one.tech.command('sync.now', {});
      await vi.waitFor(
        async () => expect((await one.tech.rows('sync.summary', {}))[0]!.lastSyncAt > since).toBe(true),
        WAIT,
      );
    }
  }
  expect(version()).toEqual(before);
  expect(server.stats().duplicates).toEqual([]);
}

test('V3 a call recorded where the value was measured lets the report be signed at another station', async () => {
  const about = await critical();
  await shows(b, about, { state: 'due' });
  await vi.waitFor(
    async () => expect(criticalCheck(await caseAt(b, about))).toMatchObject({ outcome: 'block' }),
    WAIT,
  );
  const due = await callAt(a, about);
  expect(await callAt(b, about)).toEqual(due);
  await record(a, about, 'Sr Byrne, ward 3C');
  await shows(b, about, { state: 'done', to: 'Sr Byrne, ward 3C', by: 'T. A1', station: 'A1', also: [] });
  expect(await callAt(a, about)).toMatchObject({ state: 'done', by: 'T. A1', station: '' });
  await signAt(b, a, about, 'Call recorded for K (at A1).');
  await settled(about);
  expect(tasksOf(about)).toMatchObject([{ status: 'completed' }]);
  expect(communicationsOf(about)).toMatchObject([{ status: 'completed' }]);
}, 120_000);

test('V3 a call due at one station ends when it is recorded at another, and is not made twice', async () => {
  const about = await critical();
  await shows(b, about, { state: 'due' });
  await record(b, about, 'Dr Nolan');
  await shows(a, about, { state: 'done', to: 'Dr Nolan', by: 'T. B2', station: 'B2' });
  expect(await refusal(record(a, about, 'Dr Nolan'))).toBe('call.done');
  for (const one of [a, b]) {
    const open = await one.tech.rows('tasks.list', { status: 'open' });
    expect(open.filter((row) => row.kind === 'criticalCall')).toEqual([]);
  }
  const [ended] = (await a.tech.rows('tasks.list', { status: 'ended' })).filter(
    (row) => row.resultId === about.resultId,
  );
  expect(ended).toMatchObject({ resolution: 'Called Dr Nolan, read back.', resolvedBy: 'T. B2 (B2)' });
  const audited = await a.tech.rows('audit.list', { docId: ended!.id });
  const synced = audited.filter((row) => row.actor === 'server' && row.command === 'sync');
  expect(synced.flatMap((row) => row.changes)).toContainEqual({
    ...{ field: 'status', before: 'open', after: 'done' },
  });
  await signAt(a, b, about, 'Call recorded for K (at B2).');
  await settled(about);
  expect(tasksOf(about)).toMatchObject([{ status: 'completed' }]);
  expect(communicationsOf(about)).toMatchObject([{ status: 'completed' }]);
}, 120_000);

test('V3 calls recorded at two stations while the server is away are both kept: the first at the server is shown, nobody is asked', async () => {
  const about = await critical();
  await shows(b, about, { state: 'due' });
  await server.control.set({ down: 'refuse' });
  await record(a, about, 'Sr Byrne');
  await record(b, about, 'Dr Nolan');
  await server.control.set({ down: 'no' });
  await Promise.all([a, b].map((one) => one.tech.command('sync.now', {})));
  await vi.waitFor(async () => {
    for (const one of [a, b]) expect((await callAt(one, about))?.also).toHaveLength(1);
  }, WAIT);
  await settled(about);
  const [atA, atB] = await Promise.all([a, b].map((one) => callAt(one, about)));
  const names = (call: typeof atA) => [call?.to, ...(call?.also ?? []).map(({ to }) => to)];
  expect(names(atA)).toEqual(names(atB));
  expect(names(atA).toSorted()).toEqual(['Dr Nolan', 'Sr Byrne']);
  const stations = [atB?.station, ...(atB?.also ?? []).map((one) => one.station)];
  expect(stations.toSorted()).toEqual(['', 'A1']);
  for (const one of [a, b]) {
    const open = await one.tech.rows('tasks.list', { status: 'open' });
    expect(open).toEqual([]);
  }
  expect(tasksOf(about)).toMatchObject([{ status: 'completed' }]);
  const [said, ...more] = communicationsOf(about);
  expect(more).toEqual([]);
  const text = JSON.stringify(said?.payload);
  expect(text).toContain('Sr Byrne');
  expect(text).toContain('Dr Nolan');
  await signAt(b, a, about, `Call recorded for K${atB?.station === '' ? '' : ' (at A1)'}.`);
}, 120_000);

test('V3 a call that the server lost with a backup is there again, once, and stays recorded at both stations', async () => {
  const about = await critical();
  await shows(b, about, { state: 'due' });
  await settled(about);
  const backup = server.control.snapshot();
  await record(b, about, 'Dr Nolan');
  await shows(a, about, { state: 'done', station: 'B2' });
  await settled(about);
  server.control.restore(backup);
  await Promise.all([a, b].map((one) => one.tech.command('sync.now', {})));
  await vi.waitFor(() => expect(tasksOf(about)).toMatchObject([{ status: 'completed' }]), WAIT);
  await settled(about);
  expect(communicationsOf(about)).toMatchObject([{ status: 'completed' }]);
  expect(await callAt(a, about)).toMatchObject({ state: 'done', by: 'T. B2', station: 'B2', also: [] });
  expect(await callAt(b, about)).toMatchObject({ state: 'done', by: 'T. B2', station: '', also: [] });
}, 120_000);
