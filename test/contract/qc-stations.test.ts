/** Two stations with one analyser and a central server: controls, lots, the gate, decisions and signatures of one count at the other. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { recordControls } from '../../main/engine/qc/record.ts';
import { addSignOff, reviewedPeriod, reviewHash } from '../../main/engine/qc/review.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { parseValue } from '../../shared/domain/value.ts';
import type { QueryInput, QueryName, QueryRow } from '../../shared/ipc/contract.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { createAnalyser } from '../sim/analyser/analyser.ts';
import type { FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import {
  type ChildStation,
  catalogueServer,
  endStations,
  setUp,
  signInAt,
  startChild,
} from './child-station.ts';
import { testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { PIN } from './people.ts';
import { type QcStation, qcStation } from './qc-station.ts';

const SERIAL = 'AU480-2231';
const WAIT = 30_000;
let server: FhirServer;
let one: QcStation;
/** The second station is another process, as it is in a laboratory. */
let two: ChildStation;
let linePort = 0;

beforeAll(async () => {
  server = await catalogueServer();
  one = await qcStation({ code: 'T1', server: server.url, serialNumber: SERIAL });
  const line = async (id: string) => ({
    ...{ id, profile: 'demo-chemistry' },
    transport: { kind: 'tcpServer' as const, port: await freePort() },
  });
  const chem1 = await line('CHEM1');
  linePort = chem1.transport.port;
  const at = testStation({
    ...{ code: 'T2', name: 'Bench T2', timeZone: 'Europe/Dublin', laboratory: { ...LABORATORY } },
    instruments: [{ ...chem1, serialNumber: SERIAL }, await line('CHEM2')],
    server: { url: server.url, pullSeconds: 1 },
  });
  two = await startChild(at);
  await setUp(two, { name: 'L. Keane', roles: ['technician', 'lead', 'supervisor'] });
  // The line is at the second station; controls of the first are written into its store.
  const isShared = (rows: QueryRow<'instruments.lines'>[]) => rows.some((row) => row.owner !== null);
  await one.tech.rows('instruments.lines', {}, isShared, WAIT);
  await one.tech.command('line.give', { instrumentId: 'T1.CHEM1' });
  await seen('instruments.lines', {}, (rows) => rows.some((row) => row.owner?.free === true));
  await two.tech.command('line.take', { instrumentId: 'T2.CHEM1' });
}, 60_000);

afterAll(async () => {
  await one?.stop();
  await endStations([two], server);
});

/** Rows at the second station once they are as expected. */
async function seen<N extends QueryName>(
  name: N,
  args: QueryInput<N>,
  until: (rows: QueryRow<N>[]) => boolean,
): Promise<QueryRow<N>[]> {
  return vi.waitFor(
    async () => {
      const rows = await two.tech.rows(name, args);
      if (!until(rows))
        throw new Error(`${name} at the second station: ${JSON.stringify(rows).slice(0, 1_500)}`);
      return rows;
    },
    { timeout: WAIT, interval: 200 },
  );
}

const sodium = { testCode: 'NA' };
const here = { ...sodium, instrumentId: 'T1.CHEM1' };
const there = { ...sodium, instrumentId: 'T2.CHEM1' };
const stands = (state: string) =>
  seen('qc.state', {}, (rows) => rows.some((row) => row.id === 'T2.CHEM1 NA' && row.state === state)).then(
    (rows) => rows.find((row) => row.id === 'T2.CHEM1 NA')!,
  );
const standsHere = (state: string) =>
  one.lead.rows(
    'qc.state',
    {},
    (rows) => rows.some((row) => row.id === 'T1.CHEM1 NA' && row.state === state),
    WAIT,
  );

/** A sodium of a patient, measured at the second station and not released there. */
async function measuredThere(): Promise<void> {
  const { patientId } = await two.tech.command('patient.register', {
    ...{
      identifier: 'MRN-77',
      familyName: 'Murphy',
      givenName: 'Aoife',
      sex: 'female',
      birthDate: '1965-03-14',
    },
  });
  const ordered = { patientId, catalogCodes: ['LYTES'], priority: 'routine' as const };
  const { requisition } = await two.tech.command('order.enter', ordered);
  const collectedTime = new Date().toISOString();
  await two.tech.command('accession.draw', { requisition, collector: 'K. Obi', collectedTime });
  const [row] = await two.tech.rows('accession.requisition', { scanned: requisition });
  const accessionIdentifier = row!.tubes[0]!.accessionIdentifier;
  await two.tech.command('accession.receive', { accessionIdentifier });
  const transport = tcpClient({ host: '127.0.0.1', port: linePort, timers: realTimers });
  const analyser = createAnalyser({ profile: builtinProfile('demo-chemistry')!, transport, seed: 3 });
  analyser.start();
  try {
    await analyser.run(accessionIdentifier);
  } finally {
    await analyser.stop();
  }
}

