import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, projectRoot } from '../../build/paths.ts';
import type { SyncSummaryRow } from '../../shared/ipc/sync.ts';
import { freePort } from '../contract/free-port.ts';
import type { Switches } from '../sim/fhir/switches.ts';
import { EngineChild } from './engine-child.ts';
import { copyOf, type Expected, fillQueue, ServerChild, stationFile } from './replicate-parts.ts';
import type { WriteTimes } from './replicate-server.ts';

/** What a window sees of the way to the server, kept up to date. */
export class Summary {
  row: SyncSummaryRow | undefined;
  #wake: (() => void)[] = [];

  static async watch(engine: EngineChild): Promise<Summary> {
    const summary = new Summary();
    await engine.watch<SyncSummaryRow>('sync.summary', {}, (rows) => {
      summary.row = rows[0] ?? summary.row;
      for (const wake of summary.#wake.splice(0)) wake();
    });
    return summary;
  }

  /** Resolves when `until` holds. @throws Error after ten minutes */
  async when(until: (row: SyncSummaryRow) => boolean): Promise<void> {
    const end = performance.now() + 600_000;
    while (this.row === undefined || !until(this.row)) {
      if (performance.now() > end) throw new Error(`not drained: ${JSON.stringify(this.row)}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, 1_000);
        this.#wake.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }
}

/** A queue that waits for the server. */
export interface Place {
  /** Data directory that is copied for each run. */
  kept: string;
  folder: string;
  expected: Expected;
  /** Writes that all of it takes. */
  writes: number;
  profile: string | undefined;
}

/** Starts an engine whose heap can be asked for. @param profile directory for its CPU profile */
export function startEngine(directory: string, file: string, profile?: string): EngineChild {
  const program = join(projectRoot, 'main', 'engine', 'main.ts');
  const heap = join(projectRoot, 'test', 'bench', 'replicate-heap.ts');
  const flags = ['--expose-gc', '--import', heap];
  if (profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${profile}`);
  return new EngineChild(program, directory, file, flags);
}

/** Fills a queue with so many results. @param folder for the station file */
export async function placeOf(
  name: string,
  results: number,
  folder: string,
  profile: string | undefined,
): Promise<Place> {
  const kept = join(cacheDir(), 'bench', name);
  const expected = await fillQueue(kept, results);
  return { kept, folder, expected, writes: Object.values(expected).reduce((sum, n) => sum + n, 0), profile };
}

/** Everything is there once. @throws Error naming what is not */
export async function checkComplete(
  server: ServerChild,
  expected: Expected,
): Promise<Record<string, number>> {
  const { duplicates, resources, answers } = await server.stats();
  if (duplicates.length > 0)
    throw new Error(`repeated at the server: ${JSON.stringify(duplicates.slice(0, 3))}`);
  for (const [type, count] of Object.entries(expected)) {
    if ((resources[type] ?? 0) < count)
      throw new Error(`lost: the server has ${resources[type] ?? 0} ${type} of ${count}`);
  }
  return answers;
}

/** Writes a second between the first request and the last answer, by the server's clock. */
export function rateOf(writes: number, times: Pick<WriteTimes, 'first' | 'last'>): number {
  return (writes * 1000) / (times.last - times.first);
}

/** What {@link withEngine} starts. */
export interface Running {
  engine: EngineChild;
  server: ServerChild;
}

/**
 * An engine signed in on a copy of the queue, and a server; afterwards both are ended and the copy is gone.
 * @param through given the server's address, what stands before it: its address and how it is ended
 */
export async function withEngine<T>(
  place: Place,
  options: {
    switches?: Partial<Switches>;
    profile?: string | undefined;
    through?: (url: string) => Promise<{ url: string; close: () => Promise<void> }>;
  },
  use: (running: Running) => Promise<T>,
): Promise<T> {
  const directory = await copyOf(place.kept, 'replicate-run');
  const server = await ServerChild.start(await freePort(), options.switches ?? {});
  const before = await options.through?.(server.url);
  const file = await stationFile(place.folder, before?.url ?? server.url, []);
  const engine = startEngine(directory, file, options.profile);
  try {
    await engine.ready;
    await engine.signIn();
    return await use({ engine, server });
  } finally {
    await engine.stop();
    await before?.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
