import { describe, expect, it } from 'vitest';
import type { Reason } from '../documents/common.ts';
import { deltaCheck } from './delta.ts';
import { interpret } from './interpret.ts';
import { judgeGate } from './qc/gate.ts';
import { chooseRange, OLDEST_DAYS } from './range.ts';
import { reason, sortReasons } from './reason.ts';
import {
  decideVerdict,
  drawVerdict,
  regated,
  type VerdictInput,
  verdictReason,
  verdictRules,
} from './verdict.ts';

const test = {
  code: 'K',
  name: 'Potassium',
  unit: 'mmol/L',
  active: true,
  autoverify: true,
  plausibleLow: 1,
  plausibleHigh: 12,
  decimals: 1,
  ranges: (['male', 'female'] as const).map((sex) => ({
    sex,
    ageLowDays: 0,
    ageHighDays: OLDEST_DAYS,
    specimenType: 'SER',
    low: 3.5,
    high: sex === 'male' ? 5.1 : 5.0,
    criticalLow: 2.8,
    criticalHigh: 6.2,
  })),
};
const subject = {
  sex: 'male' as 'male' | 'unknown',
  birthDate: '1965-03-14',
  collectedTime: '2026-07-29T05:52:00.000Z',
  specimenType: 'SER',
};
const value = { text: '4.2', kind: 'quantity' as const, number: 4.2, unit: 'mmol/L' };

/** Reasons of a gate in a state. */
function gate(state: 'in' | 'warning' | 'rejected' | 'none'): Reason[] {
  const at = '2026-07-29T05:31:00.000Z';
  const last = {
    state: state === 'in' ? 'inControl' : state === 'none' ? 'notEvaluated' : state,
    at,
    rules: ['1-3s'],
  } as const;
  const levels = state === 'none' ? [] : [{ name: 'Level 1', last, dueTime: '' }];
  return judgeGate({ now: at, levels, override: null }).because;
}

function input(more: Partial<VerdictInput> = {}, who = subject): VerdictInput {
  const rangeChoice = chooseRange(test, who);
  const v = more.value ?? value;
  return {
    value: v,
    status: 'final',
    test,
    rangeChoice,
    interpreted: interpret(v, rangeChoice.range, test.unit),
    delta: deltaCheck({
      rule: null,
      current: { value: v, at: subject.collectedTime },
      previous: null,
      historyComplete: true,
    }),
    flags: [],
    specimen: { status: 'received', conditionCode: '', conditionText: '' },
    patient: { id: 'p1', mergedInto: '' },
    qc: gate('in'),
    autoverification: true,
    ...more,
  };
}
const quantity = (n: number, unit = 'mmol/L') => ({ ...value, text: String(n), number: n, unit });
const held = { delta: '+2.7', held: true, because: [reason('delta', 'hold', 'Delta.')] };

