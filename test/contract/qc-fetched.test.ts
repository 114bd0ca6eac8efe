import { rmSync } from 'node:fs';
import type { Observation, Substance } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { shareLots } from '../../main/engine/replication/qc-take.ts';
import { isControl } from '../../shared/fhir/control.ts';
import { type Between, standBetween } from '../sim/fhir/between.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { until } from '../until.ts';
import { type QcStation, qcStation } from './qc-station.ts';

/** Quality control of another station where the server does not give all of it, gives it in pages that change under way, or has deleted some. */

const POINTS = 5;

let server: FhirServer;
let middle: Between;
let running: QcStation | undefined;

/** Starts a station; it ends with the test. */
async function station(code: string, url: string): Promise<QcStation> {
  running = await qcStation({ code, server: url, serialNumber: 'S-1' });
  return running;
}

async function ended(): Promise<void> {
  const one = running;
  running = undefined;
  await one?.stop();
  if (one !== undefined) rmSync(one.engine.bench.store.file, { force: true });
}

beforeAll(async () => {
  server = await createFhirServer({ seed: 3 });
  middle = await standBetween(server.url);
  // What is there is older than what every poll looks at once more.
  await server.control.set({ clockOffsetMs: -600_000 });
  const one = await station('T1', server.url);
  await one.lot({ level: '1', mean: '140', sd: '2' });
  const inStep = () =>
    until(async () =>
      expect(await one.lead.rows('sync.summary', {})).toMatchObject([{ queued: 0, state: 'online' }]),
    );
  for (let n = 0; n < POINTS; n += 1) {
    // Each at an instant of its own.
    await inStep();
    await one.arrive({ level: '1', text: `14${n}`, ago: 10 * (POINTS - n) });
  }
  await inStep();
  expect(new Set(sent().map(stampOf)).size).toBe(POINTS);
  await ended();
  await server.control.set({ clockOffsetMs: 0 });
}, 60_000);

afterEach(async () => {
  await ended();
  middle.instead = () => undefined;
  middle.answer = (passing) => passing;
});

afterAll(async () => {
  await ended();
  await middle?.close();
  await server?.stop();
});

const lotsOf = ({ engine }: QcStation) => engine.bench.store.find('lots', { selector: {} });
const controlsOf = ({ engine }: QcStation) => engine.bench.store.find('controls', { selector: {} });
const stampOf = ({ meta }: Resource) => meta?.lastUpdated ?? '';

/** Points at the server, the one changed longest ago first. */
function sent(): Resource[] {
  const all = server.control.all('Observation').filter((each) => isControl(each as unknown as Observation));
  return all.sort((a, b) => (stampOf(a) < stampOf(b) ? -1 : 1));
}

const lotThere = () => server.control.all('Substance')[0] as unknown as Substance;

/** Somebody else writes the last day of the lot at the server. */
function expiresThere(expiry: string): void {
  const there = lotThere();
  server.control.put({ ...there, instance: [{ ...there.instance?.[0], expiry }] } as unknown as Resource);
}

test('a kind that the server does not let this station read is told as others are, and the other kinds come', async () => {
  middle.instead = ({ path }) =>
    path.includes('/Substance?')
      ? { status: 403, headers: { 'content-type': 'application/fhir+json' }, text: FORBIDDEN }
      : undefined;
  const two = await station('T2', middle.url);
  await until(async () => expect(await controlsOf(two)).toHaveLength(POINTS));
  const { problems } = two.engine.bench;
  await until(() => expect(problems.get('serverReading')).toMatchObject({ code: 'server.scope' }));
  expect(problems.get('serverReading')?.what).toContain('read Substance (quality control) (403): not yours');
  expect(await lotsOf(two)).toEqual([]);
  middle.instead = () => undefined;
  await until(async () => expect(await lotsOf(two)).toHaveLength(1));
  await until(() => expect(problems.has('serverReading')).toBe(false));
}, 60_000);

test('of pages that count from the start no point is passed over when one changes under way', async () => {
  await server.control.set({ paging: 'offset', maxCount: 2 });
  let changed = 0;
  middle.answer = (passing) => {
    const { path, text } = passing;
    const isFirst = path.includes('/Observation?') && path.includes('_tag=') && text.includes('"next"');
    if (changed > 0 || !isFirst) return passing;
    changed += 1;
    // What stood first stands last now: the pages after this one move up.
    server.control.put({ ...sent()[0]!, note: [{ text: 'seen' }] });
    return passing;
  };
  const three = await station('T3', middle.url);
  await until(async () => expect(await controlsOf(three)).toHaveLength(POINTS));
  expect(changed).toBe(1);
}, 60_000);

test('a question about a lot that the server comes to agree with is over; a lot it deleted and a person keeps is not sent at the next start', async () => {
  const one = await station('T4', middle.url);
  await until(async () => expect(await lotsOf(one)).toHaveLength(1));
  const { bench } = one.engine;
  const { store } = bench;
  const open = async () =>
    (await store.find('tasks', { selector: { status: { $eq: 'open' } } })).map(({ reason }) => reason);
  const change = async (expiresOn: string) => {
    const context = { actor: 'test', command: 'lot', station: 'T4', at: bench.clock.now().toISOString() };
    await store.write(context, async (unit) => {
      for (const lot of await unit.find('lots', { selector: {} })) unit.put('lots', { ...lot, expiresOn });
    });
  };
  await server.control.set({ down: 'refuse' });
  expiresThere('2098-01-01');
  await change('2097-01-01');
  await server.control.set({ down: 'no' });
  await one.lead.command('sync.now', {});
  await until(async () => expect(await lotsOf(one)).toMatchObject([{ syncState: 'conflict' }]));
  expect(await open()).toEqual(['bothChanged']);
  expiresThere('2097-01-01');
  await one.lead.command('sync.now', {});
  await until(async () => expect(await lotsOf(one)).toMatchObject([{ syncState: 'onServer' }]));
  expect(await open()).toEqual([]);

  const { id, serverId } = (await lotsOf(one))[0]!;
  server.control.remove('Substance', serverId);
  await change('2096-01-01');
  await until(async () => expect(await lotsOf(one)).toMatchObject([{ syncState: 'conflict' }]));
  await one.lead.command('sync.decide', { collection: 'lots', docId: id, keepHere: [] });
  await shareLots(bench);
  expect(await lotsOf(one)).toMatchObject([{ syncState: 'local', serverId }]);
  expect(server.control.all('Substance')).toEqual([]);
}, 60_000);

const FORBIDDEN = JSON.stringify({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'forbidden', diagnostics: 'not yours' }],
});
