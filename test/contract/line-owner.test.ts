/** One analyser in the files of two stations: one of them has its line, hands it over, keeps it without the server, and counts what came twice once. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { LINE_AWAY_MS } from '../../shared/domain/line-owner.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { oddMessage } from '../e2e/scenes/odd-messages.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import { loadBundle } from '../sim/fhir/load.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY, laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import { type ChildStation, endStations, setUp, signInAt, startChild } from './child-station.ts';
import { testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';

const WAIT = { timeout: 30_000, interval: 100 };

interface Station extends ChildStation {
  code: string;
  port: number;
}

let server: FhirServer;
let a: Station;
let b: Station;

async function station(code: string): Promise<Station> {
  const port = await freePort();
  const at = testStation({
    ...{ code, name: `Bench ${code}`, timeZone: 'Europe/Dublin', laboratory: { ...LABORATORY } },
    instruments: [
      {
        ...{ id: 'CHEM1', profile: 'demo-chemistry', serialNumber: 'AU480-2231' },
        transport: { kind: 'tcpServer' as const, port },
      },
    ],
    server: { url: server.url, pullSeconds: 1 },
  });
  const made = { code, port, ...(await startChild(at)) };
  await setUp(made, { name: `T. ${code}`, roles: ['technician', 'lead', 'supervisor'] });
  return made;
}

async function startAgain(one: Station): Promise<void> {
  Object.assign(one, await startChild(one.at));
  await signInAt(one.tech);
}

beforeAll(async () => {
  server = await createFhirServer({ seed: 7 });
  const { catalog, patients } = laboratory({ day: '2026-07-29', patients: 2, requisitions: 1 });
  loadBundle(server, resourcesFrom({ catalog, patients, orders: [] }));
  a = await station('A1');
  await vi.waitFor(
    () => expect(JSON.stringify(server.control.all('Task'))).toContain('urn:levey:line'),
    WAIT,
  );
  b = await station('B2');
}, 60_000);

afterAll(() => endStations([a, b], server));

const line = async (one: Station): Promise<LineRow> => (await one.tech.rows('instruments.lines', {}))[0]!;
const chem = (one: Station) => ({ instrumentId: `${one.code}.CHEM1` });

/** Waits until a station shows its line so. */
const shows = (one: Station, row: Partial<LineRow> | object) =>
  vi.waitFor(async () => expect(await line(one)).toMatchObject(row), WAIT);

/** Whether somebody listens at the port of a station's line. */
const listens = (one: Station): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port: one.port });
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });

async function has(one: Station, other: Station): Promise<void> {
  await shows(other, { state: 'elsewhere', owner: { here: false, station: one.code, free: false } });
  await shows(one, { owner: { here: true, station: one.code, others: [other.code] } });
  expect((await line(one)).state).not.toMatch(/elsewhere|off|failed/);
  expect([await listens(one), await listens(other)]).toEqual([true, false]);
}

/** What people and the engine did about the line, as the audit trail of a station has it. */
const audited = async (one: Station): Promise<string[]> =>
  (await one.tech.rows('audit.list', {}))
    .filter((row) => row.op !== 'put' && row.command.startsWith('line.'))
    .map((row) => [row.command, row.reason].filter(Boolean).join(': '));

const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

/** An analyser on the line of a station, until the work with it is done. */
async function analyserAt<T>(one: Station, work: (analyser: Analyser) => Promise<T>): Promise<T> {
  const transport = tcpClient({ host: '127.0.0.1', port: one.port, timers: realTimers });
  const analyser = createAnalyser({ profile: builtinProfile('demo-chemistry')!, transport, seed: 3 });
  analyser.start();
  try {
    return await work(analyser);
  } finally {
    await analyser.stop();
  }
}

