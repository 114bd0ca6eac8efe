/** Quality control with two years of history: how long new points take to be judged, the list of today to be made, and charts to be painted. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../build/paths.ts';
import { type Engine, startEngine } from '../../main/engine/engine.ts';
import type { Log } from '../../main/engine/log.ts';
import { type ArrivedControl, recordControls } from '../../main/engine/qc/record.ts';
import { qcQueryHandlers } from '../../main/engine/queries/qc.ts';
import { openStore } from '../../main/engine/store/open.ts';
import { newBase } from '../../shared/documents/common.ts';
import type { ControlDoc, LotDoc } from '../../shared/documents/index.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { freePort } from '../contract/free-port.ts';
import { LABORATORY, laboratory } from '../sim/laboratory/index.ts';
import { BENCH_KEY, BENCH_STATION } from './filled-store.ts';
import { below, type Metric, median, p95 } from './metric.ts';
import { paintedCharts } from './qc-window.ts';

const TESTS = 40;
const LEVELS = [1, 2, 3] as const;
const NEW_POINTS = 1_000;
const EVALUATE_MS = 1_000;
const LIST_MS = 100;
const ROUNDS = 3;
const LOOKS = 60;
const UNIT = 5_000;
/** Changes with what is filled: a store filled otherwise is filled anew. */
const FILLING = 'qc filling 1';
const SD = 2;

interface Series {
  instrumentId: string;
  testCode: string;
}

/** Forty tests: those of one chemistry analyser after the other. */
const series = (): Series[] => {
  made ??= seriesOf();
  return made;
};
let made: Series[] | undefined;

function seriesOf(): Series[] {
  const mapped = builtinProfile('demo-chemistry')?.tests.map((one) => one.test) ?? [];
  const known = new Set(laboratory({ day: '2026-07-29' }).catalog.map((doc) => doc.code));
  const codes = [...new Set(mapped)].filter((code) => known.has(code));
  if (codes.length === 0) throw new Error('the demo chemistry measures no test of the catalogue');
  return Array.from({ length: TESTS }, (_, i) => ({
    instrumentId: `${BENCH_STATION}.CHEM${1 + Math.floor(i / codes.length)}`,
    testCode: codes[i % codes.length] ?? '',
  }));
}

const meanOf = (level: number): number => 50 + 50 * level;

function lotDoc(level: number, tests: readonly string[], from: string): LotDoc {
  return {
    ...newBase(`qc-lot-${level}`, from, 'local'),
    material: 'Level',
    manufacturer: 'Example Controls',
    lot: `LOT${level}`,
    level: String(level),
    expiresOn: '2099-12-31',
    openedTime: '',
    openStabilityHours: null,
    sentAs: [`QC-L${level}`],
    state: 'current',
    targets: tests.map((testCode) => ({
      ...{ id: `target-${level}-${testCode}`, testCode, instrumentId: '', kind: 'fixed' as const },
      ...{ mean: String(meanOf(level)), sd: String(SD), unit: '', points: 0, fromTime: from },
      ...{ setBy: 'bench', setTime: from, approvedBy: 'bench', approvedTime: from },
    })),
  };
}

/** A spread without chance: between -1.9 and 1.9 SD, never long on one side. */
function textOf(n: number, level: number): string {
  const z = (((n * 7_919 + level * 131) % 39) - 19) / 10;
  return (meanOf(level) + z * SD).toFixed(1);
}

function controlDoc(n: number, { instrumentId, testCode }: Series, level: number, at: string): ControlDoc {
  const text = textOf(n, level);
  const run = `${instrumentId}-${testCode}-${n}`;
  return {
    ...newBase(`qc-${run}-${level}`, at, 'local'),
    ...{ instrumentId, testCode, material: `QC-L${level}`, lot: `LOT${level}`, level: `Level ${level}` },
    ...{ lotId: `qc-lot-${level}`, runId: run },
    value: { text, kind: 'quantity', number: Number(text), unit: '' },
    target: { id: `target-${level}-${testCode}`, mean: String(meanOf(level)), sd: String(SD) },
    z: (Number(text) - meanOf(level)) / SD,
    ...{ state: 'inControl', hits: [], because: [], excluded: null, reviews: [] },
    ...{ measuredTime: at, effectiveTime: at, postedTime: at, operator: '', sourceKey: '', messageId: '' },
  };
}

