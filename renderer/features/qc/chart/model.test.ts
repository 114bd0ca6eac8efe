import { expect, test } from 'vitest';
import { endsLine } from '../../../../shared/domain/qc/plots.ts';
import type { QcEventRow, QcPointRow } from '../../../../shared/ipc/qc.ts';
import { laneScale, laneShapes, nearestRun, placeTexts, runAxis } from './geometry.ts';
import { breaksOf, gravestOf, numbersOf, runsOf, valueAt, walk } from './model.ts';

const HOUR = 3_600_000;
const start = Date.parse('2026-07-01T06:00:00.000Z');
const at = (hours: number): string => new Date(start + hours * HOUR).toISOString();

function point(run: number, level: string, more: Partial<QcPointRow> = {}): QcPointRow {
  const z = more.z === undefined ? 0.5 : more.z;
  return {
    id: `${run}.${level}`,
    runId: `run${run}`,
    lotId: `lot-${level}`,
    lot: `44${level}`,
    level,
    at: at(run * 24),
    text: (100 + 2 * (z ?? 0)).toFixed(1),
    z,
    state: 'inControl',
    mean: '100.0',
    sd: '2.0',
    hits: [],
    because: [],
    excluded: null,
    reviews: [],
    operator: '',
    syncState: 'local',
    ...more,
  };
}
const levels = ['1', '2'];
const days = (count: number): QcPointRow[] =>
  Array.from({ length: count }, (_, run) => levels.map((level) => point(run, level))).flat();

test('W11 points of a run stand together whatever the clock says, and a zoom never cuts a run in two', () => {
  const points = [...days(40), point(40, '1'), point(40, '2', { at: at(40 * 24 + 5) })];
  const runs = runsOf(points, 30);
  expect(runs.at(-1)?.points.size).toBe(2);
  expect(runs.every((run) => run.points.size === 2)).toBe(true);
  expect(runs).toHaveLength(30);
  expect(runsOf(points, 'all')).toHaveLength(41);
});

test('W11 the line ends at another lot, another target and a marked break; an event that breaks nothing only stands there', () => {
  const events: QcEventRow[] = [
    { id: 'e1', at: at(7 * 24 - 3), kind: 'calibration', text: '', by: '', breaksWindow: true },
    { id: 'e2', at: at(8 * 24 - 3), kind: 'other', text: 'Filter', by: '', breaksWindow: false },
    { id: 'e3', at: at(99 * 24), kind: 'maintenance', text: '', by: '', breaksWindow: true },
  ];
  const points = days(10).map((one) => {
    const run = Number(one.id.split('.')[0]);
    if (run >= 5) return { ...one, lotId: `${one.lotId}-b`, lot: '45' };
    return run >= 2 ? { ...one, mean: '101.0' } : one;
  });
  const runs = runsOf(points, 'all');
  const breaks = breaksOf(runs, events);
  expect(breaks.map((one) => [one.before, one.kind])).toEqual([
    [2, 'target'],
    [5, 'lot'],
    [7, 'event'],
    [8, 'event'],
    [10, 'event'],
  ]);
  expect(breaks.map(endsLine)).toEqual([true, true, true, false, true]);
  const { line } = laneShapes(runs, '1', runAxis(10, 100, 600), laneScale(112), breaks);
  expect(line.match(/M/g)).toHaveLength(4);
});

test('W12 an excluded point is drawn, struck, and the line passes over it', () => {
  const points = days(3).map((one) =>
    one.id === '1.1'
      ? { ...one, state: 'excluded' as const, excluded: { reason: 'vial', by: 'SO', at: one.at } }
      : one,
  );
  const shapes = laneShapes(runsOf(points, 'all'), '1', runAxis(3, 100, 600), laneScale(112), []);
  expect(shapes.excluded).not.toBe('');
  expect(shapes.line.match(/[ML]/g)).toHaveLength(2);
});