const verdictThere = (until: (verdict: string) => boolean) =>
  seen('results.list', { filter: 'all' }, (rows) =>
    rows.some((row) => row.testCode === 'NA' && until(row.verdict)),
  );

test('W13 a lot and a control that fails at one station stop release at the other, and say why there', async () => {
  await one.lot({ level: '1', ...sodium, mean: '140', sd: '2' });
  await seen('catalog.list', { kind: 'test' }, (rows) => rows.some((row) => row.code === 'NA'));
  await seen('qc.lots', {}, (rows) => rows.some((row) => row.lot === 'LOT1' && row.targets.length === 1));
  const [good] = await one.arrive({ level: '1', text: '140' });
  expect(good?.state).toBe('inControl');
  await stands('in');
  await measuredThere();
  const before = await verdictThere((verdict) => verdict !== 'blocked');
  expect(before.find((row) => row.testCode === 'NA')?.verdict).toMatch(/ready|held/);
  const [bad] = await one.arrive({ level: '1', text: '150' });
  expect(bad?.state).toBe('rejected');
  expect(await stands('rejected')).toMatchObject({ blocks: true, text: expect.stringContaining('1-3s') });
  const [blocked] = (await verdictThere((verdict) => verdict === 'blocked')).filter(
    (row) => row.testCode === 'NA',
  );
  expect(blocked).toMatchObject({ accessionIdentifier: expect.any(String), verdict: 'blocked' });
  // Another analyser of the same kind there, without that serial number, is not touched.
  const rows = await two.tech.rows('qc.state', {});
  expect(rows.find((row) => row.id === 'T2.CHEM2 NA')?.state).not.toBe('rejected');
  expect(server.control.all('Substance')).toHaveLength(1);
});

test('W13 what one station did about it and its release in spite of it are seen at the other, with the name', async () => {
  const [chart] = await one.lead.rows('qc.chart', { ...here, limit: 50 });
  const rejected = chart!.points.find((point) => point.state === 'rejected')!;
  await one.tech.command('qc.review', {
    ...{ controlId: rejected.id, kind: 'action', code: 'newVial', text: 'Opened a new vial' },
  });
  await one.supervisor.command('qc.override', {
    ...here,
    reason: 'Second analyser agrees',
    hours: 2,
    pin: PIN,
  });
  const rows = await seen('qc.state', {}, (all) =>
    all.some((row) => row.id === 'T2.CHEM1 NA' && row.override !== null && !row.blocks),
  );
  await verdictThere((verdict) => verdict !== 'blocked');
  expect(rows.find((row) => row.id === 'T2.CHEM1 NA')?.override).toMatchObject({
    by: 'T. adeyemi',
    reason: 'Second analyser agrees',
  });
  const [found] = await seen('qc.chart', { ...there, limit: 50 }, ([row]) =>
    row!.points.some((point) => point.reviews.some((review) => review.by === 'T. lindqvist')),
  );
  expect(found!.points.map((point) => point.state)).toEqual(['inControl', 'rejected']);
});

test('W12 an exclusion made at the second station comes back to the first, and both then say the same', async () => {
  const [chart] = await two.tech.rows('qc.chart', { ...there, limit: 50 });
  const rejected = chart!.points.find((point) => point.state === 'rejected')!;
  await two.tech.command('qc.exclude', { controlId: rejected.id, reason: 'wrong vial at the other bench' });
  const [found] = await one.lead.rows(
    'qc.chart',
    { ...here, limit: 50 },
    ([row]) => row!.points.some((point) => point.excluded?.by === 'L. Keane'),
    WAIT,
  );
  const point = found!.points.find((one) => one.id === rejected.id)!;
  expect(point).toMatchObject({ state: 'excluded', excluded: { reason: 'wrong vial at the other bench' } });
  expect(point.reviews).toHaveLength(1);
  await standsHere('in');
  await stands('in');
});

