import { expect, test } from 'vitest';
import type { QcPointRow } from '../../ipc/qc.ts';
import { driftOfLevel, histogramOfLevel, levelPairs, pairCounts, pairsOf, peerOf, runsIn } from './plots.ts';

let day = 0;
function point(level: string, z: number | null, more: Partial<QcPointRow> = {}): QcPointRow {
  day += level === '1' ? 1 : 0;
  const at = new Date(Date.UTC(2026, 6, 1) + day * 86_400_000).toISOString();
  return {
    ...{ id: `${level} ${day}`, runId: `run ${day}`, lotId: `lot ${level}`, lot: 'A', level, at, text: '1' },
    ...{ z, state: 'inControl', mean: '1', sd: '0.1', hits: [], because: [], excluded: null },
    ...{ reviews: [], operator: '', syncState: 'local' },
    ...more,
  } as QcPointRow;
}
const excluded = { state: 'excluded' as const, excluded: { reason: 'wrong vial', by: 'A', at: '' } };

test('W11 a drift is found over points that no rule rejects, and its sums begin anew with a lot and at a break', () => {
  const points = Array.from({ length: 12 }, () => point('1', 1.1));
  const sums = driftOfLevel(runsIn(points, null), '1', []);
  expect(sums.get(points[7]!.id)).toMatchObject({ signals: expect.arrayContaining(['cusumHigh']) });
  const moved = points.map((one, at) => (at < 6 ? one : { ...one, lotId: 'other' }));
  expect(driftOfLevel(runsIn(moved, null), '1', []).get(points[6]!.id)?.high).toBeCloseTo(0.6);
  const event = {
    id: 'e',
    at: points[6]!.at,
    kind: 'calibration' as const,
    text: '',
    by: '',
    breaksWindow: true,
  };
  expect(driftOfLevel(runsIn(points, null), '1', [event]).get(points[6]!.id)?.high).toBeCloseTo(0.6);
});

test('W12 an excluded point leaves the sums as they were, stands in the pairs uncounted, and is no part of a bar', () => {
  const points = [
    point('1', 0.4),
    point('2', 0.2),
    point('1', 5, excluded),
    point('2', 0.1),
    point('1', 3),
    point('2', 3),
  ];
  const runs = runsIn(points, null);
  const sums = driftOfLevel(runs, '1', []);
  expect(sums.get(points[2]!.id)).toMatchObject({ z: null, high: sums.get(points[0]!.id)?.high });
  const pairs = pairsOf(runs, '1', '2');
  expect(pairs.map((one) => one.excluded)).toEqual([false, true, false]);
  expect(pairCounts(pairs)).toEqual({ n: 2, systematic: 1, random: 0, excluded: 1 });
  expect(histogramOfLevel(runs, '1')).toMatchObject({ histogram: { n: 2 }, excluded: [5] });
});

test('three levels make three plots, and the newest month of the lot is the peer group that is shown', () => {
  expect(levelPairs(['1', '2', '3'])).toEqual([
    ['1', '2'],
    ['1', '3'],
    ['2', '3'],
  ]);
  const peer = (month: string, lot: string) => ({ month, lot, level: '1', testCode: 'NA' });
  const all = [peer('2026-07', 'A'), peer('2026-06', 'A'), peer('2026-08', 'B')];
  expect(peerOf(all, 'NA', { lot: 'A', level: '1' })?.month).toBe('2026-07');
  expect(peerOf(all, 'K', { lot: 'A', level: '1' })).toBeUndefined();
});
