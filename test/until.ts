import { vi } from 'vitest';

/** Tries `check` until it does not throw any more, with what it gives then; the limit is only for a test that would never end. */
export const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 30_000, interval: 10 });
