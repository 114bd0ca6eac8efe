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

/** Whether a list of values has this one; `*` in it stands for any value but none. */
export function matches(values: readonly string[], value: string): boolean {
  return values.includes(value) || (value !== '' && values.includes('*'));
}

/** Whether an instrument's code is the one of a table; a code of the table that ends in `*` stands for all that begin so. */
export function startsLike(listed: string, code: string): boolean {
  return listed.endsWith('*') ? code.startsWith(listed.slice(0, -1)) : code === listed;
}

/** The remark on the whole specimen that this code is (`remarks`), or null. An exact code goes before one with `*`. */
export function remarkOf(profile: Profile, code: string): Profile['remarks'][number] | null {
  const exact = profile.remarks.find((one) => one.code === code);
  return exact ?? profile.remarks.find((one) => startsLike(one.code, code)) ?? null;
}

/** The text of a value, or what a coded answer says (`answers`): `-1` is `non-reactive`. */
export function answered(mapping: TestMapping | undefined, text: string): string {
  return mapping?.answers === undefined ? text : (own(mapping.answers, text.trim()) ?? text);
}

/**
 * The value in our unit (R12): the text as sent, converted only by the mapping's exact factor. A unit the profile does not know for the test,
 * an empty value that is not a cancellation, or a factor that does not apply exactly is reported as `hold`, the value then is as sent.
 * @param as `text`: the message says that it is no number (a code, a date), though it may look like one
 */
export function canonicalValue(
  sent: { text: string; unit: string },
  mapping: TestMapping | undefined,
  status: CanonicalResult['status'],
  comma: 'decimal' | 'none' | undefined,
  report: Report,
  as: 'value' | 'text' = 'value',
): CanonicalValue {
  const read = parseValue(sent.text, comma === undefined ? {} : { comma });
  const parsed: ParsedValue =
    as === 'text' && read.kind === 'quantity' ? { text: sent.text, kind: 'string' } : read;
  if (parsed.kind === 'empty') {
    if (status !== 'cancelled') report('emptyValue', 'hold', 'The result has no value.');
    return { ...parsed, unit: mapping?.unit ?? sent.unit };
  }
  if (mapping === undefined || mapping.unit === null) return { ...parsed, unit: sent.unit };
  const { factor, unit } = unitOf(mapping, sent.unit);
  if (factor === null && !(parsed.kind === 'string' && sent.unit === '')) {
    report('unitMismatch', 'hold', `The unit "${sent.unit}" is not one the profile knows for this test.`);
    return { ...parsed, unit: sent.unit };
  }
  if (factor === null || factor === '1' || parsed.kind === 'string') return { ...parsed, unit };
  const converted = convert(parsed, factor);
  if (converted === null) {
    report('notConvertible', 'hold', 'The value cannot be converted exactly.');
    return { ...parsed, unit: sent.unit };
  }
  return { ...converted, unit };
}

/**
 * The factor from the unit as sent to the mapping's unit, and the unit then; a null factor: the profile does not know the unit. A unit with a factor
 * of its own wins; the mapping's factor is for the spellings it lists, and for the unit itself only when the instrument lists none. What is
 * not spelled so is looked for once more as {@link plainUnit}.
 */
function unitOf(mapping: TestMapping, sent: string): { factor: string | null; unit: string } {
  const exact = findUnit(mapping, (one) => one === sent);
  if (exact.factor !== null) return exact;
  const plain = plainUnit(sent);
  return findUnit(mapping, (one) => plainUnit(one) === plain);
}

function findUnit(
  mapping: TestMapping,
  is: (unit: string) => boolean,
): { factor: string | null; unit: string } {
  const unit = mapping.unit ?? '';
  const other = mapping.otherUnits?.find((one) => is(one.sent));
  if (other !== undefined) return { factor: other.factor, unit: other.unit ?? unit };
  if (mapping.sentUnits.some(is)) return { factor: mapping.factor, unit };
  if (!is(unit)) return { factor: null, unit };
  return { factor: mapping.sentUnits.length === 0 ? mapping.factor : '1', unit };
}

/** The signs micro and mu, also as they look when their bytes (UTF-8, code pages 437 and 850, 8859-7) are read as Latin-1. */
const MICRO = /\u00c2\u00b5|\u00ce\u00bc|[\u00b5\u03bc]|[\u00e6\u00ec](?=mol|kat|[gLlmIU])/g;

/** A litre written with a small letter, which is the same unit (UCUM): `mmol/l`, `g/dl`, `fl`. */
const SMALL_LITRE = /(^f|\/[cdfmnpu]?)l(?![A-Za-z])/g;

/** A unit without blanks around it, with `u` for every sign of micro and `L` for the litre. All other letters stay apart: `mmol` is no `Mmol`. */
export function plainUnit(unit: string): string {
  return unit.trim().replace(MICRO, 'u').replace(SMALL_LITRE, '$1L');
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

/** What the order a result came with says of all its results: O-26, OBR-25. */
export interface OrderStatus {
  place: string;
  /** '' where nothing was sent */
  text: string;
  /** what a result is whose own status is empty, by the order's */
  means: Readonly<Record<string, NonNullable<CanonicalResult['status']>>>;
}

/**
 * The status as the profile has it; null: it does not map what was sent. Where nothing was sent, and the profile takes that for final, an order
 * that says it is not is believed. A result of a cancelled order (X) that is not cancelled itself is held.
 */
export function canonicalStatus(
  sent: string,
  profile: Profile,
  report: Report,
  order?: OrderStatus,
): CanonicalResult['status'] {
  const status = own(profile.statuses, sent);
  if (status === null) report('unmappedStatus', 'hold', `The profile does not map the status "${sent}".`);
  if (order === undefined) return status;
  if (order.text === 'X' && status !== null && status !== 'cancelled')
    report('unmappedStatus', 'hold', `The order is cancelled (${order.place} X), but the result is not.`);
  return sent === '' && status === 'final' ? (own(order.means, order.text) ?? status) : status;
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
