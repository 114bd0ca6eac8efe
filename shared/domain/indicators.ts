/** Quality indicators of the laboratory over a period (C6, CAP GEN.20316): each a figure with the cases behind it. Pure. */

/** Order statistics of durations in minutes, nearest rank: the value at or below which p of them lie. */
export interface Spread {
  n: number;
  median: number | null;
  p90: number | null;
  p95: number | null;
  longest: number | null;
}

/** A share with the cases it counts, so that every figure can be looked into. */
export interface Share {
  /** of so many */
  all: number;
  /** ids of the cases counted, in the order given */
  cases: string[];
  /** cases / all; null when there was nothing to count */
  rate: number | null;
}

/** One measured duration; minutes from `from` to `to`, instants ISO 8601. */
export interface Interval {
  id: string;
  from: string;
  to: string;
}

export interface TimedCase {
  id: string;
  minutes: number;
}

/** Nearest-rank percentile of values sorted upward; null without values. @param p in (0, 1] */
export function percentile(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] as number;
}

/**
 * Minutes of the intervals whose two ends are known, longest first, and how many lacked one or ended before they began (those are counted, never
 * guessed).
 */
export function minutesOf(intervals: readonly Interval[]): { cases: TimedCase[]; unknown: number } {
  const cases: TimedCase[] = [];
  let unknown = 0;
  for (const { id, from, to } of intervals) {
    const minutes = (Date.parse(to) - Date.parse(from)) / 60_000;
    if (Number.isFinite(minutes) && minutes >= 0) cases.push({ id, minutes });
    else unknown += 1;
  }
  cases.sort((a, b) => b.minutes - a.minutes || (a.id < b.id ? -1 : 1));
  return { cases, unknown };
}

/** The spread of durations in minutes, in any order. */
export function spreadOf(minutes: readonly number[]): Spread {
  const sorted = [...minutes].sort((a, b) => a - b);
  return {
    n: sorted.length,
    median: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p95: percentile(sorted, 0.95),
    longest: sorted.at(-1) ?? null,
  };
}

/** The share of items for which something holds. */
export function shareOf<T extends { id: string }>(items: readonly T[], counts: (item: T) => boolean): Share {
  const cases = items.filter(counts).map((item) => item.id);
  return { all: items.length, cases, rate: items.length === 0 ? null : cases.length / items.length };
}

/** Shares by reason, most frequent first: of all items, those with each reason. Items without a reason are not counted. */
export function byReason<T extends { id: string }>(
  items: readonly T[],
  reasonOf: (item: T) => { code: string; text: string } | null,
): (Share & { code: string; text: string })[] {
  const groups = new Map<string, { text: string; cases: string[] }>();
  for (const item of items) {
    const reason = reasonOf(item);
    if (reason === null) continue;
    const group = groups.get(reason.code);
    if (group === undefined) groups.set(reason.code, { text: reason.text, cases: [item.id] });
    else group.cases.push(item.id);
  }
  return [...groups]
    .map(([code, { text, cases }]) => ({
      code,
      text,
      cases,
      all: items.length,
      rate: cases.length / items.length,
    }))
    .sort((a, b) => b.cases.length - a.cases.length || (a.code < b.code ? -1 : 1));
}

/** A critical value and its call. */
export interface CriticalCase {
  id: string;
  /** when it was released or, where it is called before, found */
  foundTime: string;
  /** when the call was recorded with its read-back (V3); empty: not yet */
  calledTime: string;
}

/** How critical calls went (V3, C6): in time, late, and never. @param withinMinutes the laboratory's limit */
export function criticalCalls(
  cases: readonly CriticalCase[],
  withinMinutes: number,
): { inTime: Share; late: Share; open: Share; spread: Spread } {
  const minutes = new Map(
    minutesOf(
      cases.map(({ id, foundTime, calledTime }) => ({ id, from: foundTime, to: calledTime })),
    ).cases.map((one) => [one.id, one.minutes]),
  );
  const took = (one: CriticalCase) => minutes.get(one.id);
  return {
    inTime: shareOf(cases, (one) => (took(one) ?? Number.POSITIVE_INFINITY) <= withinMinutes),
    late: shareOf(cases, (one) => (took(one) ?? 0) > withinMinutes),
    open: shareOf(cases, (one) => one.calledTime === ''),
    spread: spreadOf([...minutes.values()]),
  };
}
