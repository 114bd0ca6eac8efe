import { afterEach, expect, test } from 'vitest';
import { type PtyPair, ptyPair } from '../../main/engine/instruments/transports/pty-fixture.ts';
import { serial } from '../../main/engine/instruments/transports/serial.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { tcpServer } from '../../main/engine/instruments/transports/tcp-server.ts';
import type { Transport } from '../../main/engine/instruments/transports/transport.ts';
import { realTimers } from '../../main/engine/timers.ts';
import type { ProbeRunRow } from '../../shared/ipc/tools.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import type { FaultRates } from '../sim/analyser/faults.ts';
import { type BadBench, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';

/** The active self-test against the simulator, over real sockets and a pseudo-terminal: what is right is told as right, what is wrong as wrong. */

let bench: BadBench;
let analyser: Analyser | undefined;
let cable: PtyPair | undefined;
const instrumentId = 'T1.CHEM1';
const SPECIMEN = 'SELFTEST0001';

afterEach(async () => {
  await analyser?.stop();
  analyser = undefined;
  await bench?.stop();
  await cable?.close();
  cable = undefined;
});

function device(profileId: string, transport: Transport, rates?: FaultRates): Analyser {
  const profile = builtinProfile(profileId)!;
  const made = createAnalyser({
    // One that does not wait long for an acknowledgement before it sends again.
    profile: profile.protocol === 'hl7' ? { ...profile, link: { ...profile.link, ackMs: 1_500 } } : profile,
    transport,
    seed: 7,
    retryMs: 200,
    link: { interruptedMs: 1_000 },
    ...(rates === undefined ? {} : { faults: { seed: 7, rates } }),
  });
  made.start();
  analyser = made;
  return made;
}

const client = (port: number) => tcpClient({ host: '127.0.0.1', port, timers: realTimers });
const run = async (until: (row: ProbeRunRow) => boolean): Promise<ProbeRunRow> => {
  const rows = await bench.lead.rows(
    'selftest.run',
    { instrumentId },
    ([row]) => row !== undefined && until(row),
    60_000,
  );
  return rows[0]!;
};
const ended = () => run(({ endedAt }) => endedAt !== '');
const outcomes = (row: ProbeRunRow) => Object.fromEntries(row.steps.map(({ id, outcome }) => [id, outcome]));
const said = (row: ProbeRunRow) =>
  row.steps.map(({ id, outcome, text }) => `${id} ${outcome}: ${text}`).join('\n');
const step = (row: ProbeRunRow, id: string) => row.steps.find((one) => one.id === id)!;

/** Begins against a simulator that connects to a port of its own, lets it run the test specimen, and gives the report. */
async function against(profileId: string, rates?: FaultRates, quick = true): Promise<ProbeRunRow> {
  bench = await startBadBench();
  const port = await freePort();
  const target = { kind: 'listen' as const, port };
  await bench.lead.command('selftest.begin', { instrumentId, target, profileId, quick, confirmed: true });
  const sim = device(profileId, client(port), rates);
  await run(({ state }) => state === 'listening');
  const measured = await sim.run(SPECIMEN);
  expect(measured.outcome).toBe('acknowledged');
  await bench.lead.command('selftest.finish', { instrumentId });
  return ended();
}

test('L2-L15 R8 R9 an ASTM device that keeps the rules passes every step that applies', async () => {
  const row = await against('generic-astm');
  expect(row.state, said(row)).toBe('done');
  expect(outcomes(row), said(row)).toEqual({
    establish: 'pass',
    checksum: 'pass',
    number: 'pass',
    again: 'pass',
    repeat: 'pass',
    interrupt: 'pass',
    order: 'pass',
    cancel: 'pass',
    silence: 'notApplicable',
    contention: 'pass',
    resend: 'pass',
    stop: 'pass',
    frames: 'pass',
    numbers: 'pass',
    ends: 'pass',
    outside: 'pass',
    query: 'pass',
    answer: 'pass',
    results: 'pass',
  });
  expect(
    step(row, 'order')
      .bytes.map(({ text }) => text)
      .join(''),
  ).toContain(`|${SPECIMEN}|`);
  expect(step(row, 'checksum').bytes.map(({ direction, text }) => `${direction} ${text}`)).toContain(
    'in <NAK>',
  );
  expect(await bench.tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
  expect(await bench.tech.rows('results.list', { filter: 'all' })).toEqual([]);
  const { pdf, name } = await bench.lead.command('selftest.runPdf', { instrumentId });
  expect(name).toBe('active-self-test-CHEM1.pdf');
  expect(Buffer.from(pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
}, 60_000);

test('L3 L2 wrong checksums and numbers of a device are failed steps, with their bytes', async () => {
  const row = await against('generic-astm', { badChecksum: 0.35, wrongNumber: 0.35 });
  expect(step(row, 'frames').outcome, said(row)).toBe('fail');
  expect(step(row, 'frames').text).toContain('wrong checksum');
  expect(step(row, 'frames').bytes.length).toBeGreaterThan(0);
  expect(step(row, 'numbers').outcome, said(row)).toBe('fail');
  expect(['establish', 'checksum', 'order', 'results'].map((id) => step(row, id).outcome)).toEqual([
    'pass',
    'pass',
    'pass',
    'pass',
  ]);
}, 60_000);

test('M1 M3 M4 M6 an HL7 device that keeps the rules passes; one that does not fails where it does not', async () => {
  const row = await against('generic-law');
  expect(
    Object.entries(outcomes(row)).filter(([, outcome]) => outcome !== 'pass'),
    said(row),
  ).toEqual([]);
  await analyser?.stop();
  await bench.stop();
  const bad = await against('generic-law', { garbage: 0.6, wrongAnswer: 1 });
  expect(step(bad, 'blocks').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'order').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'repeat').outcome).toBe('notApplicable');
  expect(step(bad, 'results').outcome, said(bad)).toBe('pass');
}, 90_000);

test('L8 L10 a device with a protocol of its own: blocks come again, its request is answered and its results read', async () => {
  const row = await against('beckman-au480');
  expect(
    Object.entries(outcomes(row)).filter(([, outcome]) => outcome !== 'pass'),
    said(row),
  ).toEqual([]);
  await analyser?.stop();
  await bench.stop();
  const bad = await against('beckman-au480', { badChecksum: 0.5 });
  expect(step(bad, 'frames').outcome, said(bad)).toBe('fail');
  expect(step(bad, 'results').outcome, said(bad)).toBe('pass');
}, 90_000);

test('on the line’s own link nothing is lost: real results are posted, those of the test are held, and the line goes on', async () => {
  bench = await startBadBench();
  const sim = device('demo-chemistry', client(bench.port));
  await expect.poll(() => sim.state(), { timeout: 10_000 }).toBe('ready');
  const plan = await bench.lead.rows('selftest.plan', { instrumentId, simulator: false, quick: true });
  expect(plan[0]?.sees.join(' ')).toContain(SPECIMEN);
  expect(
    await bench.tech.refusal('selftest.begin', {
      instrumentId,
      target: { kind: 'line' },
      quick: true,
      confirmed: true,
    }),
  ).toMatchObject({ code: 'access.notAllowed' });
  await bench.lead.command('selftest.begin', {
    instrumentId,
    target: { kind: 'line' },
    quick: true,
    confirmed: true,
  });
  expect(
    await bench.lead.refusal('selftest.begin', {
      instrumentId,
      target: { kind: 'line' },
      quick: true,
      confirmed: true,
    }),
  ).toMatchObject({ code: 'selftest.running' });
  await run(({ state }) => state === 'listening');
  expect((await sim.run(SPECIMEN)).outcome).toBe('nothingToDo');
  expect((await sim.run('QC-L1', { tests: ['Na'] })).outcome).toBe('acknowledged');
  expect((await sim.run(SPECIMEN, { tests: ['Na'] })).outcome).toBe('acknowledged');
  const row = await ended();
  const { stop, silence, ...others } = outcomes(row);
  expect([stop, silence]).toEqual(['notApplicable', 'notApplicable']);
  expect(
    Object.entries(others).filter(([id, outcome]) => outcome !== 'pass' && id !== 'order' && id !== 'cancel'),
    said(row),
  ).toEqual([]);
  const held = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) =>
    rows.some((one) => one.reason === 'unknownSpecimen'),
  );
  expect(held.length).toBe(1);
  await expect.poll(() => sim.state(), { timeout: 15_000 }).toBe('ready');
  expect((await sim.run('NOBODY-2', { tests: ['Na'] })).outcome).toBe('acknowledged');
  await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 2);
  const noted = bench.engine.bench.store.journal.read({ instrumentId, limit: 500 });
  expect(noted.filter((one) => one.note === 'selftest').length).toBeGreaterThan(5);
}, 60_000);

