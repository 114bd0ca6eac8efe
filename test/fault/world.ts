/** Virtual time: everything that waits in a session of faults waits here, so that hours pass in milliseconds and every run is the same. */
import type { Timers } from '../../main/engine/timers.ts';
import type { Clock } from '../../shared/domain/clock.ts';

const BEGIN = Date.parse('2026-07-29T06:00:00.000Z');

interface Waiting {
  at: number;
  run: () => void;
}

export class World implements Timers {
  /** milliseconds since the beginning */
  now = 0;
  #waiting: Waiting[] = [];

  readonly clock: Clock = { now: () => new Date(BEGIN + this.now) };

  set(ms: number, run: () => void): () => void {
    const entry = { at: this.now + Math.max(0, ms), run };
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.at ?? 0) > entry.at) at -= 1;
    this.#waiting.splice(at, 0, entry);
    return () => {
      const found = this.#waiting.indexOf(entry);
      if (found >= 0) this.#waiting.splice(found, 1);
    };
  }

  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<void> {
    return new Promise((done) => void this.set(ms, done));
  }

  /** Lets time pass until something holds, or so many milliseconds have passed. @returns whether it holds */
  async until(holds: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.now + mostMs;
    await turn();
    while (!holds()) {
      const next = this.#waiting[0];
      if (next === undefined || next.at > end) {
        this.now = end;
        return holds();
      }
      this.#waiting.shift();
      this.now = next.at;
      next.run();
      await turn();
    }
    return true;
  }
}

/** Until everything that follows at once has been done. */
async function turn(): Promise<void> {
  for (let n = 0; n < 2; n += 1) await new Promise<void>((done) => setImmediate(done));
}

/** Timers of something that can be killed: after that none of them goes off. */
export function mortalTimers(world: World, alive: () => boolean): Timers {
  return { set: (ms, run) => world.set(ms, () => (alive() ? run() : undefined)) };
}
