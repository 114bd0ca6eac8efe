import { MOST_SECONDS, quotaOf, retryAfter } from './waiting.ts';

/** Numbers in [0, 1), the same row for the same seed (mulberry32): for jitter. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Waits between attempts while the server does not answer: doubling from 1 s to 60 s, half of it by chance. */
export class Backoff {
  private readonly random: () => number;
  private readonly firstMs: number;
  private readonly mostMs: number;
  private failures = 0;

  constructor(random: () => number, firstMs = 1_000, mostMs = 60_000) {
    this.random = random;
    this.firstMs = firstMs;
    this.mostMs = mostMs;
  }

  /** The next wait in ms. */
  next(): number {
    const full = Math.min(this.mostMs, this.firstMs * 2 ** Math.min(this.failures, 20));
    this.failures += 1;
    return Math.round(full * (0.5 + this.random() / 2));
  }

  reset(): void {
    this.failures = 0;
  }
}

const MOST_GUESS_MS = 60_000;
/** Two ends of a window closer than this are the same one, in ms: the header counts whole seconds. */
const SAME_WINDOW_MS = 1_500;
/** What is sent together while the quota is spread over its window, in ms of it. */
const TOGETHER_MS = 2_000;

/** How fast may be written now, for the sync screen. */
export interface Pace {
  /** Writes a minute; null for no limit that is known. */
  perMinute: number | null;
  why: string;
}

/**
 * Keeps writes within the server's quota: reads `RateLimit: …;r=<left>;t=<seconds>` off every answer, its older forms, and `Retry-After`. What
 * is left is spread over the rest of the window, so that something urgent never waits for the next one behind a burst; a small queue goes at
 * once. A 429 without a time makes it wait twice as long each time, and begin small.
 */
export class Pacer {
  private readonly now: () => number;
  private left: number | undefined;
  private resetAt = 0;
  private waitUntil = 0;
  private guessMs = 1_000;
  /** Writes that are tried together after a 429 without a time; grows with each success. */
  private trial = Number.POSITIVE_INFINITY;
  /** Quota of a window and its length in ms, as far as known. */
  private quota: number | undefined;
  private windowMs: number | undefined;
  private nextAt = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.now = () => this.steady(now());
  }

  /** A clock that is put back takes every instant with it: nothing is to wait for hours because of that. */
  private steady(at: number): number {
    const back = this.lookedAt - at;
    this.lookedAt = at;
    if (back > 0) {
      this.resetAt -= back;
      this.waitUntil -= back;
      this.nextAt -= back;
    }
    return at;
  }

  /** Looks at an answer's status and headers. */
  see(reply: { status: number; headers: Headers }): void {
    const { seconds, left, limit, window } = quotaOf(reply.headers);
    if (seconds !== undefined) this.seeWindow(Math.min(seconds, MOST_SECONDS) * 1000);
    if (window !== undefined) this.windowMs = window * 1000;
    if (left !== undefined) {
      this.left = Math.max(0, left);
      this.quota = Math.max(limit ?? 0, this.quota ?? 0, this.left);
    }
    if (reply.status === 429) this.refused(retryAfter(reply.headers, this.now()) ?? seconds);
  }

  /** The server refused for its quota. @param seconds what it asked to wait, when it did */
  refused(seconds?: number): void {
    const ms = seconds === undefined ? this.resetAt - this.now() : Math.min(seconds, MOST_SECONDS) * 1000;
    if (ms > 0) {
      this.waitUntil = Math.max(this.waitUntil, this.now() + ms);
      return;
    }
    this.waitUntil = Math.max(this.waitUntil, this.now() + this.guessMs);
    this.guessMs = Math.min(MOST_GUESS_MS, this.guessMs * 2);
    this.trial = 1;
  }

  /** Writes went through. */
  accepted(): void {
    this.guessMs = 1_000;
    if (this.trial < 1_000) this.trial *= 2;
    else this.trial = Number.POSITIVE_INFINITY;
  }

  /** A quota is known: writes go one request at a time. */
  get limited(): boolean {
    this.roll();
    return this.left !== undefined;
  }

  /**
   * How long to wait before the next write, in ms, and how many writes may go then.
   * @param waiting writes that wait; without it as if there were no end of them
   */
  allowance(most: number, waiting = Number.POSITIVE_INFINITY): { waitMs: number; writes: number } {
    this.roll();
    const now = this.now();
    const { left } = this;
    const used = left === 0 ? this.resetAt - now : 0;
    // A queue that leaves half of what is left for others needs no spreading.
    const spread = left !== undefined && left > 0 && waiting > left / 2;
    const waitMs = Math.max(0, this.waitUntil - now, used, spread ? this.nextAt - now : 0);
    const cap = Math.min(most, left === undefined || left === 0 ? most : left, this.trial);
    if (!spread || left === undefined) return { waitMs, writes: Math.max(1, cap) };
    const together = Math.ceil((left * TOGETHER_MS) / Math.max(1_000, this.resetAt - now));
    return { waitMs, writes: Math.max(1, Math.min(cap, together)) };
  }

  /** So many writes are going out now: the next ones are due when these were earned. */
  sending(writes: number): void {
    const { left } = this;
    if (left === undefined || left === 0) return;
    const now = this.now();
    const due = Math.max(now, Math.min(this.nextAt, now + TOGETHER_MS));
    this.nextAt = due + (writes * Math.max(0, this.resetAt - now)) / left;
    this.left = Math.max(0, left - writes);
  }

  /** How long so many writes take by the quota, in ms; undefined where none is known. */
  msFor(writes: number): number | undefined {
    this.roll();
    const { left, quota, windowMs } = this;
    if (left === undefined || quota === undefined || quota === 0 || windowMs === undefined) return undefined;
    const rest = Math.max(0, this.resetAt - this.now());
    if (writes <= left / 2) return 0;
    if (writes <= left) return (rest * writes) / left;
    return rest + ((writes - left) * windowMs) / quota;
  }

  /** How fast may be written, and why, in plain words. */
  pace(): Pace {
    this.roll();
    const { quota, windowMs } = this;
    if (this.left !== undefined && quota !== undefined && quota > 0 && windowMs !== undefined) {
      const perMinute = Math.round((quota * 60_000) / windowMs);
      return { perMinute, why: `The server allows ${quota} writes in ${windowMs / 1000} s.` };
    }
    if (this.waitUntil > this.now())
      return { perMinute: null, why: 'The server asks to wait: it was too much for it (429).' };
    return { perMinute: null, why: '' };
  }

  private seeWindow(ms: number): void {
    const endsAt = this.now() + ms;
    // Whole seconds, rounded up: the earliest end that was told is the nearest to the truth.
    if (Math.abs(endsAt - this.resetAt) < SAME_WINDOW_MS) this.resetAt = Math.min(this.resetAt, endsAt);
    else {
      this.resetAt = endsAt;
      this.nextAt = Math.min(this.nextAt, this.now());
    }
    this.windowMs = Math.max(this.windowMs ?? 0, ms);
  }

  /** The window is over: the next one begins with the whole quota, as far as it is known. */
  private roll(): void {
    const now = this.now();
    if (this.left === undefined || now < this.resetAt) return;
    const { quota, windowMs } = this;
    if (quota === undefined || quota === 0 || windowMs === undefined || now >= this.resetAt + windowMs) {
      this.left = undefined;
      return;
    }
    this.left = quota;
    this.resetAt += windowMs;
    this.nextAt = Math.min(this.nextAt, now);
  }
}
