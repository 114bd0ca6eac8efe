/** Months and ISO weeks as the engine names them: `2026-07`, `2026-W31`. Local calendar days; pure. */

export type PeriodKind = 'month' | 'week';

const DAY = 86_400_000;

/** Monday of an ISO week, as UTC milliseconds. */
function mondayOf(year: number, week: number): number {
  const fourth = Date.UTC(year, 0, 4);
  return fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY + (week - 1) * 7 * DAY;
}

/** The month or week of a local day. */
export function periodOf(kind: PeriodKind, at: Date): string {
  const day = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return kind === 'month' ? new Date(day).toISOString().slice(0, 7) : weekOf(day);
}

function weekOf(day: number): string {
  // The Thursday of a week lies in the week's year.
  const thursday = day + (3 - ((new Date(day).getUTCDay() + 6) % 7)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.round((thursday - mondayOf(year, 1) - 3 * DAY) / (7 * DAY)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The period so many after another; negative: before. */
export function shifted(period: string, by: number): string {
  const year = Number(period.slice(0, 4));
  if (period[5] === 'W') return weekOf(mondayOf(year, Number(period.slice(6))) + by * 7 * DAY);
  return new Date(Date.UTC(year, Number(period.slice(5)) - 1 + by, 1)).toISOString().slice(0, 7);
}

/** First and last day, `YYYY-MM-DD`. */
export function daysOf(period: string): { first: string; last: string } {
  const year = Number(period.slice(0, 4));
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (period[5] === 'W') {
    const monday = mondayOf(year, Number(period.slice(6)));
    return { first: text(monday), last: text(monday + 6 * DAY) };
  }
  const month = Number(period.slice(5));
  return { first: text(Date.UTC(year, month - 1, 1)), last: text(Date.UTC(year, month, 0)) };
}

/** True once its last day is over. */
export function hasEnded(period: string, now: Date): boolean {
  return daysOf(period).last < periodDay(now);
}

/** A local day as `YYYY-MM-DD`. */
export function periodDay(at: Date): string {
  return new Date(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())).toISOString().slice(0, 10);
}
