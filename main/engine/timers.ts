/** The engine's only timers; tests pass virtual ones. Times in milliseconds. */
export interface Timers {
  set(ms: number, run: () => void): () => void;
}

/** Timers of the real clock. They do not keep the process alive. */
export const realTimers: Timers = {
  set(ms, run) {
    const handle = setTimeout(run, ms);
    handle.unref();
    return () => clearTimeout(handle);
  },
};
