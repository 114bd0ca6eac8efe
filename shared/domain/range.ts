import type { CatalogDoc, RangeRule } from '../documents/catalog.ts';
import type { Reason } from '../documents/common.ts';
import type { PatientDoc } from '../documents/patient.ts';
import type { UsedRange } from '../documents/result.ts';
import { ageAt, ageText, DAYS_PER_YEAR, limitText } from './age.ts';
import { reason } from './reason.ts';

/** What a choice of range needs to know. */
export interface RangeSubject {
  sex: PatientDoc['sex'];
  /** Partial date; empty when unknown. */
  birthDate: string;
  /** Instant of collection; empty when unknown: then the age at collection is unknown too. */
  collectedTime: string;
  /** Code of the specimen type, e.g. `SER`. */
  specimenType: string;
  /** Offset of the bench's local time at collection; birth dates are local days. Default 0. */
  utcOffsetMinutes?: number;
}

export interface RangeChoice {
  /** The range to store with the result; null = "no range". */
  range: UsedRange | null;
  because: Reason[];
  /** What was missing where the range needs it: the word for the grid is `no sex` or `no age`. */
  missing: ('sex' | 'age')[];
}

type KnownSex = 'male' | 'female';
type TestRanges = Pick<CatalogDoc, 'code' | 'ranges' | 'decimals'>;

/** Upper end of the ages looked at when the birth date is unknown: 120 years. */
export const OLDEST_DAYS = 120 * DAYS_PER_YEAR;

/**
 * Chooses the reference range of a test for a patient (V4): by sex, specimen type and age at collection, ages half-open [low, high).
 * None fits = no range, never another group's. Where sex or age is unknown or only partly known, every possibility is tried; only when
 * all of them lead to the same limits is the range used, else there is none and the reason says what is missing.
 */
export function chooseRange(test: TestRanges, subject: RangeSubject): RangeChoice {
  const inputs = {
    sex: subject.sex,
    birthDate: subject.birthDate || 'unknown',
    collected: subject.collectedTime || 'unknown',
    specimen: subject.specimenType,
  };
  if (test.ranges.length === 0) {
    return {
      range: null,
      missing: [],
      because: [reason('range', 'pass', 'The catalogue has no range for this test.', inputs)],
    };
  }
  const rules = test.ranges.filter((rule) => rule.specimenType === subject.specimenType);
  if (rules.length === 0) return none(`No range for specimen type ${subject.specimenType}.`, inputs);

  const age = ageOf(subject);
  const sexes: KnownSex[] =
    subject.sex === 'male' || subject.sex === 'female' ? [subject.sex] : ['male', 'female'];
  const days =
    age === null
      ? { from: 0, to: lastAge(rules), open: true }
      : { from: age.youngest.days, to: age.oldest.days, open: false };
  const points = agePoints(rules, days.from, days.to, days.open);

  const found = sexes.map((sex) => points.map((point) => ruleFor(rules, sex, point)));
  if (found.some((list) => list.includes('ambiguous'))) {
    return none('The catalogue has more than one range for this patient. Mend the catalogue.', inputs);
  }
  const same = (a: Fit | undefined, b: Fit | undefined): boolean => a === b || limitsKey(a) === limitsKey(b);
  const first = found[0]?.[0];
  const needsAge = found.some((list) => list.some((fit) => !same(fit, list[0])));
  const needsSex = points.some((_, i) => found.some((list) => !same(list[i], found[0]?.[i])));
  if (needsAge || needsSex) {
    const missing: RangeChoice['missing'] = [];
    if (needsSex) missing.push('sex');
    if (needsAge) missing.push('age');
    return {
      range: null,
      missing,
      because: missing.map((what) => missingReason(what, subject, age, inputs)),
    };
  }
  const shownAge = age === null ? 'unknown age' : ageText(age);
  if (first === undefined || first === null || first === 'ambiguous') {
    return none(`No range fits: ${subject.sex}, ${shownAge}.`, inputs);
  }
  const range = usedRange(first, test.decimals, sexes.length === 2 || first.sex === 'any');
  return {
    range,
    missing: [],
    because: [
      reason('range', 'pass', `Range ${range.text || 'without limits'} for ${range.appliesTo}.`, inputs),
    ],
  };
}

/** The last age that was asked for: the results of a specimen come together, and all have it. */
let last: { birthDate: string; at: string; offset: number; age: ReturnType<typeof ageAt> } | undefined;

function ageOf({ birthDate, collectedTime: at, utcOffsetMinutes: offset = 0 }: RangeSubject) {
  if (last?.birthDate !== birthDate || last.at !== at || last.offset !== offset)
    last = { birthDate, at, offset, age: ageAt(birthDate, at, offset) };
  return last.age;
}

