/** W13 on the real engine: controls of a simulated analyser open and close the gate of patient results. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { type EngineClient, startTestEngine, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, openLaboratory } from './people.ts';

const CHEM = 'T1.CHEM1';
let engine: Engine;
let analyser: Analyser;
let admin: EngineClient;
let tech: EngineClient;
let lead: EngineClient;
let supervisor: EngineClient;
const lots: string[] = [];

/** Runs controls. The analyser tells times to the second: two of one second would be one measurement. */
async function runQc(options: Parameters<Analyser['runQc']>[0]): Promise<void> {
  await new Promise((done) => setTimeout(done, 1_100));
  await analyser.runQc(options);
}

/** A received tube with electrolytes. */
async function tube(mrn: string): Promise<string> {
  const { patientId } = await tech.command('patient.register', {
    identifier: mrn,
    familyName: 'Murphy',
    givenName: `Aoife ${mrn}`,
    sex: 'female',
    birthDate: '1965-03-14',
  });
  const catalogCodes = ['LYTES'];
  const { requisition } = await tech.command('order.enter', { patientId, catalogCodes, priority: 'routine' });
  const collectedTime = new Date().toISOString();
  await tech.command('accession.draw', { requisition, collector: 'K. Obi', collectedTime });
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  const accessionIdentifier = row!.tubes[0]!.accessionIdentifier;
  await tech.command('accession.receive', { accessionIdentifier });
  return accessionIdentifier;
}

const sodium = async (accession: string, until: (verdict: string) => boolean = () => true) => {
  const rows = await lead.rows('results.list', { filter: 'all' }, (all) =>
    all.some((one) => one.accessionIdentifier === accession && one.testCode === 'NA' && until(one.verdict)),
  );
  return rows.find((one) => one.accessionIdentifier === accession && one.testCode === 'NA')!;
};
const stateOf = async (until: (state: string) => boolean) =>
  (
    await lead.rows('qc.state', {}, (rows) => rows.some((one) => one.testCode === 'NA' && until(one.state)))
  ).find((one) => one.testCode === 'NA')!;

beforeAll(async () => {
  const port = await freePort();
  engine = await startTestEngine(
    testStation({
      code: 'T1',
      name: 'Bench 1',
      timeZone: 'Europe/Dublin',
      laboratory: { ...LABORATORY },
      instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } }],
    }),
  );
  admin = await openLaboratory(engine);
  tech = await joined(engine, admin, 'lindqvist', 'technician');
  lead = await joined(engine, admin, 'okafor', 'lead');
  supervisor = await joined(engine, admin, 'adeyemi', 'supervisor');
  analyser = createAnalyser({
    profile: builtinProfile('demo-chemistry')!,
    transport: tcpClient({ host: '127.0.0.1', port, timers: realTimers }),
    seed: 7,
  });
  analyser.start();
});

afterAll(async () => {
  await analyser?.stop();
  await engine?.stop();
});

test('without a lot nothing is in control, nothing is blocked, and a sent control says what is missing', async () => {
  const accession = await tube('1001');
  await analyser.run(accession);
  expect(await sodium(accession)).toMatchObject({ qc: 'none', verdict: 'ready' });
  await runQc({ level: 1, tests: ['Na'] });
  const found = await vi.waitFor(async () => {
    const stored = await engine.bench.store.find('controls', { selector: {} });
    expect(stored).toHaveLength(1);
    return stored;
  });
  expect(found[0]).toMatchObject({ state: 'notEvaluated', lotId: '', material: 'QC-L1' });
  expect(found[0]?.because[0]?.text).toContain('No lot in use is sent as “QC-L1, lot LOT101”');
});

test('W14 a target set by a lead is used only after a supervisor approved it', async () => {
  for (const [level, lot] of [
    ['1', 'LOT101'],
    ['2', 'LOT201'],
  ] as const) {
    const { lotId } = await lead.command('qc.lot.save', {
      lotId: null,
      material: 'Level',
      manufacturer: 'Example Controls',
      lot,
      level,
      expiresOn: '2099-12-31',
      opened: true,
      openStabilityHours: 168,
      sentAs: [`QC-L${level}`],
      state: 'current',
    });
    lots.push(lotId);
    const control = await engine.bench.store.find('controls', { selector: {} });
    const mean = level === '1' ? (control[0]?.value.text ?? '') : '150';
    const { targetId } = await lead.command('qc.target.set', {
      lotId,
      testCode: 'NA',
      instrumentId: '',
      kind: 'manufacturer',
      mean,
      sd: level === '1' ? '2.5' : '20',
    });
    expect(
      (await lead.rows('qc.state', {})).filter((one) => one.levels.some((cell) => cell.lotId === lotId)),
    ).toEqual([]);
    expect(await lead.refusal('qc.target.approve', { lotId, targetId })).toMatchObject({
      code: 'access.notAllowed',
    });
    await supervisor.command('qc.target.approve', { lotId, targetId });
  }
  // Level 2 was never measured: the gate is closed (W13).
  expect(await stateOf((state) => state === 'overdue')).toMatchObject({ blocks: true });
});

