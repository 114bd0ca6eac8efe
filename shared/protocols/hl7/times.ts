/** Times of HL7 v2: TS, DTM and DT. */
import type { LocalTime } from '../astm/records.ts';

/** A time as it was sent: local to its sender unless it carries an offset. */
export interface Hl7Time extends LocalTime {
  /**
   * `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, as precise as sent (`precision` tells how much of a time of day is
   * real); null when the text is no time
   */
  local: string | null;
  /** digits behind the decimal point of the seconds, as sent */
  fraction: string;
  /** minutes east of UTC; null when not sent */
  offset: number | null;
  precision: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | null;
}

const FORM =
  /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,9}))?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?$/;

/**
 * Reads `YYYY[MM[DD[HH[MM[SS[.S..]]]]]][+/-ZZZZ]`. A second component (the degree of precision of old versions) must be cut off
 * by the caller. What is no such time, or a date that does not exist, gives `local: null`; the text stays.
 */
export function parseHl7Time(text: string): Hl7Time {
  const nothing: Hl7Time = { text, local: null, fraction: '', offset: null, precision: null };
  const match = FORM.exec(text.trim());
  if (match === null) return nothing;
  const [, year = '', month, day, hour, minute, second, fraction = '', sign, zoneHours, zoneMinutes] = match;
  const exists =
    year !== '0000' &&
    within(month, 1, 12) &&
    within(day, 1, daysIn(Number(year), Number(month))) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 59) &&
    within(zoneHours, 0, 14) &&
    within(zoneMinutes, 0, 59);
  if (!exists) return nothing;
  const offset =
    sign === undefined ? null : (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) || 0;
  const date = [year, month, day].filter((part) => part !== undefined).join('-');
  const time = hour === undefined ? '' : `T${hour}:${minute ?? '00'}:${second ?? '00'}`;
  const given = [month, day, hour, minute, second].indexOf(undefined);
  const precisions = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
  return { text, local: date + time, fraction, offset, precision: precisions[given < 0 ? 5 : given] ?? null };
}

/**
 * The instant of a time that carries an offset and at least minutes, as ISO 8601 UTC with milliseconds; else null: the station's own
 * zone is for the caller to apply.
 */
export function hl7Instant(time: Hl7Time): string | null {
  if (time.local === null || time.offset === null) return null;
  if (time.precision !== 'minute' && time.precision !== 'second') return null;
  const milliseconds = Number(time.fraction.padEnd(3, '0').slice(0, 3));
  const local = new Date(`${time.local}Z`).getTime() + milliseconds;
  return new Date(local - time.offset * 60_000).toISOString();
}

/**
 * Writes a time for HL7: `2026-07-29T06:42:05` becomes `20260729064205`, with `offset` (minutes east of UTC) `20260729064205+0200`.
 * @param local `YYYY[-MM[-DD[THH:MM[:SS]]]]`
 * @throws {RangeError} for anything else
 */
export function formatHl7Time(local: string, offset: number | null = null): string {
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?)?)?)?$/.test(local)) {
    throw new RangeError('Not a local time in ISO form');
  }
  const digits = local.replace(/[-T:]/g, '');
  if (offset === null) return digits;
  const size = Math.abs(offset);
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${digits}${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

function within(part: string | undefined, low: number, high: number): boolean {
  return part === undefined || (Number(part) >= low && Number(part) <= high);
}

/** Days of a month; 31 when no month is given. */
function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return leap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