test('what is beyond a limit is drawn in a chart of ten thousand points, and the paths stay small', () => {
  const points = Array.from({ length: 10_000 }, (_, run) =>
    point(run, '1', run === 7_777 ? { z: 3.4, state: 'rejected' } : { z: Math.sin(run) }),
  );
  const shapes = laneShapes(runsOf(points, 'all'), '1', runAxis(10_000, 136, 850), laneScale(112), []);
  expect(shapes.rejected).not.toBe('');
  expect(shapes.dots).toBe('');
  expect(shapes.line.length).toBeLessThan(60_000);
});

test('the walk goes sideways by runs, up and down in a run, and to the next problem', () => {
  const points = [
    ...days(4),
    point(4, '2', { state: 'rejected', z: 3.5 }),
    ...levels.map((one) => point(5, one)),
  ];
  const runs = runsOf(points, 'all');
  const from = (run: number, level: string) => ({ runId: `run${run}`, level });
  expect(walk(runs, levels, from(1, '1'), 'right')?.id).toBe('2.1');
  expect(walk(runs, levels, from(3, '1'), 'right')?.id).toBe('4.2');
  expect(walk(runs, levels, from(1, '1'), 'down')?.id).toBe('1.2');
  expect(walk(runs, levels, from(1, '1'), 'up')).toBeNull();
  expect(walk(runs, levels, from(0, '1'), 'left')).toBeNull();
  expect(walk(runs, levels, from(0, '1'), 'problemOn')?.id).toBe('4.2');
  expect(walk(runs, levels, from(4, '2'), 'problemOn')).toBeNull();
  expect(walk(runs, levels, from(5, '2'), 'first')?.id).toBe('0.2');
  expect(walk(runs, levels, from(0, '2'), 'last')?.id).toBe('5.2');
});

test('of a run the gravest point is looked at first, then the one furthest out', () => {
  const [run] = runsOf(
    [point(0, '1', { state: 'rejected', z: 2.3 }), point(0, '2', { state: 'rejected', z: -3.4 })],
    'all',
  );
  expect(gravestOf(run!, levels)?.level).toBe('2');
});

test('numbers of a lot leave out what is excluded or could not be evaluated', () => {
  const points = [
    point(0, '1', { text: '99,0' }),
    point(1, '1', { text: '101.0' }),
    point(2, '1', { text: '140', state: 'excluded' }),
    point(3, '1', { text: '<5', z: null }),
  ];
  expect(numbersOf(points, 'lot-1')).toMatchObject({ n: 2, mean: 100, bias: 0 });
  expect(numbersOf(points.slice(0, 1), 'lot-1')).toBeNull();
});

test('limits carry the digits of mean and SD; a target without an SD names none', () => {
  expect(valueAt({ mean: '140.1', sd: '1.10' }, 3)).toBe('143.4');
  expect(valueAt({ mean: '4.300', sd: '0.0860' }, -2)).toBe('4.128');
  expect(valueAt({ mean: '4.3', sd: '' }, 2)).toBe('');
});

test('texts never cover each other, and a click finds its run', () => {
  const texts = [50, 60, 300].map((x) => ({ x, width: 100 }));
  expect(placeTexts(texts, 0, 400).map((one) => one.x)).toEqual([50, 300]);
  const axis = runAxis(10, 100, 600);
  expect(nearestRun(10, axis, axis.x(4) + 3)).toBe(4);
  expect(nearestRun(10, axis, 9_999)).toBe(9);
});

test('a point about which something was written down has a check mark towards the mean', () => {
  const review = { id: 'r', kind: 'comment' as const, code: '', text: 'seen', by: 'K. Obi', at: at(0) };
  const points = [point(0, '1', { z: 1 }), point(1, '1', { z: 2.4, state: 'warning', reviews: [review] })];
  const runs = runsOf(points, 'all');
  const shapes = laneShapes(runs, '1', runAxis(2, 0, 400), laneScale(112), []);
  expect(shapes.reviewed.match(/M/g)).toHaveLength(1);
  const [, x = '', y = ''] = /^M([\d.]+) ([\d.]+)/.exec(shapes.reviewed) ?? [];
  expect(Number(x)).toBeCloseTo(runAxis(2, 0, 400).x(1) - 3.2, 0);
  expect(Number(y)).toBeGreaterThan(laneScale(112)(2.4));
});