test('a peer at host:port and one at a serial port are reached; nobody there is told, and a run can be stopped', async () => {
  bench = await startBadBench();
  const port = await freePort();
  device('generic-astm', tcpServer({ host: '127.0.0.1', port, timers: realTimers }));
  const begin = (target: object) =>
    bench.lead.command('selftest.begin', {
      instrumentId,
      target: target as { kind: 'line' },
      profileId: 'generic-astm',
      quick: true,
      confirmed: true,
    });
  await begin({ kind: 'connect', host: '127.0.0.1', port });
  expect(step(await run((row) => row.state === 'listening'), 'repeat').outcome).toBe('pass');
  await bench.lead.command('selftest.stop', { instrumentId });
  expect(await ended()).toMatchObject({ state: 'stopped' });
  await analyser?.stop();

  cable = await ptyPair();
  device('generic-astm', serial({ path: cable.b, timers: realTimers }));
  await begin({ kind: 'serial', path: cable.a });
  expect(step(await run((row) => row.state === 'listening'), 'order').outcome).toBe('pass');
  await bench.lead.command('selftest.stop', { instrumentId });
  await analyser?.stop();
  analyser = undefined;

  await begin({ kind: 'connect', host: '127.0.0.1', port: await freePort() });
  await run((row) => row.state === 'connecting');
  await bench.lead.command('selftest.stop', { instrumentId });
  const row = await ended();
  expect(row.steps.every((one) => one.outcome === 'notApplicable')).toBe(true);
}, 90_000);
