/** Files of a watched folder that cannot be taken or put away, and since when. */
import type { Clock } from '../../../../shared/domain/clock.ts';
import type { LeveyError } from '../../../../shared/errors.ts';
import { errorCode } from '../transports/transport.ts';
import { stuckProblem } from './folder-problems.ts';

/** How long a file may resist before a person is told, milliseconds. */
export const STUCK_MS = 60_000;

export class StuckFiles {
  readonly #clock: Clock;
  readonly #files = new Map<string, { since: number; why: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It resists, now or still. */
  add(what: string, error: unknown): void {
    const since = this.#files.get(what)?.since ?? this.#clock.now().getTime();
    this.#files.set(what, { since, why: errorCode(error) || 'unknown' });
  }

  /** It resists no more. */
  delete(what: string): void {
    this.#files.delete(what);
  }

  /** Forgets files that resisted and are not in the folder any more; what is claimed stays. */
  only(names: readonly string[], claims: string): void {
    const there = new Set(names);
    for (const what of this.#files.keys())
      if (!there.has(what) && !what.startsWith(claims)) this.#files.delete(what);
  }

  /** What a person is told once files have resisted for long; null before. */
  problem(folder: string): LeveyError | null {
    const now = this.#clock.now().getTime();
    const long = [...this.#files.values()].filter((one) => Math.abs(now - one.since) >= STUCK_MS);
    return long.length === 0 ? null : stuckProblem(folder, long.length, long[0]?.why ?? '');
  }
}