test('W13 an overdue control blocks release; acceptable controls open it again', async () => {
  const accession = await tube('1002');
  await analyser.run(accession);
  const blocked = await sodium(accession, (verdict) => verdict === 'blocked');
  expect(blocked.qc).toBe('overdue');
  const why = await lead.rows('results.plan', { resultIds: [blocked.id] });
  expect(why[0]).toMatchObject({ outcome: 'stays' });
  await runQc({ tests: ['Na'] });
  expect(await stateOf((state) => state === 'in' || state === 'warning')).toMatchObject({ blocks: false });
  const free = await sodium(accession, (verdict) => verdict !== 'blocked');
  expect(free.verdict).toBe('ready');
});

test('W2 a rejected control closes the gate at once, says which rule, and is named in the look-back', async () => {
  const [message] = await lead
    .rows('instruments.trace', { instrumentId: CHEM }, (rows) =>
      rows.some((row) => (row.message?.posted ?? 0) > 0),
    )
    .then((rows) => rows.filter((row) => (row.message?.posted ?? 0) > 0));
  await supervisor.command('mapping.verify', {
    instrumentId: CHEM,
    tests: ['NA'],
    cases: [message!.message!.number],
    statement: 'Compared with the display of the analyser.',
    pin: '4711',
  });
  const released = await tube('1003');
  await analyser.run(released);
  // Every rule passed, the controls among them: released by the rules (V2).
  expect(await sodium(released, (verdict) => verdict === 'released')).toMatchObject({ qc: 'warning' });
  await runQc({ tests: ['Na'], level: 1, shift: 12 });
  const state = await stateOf((word) => word === 'rejected');
  expect(state).toMatchObject({ blocks: true, needsAction: true });
  expect(state.text).toContain('1-3s');
  const after = await tube('1005');
  await analyser.run(after);
  const waiting = await sodium(after, (verdict) => verdict === 'blocked');
  expect(waiting.qcText).toContain('1-3s');
  const list = await lead.rows('qc.lookBack', { instrumentId: CHEM, testCode: 'NA' });
  expect(list.map((one) => [one.resultId, one.verdict])).toEqual(
    expect.arrayContaining([
      [(await sodium(released)).id, 'released'],
      [waiting.id, 'blocked'],
    ]),
  );
  await lead.command('result.release', { resultIds: [waiting.id], comment: 'looks fine' });
  expect((await engine.bench.store.get('results', waiting.id))?.verdict).toBe('blocked');
});

test('a corrective action is kept with the control, an exclusion with its reason, and what follows is judged again', async () => {
  const [chart] = await lead.rows('qc.chart', { instrumentId: CHEM, testCode: 'NA', limit: 100 });
  const bad = chart!.points.findLast((one) => one.state === 'rejected')!;
  await tech.command('qc.review', {
    controlId: bad.id,
    kind: 'action',
    code: 'newVial',
    text: 'Opened a new vial.',
  });
  expect(
    await lead.refusal('qc.review', { controlId: bad.id, kind: 'comment', code: '', text: ' ' }),
  ).toMatchObject({
    code: 'qc.emptyReview',
  });
  const [after] = await lead.rows('qc.chart', { instrumentId: CHEM, testCode: 'NA', limit: 100 }, ([row]) =>
    row!.points.some((one) => one.reviews.length > 0),
  );
  expect(after!.points.find((one) => one.id === bad.id)?.reviews[0]).toMatchObject({
    code: 'newVial',
    by: 'T. lindqvist',
  });
  await lead.command('qc.exclude', { controlId: bad.id, reason: 'Wrong vial in the rack.' });
  expect(await stateOf((word) => word !== 'rejected')).toMatchObject({ blocks: false });
  await lead.command('qc.include', { controlId: bad.id, reason: 'It was the right vial.' });
  expect(await stateOf((word) => word === 'rejected')).toMatchObject({ blocks: true });
});

