import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../../build/paths.ts';
import { openStore } from '../../main/engine/store/open.ts';
import type { Store } from '../../main/engine/store/store.ts';
import { seedStation } from '../sim/demo-people.ts';
import { laboratory, type PastRequisition } from '../sim/laboratory/index.ts';

/** The key of benchmark stores; they hold invented patients only. */
export const BENCH_KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
export const BENCH_STATION = 'B2';

/** Results written in one unit: large units, so that filling takes minutes and not hours. */
const UNIT = 5_000;
/** The newest results are left as a full bench in the morning: undecided, received, waiting to be sent. */
const UNDECIDED = 1_000;

/** The last requisitions as they are before anybody decided on them. */
export function undecided(past: PastRequisition): PastRequisition {
  const open = { syncState: 'queued', serverId: '' } as const;
  return {
    orders: past.orders.map((doc) => ({ ...doc, status: 'active' })),
    specimens: past.specimens.map((doc) => ({ ...doc, ...open, status: 'received' })),
    results: past.results.map((doc, i) => ({
      ...doc,
      ...open,
      status: 'preliminary',
      verdict: i % 3 === 0 ? 'ready' : 'held',
      verifiedBy: '',
      verifiedTime: '',
    })),
    report: {
      ...past.report,
      ...open,
      state: 'incomplete',
      status: 'registered',
      signature: null,
      issuedTime: '',
    },
    tasks: past.tasks.map((doc) => ({
      ...doc,
      ...open,
      status: 'open',
      payload: {},
      resolvedBy: '',
      resolvedAt: '',
    })),
  };
}

/** Changes with what {@link fill} writes; a store filled otherwise is filled anew. Shapes and indexes are brought up to date by opening it. */
const FILLING = 'filling 3';

/**
 * A data directory whose store holds `results` results with everything that belongs to them, the demo laboratory's people and catalogue,
 * and a thousand undecided results at the end. Filled once and kept in `.cache/`. 0 results: a new empty one with people only.
 */
export async function filledStore(results: number, say: (line: string) => void): Promise<string> {
  const directory = join(cacheDir(), 'bench', `results-${results}`);
  const mark = join(directory, 'filled');
  if (results > 0 && (await readFile(mark, 'utf8').catch(() => '')) === FILLING) {
    const store = await open(directory);
    await freshen(store).finally(() => store.close());
    return directory;
  }
  await rm(directory, { recursive: true, force: true });
  // The window's user, who may be another one, reaches the data directory inside.
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const day = new Date().toISOString().slice(0, 10);
  const started = performance.now();
  await seedStation({
    dataDir: directory,
    key: BENCH_KEY.slice(),
    stationCode: BENCH_STATION,
    day,
    history: 0,
  });
  if (results > 0) {
    say(`filling a store with ${results} results; kept in ${directory} for later runs`);
    await fill(directory, day, results, say);
    say(`filled in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  await writeFile(mark, FILLING);
  return directory;
}

/** Brings the undecided work of a store that was filled on an earlier day to this morning. */
async function freshen(store: Store): Promise<void> {
  const at = new Date().toISOString();
  const today = `${at.slice(0, 10)}T00:00:00.000Z`;
  const newest = await store.find('specimens', {
    selector: { status: { $eq: 'received' }, receivedTime: { $gte: today } },
    limit: 1,
  });
  if (newest.length > 0) return;
  const specimens = await store.find('specimens', { selector: { status: { $eq: 'received' } } });
  const held = await store.find('results', { selector: { verdict: { $eq: 'held' } } });
  const ready = await store.find('results', { selector: { verdict: { $eq: 'ready' } } });
  const context = { actor: 'bench', command: 'bench.freshen', station: BENCH_STATION, at };
  await store.write(context, async (unit) => {
    for (const doc of specimens) unit.put('specimens', { ...doc, receivedTime: today }, { sync: true });
    for (const doc of [...held, ...ready]) unit.put('results', { ...doc, postedTime: today }, { sync: true });
  });
}

function open(directory: string): Promise<Store> {
  const clock = { now: () => new Date() };
  return openStore({ dataDir: directory, key: BENCH_KEY.slice(), clock, stationCode: BENCH_STATION });
}

async function fill(
  directory: string,
  day: string,
  results: number,
  say: (line: string) => void,
): Promise<void> {
  const store = await open(directory);
  const context = {
    actor: 'bench',
    command: 'bench.fill',
    station: BENCH_STATION,
    at: new Date().toISOString(),
  };
  const lab = laboratory({ day, patients: 5_000 });
  try {
    await store.write(context, async (unit) => {
      for (const doc of [...lab.patients]) unit.put('patients', doc, { sync: true });
      for (const doc of lab.catalog) unit.put('catalog', doc, { sync: true });
    });
    let waiting: PastRequisition[] = [];
    let inUnit = 0;
    let written = 0;
    const flush = async () => {
      const slice = waiting;
      waiting = [];
      inUnit = 0;
      await store.write(context, async (unit) => {
        for (const past of slice) {
          for (const doc of past.orders) unit.put('orders', doc, { sync: true });
          for (const doc of past.specimens) unit.put('specimens', doc, { sync: true });
          for (const doc of past.results) unit.put('results', doc, { sync: true });
          for (const doc of past.tasks) unit.put('tasks', doc, { sync: true });
          unit.put('reports', past.report, { sync: true });
        }
      });
    };
    for (const past of lab.history(results)) {
      waiting.push(written + UNDECIDED >= results ? undecided(past) : past);
      inUnit += past.results.length;
      written += past.results.length;
      if (inUnit < UNIT) continue;
      await flush();
      if (written % 100_000 < UNIT) say(`  ${written} of ${results}`);
    }
    await flush();
  } finally {
    await store.close();
  }
}
