/**
 * Times of an instrument on the days on which the clocks are changed (R10). An instrument prints local time, most without an offset: the hour in which
 * clocks are put back comes twice, the one in which they are put forward never. What else is known tells which it was; where nothing does, it is said. Pure.
 */
import type { CanonicalResult, InstrumentTime, Interpretation } from './canonical.ts';

/** The bench's clock. */
export interface BenchClock {
  /** Every instant, in order, at which the bench's clocks showed a local time `YYYY-MM-DDTHH:MM:SS`: two in an hour that came twice, none in one that never came. */
  instantsOf(local: string): readonly string[];
  /** Instant (ISO 8601 UTC) at which the message came; absent: not known. */
  receivedAt?: string | undefined;
}

/** Clocks of instruments may be fast by so much, milliseconds. */
const FAST_MS = 600_000;
/** Times without seconds may stand before what they follow by so much, milliseconds. */
const ROUNDED_MS = 120_000;
const MINUTE_MS = 60_000;
/** So far from a time that never came its day has ordinary times, milliseconds. */
const BESIDE_MS = 10_800_000;

/**
 * Gives each result the instant its time most likely is. Of two that are possible those fall out that lie after the receipt of the message, after the time
 * the message gives itself (H-14, MSH-7), or before the start of the measurement. Of what is left the latest is taken, with the notice `clockChange`:
 * verification waits for a person. So it does for a time that never was. An offset of MSH-7 that the bench has, too, says nothing of the other times:
 * what was kept from before the change is printed as it was.
 */
export function settleTimes(one: Interpretation, clock: BenchClock): Interpretation {
  const all = [one.sentAt, ...one.results.flatMap(({ startedAt, completedAt }) => [startedAt, completedAt])];
  if (all.every((time) => isPlain(time, clock))) return one;
  const elsewhere = isElsewhere(one.sentAt, clock);
  return { ...one, results: one.results.map((result) => settled(result, one.sentAt, elsewhere, clock)) };
}

/** Whether the bench's clocks showed a time once, and that is when it was. */
function isPlain({ local, instant }: InstrumentTime, clock: BenchClock): boolean {
  if (local === null || instant === null) return true;
  const [first, second] = clock.instantsOf(local);
  return second === undefined && first === instant.replace(/\.\d{3}Z$/, '.000Z');
}

/** A time with its own offset: its instant is certain. */
function isExact({ text }: InstrumentTime): boolean {
  return /\d{12,14}(\.\d+)?[+-]\d{4}$/.test(text.trim());
}

/** Minutes a time is ahead of UTC. */
function offsetOf(local: string, instant: string): number {
  return Math.round((Date.parse(`${local}Z`) - Date.parse(instant)) / MINUTE_MS);
}

/** Whether a message gives itself an offset that is none of the bench's at that time: its other times are read by that, too. */
function isElsewhere(sentAt: InstrumentTime, clock: BenchClock): boolean {
  const { local, instant } = sentAt;
  if (local === null || instant === null || !isExact(sentAt)) return false;
  const minutes = offsetOf(local, instant);
  const at = Date.parse(`${local}Z`);
  const beside = [at - BESIDE_MS, at + BESIDE_MS].map((ms) => new Date(ms).toISOString().slice(0, 19));
  const near = clock.instantsOf(local).length > 0 ? [local] : beside;
  return !near.some((one) => clock.instantsOf(one).some((there) => offsetOf(one, there) === minutes));
}

/** The instants a time can be, latest last. */
interface Possible {
  instants: readonly string[];
  /** no clock of the bench ever showed it */
  never: boolean;
}

function possible(time: InstrumentTime, elsewhere: boolean, clock: BenchClock): Possible | null {
  const { local, instant } = time;
  if (local === null || instant === null || !local.includes('T')) return null;
  const there = clock.instantsOf(local);
  const isFar = elsewhere && !there.includes(instant.replace(/\.\d{3}Z$/, '.000Z'));
  if (isExact(time) || isFar) return { instants: [instant], never: false };
  return there.length === 0 ? { instants: [instant], never: true } : { instants: there, never: false };
}

