/** Days of a mean year: ages of a year and more are counted in these, so that the limit `18 y` = 6574.5 falls on the birthday. */
export const DAYS_PER_YEAR = 365.25;

/** One possible age, in calendar parts and in days. */
export interface ExactAge {
  years: number;
  /** Whole months altogether, e.g. 29 at 2 years and 5 months. */
  months: number;
  /** Days since birth, by calendar. */
  calendarDays: number;
  /**
   * Age for comparing with range rules: calendar days in the first year, then whole years x 365.25 plus the days since the last
   * birthday. Strictly rising day by day, and every birthday lies exactly on a multiple of 365.25.
   */
  days: number;
}

/** All ages that a birth date as far as known allows; both ends are the same when the day is known. */
export interface AgeSpan {
  youngest: ExactAge;
  oldest: ExactAge;
}

interface Day {
  year: number;
  month: number;
  day: number;
}

const DAY_MS = 86_400_000;
const utc = (d: Day): number => Date.UTC(d.year, d.month - 1, d.day);
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function lastDay(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return DAYS_OF_MONTH[month - 1] ?? 0;
}

/** Local calendar day of an instant or of `YYYY-MM-DD`. Null when the text is neither. */
function dayOf(at: string, utcOffsetMinutes: number): Day | null {
  const plain = /^(\d{4})-(\d{2})-(\d{2})$/.exec(at);
  if (plain !== null) return realDay(Number(plain[1]), Number(plain[2]), Number(plain[3]));
  const ms = Date.parse(at);
  if (at === '' || Number.isNaN(ms)) return null;
  const date = new Date(ms + utcOffsetMinutes * 60_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function realDay(year: number, month: number, day: number): Day | null {
  if (month < 1 || month > 12 || day < 1 || day > lastDay(year, month)) return null;
  return { year, month, day };
}

/** Earliest and latest day of a partial birth date; null when it is empty or not a date. */
function birthDays(birthDate: string): { earliest: Day; latest: Day } | null {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(birthDate);
  if (match === null) return null;
  const year = Number(match[1]);
  if (match[2] === undefined) {
    return { earliest: { year, month: 1, day: 1 }, latest: { year, month: 12, day: 31 } };
  }
  const month = Number(match[2]);
  if (month < 1 || month > 12) return null;
  if (match[3] === undefined) {
    return { earliest: { year, month, day: 1 }, latest: { year, month, day: lastDay(year, month) } };
  }
  const day = realDay(year, month, Number(match[3]));
  return day === null ? null : { earliest: day, latest: day };
}

function exactAge(birth: Day, at: Day): ExactAge {
  const calendarDays = Math.round((utc(at) - utc(birth)) / DAY_MS);
  let months = (at.year - birth.year) * 12 + at.month - birth.month;
  if (at.day < birth.day) months -= 1;
  const years = Math.floor(months / 12);
  // Someone born on 29 February has the birthday on 1 March in years without that day: Date.UTC rolls over by itself.
  const birthday = Date.UTC(birth.year + years, birth.month - 1, birth.day);
  const since = Math.round((utc(at) - birthday) / DAY_MS);
  return {
    years,
    months,
    calendarDays,
    days: years === 0 ? calendarDays : years * DAYS_PER_YEAR + since,
  };
}

/**
 * Ages possible at a moment, from a birth date as far as known (V4). Null when the birth date or the moment is unknown or not a
 * date, or when the birth lies after the moment. An unknown day or month gives every age it allows, never a guess.
 * @param birthDate `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
 * @param at instant (ISO 8601) or local day `YYYY-MM-DD`; for ranges the collection time.
 * @param utcOffsetMinutes offset of local time from UTC at that instant, because birth dates are local days.
 */
export function ageAt(birthDate: string, at: string, utcOffsetMinutes = 0): AgeSpan | null {
  const birth = birthDays(birthDate);
  const day = dayOf(at, utcOffsetMinutes);
  if (birth === null || day === null || utc(birth.earliest) > utc(day)) return null;
  const latest = utc(birth.latest) > utc(day) ? day : birth.latest;
  return { youngest: exactAge(latest, day), oldest: exactAge(birth.earliest, day) };
}

type AgeUnit = 'd' | 'mo' | 'y';

/** Days up to 28 days, months up to two years, then years. */
function unitOf(age: ExactAge): AgeUnit {
  if (age.years >= 2) return 'y';
  return age.calendarDays >= 28 ? 'mo' : 'd';
}

function inUnit(age: ExactAge, unit: AgeUnit): number {
  if (unit === 'y') return age.years;
  return unit === 'mo' ? age.months : age.calendarDays;
}

/**
 * Age as shown: `2 d` under 28 days, `5 mo` under two years, then `61 y`. When the birth date leaves it open both ends are shown:
 * `60–61 y`. Empty when the age is unknown.
 */
export function ageText(age: AgeSpan | null): string {
  if (age === null) return '';
  const unit = unitOf(age.oldest);
  const low = inUnit(age.youngest, unit);
  const high = inUnit(age.oldest, unit);
  return low === high ? `${high} ${unit}` : `${low}–${high} ${unit}`;
}

/** Shorthand of {@link ageAt} and {@link ageText}. */
export function displayAge(birthDate: string, at: string, utcOffsetMinutes = 0): string {
  return ageText(ageAt(birthDate, at, utcOffsetMinutes));
}

/** Limit of a range rule in days as a person reads it: `18 y`, `6 mo`, `28 d`. */
export function limitText(days: number): string {
  if (days >= DAYS_PER_YEAR) return `${trim(days / DAYS_PER_YEAR)} y`;
  const months = days / (DAYS_PER_YEAR / 12);
  if (days >= 28 && Math.abs(months - Math.round(months)) < 0.02) return `${Math.round(months)} mo`;
  return `${trim(days)} d`;
}

function trim(n: number): string {
  return String(Math.round(n * 10) / 10);
}
