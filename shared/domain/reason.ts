import type { Reason } from '../documents/common.ts';

/** Builds one {@link Reason}. Inputs are turned into text; undefined and null ones are left out. */
export function reason(
  rule: string,
  outcome: Reason['outcome'],
  text: string,
  inputs: Record<string, string | number | boolean | null | undefined> = {},
): Reason {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs)) {
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
  const keyed = new Map<string, Reason>();
  for (const one of reasons) {
    const inputs = Object.entries(one.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
    keyed.set(JSON.stringify([severity[one.outcome], one.rule, one.text, inputs]), one);
  }
  return [...keyed.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, one]) => one);
}

/** True when at least one reason has this outcome. */
export function has(reasons: readonly Reason[], outcome: Reason['outcome']): boolean {
  return reasons.some((one) => one.outcome === outcome);
}