/** A data directory with `points` controls over two years, filled once and kept in `.cache/`. */
async function filled(points: number, say: (line: string) => void): Promise<string> {
  const directory = join(cacheDir(), 'bench', `qc-${points}`);
  const mark = join(directory, 'filled');
  if ((await readFile(mark, 'utf8').catch(() => '')) === FILLING) return directory;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const started = performance.now();
  say(`filling a store with ${points} controls; kept in ${directory} for later runs`);
  const now = Date.now();
  const from = now - 730 * 86_400_000;
  const clock = { now: () => new Date() };
  const store = await openStore({
    dataDir: directory,
    key: BENCH_KEY.slice(),
    clock,
    stationCode: BENCH_STATION,
  });
  const at = new Date(from).toISOString();
  const context = { actor: 'bench', command: 'bench.fill', station: BENCH_STATION, at };
  try {
    const all = series();
    const codes = [...new Set(all.map((one) => one.testCode))];
    await store.write(context, async (unit) => {
      for (const doc of laboratory({ day: '2026-07-29' }).catalog) unit.put('catalog', doc, { sync: true });
      for (const level of LEVELS) unit.put('lots', lotDoc(level, codes, at), { sync: true });
    });
    const runs = Math.ceil(points / (TESTS * LEVELS.length));
    // The last run lies some minutes back, so that nothing is overdue and what is measured now is the newest.
    const step = Math.floor((now - 600_000 - from) / runs);
    let waiting: ControlDoc[] = [];
    const flush = async () => {
      const docs = waiting;
      waiting = [];
      await store.write(context, async (unit) => {
        for (const doc of docs) unit.put('controls', doc, { sync: true });
      });
    };
    for (let n = 1; n <= runs; n += 1) {
      const when = new Date(from + n * step).toISOString();
      for (const one of all) for (const level of LEVELS) waiting.push(controlDoc(n, one, level, when));
      if (waiting.length >= UNIT) await flush();
      if (n % 1_000 === 0) say(`  ${n * TESTS * LEVELS.length} of ${points}`);
    }
    await flush();
  } finally {
    await store.close();
  }
  say(`filled in ${Math.round((performance.now() - started) / 1000)} s`);
  await writeFile(mark, FILLING);
  return directory;
}

async function engineOver(directory: string): Promise<Engine> {
  const lines = new Set(series().map((one) => one.instrumentId.slice(BENCH_STATION.length + 1)));
  const instruments = [];
  for (const id of lines)
    instruments.push({
      id,
      profile: 'demo-chemistry',
      transport: { kind: 'tcpServer', port: await freePort() },
    });
  const stationFile = join(directory, 'station.json');
  const station = {
    ...{ code: BENCH_STATION, name: 'Bench', timeZone: 'Europe/Dublin' },
    laboratory: { ...LABORATORY },
    instruments,
  };
  await writeFile(stationFile, JSON.stringify(station));
  const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} } as unknown as Log;
  return startEngine({ dataDir: directory, stationFile, key: BENCH_KEY.slice(), log: quiet });
}

function arriving(count: number, at: string, round: number): ArrivedControl[] {
  const all = series();
  return Array.from({ length: count }, (_, i) => {
    const one = all[i % TESTS];
    const level = LEVELS[Math.floor(i / TESTS) % LEVELS.length] ?? 1;
    const text = textOf(round * 10_000 + i, level);
    return {
      ...{ instrumentId: one?.instrumentId ?? '', testCode: one?.testCode ?? '' },
      ...{ material: `QC-L${level}`, lot: '' },
      value: { text, kind: 'quantity' as const, number: Number(text), unit: '' },
      ...{ measuredTime: at, postedTime: at, operator: '', sourceKey: '', messageId: '' },
    };
  });
}

/** Fills or takes the store and measures. */
export async function* run({
  results,
  part,
  say,
}: {
  results: number | undefined;
  /** Only this part: `judge` or `window`; both when undefined. */
  part: string | undefined;
  say: (line: string) => void;
}): AsyncGenerator<Metric> {
  if (part !== 'window') yield* judged(results, say);
  if (part !== 'judge') yield* paintedCharts(say);
}

async function* judged(results: number | undefined, say: (line: string) => void): AsyncGenerator<Metric> {
  const directory = await filled(results ?? 1_000_000, say);
  const engine = await engineOver(directory);
  const { bench } = engine;
  const record = (count: number, round: number) => {
    const at = new Date().toISOString();
    const context = { actor: 'bench', command: 'bench.qc', station: BENCH_STATION, at };
    return bench.store.write(context, (unit) => recordControls(bench, unit, at, arriving(count, at, round)));
  };
  const look = async (): Promise<number> => {
    const started = performance.now();
    const at = new Date().toISOString();
    const rows = await qcQueryHandlers['qc.state'].run(
      { bench, at } as Parameters<(typeof qcQueryHandlers)['qc.state']['run']>[0],
      {},
    );
    const ms = performance.now() - started;
    if (rows.length < TESTS || rows.some((row) => row.levels.length !== LEVELS.length))
      throw new Error(`the list of today has ${rows.length} tests instead of ${TESTS}`);
    return ms;
  };
  try {
    const stored = await bench.store.count('controls', { selector: {} });
    say(`${stored} points stored`);
    const first = await look();
    const evaluations: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      const judged = await record(NEW_POINTS, round);
      evaluations.push(performance.now() - started);
      if (judged.length !== NEW_POINTS || judged.some((one) => one.target === null || one.z === null))
        throw new Error('a point was not judged');
    }
    yield below('qc', '1000 points judged', median(evaluations), 'ms', EVALUATE_MS);
    const looks: number[] = [];
    for (let i = 0; i < LOOKS; i += 1) {
      await record(1, 100 + i);
      looks.push(await look());
    }
    yield below('qc', 'list of today, first', first, 'ms', LIST_MS);
    yield below('qc', 'list of today after a control, p95', p95(looks), 'ms', LIST_MS);
  } finally {
    await engine.stop();
  }
}