test('W1 a plan changed at one station holds at the other', async () => {
  const rules = { '1-2s': { action: 'warn', within: true, across: false } } as const;
  const plan = { ...DEFAULT_PLAN.all, rules };
  await one.supervisor.command('qc.plan.set', { ...here, plan, reason: 'Sigma above six' });
  await seen('qc.plan', {}, (rows) =>
    rows.some((row) => row.instrumentId === 'T2.CHEM1' && row.own && row.changes.length === 1),
  );
  const [lot] = await two.tech.rows('qc.lots', {});
  const entered = await two.tech.command('qc.enter', { ...there, lotId: lot!.id, valueText: '150' });
  expect(entered.state).toBe('warning');
  await standsHere('warning');
});

test('W3 a measurement that an analyser sends to both its stations is one point', async () => {
  const { bench } = one.engine;
  const points = async () =>
    (await one.lead.rows('qc.chart', { ...here, limit: 50 })).flatMap((row) => row.points);
  const before = (await points()).length;
  const now = bench.clock.now().toISOString();
  const sent = {
    ...{ ...here, material: 'QC-1', lot: '', operator: '', sourceKey: '', messageId: '' },
    ...{ value: { ...parseValue('140.5'), unit: 'mmol/L' }, measuredTime: now, postedTime: now },
  };
  const write = () =>
    bench.store.write({ actor: 'test', command: 'test', station: 'T1', at: now }, (unit) =>
      recordControls(bench, unit, now, [sent]),
    );
  // The other station's analyser is known by now to be this one.
  await one.lead.rows('qc.chart', { ...here, limit: 50 }, ([row]) =>
    row!.points.some((point) => point.operator === 'L. Keane'),
  );
  const [first] = await write();
  const [second] = await write();
  expect(second?.id).toBe(first?.id);
  expect(await points()).toHaveLength(before + 1);
});

test('C4 a signature under the controls of one station holds at the other over the same content', async () => {
  const { bench } = one.engine;
  const now = bench.clock.now().toISOString();
  const period = now.slice(0, 7);
  // The month has not ended: it is signed as the command does it afterwards.
  await bench.store.write({ actor: 'test', command: 'test', station: 'T1', at: now }, async (unit) => {
    const hash = reviewHash('T1.CHEM1', period, await reviewedPeriod(bench, unit, 'T1.CHEM1', period));
    await addSignOff(unit, now, {
      ...{ instrumentId: 'T1.CHEM1', period, by: 'p', name: 'T. adeyemi', at: now, meaning: 'Reviewed' },
      ...{ comment: '', hash },
    });
  });
  // It stands before the last point of the month has come, and holds once it has.
  const [row] = await seen('qc.signOffs', { instrumentId: 'T2.CHEM1' }, (rows) => rows[0]?.holds === true);
  expect(row).toMatchObject({ by: 'T. adeyemi', instrumentId: 'T1.CHEM1', holds: true });
  const [summary] = await one.lead.rows('sync.summary', {}, ([found]) => found!.queued === 0, WAIT);
  expect(summary).toMatchObject({ refused: 0, conflicts: 0 });
});

test('C3 after a restart the second station still has the points, the plan, the decisions and the signature', async () => {
  const points = async () =>
    (await two.tech.rows('qc.chart', { ...there, limit: 50 })).flatMap((row) =>
      row.points.map(({ id, state }) => `${id} ${state}`),
    );
  const before = await points();
  expect(await two.child.shutdown()).toBe('exit code 0');
  two = await startChild(two.at);
  await signInAt(two.tech);
  expect(await points()).toEqual(before);
  const rows = await two.tech.rows('qc.plan', {});
  expect(rows.find((row) => row.instrumentId === 'T2.CHEM1' && row.testCode === 'NA')?.changes).toMatchObject(
    [{ by: 'T. adeyemi', reason: 'Sigma above six' }],
  );
  const [state] = (await two.tech.rows('qc.state', {})).filter((row) => row.id === 'T2.CHEM1 NA');
  expect(state?.override).toMatchObject({ by: 'T. adeyemi' });
  expect(await two.tech.rows('qc.signOffs', { instrumentId: 'T2.CHEM1' })).toMatchObject([
    { by: 'T. adeyemi' },
  ]);
});
