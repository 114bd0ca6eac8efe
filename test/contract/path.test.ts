import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { createPrinter, type SimPrinter } from '../sim/printer/printer.ts';
import { EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, openLaboratory } from './people.ts';

/** One patient's way through the whole station without a server: order, label, tube, analyser, verification, signature, report. */

let printer: SimPrinter;
let analyser: Analyser;
let at: TestStation;
let engine: Engine;
let admin: EngineClient;
let tech: EngineClient;
let doctor: EngineClient;

beforeAll(async () => {
  printer = await createPrinter();
  const port = await freePort();
  at = testStation({
    code: 'T1',
    name: 'Bench 1',
    timeZone: 'Europe/Dublin',
    laboratory: { ...LABORATORY },
    instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } }],
    printers: [{ id: 'LABEL1', kind: 'zplTcp', host: '127.0.0.1', port: printer.port }],
  });
  engine = await startTestEngine(at);
  admin = await openLaboratory(engine);
  tech = await joined(engine, admin, 'lindqvist', 'technician');
  doctor = await joined(engine, admin, 'byrne', 'pathologist');
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
  await printer?.stop();
});

test('order, label, tube, instrument query, results, release, signature, report', async () => {
  const { patientId } = await tech.command('patient.register', {
    identifier: '44102387',
    familyName: 'Nguyễn',
    givenName: 'Thị Hương',
    sex: 'female',
    birthDate: '1965-03-14',
    ward: 'Ward 6B',
  });
  const { requisition } = await tech.command('order.enter', {
    patientId,
    catalogCodes: ['LYTES'],
    priority: 'stat',
    requester: 'Dr Lund',
  });
  const [planned] = await tech.rows('accession.requisition', { scanned: requisition });
  expect(planned?.tubes.map((tube) => tube.status)).toEqual(['planned']);

  await tech.command('accession.draw', {
    requisition,
    collector: 'K. Obi',
    collectedTime: new Date().toISOString(),
  });
  const [drawn] = await tech.rows(
    'accession.requisition',
    { scanned: requisition },
    ([row]) => row?.tubes[0]?.labelState === 'printed',
  );
  const tube = drawn!.tubes[0]!;
  expect(tube.accessionIdentifier).toMatch(/^\d{5}T1[0-9A-Z]{4}[0-9A-Z]$/);
  expect(printer.labels).toHaveLength(1);
  expect(printer.labels[0]!.zpl).toContain(tube.accessionDisplay);

  // A tube that was not received gets no work, and its results are held, not posted.
  expect(await analyser.run(tube.accessionIdentifier)).toMatchObject({ outcome: 'nothingToDo' });
  await tech.command('accession.receive', { accessionIdentifier: tube.accessionDisplay });
  expect(
    await tech.refusal('accession.receive', { accessionIdentifier: tube.accessionDisplay }),
  ).toMatchObject({ code: 'specimen.alreadyReceived' });

  const run = await analyser.run(tube.accessionIdentifier);
  expect(run.outcome).toBe('acknowledged');
  expect(run.results.map((r) => r.code).length).toBe(tube.testCodes.length);
  const results = await tech.rows(
    'results.list',
    { filter: 'all' },
    (rows) => rows.length === run.results.length,
  );
  for (const result of results) {
    const sent = run.results.find(
      (r) => builtinProfile('demo-chemistry')!.tests.find((t) => t.code === r.code)?.test === result.testCode,
    );
    expect(result.valueText).toBe(sent?.text);
    expect(result.verdict).not.toBe('released');
  }

  const ids = results.map((r) => r.id);
  const outcome = await tech.command('result.release', { resultIds: ids, comment: 'Checked.' });
  expect(outcome.stayed).toEqual([]);
  const cases = await doctor.rows('signout.cases', { filter: 'waiting' }, (rows) => rows.length === 1);
  const [detail] = await doctor.rows('signout.case', { reportId: cases[0]!.id });
  expect(detail!.results).toHaveLength(ids.length);

  // Criticals, if any, need their call first; then a wrong PIN is refused and the right one signs.
  for (const result of detail!.results.filter(
    (r) => r.interpretation === 'HH' || r.interpretation === 'LL',
  )) {
    await tech.command('result.recordCall', { resultId: result.id, to: 'Ward 6B, Sr Kelly', readBack: true });
  }
  const sign = { reportId: detail!.id, meaning: 'I approve this report', contentHash: detail!.contentHash };
  expect(await doctor.refusal('report.sign', { ...sign, pin: '0000' })).toMatchObject({
    code: 'access.denied',
  });
  expect(await tech.refusal('report.sign', { ...sign, pin: '4711' })).toMatchObject({
    code: 'access.notAllowed',
  });
  expect(
    await doctor.refusal('report.sign', { ...sign, pin: '4711', contentHash: '0'.repeat(64) }),
  ).toMatchObject({ code: 'report.changed' });
  await doctor.command('report.sign', { ...sign, pin: '4711' });
  const { pdf } = await doctor.command('report.pdf', { reportId: detail!.id });
  expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  expect(await admin.command('audit.verify', {})).toMatchObject({ ok: true, problems: [] });
});