function none(text: string, inputs: Record<string, string>): RangeChoice {
  return { range: null, missing: [], because: [reason('range', 'hold', text, inputs)] };
}

function missingReason(
  what: 'sex' | 'age',
  subject: RangeSubject,
  age: ReturnType<typeof ageAt>,
  inputs: Record<string, string>,
): Reason {
  if (what === 'sex') {
    return reason('range.sex', 'hold', `No range: it depends on the sex, which is ${subject.sex}.`, inputs);
  }
  if (age !== null) {
    return reason(
      'range.age',
      'hold',
      `No range: it differs within the possible ages ${ageText(age)}.`,
      inputs,
    );
  }
  const unknown = subject.birthDate !== '' && subject.collectedTime === '' ? 'collection time' : 'birth date';
  return reason(
    'range.age',
    'hold',
    `No range: it depends on the age, and the ${unknown} is not known.`,
    inputs,
  );
}

type Fit = RangeRule | 'ambiguous' | null;

/** The rule for one sex at one age. A rule for that sex goes before one for any sex; two of a kind with other limits are ambiguous. */
function ruleFor(rules: readonly RangeRule[], sex: KnownSex, days: number): Fit {
  for (const wanted of [sex, 'any'] as const) {
    let first: RangeRule | null = null;
    for (const rule of rules) {
      if (rule.sex !== wanted || days < rule.ageLowDays || days >= rule.ageHighDays) continue;
      if (first === null) first = rule;
      else if (limitsKey(rule) !== limitsKey(first)) return 'ambiguous';
    }
    if (first !== null) return first;
  }
  return null;
}

function limitsKey(fit: Fit | undefined): string {
  if (fit === null || fit === undefined || fit === 'ambiguous') return String(fit ?? null);
  return `${fit.low ?? ''} ${fit.high ?? ''} ${fit.criticalLow ?? ''} ${fit.criticalHigh ?? ''}`;
}

/** With an unknown birth date: the end of the ages the rules cover at all, at most 120 years. */
function lastAge(rules: readonly RangeRule[]): number {
  return Math.min(OLDEST_DAYS, Math.max(...rules.map((rule) => rule.ageHighDays)));
}

/** Ages at which the fitting rule can change, within [from, to] or, when open, [from, to). */
function agePoints(rules: readonly RangeRule[], from: number, to: number, open: boolean): number[] {
  if (!open && from === to) return [from];
  const points = new Set<number>([from]);
  for (const rule of rules) {
    for (const limit of [rule.ageLowDays, rule.ageHighDays]) {
      if (limit > from && (open ? limit < to : limit <= to)) points.add(limit);
    }
  }
  if (!open) points.add(to);
  return [...points].sort((a, b) => a - b);
}

/** Ranges as they were written last for a rule of the catalogue: most measurements of a test use the same. */
const written = new WeakMap<RangeRule, { decimals: number; anySex: boolean; range: UsedRange }>();

function usedRange(rule: RangeRule, decimals: number, anySex: boolean): UsedRange {
  const before = written.get(rule);
  if (before?.decimals === decimals && before.anySex === anySex) return { ...before.range };
  const range = writeRange(rule, decimals, anySex);
  written.set(rule, { decimals, anySex, range });
  return { ...range };
}

function writeRange(rule: RangeRule, decimals: number, anySex: boolean): UsedRange {
  const low = limitText(rule.ageLowDays);
  const high = limitText(rule.ageHighDays);
  const sameUnit = low.split(' ')[1] === high.split(' ')[1];
  const ages = `${sameUnit ? low.split(' ')[0] : low} to ${high}`;
  return {
    ...(rule.low === undefined ? {} : { low: rule.low }),
    ...(rule.high === undefined ? {} : { high: rule.high }),
    text: rangeText(rule.low, rule.high, decimals),
    appliesTo: `${anySex ? 'all' : rule.sex}, ${ages}`,
    ...(rule.criticalLow === undefined ? {} : { criticalLow: rule.criticalLow }),
    ...(rule.criticalHigh === undefined ? {} : { criticalHigh: rule.criticalHigh }),
  };
}

/** Limits as shown: `3.5–5.1`, `< 32`, `> 60`; empty without limits. At least the test's decimals, never fewer than the limit has. */
export function rangeText(low: number | undefined, high: number | undefined, decimals = 0): string {
  const shown = Math.max(decimals, decimalsOf(low), decimalsOf(high));
  const text = (n: number): string => n.toFixed(shown).replace('-', '−');
  if (low !== undefined && high !== undefined) return `${text(low)}–${text(high)}`;
  if (high !== undefined) return `< ${text(high)}`;
  return low === undefined ? '' : `> ${text(low)}`;
}

function decimalsOf(n: number | undefined): number {
  if (n === undefined) return 0;
  return /\.(\d+)$/.exec(String(n))?.[1]?.length ?? 0;
}
