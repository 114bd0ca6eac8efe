import { expect, it } from 'vitest';
import { describeFailure, fuzz } from './fuzz.ts';
import { target } from './mllp.ts';

it('M1 M3: 5 000 mutated streams of blocks break no promise', () => {
  const seed = 20261122;
  const report = fuzz(target, { runs: 5_000, seed, budget: 2000 });
  expect(report.failures.map(describeFailure), `seed ${seed}`).toEqual([]);
  expect(report.runs).toBe(5_000);
}, 120_000);
