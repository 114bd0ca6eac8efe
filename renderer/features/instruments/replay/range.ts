import type { CommandInput } from '../../../../shared/ipc/contract.ts';

/** Which captured messages: the last so many, or those between two times. Everything as it is typed. */
export interface Range {
  readonly by: 'last' | 'between';
  readonly last: string;
  /** Local times: `06:30` of today, or with a day `2026-11-22 06:30`; 24 hours. */
  readonly from: string;
  readonly to: string;
}
export const startRange: Range = { by: 'last', last: '50', from: '', to: '' };

type Which = CommandInput<'replay.run'>['which'];

/** What is asked of the engine, or the field that is wrong. A missing end means until `now`. Times are the station's local ones. */
export function readRange(
  range: Range,
  now: Date,
): { ok: true; which: Which } | { ok: false; field: 'last' | 'from' | 'to' } {
  if (range.by === 'last') {
    const last = Number(range.last);
    return /^\d{1,4}$/.test(range.last.trim()) && last >= 1 && last <= 5000
      ? { ok: true, which: { kind: 'last', last } }
      : { ok: false, field: 'last' };
  }
  const from = readTime(range.from, now);
  const to = range.to.trim() === '' ? now : readTime(range.to, now);
  if (from === null) return { ok: false, field: 'from' };
  if (to === null || to <= from) return { ok: false, field: 'to' };
  return { ok: true, which: { kind: 'between', from: from.toISOString(), to: to.toISOString() } };
}

/** A local time as it is typed; null when it is none. */
function readTime(typed: string, now: Date): Date | null {
  const [, day, hour = '', minute = ''] =
    /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})$/.exec(typed.trim()) ?? [];
  if (hour === '' || Number(hour) > 23 || Number(minute) > 59) return null;
  const [year, month, date] =
    day === undefined
      ? [now.getFullYear(), now.getMonth(), now.getDate()]
      : [Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8))];
  const found = new Date(year, month, date, Number(hour), Number(minute));
  return found.getMonth() === month && found.getDate() === date ? found : null;
}