/** A tube that both stations know and that was received. */
async function tube(): Promise<string> {
  const { patientId } = await a.tech.command('patient.register', {
    ...{ identifier: `MRN-${Date.now()}`, familyName: 'Murphy', givenName: 'Aoife' },
    ...{ sex: 'female', birthDate: '1965-03-14' },
  });
  const { requisition } = await a.tech.command('order.enter', {
    ...{ patientId, catalogCodes: ['LYTES'], priority: 'routine' as const },
  });
  await a.tech.command('accession.draw', {
    ...{ requisition, collector: 'K. Obi', collectedTime: new Date().toISOString() },
  });
  const [row] = await a.tech.rows('accession.requisition', { scanned: requisition });
  const { accessionIdentifier } = row!.tubes[0]!;
  await a.tech.command('accession.receive', { accessionIdentifier });
  await vi.waitFor(async () => {
    const rows = await b.tech.rows('worklist.list', { filter: 'waiting' });
    expect(rows.map((one) => one.accessionIdentifier)).toContain(accessionIdentifier);
  }, WAIT);
  return accessionIdentifier;
}

const sodium = (specimenId: string, id: string, text: string) =>
  oddMessage({
    ...{ profile: 'demo-chemistry', id, specimenId },
    results: [{ code: 'Na', text, unit: 'mmol/L', flag: 'N', dilution: '', range: '' }],
  });

/** Sodium of a tube as it stands at a station. */
const standing = async (one: Station, accessionIdentifier: string): Promise<string[]> =>
  (await one.tech.rows('results.list', { filter: 'all' }))
    .filter((row) => row.accessionIdentifier === accessionIdentifier && row.testCode === 'NA')
    .map((row) => row.valueText);

test('only the station that had it first opens the line; the other shows where it is, and may neither take it nor take it over', async () => {
  await has(a, b);
  expect((await line(b)).problem).toBeNull();
  expect((await b.tech.rows('strip', {}))[0]).toMatchObject({
    lines: [{ state: 'elsewhere', at: 'A1', why: '' }],
    problems: [],
  });
  expect(await refusal(b.tech.command('line.take', chem(b)))).toBe('line.taken');
  expect(await refusal(b.tech.command('line.takeOver', { ...chem(b), reason: 'I want it' }))).toBe(
    'line.ownerThere',
  );
  expect(await refusal(b.tech.command('line.give', chem(b)))).toBe('line.notHere');
}, 60_000);

test('M4 a line is given over once the message under way is done, taken by the other, and back again', async () => {
  const number = await tube();
  await analyserAt(a, async (analyser) => {
    const sent = analyser.sendRaw(sodium(number, 'H1', '141'));
    await vi.waitFor(async () => expect((await line(a)).lastByteAt).not.toBe(''), { ...WAIT, interval: 5 });
    await a.tech.command('line.give', chem(a));
    expect(await sent).toBe('accepted');
  });
  await shows(a, { state: 'elsewhere', owner: { here: false, free: true, station: 'A1' } });
  await shows(b, { state: 'elsewhere', owner: { here: false, free: true, name: 'T. A1' } });
  expect(await listens(a)).toBe(false);
  await b.tech.command('line.take', chem(b));
  await has(b, a);
  await vi.waitFor(async () => {
    const held = (await a.tech.rows('exceptions.list', { status: 'open' })).map((one) => one.reason);
    expect([await standing(a, number), held]).toEqual([['141'], []]);
  }, WAIT);
  await vi.waitFor(async () => expect(await standing(b, number)).toEqual(['141']), WAIT);

  await b.tech.command('line.give', chem(b));
  await shows(a, { owner: { free: true, station: 'B2' } });
  await a.tech.command('line.take', chem(a));
  await has(a, b);
  expect(server.stats().duplicates).toEqual([]);
  for (const one of [a, b])
    expect(await audited(one)).toEqual(expect.arrayContaining(['line.give', 'line.take']));
}, 90_000);

