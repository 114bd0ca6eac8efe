/** One message with several values of one test on one specimen (R12): replicates, a dilution beside the first measurement, a quantity and its answer. */
import type { CanonicalResult, Interpretation } from './canonical.ts';

/**
 * Tells of values of one test on one specimen that differ, on each of them: none is released without a person, whichever comes first (V2). Each stays a
 * result of its own, as sent; which one is meant, or what the other says of it, is not guessed. Controls are measured as often as somebody likes.
 */
export function tellSeveral(one: Interpretation): Interpretation {
  const valuesOf = new Map<string, Set<string>>();
  for (const result of one.results) {
    const key = keyOf(result);
    if (key === null) continue;
    const values = valuesOf.get(key);
    if (values === undefined) valuesOf.set(key, new Set([written(result)]));
    else values.add(written(result));
  }
  if ([...valuesOf.values()].every((values) => values.size < 2)) return one;
  return { ...one, results: one.results.map((result) => told(result, valuesOf.get(keyOf(result) ?? ''))) };
}

function told(result: CanonicalResult, values: ReadonlySet<string> | undefined): CanonicalResult {
  if (values === undefined || values.size < 2) return result;
  const text = `The message has several values of this test: ${[...values].join(', ')}.`;
  const record = result.records.result;
  return {
    ...result,
    problems: [...result.problems, { code: 'severalValues', severity: 'notice', text, record }],
  };
}

/** Specimen and test; null for what is no patient's value. */
function keyOf({ specimenId, testCode, instrumentCode, isQc, status }: CanonicalResult): string | null {
  if (specimenId === null || isQc || status === 'cancelled') return null;
  return `${testCode ?? ''}\n${testCode === null ? instrumentCode : ''}\n${specimenId}`;
}

function written({ value }: CanonicalResult): string {
  return value.kind === 'quantity' ? `${value.text.trim()} ${value.unit}`.trim() : value.text.trim();
}