test('C4 a supervisor opens the gate with PIN and reason for some hours; it stays visible', async () => {
  const given = {
    instrumentId: CHEM,
    testCode: 'NA',
    reason: 'Repeat in control on the second analyser.',
    hours: 4,
  };
  expect(await lead.refusal('qc.override', { ...given, pin: '4711' })).toMatchObject({
    code: 'access.notAllowed',
  });
  expect((await supervisor.refusal('qc.override', { ...given, pin: '0000' })).code).toContain('access');
  await supervisor.command('qc.override', { ...given, pin: '4711' });
  const state = await stateOf((word) => word === 'rejected');
  expect(state).toMatchObject({ blocks: false, override: { by: 'T. adeyemi', reason: given.reason } });
  const accession = await tube('1004');
  await analyser.run(accession);
  const row = await sodium(accession);
  expect(row.verdict).toBe('ready');
  expect(row.qc).toBe('rejected');
});

test('W13 the repeat of a released result is kept beside it, compared, and becomes a corrected version', async () => {
  const list = await lead.rows('qc.lookBack', { instrumentId: CHEM, testCode: 'NA' });
  const doubtful = list.find((one) => one.verdict === 'released')!;
  const of = (rows: typeof list) => rows.find((one) => one.resultId === doubtful.resultId);
  const standing = (await engine.bench.store.get('results', doubtful.resultId))!;
  await lead.command('qc.lookBack.repeat', {
    ...{ instrumentId: CHEM, testCode: 'NA', resultIds: [doubtful.resultId] },
  });
  await new Promise((done) => setTimeout(done, 1_100));
  await analyser.run(standing.accessionIdentifier);
  const rows = await lead.rows('qc.lookBack', { instrumentId: CHEM, testCode: 'NA' }, (all) =>
    Boolean(of(all)?.repeat),
  );
  const repeat = of(rows)?.repeat;
  const released = (await engine.bench.store.get('results', doubtful.resultId))!;
  expect(released).toMatchObject({ verdict: 'released', current: true });
  const difference = Number(repeat?.text) - (released.value.number ?? 0);
  expect(repeat?.difference).toBeCloseTo(difference);
  expect(repeat?.percent).toBeCloseTo((difference / (released.value.number ?? 1)) * 100);
  // Nobody has set an allowable error: a person decides.
  expect(repeat).toMatchObject({ exceeds: null, totalErrorAllowed: null });
  const exceptions = await engine.bench.store.find('tasks', {
    selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } },
  });
  expect(exceptions.filter((one) => one.sentTest === 'Na' && one.reason === 'alreadyReleased')).toEqual([]);
  // First it is decided that the released result stands, with what was measured and why.
  await lead.command('qc.repeat.keep', { taskId: repeat!.taskId, reason: 'Within the error.' });
  const kept = of(
    await lead.rows('qc.lookBack', { instrumentId: CHEM, testCode: 'NA' }, (all) => of(all)?.decided !== ''),
  );
  expect(kept).toMatchObject({ repeat: null, rerun: false, verdict: 'released' });
  expect(kept?.decided).toBe(
    `The released result stands; measured again: ${repeat!.text} ${repeat!.unit}. Within the error.`,
  );
  // Asked for again, and corrected to what came then.
  await lead.command('qc.lookBack.repeat', {
    ...{ instrumentId: CHEM, testCode: 'NA', resultIds: [doubtful.resultId] },
  });
  await new Promise((done) => setTimeout(done, 1_100));
  await analyser.run(standing.accessionIdentifier);
  const later = of(
    await lead.rows('qc.lookBack', { instrumentId: CHEM, testCode: 'NA' }, (all) => Boolean(of(all)?.repeat)),
  )?.repeat;
  expect(later?.taskId).not.toBe(repeat!.taskId);
  const { resultId } = await lead.command('qc.repeat.correct', {
    ...{ taskId: later!.taskId, reason: 'The control before it had drifted.' },
  });
  expect(await engine.bench.store.get('results', resultId)).toMatchObject({
    ...{ replacesId: released.id, version: released.version + 1, current: true, instrumentId: CHEM },
    value: { text: later!.text },
  });
  expect(await engine.bench.store.get('results', released.id)).toMatchObject({ current: false });
  expect(await lead.refusal('qc.repeat.keep', { taskId: later!.taskId, reason: 'again' })).toMatchObject({
    code: 'qc.noRepeat',
  });
});
