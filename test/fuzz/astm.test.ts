import { expect, it } from 'vitest';
import { target } from './astm.ts';
import { describeFailure, fuzz } from './fuzz.ts';

it('R1 R2 R7 R10-R12 ASTM records: 5 000 mutated inputs break no promise', () => {
  const seed = 20260729;
  const report = fuzz(target, { runs: 5_000, seed, budget: 2000 });
  expect(report.failures.map(describeFailure), `seed ${seed}`).toEqual([]);
  expect(report.runs).toBe(5_000);
}, 120_000);
