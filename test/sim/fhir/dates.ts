/** A span of time in milliseconds since the epoch, `[start, end)`. */
export interface Span {
  start: number;
  end: number;
}

const SHAPE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * The span a FHIR date, dateTime or instant covers at its own precision: `2026` a year, `2026-11-22T07:30:05.118Z` one
 * millisecond. Without a zone it is read as UTC. `undefined` when it is none of these.
 */
export function parseSpan(text: string): Span | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const at = [year, month, day, hour, minute, second].map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = at;
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 24 || mi > 59 || s > 60) return undefined;
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  const start = Date.UTC(y, mo - 1, d, h, mi, s, ms) - zoneMs(zone);
  if (month === undefined) return { start, end: Date.UTC(y + 1, 0, 1) };
  if (day === undefined) return { start, end: Date.UTC(y, mo, 1) };
  if (hour === undefined) return { start, end: start + 86_400_000 };
  if (second === undefined) return { start, end: start + 60_000 };
  return { start, end: start + (fraction === undefined ? 1000 : 1) };
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000;
}

/** Does `value` satisfy `prefix` + `wanted`, by the rules of FHIR search for dates? */
export function spanMatches(value: Span, prefix: string, wanted: Span): boolean {
  switch (prefix) {
    case 'ne':
      return !(value.start >= wanted.start && value.end <= wanted.end);
    case 'gt':
    case 'sa':
      return prefix === 'gt' ? value.end > wanted.end : value.start >= wanted.end;
    case 'ge':
      return value.end > wanted.start;
    case 'lt':
      return value.start < wanted.start;
    case 'eb':
      return value.end <= wanted.start;
    case 'le':
      return value.start < wanted.end;
    case 'ap':
      return value.start < wanted.end && value.end > wanted.start;
    default:
      return value.start >= wanted.start && value.end <= wanted.end;
  }
}
