/** Two stations and a central server: an event of proficiency testing that one enters, submits and grades is seen at the other, both ways, also after both worked on it apart. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { EqaEventRow } from '../../shared/ipc/eqa.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type ChildStation, catalogueServer, endStations, setUp, startChild } from './child-station.ts';
import { testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { PIN } from './people.ts';
import { type QcStation, qcStation } from './qc-station.ts';

const WAIT = 30_000;
let server: FhirServer;
let one: QcStation;
/** The second station is another process, as it is in a laboratory. */
let two: ChildStation;

beforeAll(async () => {
  server = await catalogueServer();
  one = await qcStation({ code: 'T1', server: server.url });
  const transport = { kind: 'tcpServer' as const, port: await freePort() };
  const at = testStation({
    ...{ code: 'T2', name: 'Bench T2', timeZone: 'Europe/Dublin', laboratory: { ...LABORATORY } },
    instruments: [{ id: 'CHEM9', profile: 'demo-chemistry', transport }],
    server: { url: server.url, pullSeconds: 1 },
  });
  two = await startChild(at);
  await setUp(two, { name: 'L. Keane', roles: ['technician', 'lead', 'supervisor'] });
  await there((rows) => rows.length === 0);
  await vi.waitFor(
    async () => {
      if ((await two.tech.rows('catalog.list', { kind: 'test' })).length === 0)
        throw new Error('no catalogue yet');
    },
    { timeout: WAIT, interval: 200 },
  );
}, 60_000);

afterAll(async () => {
  await one?.stop();
  await endStations([two], server);
});

type Until = (rows: EqaEventRow[]) => boolean;
const here = (until: Until): Promise<EqaEventRow[]> => one.tech.rows('eqa.events', {}, until, WAIT);
/** Events at the second station once they are as expected. */
const there = (until: Until): Promise<EqaEventRow[]> =>
  vi.waitFor(
    async () => {
      const rows = await two.tech.rows('eqa.events', {});
      if (!until(rows)) throw new Error(`at the second station: ${JSON.stringify(rows).slice(0, 1_200)}`);
      return rows;
    },
    { timeout: WAIT, interval: 200 },
  );

const specimens = ['EQ-1', 'EQ-2', 'EQ-3', 'EQ-4', 'EQ-5'];
const day = (by: number): string => new Date(Date.now() + by * 86_400_000).toISOString().slice(0, 10);
const given = { scheme: 'Example scheme', specimens, tests: ['NA'] };
const named = (rows: readonly EqaEventRow[], name: string) => rows.find((row) => row.name === name);
const texts = (row: EqaEventRow | undefined) => row?.items.map((item) => item.text).join(' ');
/** Both stations have sent everything, and nothing was refused or is a conflict. */
const settled = () =>
  vi.waitFor(
    async () => {
      for (const rows of [await one.lead.rows('sync.summary', {}), await two.tech.rows('sync.summary', {})])
        expect(rows[0]).toMatchObject({ queued: 0, refused: 0, conflicts: 0 });
    },
    { timeout: WAIT, interval: 200 },
  );

test('an event that the first station sets up gets results at both, each with who typed it', async () => {
  const { eventId } = await one.lead.command('eqa.save', {
    ...{ ...given, eventId: null, name: '2026-B', dueOn: day(10) },
  });
  await there((rows) => rows[0]?.id === eventId && rows[0].state === 'open');
  await one.tech.command('eqa.result', { eventId, specimen: 'EQ-1', testCode: 'NA', text: '139' });
  await there((rows) => rows[0]?.items[0]?.text === '139');
  await two.tech.command('eqa.result', { eventId, specimen: 'EQ-2', testCode: 'NA', text: '141' });
  const [row] = await here((rows) => rows[0]?.items[1]?.text === '141');
  expect(row?.items.slice(0, 2)).toMatchObject([{ by: 'T. lindqvist' }, { by: 'L. Keane', source: 'typed' }]);
  await two.tech.command('eqa.save', { ...given, eventId, name: '2026-B', dueOn: day(12) });
  await here((rows) => rows[0]?.dueOn === day(12) && texts(rows[0])?.trim() === '139 141');
  await settled();
});

test('results typed at both while the server is away stand at both afterwards', async () => {
  const [event] = await two.tech.rows('eqa.events', {});
  const of = { eventId: event!.id, testCode: 'NA' };
  await server.control.set({ down: 'refuse' });
  await one.tech.command('eqa.result', { ...of, specimen: 'EQ-3', text: '138' });
  await two.tech.command('eqa.result', { ...of, specimen: 'EQ-4', text: '142' });
  await two.tech.command('eqa.result', { ...of, specimen: 'EQ-5', text: '140' });
  await server.control.set({ down: 'no' });
  const all = '139 141 138 142 140';
  await there((rows) => texts(rows[0]) === all);
  await here((rows) => texts(rows[0]) === all);
  await settled();
});

test('C4 what the first station submits is closed at the other, and graded there it is graded at the first', async () => {
  const [event] = await here((rows) => rows.length === 1);
  const eventId = event!.id;
  await one.lead.command('eqa.submit', { eventId, pin: PIN });
  const [submitted] = await there((rows) => rows[0]?.state === 'submitted');
  expect(submitted?.submitted).toMatchObject({ by: 'T. okafor', holds: true });
  const late = { eventId, specimen: 'EQ-1', testCode: 'NA', text: '150' };
  await expect(two.tech.command('eqa.result', late)).rejects.toMatchObject({ code: 'qc.eventSubmitted' });
  for (const specimen of specimens)
    await two.tech.command('eqa.outcome', {
      ...{ eventId, specimen, testCode: 'NA', mean: '140', sd: '2' },
      ...(specimen === 'EQ-4' ? { low: '144', high: '150' } : { low: '136', high: '144' }),
    });
  const [graded] = await here((rows) => rows[0]?.state === 'graded');
  expect(graded).toMatchObject({
    ...{ outcomeBy: 'L. Keane', submitted: { by: 'T. okafor', holds: true } },
    scores: [{ testCode: 'NA', score: 0.8, outcome: 'satisfactory' }],
  });
  await settled();
});

test('the other way: the second station sets up and submits, the first grades, and both count it with the events before', async () => {
  const { eventId } = await two.tech.command('eqa.save', {
    ...{ ...given, eventId: null, name: '2026-C', dueOn: day(20) },
  });
  await here((rows) => named(rows, '2026-C') !== undefined);
  for (const specimen of specimens)
    await two.tech.command('eqa.result', { eventId, specimen, testCode: 'NA', text: '140' });
  await two.tech.command('eqa.submit', { eventId, pin: PIN });
  const rows = await here((all) => named(all, '2026-C')?.state === 'submitted');
  expect(named(rows, '2026-C')?.submitted).toMatchObject({ by: 'L. Keane', holds: true });
  for (const specimen of specimens)
    await one.lead.command('eqa.outcome', {
      ...{ eventId, specimen, testCode: 'NA', mean: '150', sd: '2', low: '', high: '' },
    });
  const last = await there((all) => named(all, '2026-C')?.state === 'graded');
  expect(named(last, '2026-C')?.scores).toMatchObject([{ score: 0, outcome: 'unsatisfactory' }]);
  await settled();
});
