/** The real shell with a made-up engine and page, for tests of the shell itself. */

import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { type Bench, type BenchOptions, startBench, stopLauncher } from './harness.ts';

/** Where the made-up parts are. */
export const fixtures = join(projectRoot, 'test', 'e2e', 'fixtures');
const withFakes: BenchOptions = {
  station: { code: 'B1', name: 'Bench 1' },
  engine: join(fixtures, 'fake-engine.ts'),
  renderer: join(fixtures, 'page'),
};

declare global {
  interface Window {
    ask(message: unknown): Promise<unknown>;
  }
}

/** Opens a bench with the made-up parts; the newest one is closed after each test. */
export function fakeBenches(): (options?: Partial<BenchOptions>) => Promise<Bench> {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });
  afterAll(stopLauncher);
  return async (options = {}) => {
    bench = await startBench({ ...withFakes, ...options });
    return bench;
  };
}
