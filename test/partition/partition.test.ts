import { expect, test } from 'vitest';
import { runPartition } from './run.ts';

/** A short run; `npm run partition` does as many as it is told. Seeds that once failed stand below by name. */

async function run(seed: number, rounds: number): Promise<void> {
  const lines: string[] = [];
  const summary = await runPartition({ rounds, seed, say: (line) => lines.push(line) });
  expect(lines, `npm run partition -- --seed ${seed} --rounds ${rounds}`).toEqual([]);
  expect(summary).toMatchObject({ rounds, failures: 0 });
  expect(Object.values(summary.done).reduce((a, b) => a + b, 0)).toBeGreaterThan(rounds * 5);
}

test(
  'three stations and a server, pulled apart and healed, agree: every act once, no signed content changed, nothing stuck',
  {
    timeout: 240_000,
  },
  () => run(Date.now() % 1_000_000, 2),
);

test(
  'seed 400: versions of a result that arrive in another order than they were made still name each other',
  {
    timeout: 240_000,
  },
  () => run(400, 1),
);
