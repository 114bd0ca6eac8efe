/** Longest wait a header may ask for, in seconds. */
export const MOST_SECONDS = 3_600;

/** What the headers of an answer say about a quota. */
export interface Quota {
  /** What is left in the window; undefined when not told. */
  left: number | undefined;
  /** Seconds until the window is over. */
  seconds: number | undefined;
  /** What the whole window holds. */
  limit: number | undefined;
  /** Length of the window in seconds, where a policy says so. */
  window: number | undefined;
}

/** One member of a `RateLimit` or `RateLimit-Policy` header. */
interface Member extends Quota {
  name: string;
}

/**
 * Reads the quota off an answer: `RateLimit: "name";r=<left>;t=<seconds>` (draft 8 and later), `limit=…, remaining=…, reset=…` (draft 3 to 7),
 * the three fields `RateLimit-Limit`, `-Remaining` and `-Reset` (draft 0 to 2) and those with `X-` before them. Where several limits apply at
 * once it is the one that ends first that counts: what is used up, and for longest, else that with the least left.
 */
export function quotaOf(headers: Headers): Quota {
  const header = headers.get('ratelimit') ?? '';
  const members = membersOf(header).filter(
    ({ left, seconds }) => left !== undefined || seconds !== undefined,
  );
  const tight = members.toSorted(byTightness)[0];
  const policies = membersOf(headers.get('ratelimit-policy') ?? '');
  const policy = policies.find(({ name }) => name === (tight?.name ?? '')) ?? policies[0];
  const field = (name: string, below = Number.POSITIVE_INFINITY) => {
    const value = Number.parseInt(headers.get(name) ?? '', 10);
    return Number.isFinite(value) && value <= below ? value : undefined;
  };
  return {
    seconds: tight?.seconds ?? field('ratelimit-reset') ?? field('x-ratelimit-reset', MOST_SECONDS),
    left: tight?.left ?? field('ratelimit-remaining') ?? field('x-ratelimit-remaining'),
    limit: policy?.limit ?? tight?.limit,
    window: policy?.window,
  };
}

/**
 * Seconds an answer asks to wait, by `Retry-After`: a number, or a date, which is read by the clock the answer was written by (its `Date`).
 * Undefined when it does not ask.
 * @param now ms since the epoch, for answers without a `Date`
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const at = Date.parse(text);
  const written = Date.parse(headers.get('date') ?? '');
  const from = Number.isNaN(written) ? now : written;
  return Number.isNaN(at) ? undefined : Math.max(1, Math.ceil((at - from) / 1000));
}

/** Draft 3 to 7 part one limit with commas, later ones part several. */
function membersOf(header: string): Member[] {
  const texts = /(?:^|[;,\s])(?:remaining|reset)=/i.test(header) ? [header] : header.split(',');
  return texts
    .map((text) => ({
      name: /^\s*"?([^";=]+)"?\s*(?:;|$)/.exec(text)?.[1] ?? '',
      left: numberIn(text, /(?:^|[;,\s])(?:r|remaining)=(-?\d+)/i),
      seconds: numberIn(text, /(?:^|[;,\s])(?:t|reset)=(\d+)/i),
      limit: numberIn(text, /(?:^|[;,\s])(?:q|limit)=(\d+)|^\s*(\d+)\s*;/i),
      window: numberIn(text, /(?:^|[;,\s])w=(\d+)/i),
    }))
    .filter((one) => Object.values(one).some((value) => typeof value === 'number'));
}

function byTightness(a: Quota, b: Quota): number {
  const [leftA, leftB] = [a.left ?? Number.POSITIVE_INFINITY, b.left ?? Number.POSITIVE_INFINITY];
  if (leftA <= 0 && leftB <= 0) return (b.seconds ?? 0) - (a.seconds ?? 0);
  return leftA - leftB;
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern
    .exec(text)
    ?.slice(1)
    .find((part) => part !== undefined);
  return found === undefined ? undefined : Number(found);
}
