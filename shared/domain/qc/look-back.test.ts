import { expect, test } from 'vitest';
import { type LookBackPoint, lookBackWindow, type ShiftPoint, shiftsOf, spreadOver } from './look-back.ts';

/** `run level state` in the order they came, a minute apart. */
const points = (...texts: string[]): LookBackPoint[] =>
  texts.map((text, minute) => {
    const [runId = '', level = '', state = ''] = text.split(' ');
    const postedTime = `2026-07-29T06:${String(minute).padStart(2, '0')}:00.000Z`;
    return { runId, level, state: state as LookBackPoint['state'], postedTime };
  });
const minute = (n: number): string => `2026-07-29T06:${String(n).padStart(2, '0')}:00.000Z`;

test('W13 no rejected control, no look-back; an excluded one is none (W12)', () => {
  expect(lookBackWindow(points('a 1 inControl', 'b 1 warning'))).toBeNull();
  expect(lookBackWindow(points('a 1 inControl', 'b 1 excluded'))).toBeNull();
});

test('W13 it begins at the last good run, not at a good level of the rejected run', () => {
  const found = lookBackWindow(points('a 1 inControl', 'a 2 inControl', 'b 1 rejected', 'b 2 inControl'));
  expect(found).toEqual({ runId: 'b', from: minute(1), rejectedAt: minute(2), to: '' });
});

test('W13 two rejected runs after each other reach back to the good one before both, a repeat of the level ends it', () => {
  const found = lookBackWindow(
    points(
      'a 1 inControl',
      'a 2 inControl',
      'b 1 rejected',
      'b 2 inControl',
      'c 1 rejected',
      'd 2 inControl',
      'e 1 inControl',
    ),
  );
  expect(found).toEqual({ runId: 'c', from: minute(1), rejectedAt: minute(4), to: minute(6) });
});

test('W10 a run that could not be evaluated is not good, and without any good run it reaches back to the beginning', () => {
  expect(lookBackWindow(points('a 1 notEvaluated', 'b 1 rejected'))).toMatchObject({ from: '' });
});

test('W13 the size of the shift is told by level, in SD, in the unit and in percent, from where the level was before', () => {
  const point = (run: number, level: string, z: number, more: Partial<ShiftPoint> = {}): ShiftPoint => ({
    ...{
      id: `${run} ${level}`,
      runId: `r${run}`,
      level,
      z,
      state: 'inControl',
      lotId: 'lot',
      mean: '50',
      sd: '2',
    },
    ...{ postedTime: minute(run), rejecting: [] },
    ...more,
  });
  const quiet = Array.from({ length: 10 }, (_, run) => [point(run, '1', 0.5), point(run, '2', -0.1)]).flat();
  const wild = point(4, '1', 9, { state: 'excluded' });
  const otherLot = point(0, '1', 7, { lotId: 'old' });
  const all = [
    ...[otherLot, ...quiet, wild],
    point(10, '1', 2.3),
    point(10, '2', 0.1),
    point(11, '1', 2.7, { state: 'rejected', rejecting: ['10 1', '11 1'] }),
    point(11, '2', 1.9),
  ];
  const [one, two] = shiftsOf(all, 'r11');
  // Level 1: the two points of 2-2s at 2.5 on average, 0.5 before.
  expect(one?.level).toBe('1');
  expect(one?.sd).toBeCloseTo(2);
  expect(one?.amount).toBeCloseTo(4);
  expect(one?.percent).toBeCloseTo(8);
  expect(two?.sd).toBeCloseTo(1.9 - (10 * -0.1 + 0.1) / 11);
  expect(shiftsOf([point(1, '1', 3.4, { state: 'rejected', mean: '0' })], 'r1')).toEqual([
    { level: '1', sd: 3.4, amount: 6.8, percent: null },
  ]);
});

test('a sample is spread over what is in doubt, its first and last among them', () => {
  const all = Array.from({ length: 31 }, (_, at) => at);
  expect(spreadOver(all, 4)).toEqual([0, 10, 20, 30]);
  expect(spreadOver([1, 2], 4)).toEqual([1, 2]);
});