test('a measurement nobody asked for again is a held second version, a rerun that was asked for is not', async () => {
  const { patientId } = await tech.command('patient.register', {
    identifier: '5512001',
    familyName: 'Οικονόμου',
    givenName: 'Νίκος',
    sex: 'male',
    birthDate: '1970-01-02',
  });
  const { requisition } = await tech.command('order.enter', {
    patientId,
    catalogCodes: ['ALB'],
    priority: 'routine',
  });
  await tech.command('accession.draw', {
    requisition,
    collector: 'K. Obi',
    collectedTime: new Date().toISOString(),
  });
  const [drawn] = await tech.rows('accession.requisition', { scanned: requisition });
  const specimen = drawn!.tubes[0]!.accessionIdentifier;
  await tech.command('accession.receive', { accessionIdentifier: specimen });
  const codes = [builtinProfile('demo-chemistry')!.tests.find((one) => one.test === 'ALB')!.code];
  const standing = async (version: number) =>
    (
      await tech.rows('results.list', { filter: 'toDecide' }, (rows) =>
        rows.some((r) => r.accessionIdentifier === specimen && r.version === version),
      )
    ).filter((r) => r.accessionIdentifier === specimen);
  await analyser.run(specimen, { tests: codes });
  const [first] = await standing(1);
  // Times of the instrument have seconds: the next measurement is another one.
  await new Promise((done) => setTimeout(done, 1_100));
  await analyser.run(specimen, { tests: codes });
  const [second, ...more] = await standing(2);
  expect(more).toEqual([]);
  expect(second).toMatchObject({ verdict: 'held', version: 2 });
  const [detail] = await tech.rows('results.detail', { resultId: second!.id });
  expect(detail!.because).toContainEqual(expect.objectContaining({ rule: 'repeat', outcome: 'hold' }));
  expect(detail!.versions.map((v) => v.id)).toContain(first!.id);
  await tech.command('result.rerun', { resultIds: [second!.id] });
  await new Promise((done) => setTimeout(done, 1_100));
  await analyser.run(specimen);
  const [third] = await standing(3);
  const [last] = await tech.rows('results.detail', { resultId: third!.id });
  expect(last!.because.some((one) => one.rule === 'repeat')).toBe(false);
});

test('a correction of a signed result keeps both versions and opens the next report version', async () => {
  const [signed] = await doctor.rows('signout.cases', { filter: 'signed' });
  const [before] = await doctor.rows('signout.case', { reportId: signed!.id });
  const first = before!.results[0]!;
  const { resultId } = await tech.command('result.correct', {
    resultId: first.id,
    valueText: '139',
    reason: 'Wrong tube read',
  });
  expect(await tech.command('result.release', { resultIds: [resultId], comment: 'corrected' })).toMatchObject(
    {
      released: [],
      stayed: [{ resultId, why: expect.stringContaining('Who entered it') }],
    },
  );
  await doctor.command('result.release', { resultIds: [resultId], comment: 'Corrected after a second look' });
  const waiting = await doctor.rows('signout.cases', { filter: 'waiting' }, (rows) => rows.length === 1);
  const [next] = await doctor.rows('signout.case', { reportId: waiting[0]!.id });
  expect(next).toMatchObject({ version: 2, signature: null });
  expect(next!.results.find((r) => r.id === resultId)?.replaces).toMatchObject({ text: first.valueText });
  const [old] = await doctor.rows('signout.case', { reportId: signed!.id });
  expect(old).toMatchObject({ state: 'signed', version: 1, contentHash: before!.contentHash });
});

test('an unknown specimen and a repeated message make one exception, never a result', async () => {
  const run = await analyser.run('NOSUCH1', { tests: [builtinProfile('demo-chemistry')!.tests[0]!.code] });
  expect(run.outcome).toBe('acknowledged');
  const open = await tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length > 0);
  expect(open).toHaveLength(1);
  expect(open[0]).toMatchObject({ reason: 'unknownSpecimen', sentSpecimen: 'NOSUCH1' });
  const [detail] = await tech.rows('exceptions.detail', { taskId: open[0]!.id });
  expect(detail!.raw.slice(detail!.rawFrom, detail!.rawTo)).toMatch(/^R\|1\|/);
  await tech.command('exception.reject', { taskId: open[0]!.id, reason: 'Test tube' });
  await tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 0);
});

test('everything is there after a restart', async () => {
  await engine.stop();
  engine = await startTestEngine(at);
  doctor = new EngineClient(engine, 'again');
  await doctor.command('access.signIn', { username: 'byrne', pin: '4711' });
  expect(await doctor.rows('signout.cases', { filter: 'signed' })).toHaveLength(1);
  expect(await doctor.rows('signout.cases', { filter: 'waiting' })).toHaveLength(1);
});
