/** Hand-checked cases for every rule: it fires, it just does not, on the boundary, with a tie, a missing level, a new lot, an excluded point. */
import { describe, expect, it } from 'vitest';
import { judgeSeries, QC_RULES, type QcPoint, type QcRule, type RuleSet } from './westgard.ts';

/** Mean 100, SD 10: a value of 120 lies at exactly +2 SD. */
const target = { mean: '100', sd: '10' };

type Given = number | string | ({ value: number | string } & Partial<Omit<QcPoint, 'value'>>);

/** One run per list; the places of a list are the levels L1, L2, L3; null: the level is missing. */
function series(runs: readonly (readonly (Given | null)[])[]): QcPoint[] {
  return runs.flatMap((run, at) =>
    run.flatMap((given, place) => {
      if (given === null) return [];
      const { value, ...more } = typeof given === 'object' ? given : { value: given };
      const point = {
        id: `${at + 1}.${place + 1}`,
        level: `L${place + 1}`,
        runId: `r${at + 1}`,
        value: String(value),
        target,
        window: 'lot1',
        excluded: false,
      };
      return [{ ...point, ...more }];
    }),
  );
}

const only = (rule: QcRule, more: Partial<RuleSet['rules'][QcRule]> = {}, levels = 2): RuleSet => ({
  levels,
  rules: { [rule]: { action: 'reject', within: true, across: true, ...more } },
});

/** Ids of the points at which the rule fires, with where: `3.1 within`. */
function fires(rule: QcRule, runs: Parameters<typeof series>[0], levels = 2): string[] {
  return judgeSeries(series(runs), only(rule, {}, levels)).flatMap((one) =>
    one.hits.map((hit) => `${one.pointId} ${hit.where}`),
  );
}
const levelOne = (...values: (Given | null)[]) => values.map((value) => [value]);

interface Case {
  name: string;
  rule: QcRule;
  runs: (Given | null)[][];
  levels?: number;
  expected: string[];
}
const high = (n: number): number[] => Array.from({ length: n }, () => 101);

