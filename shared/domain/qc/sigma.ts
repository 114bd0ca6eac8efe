/** Advice on the design of QC: sigma metric (W14), the rules it suggests, and how likely those rules find a shift. Pure. */
import { type QcRule, QcSeries, type RuleSet } from './westgard.ts';

/** In percent of the target: total error allowed, bias, and CV. */
export interface Performance {
  totalErrorAllowed: number;
  bias: number;
  cv: number;
}

/** (TEa - |bias|) / CV (W14); null when the CV is not above zero or a figure is missing. */
export function sigmaMetric({ totalErrorAllowed, bias, cv }: Performance): number | null {
  if (![totalErrorAllowed, bias, cv].every(Number.isFinite) || cv <= 0) return null;
  return (totalErrorAllowed - Math.abs(bias)) / cv;
}

export interface Suggestion {
  rules: RuleSet;
  /** runs over which the rules look back */
  runs: number;
  /** why, for a person */
  text: string;
}

const reject = (rules: readonly QcRule[], levels: number): RuleSet => ({
  levels,
  rules: Object.fromEntries([
    ['1-2s', { action: 'warn', within: true, across: false }],
    ...rules.map((rule) => [rule, { action: 'reject', within: true, across: true }] as const),
  ]),
});

/** The steps of the sigma rules for two and for three levels: the lower the sigma, the more rules. */
const steps: {
  least: number;
  two: readonly QcRule[];
  three: readonly QcRule[];
  runs: number;
  words: string;
}[] = [
  { least: 6, two: ['1-3s'], three: ['1-3s'], runs: 1, words: 'world class: one rule is enough' },
  {
    least: 5,
    two: ['1-3s', '2-2s', 'R-4s'],
    three: ['1-3s', '2of3-2s', 'R-4s'],
    runs: 1,
    words: 'good: three rules within a run',
  },
  {
    least: 4,
    two: ['1-3s', '2-2s', 'R-4s', '4-1s'],
    three: ['1-3s', '2of3-2s', 'R-4s', '3-1s'],
    runs: 2,
    words: 'fair: small shifts must be looked for over two runs',
  },
  {
    least: Number.NEGATIVE_INFINITY,
    two: ['1-3s', '2-2s', 'R-4s', '4-1s', '8x'],
    three: ['1-3s', '2of3-2s', 'R-4s', '3-1s', '6x'],
    runs: 4,
    words: 'poor: every rule, more controls, and an improved method',
  },
];

/** The rule set a sigma suggests, for two or three levels a run. 1-2s is always there as a warning only (W1). */
export function suggestRules(sigma: number, levels: 2 | 3): Suggestion {
  const step = steps.find((one) => sigma >= one.least) ?? steps[0]!;
  return {
    rules: reject(levels === 3 ? step.three : step.two, levels),
    runs: step.runs,
    text: `Sigma ${sigma.toFixed(1)}, ${step.words}.`,
  };
}

/** One point of a power curve: how likely a run with this shift is rejected, by the last of `runs` runs. */
export interface PowerPoint {
  /** systematic shift in SD */
  shift: number;
  /** probability of rejection, 0 to 1; at shift 0 the false rejections */
  probability: number;
}

/** Trials of a shift unless said otherwise. */
const TRIALS = 2_000;

/**
 * How likely a rule set rejects by the end of `runs` runs after a shift, counted over so many trials of the rules themselves. The trials use a
 * fixed sequence, so that the same question has the same answer.
 */
export function powerCurve(
  set: RuleSet,
  runs: number,
  shifts: readonly number[],
  trials = TRIALS,
): PowerPoint[] {
  return shifts.map((shift) => {
    const normal = normals();
    let rejected = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      if (isRejected(set, runs, shift, normal)) rejected += 1;
    }
    return { shift, probability: rejected / trials };
  });
}

function isRejected(set: RuleSet, runs: number, shift: number, normal: () => number): boolean {
  const series = new QcSeries(set);
  for (let run = 0; run < runs; run += 1) {
    for (let level = 0; level < set.levels; level += 1) {
      const found = series.add({
        id: `${run}.${level}`,
        level: String(level),
        runId: String(run),
        value: (normal() + shift).toFixed(6),
        target: { mean: '0', sd: '1' },
        window: '',
        excluded: false,
      });
      if (found.state === 'rejected') return true;
    }
  }
  return false;
}

/** Standard normal numbers from a fixed sequence (linear congruence, Box and Muller). */
function normals(): () => number {
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
