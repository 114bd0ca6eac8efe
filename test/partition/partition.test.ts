import { expect, test } from 'vitest';
import { runPartition } from './run.ts';

/** A short run of one seed; `npm run partition` takes another each time and does as many rounds as it is told. Each fault it found has a test of its own, by name, beside what was mended. */
test('three stations and a server, pulled apart and healed, agree: every act once, no signed content changed, nothing stuck', {
  timeout: 240_000,
}, async () => {
  const seed = 800;
  const rounds = 2;
  const lines: string[] = [];
  const summary = await runPartition({ rounds, seed, say: (line) => lines.push(line) });
  expect(lines, `npm run partition -- --seed ${seed} --rounds ${rounds}`).toEqual([]);
  expect(summary).toMatchObject({ rounds, failures: 0 });
  expect(Object.values(summary.done).reduce((a, b) => a + b, 0)).toBeGreaterThan(rounds * 5);
});
