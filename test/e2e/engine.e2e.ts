/** The built engine behind the real window: it opens its database, comes back after SIGKILL, and refuses what it must. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { type Bench, type BenchOptions, startBench, stopLauncher } from './harness.ts';

const options: BenchOptions = {
  station: { code: 'B1', name: 'Bench 1' },
  renderer: join(projectRoot, 'test', 'e2e', 'fixtures', 'page'),
};
let bench: Bench | undefined;

afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

afterAll(stopLauncher);

async function phase(of: Bench, wanted: string): Promise<void> {
  await of.page.locator('#phase', { hasText: new RegExp(`^${wanted}$`) }).waitFor({ timeout: 30_000 });
}

test('it runs with its key, and again after SIGKILL, with nobody doing anything', async () => {
  bench = await startBench(options);
  await phase(bench, 'running');
  const first = await bench.killEngine();
  await bench.page.locator('#why', { hasText: 'engine.crashed' }).waitFor();
  await phase(bench, 'running');
  expect(await bench.enginePid()).not.toBe(first);
});

test('with another key it refuses, says why, and is not restarted; with the right one all is there', async () => {
  bench = await startBench(options);
  await phase(bench, 'running');
  const { dataDir, key } = bench;
  await bench.close({ keepData: true });

  bench = await startBench({ ...options, dataDir });
  await phase(bench, 'stopped');
  expect(await bench.page.locator('#why').textContent()).toMatch(/^store\./);
  expect(await bench.page.locator('#phases li').allTextContents()).not.toContain('restarting');
  await bench.close({ keepData: true });

  bench = await startBench({ ...options, dataDir, key });
  await phase(bench, 'running');
});

test('a database that was cut short is refused with a reason', async () => {
  bench = await startBench(options);
  await phase(bench, 'running');
  const { dataDir, key } = bench;
  await bench.close({ keepData: true });
  const database = (await readdir(dataDir)).find((name) => /\.(db|sqlite)$/.test(name));
  const handle = await open(join(dataDir, database ?? 'no database here'), 'r+');
  await handle.truncate(4_096);
  await handle.close();

  bench = await startBench({ ...options, dataDir, key });
  await phase(bench, 'stopped');
  expect(await bench.page.locator('#why').textContent()).toMatch(/^store\./);
});
