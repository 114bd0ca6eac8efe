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

/** Longest wait a header may ask for, in seconds. */
const MOST_SECONDS = 3_600;
const MOST_GUESS_MS = 60_000;

/**
 * Keeps writes within the server's quota: reads `RateLimit: …;r=<left>;t=<seconds>` off every answer, and `Retry-After`. A 429
 * without either makes it wait twice as long each time.
 */
export class Pacer {
  private readonly now: () => number;
  private left: number | undefined;
  private resetAt = 0;
  private waitUntil = 0;
  private guessMs = 1_000;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Looks at an answer's status and headers. */
  see(reply: { status: number; headers: Headers }): void {
    const header = reply.headers.get('ratelimit') ?? '';
    const seconds = numberIn(header, /(?:^|[;,\s])(?:t|reset)=(\d+)/i);
    const left = numberIn(header, /(?:^|[;,\s])(?:r|remaining)=(-?\d+)/i);
    if (seconds !== undefined) this.resetAt = this.now() + Math.min(seconds, MOST_SECONDS) * 1000;
    if (left !== undefined) this.left = Math.max(0, left);
    if (reply.status === 429)
      this.refused(numberIn(reply.headers.get('retry-after') ?? '', /^(\d+)$/) ?? seconds);
  }

  /** The server refused for its quota. @param seconds what it asked to wait, when it did */
  refused(seconds?: number): void {
    const known = seconds === undefined ? this.resetAt - this.now() : Math.min(seconds, MOST_SECONDS) * 1000;
    if (known > 0) {
      this.waitUntil = Math.max(this.waitUntil, this.now() + known);
      return;
    }
    this.waitUntil = Math.max(this.waitUntil, this.now() + this.guessMs);
    this.guessMs = Math.min(MOST_GUESS_MS, this.guessMs * 2);
  }

  /** Writes went through. */
  accepted(): void {
    this.guessMs = 1_000;
  }

  /** How long to wait before the next write, in ms, and how many writes may go then. */
  allowance(most: number): { waitMs: number; writes: number } {
    const now = this.now();
    if (this.left !== undefined && now >= this.resetAt) this.left = undefined;
    const used = this.left === 0 ? this.resetAt - now : 0;
    const waitMs = Math.max(0, this.waitUntil - now, used);
    return { waitMs, writes: Math.max(1, Math.min(most, this.left || most)) };
  }
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
