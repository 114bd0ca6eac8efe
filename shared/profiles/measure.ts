/** Values, units and flags of a result, the same for every protocol. */
import { multiplyDecimal, type ParsedValue, parseValue } from '../domain/value.ts';
import type { CanonicalFlag, CanonicalResult, CanonicalValue, ProblemCode } from './canonical.ts';
import type { Profile } from './profile.ts';
import type { TestMapping } from './schema/common.ts';

/** Notes a problem of the result at hand. */
export type Report = (code: ProblemCode, severity: 'hold' | 'notice', text: string) => void;

/** An entry of a table; a text such as "constructor" is no entry. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}

/**
 * The value in our unit (R12): the text as sent, converted only by the mapping's exact factor. A unit the profile does not know for the test,
 * an empty value that is not a cancellation, or a factor that does not apply exactly is reported as `hold`, the value then is as sent.
 */
export function canonicalValue(
  sent: { text: string; unit: string },
  mapping: TestMapping | undefined,
  status: CanonicalResult['status'],
  comma: 'decimal' | 'none' | undefined,
  report: Report,
): CanonicalValue {
  const parsed = parseValue(sent.text, comma === undefined ? {} : { comma });
  if (parsed.kind === 'empty') {
    if (status !== 'cancelled') report('emptyValue', 'hold', 'The result has no value.');
    return { ...parsed, unit: mapping?.unit ?? sent.unit };
  }
  if (mapping === undefined || mapping.unit === null) return { ...parsed, unit: sent.unit };
  const known = sent.unit === mapping.unit || mapping.sentUnits.includes(sent.unit);
  if (!known && !(parsed.kind === 'string' && sent.unit === '')) {
    report('unitMismatch', 'hold', `The unit "${sent.unit}" is not one the profile knows for this test.`);
    return { ...parsed, unit: sent.unit };
  }
  if (mapping.factor === '1' || parsed.kind === 'string') return { ...parsed, unit: mapping.unit };
  const converted = convert(parsed, mapping.factor);
  if (converted === null) {
    report('notConvertible', 'hold', 'The value cannot be converted exactly.');
    return { ...parsed, unit: sent.unit };
  }
  return { ...converted, unit: mapping.unit };
}

/** Flags with the profile's meaning; one it does not map is reported as `notice` and keeps its code. */
export function canonicalFlags(sent: readonly string[], profile: Profile, report: Report): CanonicalFlag[] {
  return sent
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((flag) => {
      const meaning = own(profile.flags, flag);
      if (meaning === null) report('unmappedFlag', 'notice', `The profile does not map the flag "${flag}".`);
      return { code: flag, meaning };
    });
}

/** Two results of one code on one specimen are replicates, in the order they were sent. */
export function numberReplicates(results: readonly CanonicalResult[]): CanonicalResult[] {
  const seen = new Map<string, number>();
  return results.map((result) => {
    const key = JSON.stringify([result.specimenId ?? result.records.order, result.instrumentCode]);
    const replicate = (seen.get(key) ?? 0) + 1;
    seen.set(key, replicate);
    return { ...result, replicate };
  });
}

/** A quantity times a factor: comparator kept, digits exact. */
function convert(parsed: ParsedValue, factor: string): ParsedValue | null {
  const digits = parsed.text
    .trim()
    .replace(/^(<=|>=|[<>\u2264\u2265])\s*/, '')
    .replace('\u2212', '-')
    .replace(',', '.');
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(digits)) return null;
  const text = `${parsed.comparator ?? ''}${multiplyDecimal(digits, factor)}`;
  return parseValue(text);
}
