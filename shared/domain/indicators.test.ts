import { expect, test } from 'vitest';
import { byReason, criticalCalls, minutesOf, percentile, shareOf, spreadOf } from './indicators.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 2, 8, minute)).toISOString();

test('C6 percentiles by nearest rank', () => {
  const ten = [10, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(spreadOf(ten)).toEqual({ n: 10, median: 5, p90: 9, p95: 10, longest: 10 });
  expect(spreadOf([])).toEqual({ n: 0, median: null, p90: null, p95: null, longest: null });
  expect(percentile([7], 0.01)).toBe(7);
});

test('C6 an interval with an end missing, or that ends before it begins, is counted as unknown', () => {
  const { cases, unknown } = minutesOf([
    { id: 'a', from: at(0), to: at(12) },
    { id: 'b', from: at(0), to: '' },
    { id: 'c', from: at(9), to: at(2) },
    { id: 'd', from: at(0), to: at(50) },
    { id: 'e', from: at(3), to: at(3) },
  ]);
  expect(cases).toEqual([
    { id: 'd', minutes: 50 },
    { id: 'a', minutes: 12 },
    { id: 'e', minutes: 0 },
  ]);
  expect(unknown).toBe(2);
});

test('C6 a share names its cases; of nothing there is no share', () => {
  const items = [
    { id: '1', bad: true },
    { id: '2', bad: false },
  ];
  expect(shareOf(items, (one) => one.bad)).toEqual({ all: 2, cases: ['1'], rate: 0.5 });
  expect(shareOf([], () => true).rate).toBeNull();
});

test('C6 rejections by v2-0490 reason, most frequent first', () => {
  const specimens = [
    { id: '1', code: 'RH' },
    { id: '2', code: '' },
    { id: '3', code: 'RL' },
    { id: '4', code: 'RH' },
  ];
  const text: Record<string, string> = { RH: 'Hemolyzed', RL: 'Unlabeled' };
  expect(
    byReason(specimens, (one) => (one.code === '' ? null : { code: one.code, text: text[one.code]! })),
  ).toEqual([
    { code: 'RH', text: 'Hemolyzed', cases: ['1', '4'], all: 4, rate: 0.5 },
    { code: 'RL', text: 'Unlabeled', cases: ['3'], all: 4, rate: 0.25 },
  ]);
});

test('V3 C6 a call on the limit is in time, one that was never made is open and not late', () => {
  const calls = criticalCalls(
    [
      { id: 'a', foundTime: at(0), calledTime: at(30) },
      { id: 'b', foundTime: at(0), calledTime: at(31) },
      { id: 'c', foundTime: at(0), calledTime: '' },
    ],
    30,
  );
  expect(calls.inTime.cases).toEqual(['a']);
  expect(calls.late.cases).toEqual(['b']);
  expect(calls.open.cases).toEqual(['c']);
  expect(calls.spread.n).toBe(2);
});
