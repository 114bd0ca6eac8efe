import type { ObservationDefinitionQualifiedInterval as Interval, Quantity, Range } from 'fhir/r4';
import type { RangeRule } from '../documents/catalog.ts';
import type { CatalogDoc } from '../documents/index.ts';
import { fieldNumber, fieldsOf, fieldText } from './parts.ts';
import { SYSTEM } from './systems.ts';
import { quantityUnit } from './value.ts';

type Ranges = Pick<CatalogDoc, 'ranges' | 'plausibleLow' | 'plausibleHigh' | 'unit'>;

/** Days of a UCUM unit of time. */
const daysOf: Record<string, number> = { a: 365.25, mo: 30.4375, wk: 7, d: 1, h: 1 / 24, min: 1 / 1440 };

/**
 * Ranges of a test as `qualifiedInterval` (section 4): one `reference` per rule, one `critical` with the same conditions where it
 * has critical limits, one `absolute` for plausibility. Ages are in days, half-open (V4).
 */
export function intervalsTo(of: Ranges): Interval[] {
  const twins = new Set(of.ranges.map(conditionKey)).size < of.ranges.length;
  const intervals = of.ranges.flatMap((rule, index): Interval[] => {
    const conditions = {
      extension: fieldsOf({ 'specimen-type': rule.specimenType, rule: twins ? index : undefined }),
      gender: rule.sex === 'any' ? undefined : rule.sex,
      age: { low: days(rule.ageLowDays), high: days(rule.ageHighDays) },
    };
    const critical = rangeOf(rule.criticalLow, rule.criticalHigh, of.unit);
    return [
      { ...conditions, category: 'reference', range: rangeOf(rule.low, rule.high, of.unit) },
      ...(critical === undefined ? [] : [{ ...conditions, category: 'critical' as const, range: critical }]),
    ];
  });
  const absolute = rangeOf(of.plausibleLow, of.plausibleHigh, of.unit);
  return absolute === undefined ? intervals : [...intervals, { category: 'absolute', range: absolute }];
}

/** The ranges of a test out of its qualified intervals; a critical one joins the reference one with the same conditions. */
export function intervalsFrom(
  intervals: Interval[] | undefined,
): Pick<CatalogDoc, 'ranges' | 'plausibleLow' | 'plausibleHigh'> {
  const rules: { key: string; rule: RangeRule }[] = [];
  let absolute: Range | undefined;
  for (const interval of intervals ?? []) {
    if (interval.category === 'absolute') {
      absolute ??= interval.range;
      continue;
    }
    const rule = conditionsOf(interval);
    const key = `${fieldNumber(interval, 'rule') ?? ''} ${conditionKey(rule)}`;
    const { low, high } = boundsOf(interval.range);
    if (interval.category === 'critical') {
      const limits = { ...named('criticalLow', low), ...named('criticalHigh', high) };
      const partner = rules.find((item) => item.key === key && !hasCritical(item.rule));
      if (partner === undefined) rules.push({ key, rule: { ...rule, ...limits } });
      else Object.assign(partner.rule, limits);
      continue;
    }
    const waiting = rules.find(
      (item) => item.key === key && hasCritical(item.rule) && !hasReference(item.rule),
    );
    const limits = { ...named('low', low), ...named('high', high) };
    if (waiting === undefined) rules.push({ key, rule: { ...rule, ...limits } });
    else Object.assign(waiting.rule, limits);
  }
  const { low, high } = boundsOf(absolute);
  return {
    ranges: rules.map((item) => item.rule),
    ...named('plausibleLow', low),
    ...named('plausibleHigh', high),
  };
}

function hasCritical(rule: RangeRule): boolean {
  return rule.criticalLow !== undefined || rule.criticalHigh !== undefined;
}

function hasReference(rule: RangeRule): boolean {
  return rule.low !== undefined || rule.high !== undefined;
}

function conditionKey(rule: RangeRule): string {
  return `${rule.sex} ${rule.ageLowDays} ${rule.ageHighDays} ${rule.specimenType}`;
}

/** Conditions of an interval; without an upper age it is for all ages above: 150 years. */
function conditionsOf(interval: Interval): RangeRule {
  const { gender } = interval;
  return {
    sex: gender === 'male' || gender === 'female' ? gender : 'any',
    ageLowDays: inDays(interval.age?.low) ?? 0,
    ageHighDays: inDays(interval.age?.high) ?? 150 * 365.25,
    specimenType: fieldText(interval, 'specimen-type'),
  };
}

function days(value: number): Quantity {
  return { value, unit: 'd', system: SYSTEM.ucum, code: 'd' };
}

function inDays(age: Quantity | undefined): number | undefined {
  if (age?.value === undefined) return undefined;
  return age.value * (daysOf[age.code ?? age.unit ?? 'a'] ?? 365.25);
}

function rangeOf(low: number | undefined, high: number | undefined, unit: string): Range | undefined {
  if (low === undefined && high === undefined) return undefined;
  const bound = (value: number | undefined) =>
    value === undefined ? undefined : { value, ...quantityUnit(unit) };
  return { low: bound(low), high: bound(high) };
}

function boundsOf(range: Range | undefined): { low: number | undefined; high: number | undefined } {
  return { low: range?.low?.value, high: range?.high?.value };
}

function named<K extends string>(name: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: number });
}