describe('verdict (V2)', () => {
  it('V2 everything passes: released by the rules where the test allows it, else ready', () => {
    expect(decideVerdict(input())).toMatchObject({ verdict: 'released', autorelease: true });
    const manual = decideVerdict(input({ test: { ...test, autoverify: false } }));
    expect(manual).toMatchObject({ verdict: 'ready', autorelease: false });
    expect(manual.because.every((one) => one.outcome === 'pass')).toBe(true);
    expect(verdictReason(decideVerdict(input()).because)).toBe('auto');
    expect(verdictReason(manual.because)).toBe('');
  });

  it('V2 one switch suspends autoverification; hand-entered results are never released by the rules (V5)', () => {
    expect(decideVerdict(input({ autoverification: false }))).toMatchObject({
      verdict: 'ready',
      autorelease: false,
    });
    expect(decideVerdict(input({ enteredByHand: true }))).toMatchObject({
      verdict: 'ready',
      autorelease: false,
    });
  });

  const holds: [string, Partial<VerdictInput>, string][] = [
    ['instrument flag', { flags: ['HEM'] }, 'HEM'],
    ['delta', { delta: held }, 'delta'],
    ['empty value', { value: { text: '', kind: 'empty', unit: '' } }, 'empty'],
    ['status not final', { status: 'preliminary' }, 'status'],
    [
      'rejected specimen',
      { specimen: { status: 'rejected', conditionCode: 'RH', conditionText: 'Haemolysed' } },
      'specimen',
    ],
    [
      'specimen never received',
      { specimen: { status: 'expected', conditionCode: '', conditionText: '' } },
      'specimen',
    ],
    ['unknown specimen', { specimen: null }, 'specimen'],
    ['unknown patient', { patient: null }, 'no patient'],
    ['sync conflict', { syncConflict: true }, 'conflict'],
    ['test out of use', { test: { ...test, active: false } }, 'test'],
    ['critical', { value: quantity(6.8) }, 'critical'],
    ['another unit', { value: quantity(4.2, 'mg/dL') }, 'unit'],
    ['undecidable comparator', { value: { ...quantity(4), text: '<4', comparator: '<' } }, 'undecided'],
  ];
  it.each(holds)('V2 holds on %s', (_, more, word) => {
    const outcome = decideVerdict(input(more));
    expect(outcome).toMatchObject({ verdict: 'held', autorelease: false });
    expect(verdictReason(outcome.because)).toBe(word);
  });

  it('V2 holds outside plausibility, and counts rules when several hold', () => {
    const outcome = decideVerdict(input({ value: quantity(14), flags: ['HEM'] }));
    expect(outcome.verdict).toBe('held');
    expect(outcome.because.filter((one) => one.outcome === 'hold').map((one) => one.rule)).toEqual([
      'critical',
      'flag',
      'plausibility',
    ]);
    expect(verdictReason(outcome.because)).toBe('3 rules');
  });

  it('V2 holds without sex where the range needs it', () => {
    const outcome = decideVerdict(input({}, { ...subject, sex: 'unknown' }));
    expect(outcome.verdict).toBe('held');
    expect(verdictReason(outcome.because)).toBe('no sex');
  });

  it('V2 W13 QC rejected blocks, whatever else; not evaluated is noted and never released by the rules', () => {
    const blocked = decideVerdict(input({ qc: gate('rejected'), flags: ['HEM'] }));
    expect(blocked.verdict).toBe('blocked');
    expect(verdictReason(blocked.because)).toBe('QC');
    expect(decideVerdict(input({ qc: gate('warning') })).verdict).toBe('released');
    const open = decideVerdict(input({ qc: gate('none') }));
    expect(open).toMatchObject({ verdict: 'ready', autorelease: false });
    expect(open.because.find((one) => one.rule === 'qc')?.outcome).toBe('note');
  });

  it('V2 flags that repeat the interpretation pass; contradicting ones hold', () => {
    expect(decideVerdict(input({ value: quantity(5.4), flags: ['H', 'N'] })).verdict).toBe('released');
    expect(decideVerdict(input({ flags: ['H'] })).verdict).toBe('held');
    expect(decideVerdict(input({ value: quantity(3.1), flags: ['LL'] })).verdict).toBe('held');
  });

  it('V2 R12 a decided comparator is ready for a person, never released by the rules', () => {
    const outcome = decideVerdict(
      input({ value: { ...quantity(3.2), text: '<=3.4', comparator: '<=', number: 3.4 } }),
    );
    expect(outcome.verdict).toBe('held');
    const high = decideVerdict(
      input({
        value: { ...quantity(5), text: '>500', comparator: '>', number: 500 },
        test: { ...test, plausibleHigh: undefined },
        rangeChoice: {
          range: { low: 15, high: 150, text: '15–150', appliesTo: 'all' },
          missing: [],
          because: [],
        },
        interpreted: { interpretation: 'H', because: [] },
      }),
    );
    expect(high).toMatchObject({ verdict: 'ready', autorelease: false });
  });

  it('V2 the default is hold: no rule that passed, no release', () => {
    expect(drawVerdict([])).toBe('held');
    expect(drawVerdict([reason('qc', 'note', 'x')])).toBe('held');
  });

  it('V2 property: the order of evaluation cannot change the outcome', () => {
    const seed = 20260729;
    const random = mulberry(seed);
    const outcomes = ['pass', 'hold', 'block', 'warn', 'note'] as const;
    for (let round = 0; round < 400; round++) {
      const picked = holds.filter(() => random() < 0.2).map(([, more]) => more);
      const case1 = input({
        ...Object.assign({}, ...picked),
        qc: gate(random() < 0.3 ? 'rejected' : 'in'),
        flags: ['B', 'A', 'H'].filter(() => random() < 0.3),
      });
      const straight = decideVerdict(case1);
      const rules = shuffle(Object.values(verdictRules), random);
      const shuffled = rules.flatMap((rule) => rule({ ...case1, flags: shuffle([...case1.flags], random) }));
      const expected = straight.autorelease ? 'ready' : straight.verdict;
      expect(drawVerdict(shuffled), `seed ${seed} round ${round}`).toBe(expected);
      expect(sortReasons(shuffled)).toEqual(straight.because.filter((one) => one.rule !== 'autoverify'));

      const reasons: Reason[] = Array.from({ length: 6 }, (_, i) =>
        reason(`r${i}`, outcomes[Math.floor(random() * outcomes.length)] ?? 'hold', 'x'),
      );
      expect(drawVerdict(shuffle([...reasons], random))).toBe(drawVerdict(reasons));
      const worse = drawVerdict([...reasons, reason('more', 'hold', 'x')]);
      expect(worse, 'a further hold never releases').not.toBe('ready');
    }
  });

  it('V2 stores every rule that ran with its inputs and the version of the rules', () => {
    const { because, ruleSetVersion } = decideVerdict(input());
    expect(ruleSetVersion).toBeGreaterThan(0);
    for (const rule of [
      'value',
      'unit',
      'status',
      'flag',
      'plausibility',
      'range',
      'specimen',
      'patient',
      'qc',
    ]) {
      expect(because.map((one) => one.rule)).toContain(rule);
    }
  });
});

function mulberry(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

describe('regated (W13)', () => {
  const { because } = decideVerdict(input());

  it('a gate that closes blocks, one that opens again leaves the other reasons as they were', () => {
    const closed = regated(because, gate('rejected'));
    expect(closed.verdict).toBe('blocked');
    const open = regated(closed.because, gate('in'));
    expect(open.verdict).toBe('ready');
    expect(open.because).toEqual(sortReasons(because));
  });

  it('what another rule holds stays held when the gate opens', () => {
    const held = decideVerdict(input({ flags: ['HEM'] })).because;
    expect(regated(regated(held, gate('rejected')).because, gate('in')).verdict).toBe('held');
  });
});
