/** From this instant on all clocks have been changed at full quarters of an hour of UTC. */
const REGULAR_SINCE = Date.UTC(2012, 0, 1);
const QUARTER = 900_000;
/** Offsets found, by zone and quarter of an hour. Asking for one is costly, and every result that comes in needs several. */
const offsets = new Map<string, Map<number, number>>();
const MOST_OFFSETS = 10_000;

/** Minutes that local time of an IANA zone is ahead of UTC at an instant. */
export function utcOffsetMinutes(timeZone: string, at: Date): number {
  const time = at.getTime();
  if (!(time >= REGULAR_SINCE)) return findOffset(timeZone, at);
  let known = offsets.get(timeZone);
  if (known === undefined) {
    known = new Map();
    offsets.set(timeZone, known);
  }
  const quarter = Math.floor(time / QUARTER);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = findOffset(timeZone, at);
    if (known.size >= MOST_OFFSETS) known.clear();
    known.set(quarter, offset);
  }
  return offset;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

function findOffset(timeZone: string, at: Date): number {
  const parts = formatOf(timeZone).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return Math.round((local - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
}

/** Local calendar day `YYYY-MM-DD` of an instant. */
export function localDay(timeZone: string, at: Date): string {
  return new Date(at.getTime() + utcOffsetMinutes(timeZone, at) * 60_000).toISOString().slice(0, 10);
}

/** Instant at which the local day of `at` began. */
export function startOfLocalDay(timeZone: string, at: Date): string {
  const midnight = Date.parse(`${localDay(timeZone, at)}T00:00:00.000Z`);
  const guess = new Date(midnight - utcOffsetMinutes(timeZone, at) * 60_000);
  return new Date(midnight - utcOffsetMinutes(timeZone, guess) * 60_000).toISOString();
}

/** Farther than this no zone is from UTC, milliseconds. */
const FARTHEST_MS = 14 * 3_600_000;

/** A local time `YYYY-MM-DD[THH:MM:SS]` as if it were UTC, milliseconds since 1970; NaN when the text is no such time. */
function asUtc(local: string): number {
  return Date.parse(`${local.length === 10 ? `${local}T00:00:00` : local}.000Z`);
}

/**
 * Instant of a local time `YYYY-MM-DD[THH:MM:SS]` in an IANA zone. Of a time that happens twice (clocks go back) the first is taken; one that never
 * happens (clocks go forward) is that of a clock that was not put forward. Null when the text is not such a time.
 */
export function instantOfLocal(timeZone: string, local: string): string | null {
  const there = asUtc(local);
  if (Number.isNaN(there)) return null;
  const [first] = instantsOfLocal(timeZone, local);
  if (first !== undefined) return first;
  const before = utcOffsetMinutes(timeZone, new Date(there - FARTHEST_MS));
  return new Date(there - before * 60_000).toISOString();
}

/**
 * Every instant at which it is a local time `YYYY-MM-DD[THH:MM:SS]` in an IANA zone, in order: one; two where the clocks go back; none where they go
 * forward, or when the text is not such a time.
 */
export function instantsOfLocal(timeZone: string, local: string): string[] {
  const there = asUtc(local);
  if (Number.isNaN(there)) return [];
  const around = [there - FARTHEST_MS, there + FARTHEST_MS];
  const offsets = new Set(around.map((at) => utcOffsetMinutes(timeZone, new Date(at))));
  return [...offsets]
    .map((offset) => ({ offset, at: new Date(there - offset * 60_000) }))
    .filter(({ offset, at }) => utcOffsetMinutes(timeZone, at) === offset)
    .map(({ at }) => at.toISOString())
    .sort();
}