test('without the server the owner keeps its line also over a restart, and the other stays away from it', async () => {
  const number = await tube();
  await server.control.set({ down: 'refuse' });
  expect(await a.child.shutdown()).toBe('exit code 0');
  expect(await b.child.shutdown()).toBe('exit code 0');
  await startAgain(a);
  await startAgain(b);
  expect([await listens(a), await listens(b)]).toEqual([true, false]);
  await shows(b, { state: 'elsewhere', owner: { station: 'A1', away: true, offline: true } });
  expect(await refusal(b.tech.command('line.take', chem(b)))).toBe('line.noServer');
  // The port takes one connection, and may still have that of the look just now. Sent twice it counts once (M4).
  await vi.waitFor(async () => {
    const sent = await analyserAt(a, (one) => one.sendRaw(sodium(number, 'H2', '142')));
    expect(sent).toBe('accepted');
  }, WAIT);
  await vi.waitFor(async () => expect(await standing(a, number)).toEqual(['142']), WAIT);
  await server.control.set({ down: 'no' });
  await Promise.all([a, b].map((one) => one.tech.command('sync.now', {})));
  await vi.waitFor(async () => expect(await standing(b, number)).toEqual(['142']), WAIT);
  await has(a, b);
}, 90_000);

test('an owner that is away is replaced with a reason; back again it closes its line and says so, and what both received counts once', async () => {
  const number = await tube();
  a.child.kill();
  await a.child.exited;
  await server.control.set({ clockOffsetMs: LINE_AWAY_MS + 60_000 });
  await shows(b, { state: 'elsewhere', owner: { station: 'A1', away: true, offline: false } });
  await b.tech.command('line.takeOver', { ...chem(b), reason: 'A1 is broken' });
  await shows(b, { owner: { here: true, takenFrom: 'A1', reason: 'A1 is broken' } });
  expect(await listens(b)).toBe(true);

  // The old owner comes back while it cannot ask: it has its line open, and both are connected to the analyser.
  await server.control.set({ down: 'refuse' });
  await startAgain(a);
  expect([await listens(a), await listens(b)]).toEqual([true, true]);
  const message = sodium(number, 'H3', '143');
  for (const one of [a, b]) {
    const send = () => analyserAt(one, (analyser) => analyser.sendRaw(message));
    await vi.waitFor(async () => expect(await send()).toBe('accepted'), WAIT);
    await vi.waitFor(async () => expect(await standing(one, number)).toEqual(['143']), WAIT);
  }
  await server.control.set({ down: 'no' });
  await Promise.all([a, b].map((one) => one.tech.command('sync.now', {})));
  await has(b, a);
  expect(await audited(a)).toContain('line.lost');
  expect(await audited(b)).toContain('line.takeOver: A1 is broken');
  const [strip] = await a.tech.rows('strip', {});
  expect(strip!.problems.find((one) => one.code === 'line.takenOver')).toMatchObject({
    what: expect.stringMatching(/^CHEM1 was taken over at B2 by T\. B2, .*: A1 is broken\.$/),
    safe: 'Its line is closed here. Everything it received here is kept.',
  });
  await vi.waitFor(() => {
    const sent = server.control.all('Observation').filter((one) => JSON.stringify(one).includes(number));
    expect(sent).toHaveLength(2);
    expect(sent.filter((one) => JSON.stringify(one).includes('sameMeasurement'))).toHaveLength(1);
  }, WAIT);
  for (const one of [a, b]) {
    await vi.waitFor(async () => expect(await standing(one, number)).toEqual(['143']), WAIT);
    expect((await one.tech.rows('strip', {}))[0]).toMatchObject({ server: { conflicts: 0 } });
  }

  expect(await b.child.shutdown()).toBe('exit code 0');
  await startAgain(b);
  await has(b, a);
  await b.tech.command('line.give', chem(b));
  await shows(a, { owner: { free: true } });
  await a.tech.command('line.take', chem(a));
  await has(a, b);
  expect((await a.tech.rows('strip', {}))[0]!.problems.map((one) => one.code)).not.toContain(
    'line.takenOver',
  );
}, 120_000);
