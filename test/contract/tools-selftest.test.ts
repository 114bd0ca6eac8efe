import { afterEach, expect, test } from 'vitest';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { createAnalyser } from '../sim/analyser/analyser.ts';
import { type BadBench, handMessage, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { hangUp, sendText } from './tools-fixture.ts';

/** The conformance self-test of a line: it listens, and tells rule by rule what it has seen. */

let bench: BadBench;
const instrumentId = 'T1.CHEM1';
const since = '2026-01-01T00:00:00.000Z';

afterEach(async () => {
  await hangUp();
  await bench?.stop();
});

const report = async (from = since) => {
  const rows = await bench.tech.rows('selftest.report', { instrumentId, since: from });
  return { rows, of: (id: string) => rows.find((row) => row.id === id) };
};
const readBy = (n: number) =>
  bench.tech.rows(
    'instruments.trace',
    { instrumentId },
    (rows) => rows.filter((row) => row.message !== null).length >= n,
  );

test('nothing is claimed of a line that has shown nothing', async () => {
  bench = await startBadBench();
  const { rows } = await report();
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((row) => row.outcome !== 'notSeen')).toEqual([]);
  expect(rows.some((row) => row.rule.startsWith('M'))).toBe(false);
});

test('L1 L2 L3 R5 R6 R8 R9 an analyser of its profile passes what it shows, with its query answered', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const analyser = createAnalyser({
    profile: builtinProfile('demo-chemistry')!,
    transport: tcpClient({ host: '127.0.0.1', port: bench.port, timers: realTimers }),
    seed: 7,
  });
  analyser.start();
  expect((await analyser.run(tube)).outcome).toBe('acknowledged');
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length > 0);
  await analyser.stop();
  const { of } = await report();
  const outcomes = [
    'L1',
    'L2',
    'L3',
    'L4',
    'L5',
    'L9',
    'L14',
    'L15',
    'L16',
    'R1',
    'R2',
    'R5',
    'R6',
    'R6.unit',
    'R6.status',
    'R8',
    'R9',
    'R11',
  ];
  expect(outcomes.filter((id) => of(id)?.outcome !== 'pass')).toEqual([]);
  expect(of('L10')?.outcome).toBe('notSeen');
  expect(of('L12')?.outcome).toBe('notSeen');
  expect(of('R5.qc')?.outcome).toBe('notSeen');
});

test('L3 L10 L12 R3 R5 R6 R11 what a line does wrong is told with the rows that show it', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(tube, [{ code: 'Na', text: '140' }]), { spoil: true, repeat: true });
  await sendText(bench.port, handMessage('NOBODY', [{ code: 'XX', text: '1', unit: 'furlong' }]));
  await sendText(bench.port, handMessage('QC-1', [{ code: 'K', text: '4.1' }], 'Q'));
  await sendText(bench.port, handMessage(tube, [{ code: 'Na', text: '141' }]).replace('L|1|N\r', ''));
  await readBy(4);
  const { of } = await report();
  const outcome = (id: string) => of(id)?.outcome;
  expect(['L3', 'R3', 'R5', 'R6', 'R11'].map(outcome)).toEqual(['fail', 'fail', 'fail', 'fail', 'fail']);
  expect(['L1', 'L2', 'L10', 'L12', 'R5.qc'].map(outcome)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass']);
  expect(of('L3')?.text).toMatch(/^\d+ as it should be, 5 not\.$/);
  const journal = bench.engine.bench.store.journal;
  for (const row of of('L3')!.evidence) {
    const [entry] = journal.read({ instrumentId, afterSeq: row.seq - 1, limit: 1 });
    expect(entry?.note).toContain('refused');
    expect(row.text).toContain('checksum');
  }
  expect(of('R3')?.text).toMatch(/the instrument is \d+ s (behind|ahead)/);
  expect(of('R6')?.evidence.map((row) => row.text)).toContain('XX is no test of the catalogue');
  expect(JSON.stringify((await report()).rows)).not.toContain(tube);

  // Asked again it goes on where it was; from now on nothing has been seen.
  const again = await report();
  expect(again.of('L3')?.text).toBe(of('L3')?.text);
  const later = await report(new Date(Date.now() + 1000).toISOString());
  expect(later.rows.every((row) => row.outcome === 'notSeen')).toBe(true);

  const { pdf, name } = await bench.tech.command('selftest.pdf', { instrumentId, since });
  expect(name).toBe('self-test-CHEM1.pdf');
  const bytes = Buffer.from(pdf, 'base64');
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  expect(bytes.length).toBeGreaterThan(5_000);
});