const cases: Case[] = [
  {
    name: 'W1 fires beyond 2 SD',
    rule: '1-2s',
    runs: levelOne(120.1, 79.9),
    expected: ['1.1 within', '2.1 within'],
  },
  {
    name: 'W1 W10 exactly 2.0 SD does not fire',
    rule: '1-2s',
    runs: levelOne(120, 80, '120.0'),
    expected: [],
  },
  {
    name: 'W2 fires beyond 3 SD',
    rule: '1-3s',
    runs: levelOne(130.1, 69.9),
    expected: ['1.1 within', '2.1 within'],
  },
  { name: 'W2 W10 exactly 3.0 SD does not fire', rule: '1-3s', runs: levelOne(130, 70), expected: [] },
  {
    name: 'W3 two runs beyond the same limit',
    rule: '2-2s',
    runs: levelOne(121, 122),
    expected: ['2.1 within'],
  },
  { name: 'W3 opposite limits do not fire', rule: '2-2s', runs: levelOne(121, 79), expected: [] },
  { name: 'W3 the second exactly on 2 SD', rule: '2-2s', runs: levelOne(121, 120), expected: [] },
  { name: 'W3 not consecutive', rule: '2-2s', runs: levelOne(121, 100, 121), expected: [] },
  { name: 'W3 two levels of one run', rule: '2-2s', runs: [[121, 122]], expected: ['1.2 across'] },
  {
    name: 'W3 two levels of two runs',
    rule: '2-2s',
    runs: [
      [121, 100],
      [100, 122],
    ],
    expected: [],
  },
  {
    name: 'W3 three in a row fire twice',
    rule: '2-2s',
    runs: levelOne(121, 122, 123),
    expected: ['2.1 within', '3.1 within'],
  },
  {
    name: 'W4 one level above, one below, in one run',
    rule: 'R-4s',
    runs: [[121, 79]],
    expected: ['1.2 across'],
  },
  {
    name: 'W4 never across runs',
    rule: 'R-4s',
    runs: [
      [121, 100],
      [100, 79],
    ],
    expected: [],
  },
  { name: 'W4 never within a level', rule: 'R-4s', runs: levelOne(121, 79), expected: [] },
  {
    name: 'W4 a spread of 4 SD from 1.9 to -2.2 does not fire',
    rule: 'R-4s',
    runs: [[119, 78]],
    expected: [],
  },
  { name: 'W4 exactly +2 and -2', rule: 'R-4s', runs: [[120, 80]], expected: [] },
  { name: 'W4 with three levels', rule: 'R-4s', runs: [[121, 100, 79]], levels: 3, expected: ['1.3 across'] },
  {
    name: 'W5 four runs beyond the same 1 SD',
    rule: '4-1s',
    runs: levelOne(111, 112, 113, 114),
    expected: ['4.1 within'],
  },
  { name: 'W5 the fourth exactly on 1 SD', rule: '4-1s', runs: levelOne(111, 112, 113, 110), expected: [] },
  { name: 'W5 the sides differ', rule: '4-1s', runs: levelOne(111, 112, 88, 114), expected: [] },
  {
    name: 'W5 two levels in two runs',
    rule: '4-1s',
    runs: [
      [111, 112],
      [113, 114],
    ],
    expected: ['2.2 across'],
  },
  {
    name: 'W5 a level missing in one of the runs',
    rule: '4-1s',
    runs: [
      [111, null],
      [113, 114],
    ],
    expected: [],
  },
  { name: 'W6 8x within', rule: '8x', runs: levelOne(...high(8)), expected: ['8.1 within'] },
  { name: 'W6 8x: seven do not fire', rule: '8x', runs: levelOne(...high(7)), expected: [] },
  { name: 'W6 8x: z = 0 breaks', rule: '8x', runs: levelOne(...high(4), 100, ...high(4)), expected: [] },
  {
    name: 'W6 8x: two levels in four runs',
    rule: '8x',
    runs: [
      [101, 101],
      [101, 101],
      [101, 101],
      [101, 101],
    ],
    expected: ['4.2 across'],
  },
  {
    name: 'W6 8x: another side in the other level',
    rule: '8x',
    runs: [
      [101, 101],
      [101, 99],
      [101, 101],
      [101, 101],
    ],
    expected: [],
  },
  { name: 'W6 10x within', rule: '10x', runs: levelOne(...high(10)), expected: ['10.1 within'] },
  { name: 'W6 10x: nine do not fire', rule: '10x', runs: levelOne(...high(9)), expected: [] },
  {
    name: 'W6 10x: two levels in five runs',
    rule: '10x',
    runs: Array.from({ length: 5 }, () => [99, 99]),
    expected: ['5.2 across'],
  },
  { name: 'W6 12x within', rule: '12x', runs: levelOne(...high(12)), expected: ['12.1 within'] },
  {
    name: 'W6 12x: two levels in six runs',
    rule: '12x',
    runs: Array.from({ length: 6 }, () => [99, 99]),
    expected: ['6.2 across'],
  },
  {
    name: 'W7 two of three within a level',
    rule: '2of3-2s',
    runs: levelOne(121, 100, 122),
    expected: ['3.1 within'],
  },
  { name: 'W7 the third too far away', rule: '2of3-2s', runs: levelOne(121, 100, 100, 122), expected: [] },
  { name: 'W7 two of three on different sides', rule: '2of3-2s', runs: levelOne(121, 100, 78), expected: [] },
  {
    name: 'W7 two of three levels',
    rule: '2of3-2s',
    runs: [[121, 100, 122]],
    levels: 3,
    expected: ['1.3 across'],
  },
  { name: 'W7 across needs three levels', rule: '2of3-2s', runs: [[121, 122]], levels: 2, expected: [] },
  {
    name: 'W8 3-1s within',
    rule: '3-1s',
    runs: levelOne(111, 112, 113),
    levels: 3,
    expected: ['3.1 within'],
  },
  {
    name: 'W8 3-1s in three levels of one run',
    rule: '3-1s',
    runs: [[111, 112, 113]],
    levels: 3,
    expected: ['1.3 across'],
  },
  {
    name: 'W8 3-1s with one exactly on 1 SD',
    rule: '3-1s',
    runs: [[111, 110, 113]],
    levels: 3,
    expected: [],
  },
  {
    name: 'W8 6x in three levels and two runs',
    rule: '6x',
    runs: [
      [99, 99, 99],
      [99, 99, 99],
    ],
    levels: 3,
    expected: ['2.3 across'],
  },
  { name: 'W8 6x within', rule: '6x', runs: levelOne(...high(6)), levels: 3, expected: ['6.1 within'] },
  {
    name: 'W8 9x in three levels and three runs',
    rule: '9x',
    runs: Array.from({ length: 3 }, () => [99, 99, 99]),
    levels: 3,
    expected: ['3.3 across'],
  },
  { name: 'W8 9x within', rule: '9x', runs: levelOne(...high(9)), levels: 3, expected: ['9.1 within'] },
  {
    name: 'W9 seven rising',
    rule: '7T',
    runs: levelOne(94, 95, 96, 97, 98, 99, 100),
    expected: ['7.1 within'],
  },
  {
    name: 'W9 seven falling',
    rule: '7T',
    runs: levelOne(106, 105, 104, 103, 102, 101, 100),
    expected: ['7.1 within'],
  },
  { name: 'W9 six do not fire', rule: '7T', runs: levelOne(95, 96, 97, 98, 99, 100), expected: [] },
  { name: 'W9 a tie breaks it', rule: '7T', runs: levelOne(94, 95, 96, 96, 97, 98, 99), expected: [] },
  {
    name: 'W9 5.4 and 5.40 are a tie',
    rule: '7T',
    runs: levelOne('94', '95', '96.4', '96.40', '97', '98', '99'),
    expected: [],
  },
  {
    name: 'W11 no window crosses a lot',
    rule: '2-2s',
    runs: levelOne(121, { value: 121, window: 'lot2' }),
    expected: [],
  },
  {
    name: 'W11 across runs each level has its own window',
    rule: '4-1s',
    runs: [
      [111, 112],
      [113, { value: 114, window: 'lot2' }],
    ],
    expected: [],
  },
  {
    name: 'W11 the same run is one run whatever the clock says',
    rule: 'R-4s',
    runs: [[121], [{ value: 79, level: 'L2', runId: 'r1' }]],
    expected: ['2.1 across'],
  },
  {
    name: 'W12 an excluded point leaves the window: those around it are neighbours',
    rule: '2-2s',
    runs: levelOne(121, { value: 100, excluded: true }, 122),
    expected: ['3.1 within'],
  },
  {
    name: 'W12 an excluded point never fires',
    rule: '1-3s',
    runs: levelOne({ value: 190, excluded: true }),
    expected: [],
  },
  {
    name: 'W12 an excluded level is missing in its run',
    rule: '2-2s',
    runs: [[{ value: 121, excluded: true }, 122]],
    expected: [],
  },
  {
    name: 'W10 a point without target breaks the window',
    rule: '2-2s',
    runs: levelOne(121, { value: 121, target: null }, 121),
    expected: [],
  },
];

