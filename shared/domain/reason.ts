import type { Reason } from '../documents/common.ts';

/** Builds one {@link Reason}. Inputs are turned into text; undefined and null ones are left out. */
export function reason(
  rule: string,
  outcome: Reason['outcome'],
  text: string,
  inputs: Record<string, string | number | boolean | null | undefined> = {},
): Reason {
  const written: Record<string, string> = {};
  for (const name in inputs) {
    const value = inputs[name];
    if (value !== undefined && value !== null) written[name] = String(value);
  }
  return { rule, outcome, inputs: written, text };
}

const severity: Record<Reason['outcome'], number> = { block: 0, hold: 1, warn: 2, note: 3, pass: 4 };

/**
 * Reasons in the one order in which they are stored and shown: gravest first, then by rule and text. Exact repeats are dropped.
 * So the order in which rules ran leaves no trace (V2).
 */
export function sortReasons(reasons: readonly Reason[]): Reason[] {
  const sorted = [...reasons].sort(byGravity);
  // Of exact repeats, which now stand side by side, one remains.
  return sorted.filter((one, at) => at === 0 || byGravity(sorted[at - 1] as Reason, one) !== 0);
}

function byGravity(a: Reason, b: Reason): number {
  return (
    severity[a.outcome] - severity[b.outcome] ||
    byText(a.rule, b.rule) ||
    byText(a.text, b.text) ||
    byText(inputsOf(a), inputsOf(b))
  );
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inputsOf = ({ inputs }: Reason): string =>
  JSON.stringify(Object.entries(inputs).sort(([a], [b]) => byText(a, b)));

/** True when at least one reason has this outcome. */
export function has(reasons: readonly Reason[], outcome: Reason['outcome']): boolean {
  return reasons.some((one) => one.outcome === outcome);
}
