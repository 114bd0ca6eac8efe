/**
 * How times, counts and values are written. Values keep the text that was sent (R12): only typography is changed
 * (a true minus, a space after a comparator, raised powers), never a digit.
 */

const englishMonths = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;
const two = (n: number): string => String(n).padStart(2, '0');

function asDate(when: string | Date): Date {
  return typeof when === 'string' ? new Date(when) : when;
}

/** `06:42` in local time, 24 h; with seconds `06:42:05` when asked. Empty for an unreadable instant. */
export function formatTime(when: string | Date, seconds = false): string {
  const date = asDate(when);
  if (Number.isNaN(date.getTime())) return '';
  const base = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return seconds ? `${base}:${two(date.getSeconds())}` : base;
}

/** `29 Jul` (English) or the language's own short form; with the year when it is not the year of `now`. */
export function formatDay(when: string | Date, language = 'en', now?: Date): string {
  const date = asDate(when);
  if (Number.isNaN(date.getTime())) return '';
  const withYear = now !== undefined && now.getFullYear() !== date.getFullYear();
  return dayMonth(date.getFullYear(), date.getMonth(), date.getDate(), language, withYear);
}

function dayMonth(year: number, month: number, day: number, language: string, withYear: boolean): string {
  if (language === 'en') return `${day} ${englishMonths[month]}${withYear ? ` ${year}` : ''}`;
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  if (withYear) options.year = 'numeric';
  return new Intl.DateTimeFormat(language, options).format(new Date(year, month, day));
}

/** Today: the time alone. Otherwise day and month, then the time; the year too when it is another one. */
export function formatWhen(when: string | Date, now: Date, language = 'en'): string {
  const date = asDate(when);
  if (Number.isNaN(date.getTime())) return '';
  const sameDay =
    date.getFullYear() === now.getFullYear() &&
    date.getMonth() === now.getMonth() &&
    date.getDate() === now.getDate();
  return sameDay ? formatTime(date) : `${formatDay(date, language, now)} ${formatTime(date)}`;
}

/** A birth date `YYYY-MM-DD`, `YYYY-MM` or `YYYY` as `14 Mar 1965`, `Mar 1965`, `1965`. Anything else is shown as it is. */
export function formatBirthDate(birthDate: string, language = 'en'): string {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(birthDate);
  if (match === null) return birthDate;
  const [, year = '', month, day] = match;
  if (month === undefined) return year;
  const index = Number(month) - 1;
  if (day !== undefined) return dayMonth(Number(year), index, Number(day), language, true);
  if (language === 'en') return `${englishMonths[index] ?? month} ${year}`;
  return new Intl.DateTimeFormat(language, { month: 'short', year: 'numeric' }).format(
    new Date(Number(year), index, 1),
  );
}

/**
 * An age for reading: days under one month (`2 d`), months under two years (`14 m`), then years (`61 y`). Display only; ranges are
 * chosen by the engine. A birth date without its day counts from the first; the year alone gives years.
 */
export function formatAge(birthDate: string | undefined, at: Date): string {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(birthDate ?? '');
  if (match === null) return '';
  const [, year, month = '01', day = '01'] = match;
  const born = new Date(Number(year), Number(month) - 1, Number(day));
  if (born.getTime() > at.getTime()) return '';
  let months = (at.getFullYear() - born.getFullYear()) * 12 + at.getMonth() - born.getMonth();
  if (at.getDate() < born.getDate()) months -= 1;
  if (months < 1) return `${Math.floor((at.getTime() - born.getTime()) / 86_400_000)} d`;
  return months < 24 ? `${months} m` : `${Math.floor(months / 12)} y`;
}

/** A count with a narrow no-break space between thousands: `1 182`. */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

const comparators: Record<string, string> = {
  '<=': '\u2264',
  '>=': '\u2265',
  '<': '<',
  '>': '>',
  '≤': '≤',
  '≥': '≥',
};

/**
 * A value as it was sent, in good type: `<5` becomes `< 5`, `-0.4` gets a true minus. Digits, decimal sign and trailing
 * zeros are never touched (R12). An empty or blank text gives the empty string: the caller writes `empty`, never 0.
 */
export function formatValueText(text: string, comparator?: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const match = /^(<=|>=|<|>|≤|≥)\s*(.*)$/s.exec(trimmed);
  const sign = match?.[1] ?? comparator ?? '';
  const rest = (match?.[2] ?? trimmed).replace(/^-(?=[\d.,])/, '\u2212');
  return sign === '' ? rest : `${comparators[sign] ?? sign}\u00a0${rest}`;
}

const raised: Record<string, string> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '-': '⁻',
};

/**
 * A unit for reading: `10^9/L`, `10*9/L` become `10⁹/L`; `umol/L` becomes `µmol/L`; `m[iU]/L` becomes `mIU/L`; annotations
 * lose their braces, never their text. What is stored and sent stays UCUM.
 */
export function formatUnit(unit: string | undefined): string {
  if (unit === undefined) return '';
  return unit
    .replace(/10[*^](-?\d+)/g, (_, power: string) => `10${[...power].map((c) => raised[c] ?? c).join('')}`)
    .replace(/\[iU\]/gi, 'IU')
    .replace(/\{([^}]*)\}/g, (_, note: string) => note.replace(/_/g, '\u00a0').replace(/m2\b/, 'm²'))
    .replace(/(^|[/.])u(?=(?:mol|g|L|l|IU|U|kat|m|s)(?:$|[/.\d]))/g, '$1µ');
}

/** A signed number text for deltas and z values: `+2.7`, `−26`, `0`. */
export function formatSigned(text: string): string {
  const trimmed = text.trim();
  if (/^[-−]/.test(trimmed)) return `\u2212${trimmed.slice(1)}`;
  if (/^\+/.test(trimmed) || /^0*[.,]?0*$/.test(trimmed)) return trimmed;
  return `+${trimmed}`;
}

/** A reference range with an en dash: `3.5–5.1`, `< 32`, `> 10`; empty when neither limit is given. */
export function formatRange(low: string | number | undefined, high: string | number | undefined): string {
  const write = (limit: string | number): string => formatValueText(String(limit));
  if (low !== undefined && high !== undefined) return `${write(low)}\u2013${write(high)}`;
  if (high !== undefined) return `<\u00a0${write(high)}`;
  if (low !== undefined) return `>\u00a0${write(low)}`;
  return '';
}