describe('Westgard rules', () => {
  it.each(cases)('$rule $name', ({ rule, runs, levels, expected }) => {
    expect(fires(rule, runs, levels)).toEqual(expected);
  });

  it('every rule has a case that fires and one that does not', () => {
    for (const rule of QC_RULES) {
      const mine = cases.filter((one) => one.rule === rule);
      expect(
        mine.some((one) => one.expected.length > 0),
        rule,
      ).toBe(true);
    }
  });

  it('W1 only warns, whatever the rule set says', () => {
    const [found] = judgeSeries(series(levelOne(121)), only('1-2s'));
    expect([found?.state, found?.hits[0]?.action]).toEqual(['warning', 'warn']);
  });

  it.each([
    ['SD zero', { mean: '100', sd: '0' }],
    ['SD negative', { mean: '100', sd: '-10' }],
    ['SD missing', { mean: '100', sd: '' }],
    ['no target', null],
  ])('W10 %s cannot be evaluated and is never in control', (_name, none) => {
    const [found] = judgeSeries(series(levelOne({ value: 100, target: none })), only('1-3s'));
    expect(found).toMatchObject({ state: 'notEvaluable', deviation: null, hits: [] });
  });

  it('W10 limits are compared in decimals: 5.4 is at 2 SD of 5.0 with SD 0.2', () => {
    const given = { value: '5.4', target: { mean: '5.0', sd: '0.2' } };
    const [found] = judgeSeries(series(levelOne(given)), only('1-2s'));
    expect((5.4 - 5.0) / 0.2 > 2).toBe(true);
    expect(found?.state).toBe('inControl');
    expect(found?.deviation?.z).toBe(2);
  });

  it('a hit names its points with their z, oldest first', () => {
    const found = judgeSeries(series(levelOne(121, 125)), only('2-2s')).at(-1);
    expect(found?.state).toBe('rejected');
    expect(found?.hits[0]?.points).toEqual([
      { id: '1.1', level: 'L1', runId: 'r1', z: 2.1 },
      { id: '2.1', level: 'L1', runId: 'r2', z: 2.5 },
    ]);
  });
});
