import { expect, test } from 'vitest';
import words from '../../../i18n/en/instruments.ts';
import { counterRows, counters } from './counters.ts';

test('what went wrong is told even while it is zero; the rest when it happened', () => {
  const { mended, look, flow } = counterRows({ frames: 3, checksumErrors: 1, naksSent: 1, novelty: 2 });
  expect(mended.map((row) => [row.name, row.count])).toEqual([
    ['checksumErrors', 1],
    ['naksSent', 1],
    ['retries', 0],
    ['timeouts', 0],
    ['duplicates', 0],
    ['ignoredBytes', 0],
  ]);
  expect(flow.map((row) => row.name)).toEqual(['messages', 'frames']);
  expect(look).toEqual([
    { name: 'leniencies', known: true, count: 0 },
    { name: 'refusedPeers', known: true, count: 0 },
    { name: 'novelty', known: false, count: 2 },
  ]);
});

test('every counter with a place has a name and a meaning', () => {
  const named: Record<string, unknown> = words.health.names;
  const meant: Record<string, unknown> = words.health.meanings;
  for (const name of Object.keys(counters)) {
    const key = name.replace('.', '_');
    expect(named[key], key).toBeTypeOf('string');
    expect(meant[key], key).toBeTypeOf('string');
  }
});