/** What the instants of a start, an end and the sending of a message can be together, for those two. */
function narrowed(
  [startedAt, completedAt, sentAt]: readonly [InstrumentTime, InstrumentTime, InstrumentTime],
  elsewhere: boolean,
  clock: BenchClock,
): { starts: string[]; ends: string[]; doubt: string } {
  const completed = possible(completedAt, elsewhere, clock);
  const started = possible(startedAt, elsewhere, clock);
  const ways = orders([started, completed, possible(sentAt, elsewhere, clock)], clock);
  const of = (at: number): string[] => [...new Set(ways.map((way) => way[at] ?? ''))].filter(Boolean).sort();
  const [starts, ends] = [of(0), of(1)];
  const decides = completed ?? started;
  const left = completed === null ? starts : ends;
  return { starts, ends, doubt: decides === null ? '' : doubtAbout(decides, left) };
}

function settled(
  result: CanonicalResult,
  sentAt: InstrumentTime,
  elsewhere: boolean,
  clock: BenchClock,
): CanonicalResult {
  const { startedAt, completedAt } = result;
  const { starts, ends, doubt } = narrowed([startedAt, completedAt, sentAt], elsewhere, clock);
  const next: CanonicalResult = {
    ...result,
    startedAt: withInstant(startedAt, starts.at(-1)),
    completedAt: withInstant(completedAt, ends.at(-1)),
  };
  if (doubt === '') return next;
  const record = result.records.result;
  return {
    ...next,
    problems: [...result.problems, { code: 'clockChange', severity: 'notice', text: doubt, record }],
  };
}

const NONE: InstrumentTime = { text: '', local: null, instant: null };

/**
 * The instant of any other time that a message tells of what was done before it was sent, as {@link settleTimes} has it.
 * @returns `doubt`: what a person is told where it is not certain; '' where it is
 */
export function settleTime(
  time: InstrumentTime,
  sentAt: InstrumentTime,
  clock: BenchClock,
): { instant: string | null; doubt: string } {
  if (isPlain(time, clock)) return { instant: time.instant, doubt: '' };
  const { ends, doubt } = narrowed([NONE, time, sentAt], isElsewhere(sentAt, clock), clock);
  return { instant: withInstant(time, ends.at(-1)).instant, doubt };
}

function withInstant(time: InstrumentTime, instant: string | undefined): InstrumentTime {
  const same = instant === undefined || time.instant?.slice(0, 19) === instant.slice(0, 19);
  return same ? time : { ...time, instant };
}

/** What a person is told of a time that is not certain; '' of one that is. */
function doubtAbout({ never }: Possible, left: readonly string[]): string {
  const [first, second] = left;
  if (never) return `The clocks were put forward: its time never came. Taken as ${shown(first)}.`;
  if (second === undefined) return '';
  return `The clocks were put back: its time came twice. Taken as ${shown(second)}; it may have been ${shown(first)}.`;
}

/** `2026-10-25 00:30 UTC` */
function shown(instant = ''): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

/**
 * The instants that a start, an end and the sending of a message can have together: in this order, and none after the receipt. Where the clocks contradict
 * that, first the message's own time and then the order is passed over.
 */
function orders(times: readonly (Possible | null)[], { receivedAt }: BenchClock): (string | null)[][] {
  const latest = receivedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(receivedAt) + FAST_MS;
  const [started = null, completed = null, sent = null] = times.map((one) => one?.instants ?? [null]);
  const all = (started ?? [null]).flatMap((start) =>
    (completed ?? [null]).flatMap((end) => (sent ?? [null]).map((told) => [start, end, told])),
  );
  const inTime = (way: (string | null)[]) => way.every((at) => at === null || Date.parse(at) <= latest);
  const inOrder = (way: (string | null)[]) => {
    const known = way.filter((at) => at !== null).map((at) => Date.parse(at));
    return known.every((at, index) => index === 0 || (known[index - 1] ?? at) <= at + ROUNDED_MS);
  };
  const tries = [
    (way: (string | null)[]) => inTime(way) && inOrder(way),
    (way: (string | null)[]) => inTime(way.slice(0, 2)) && inOrder(way.slice(0, 2)),
    (way: (string | null)[]) => inTime(way.slice(0, 2)),
  ];
  for (const fits of tries) {
    const found = all.filter(fits);
    if (found.length > 0) return found;
  }
  return all;
}
