import type { CommandInput } from '../../../../shared/ipc/contract.ts';

/** Which captured messages: the last so many, or those between two times. Everything as it is typed. */
export interface Range {
  readonly by: 'last' | 'between';
  readonly last: string;
  /** Local times as a `datetime-local` field gives them: `2026-11-22T06:30`. */
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
  const from = new Date(range.from);
  const to = range.to === '' ? now : new Date(range.to);
  if (Number.isNaN(from.getTime())) return { ok: false, field: 'from' };
  if (Number.isNaN(to.getTime()) || to <= from) return { ok: false, field: 'to' };
  return { ok: true, which: { kind: 'between', from: from.toISOString(), to: to.toISOString() } };
}
