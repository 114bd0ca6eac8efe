/** What was typed as the time of collection, understood. */
export type Collected =
  | { ok: true; at: Date; day: 'today' | 'yesterday' | 'earlier' }
  | { ok: false; why: 'empty' | 'unreadable' | 'future' };

/** Clocks of ward and bench may differ by this much, ms. */
const CLOCK_SLACK = 5 * 60_000;
/** A time of day that is later than now means yesterday, when that is no longer ago than this, ms. */
const YESTERDAY = 14 * 3_600_000;

/**
 * Reads the time of collection as it is typed at the bench, local time: `0625`, `625`, `6:25`, `06.25`; `n` or `now`; with a day before it
 * `28 23:50`, `28.7. 2350`, `28/07 23:50`. Without a day it is today's, or yesterday's when today's would lie ahead and
 * yesterday's is at most 14 h ago. Never a time that has not come yet.
 */
export function readCollected(typed: string, now: Date): Collected {
  const text = typed.trim().toLowerCase();
  if (text === '') return { ok: false, why: 'empty' };
  if (text === 'n' || text === 'now') return { ok: true, at: minute(now), day: 'today' };
  const match = /^(?:(\d{1,2})(?:[./](\d{1,2})[./]?)?\s+)?(\d{1,2})[:.h]?(\d{2})$/.exec(text);
  if (match === null) return { ok: false, why: 'unreadable' };
  const [, day, month, hour, minutes] = match;
  if (Number(hour) > 23 || Number(minutes) > 59) return { ok: false, why: 'unreadable' };
  if (day === undefined) return timeAlone(Number(hour), Number(minutes), now);
  const at = new Date(now);
  at.setHours(Number(hour), Number(minutes), 0, 0);
  at.setMonth(month === undefined ? now.getMonth() : Number(month) - 1, Number(day));
  if (at.getDate() !== Number(day)) return { ok: false, why: 'unreadable' };
  if (at.getTime() > now.getTime() + CLOCK_SLACK) {
    // `31 23:50` typed on the first of a month, `31.12.` typed in January.
    if (month === undefined) at.setMonth(at.getMonth() - 1, Number(day));
    else at.setFullYear(at.getFullYear() - 1);
    if (at.getDate() !== Number(day)) return { ok: false, why: 'unreadable' };
    if (now.getTime() - at.getTime() > 31 * 86_400_000) return { ok: false, why: 'future' };
  }
  return { ok: true, at, day: sameDay(at, now) ? 'today' : 'earlier' };
}

function timeAlone(hour: number, minutes: number, now: Date): Collected {
  const at = new Date(now);
  at.setHours(hour, minutes, 0, 0);
  if (at.getTime() <= now.getTime() + CLOCK_SLACK) return { ok: true, at, day: 'today' };
  at.setDate(at.getDate() - 1);
  return now.getTime() - at.getTime() <= YESTERDAY
    ? { ok: true, at, day: 'yesterday' }
    : { ok: false, why: 'future' };
}

function minute(now: Date): Date {
  const at = new Date(now);
  at.setSeconds(0, 0);
  return at;
}

function sameDay(a: Date, b: Date): boolean {
  return a.toDateString() === b.toDateString();
}
