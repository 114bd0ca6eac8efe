import type { Bench } from './bench.ts';

/** Rounds of the same work: the first at once, each further one so long after the end of the one before. */
export interface Rounds {
  /** No further round begins; resolves when the one under way has ended. */
  stop: () => Promise<void>;
}

/**
 * Does something again and again. What a round throws is logged as `later`, and the next one tries again.
 * @param everyMs between the end of a round and the next @param later name of the log line
 */
export function startRounds(
  bench: Pick<Bench, 'timers' | 'log'>,
  everyMs: number,
  later: string,
  round: () => Promise<void>,
): Rounds {
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  let cancel = () => {};
  const one = async (): Promise<void> => {
    try {
      await round();
    } catch (error) {
      bench.log.info(later, { why: error instanceof Error ? error.message : String(error) });
    }
    if (!stopped) next(everyMs);
  };
  const next = (ms: number): void => {
    cancel = bench.timers.set(ms, () => {
      running = one();
    });
  };
  next(0);
  return {
    stop: async () => {
      stopped = true;
      cancel();
      await running;
    },
  };
}
