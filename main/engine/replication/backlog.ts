import type { Pacer } from './pace.ts';
import type { ReplicationStore } from './port.ts';
import type { Status } from './status.ts';

/** Resources that make a long queue, and records a second that are fast: then the server need not wake this station. */
const LONG_QUEUE = 1_000;
const FAST = 100;

/** How many resources still wait to be written, and how long they will take. */
export class Backlog {
  /** Resources that wait to be written, as far as known. */
  waiting = 0;
  private readonly state: Status;
  private readonly store: ReplicationStore;
  private readonly pacer: Pacer;

  constructor(state: Status, store: ReplicationStore, pacer: Pacer) {
    this.state = state;
    this.store = store;
    this.pacer = pacer;
  }

  /** Counts what waits: a signed report is two. */
  async look(): Promise<void> {
    this.waiting = (await this.store.countQueued()) + (await this.store.countQueued('reports'));
  }

  /** So many were answered. */
  less(count: number): void {
    this.waiting = Math.max(0, this.waiting - count);
    this.tell();
  }

  /** A long queue is going out fast: never where the server allows so many writes and no more. @param isSending where no rate is known yet */
  isGoing(isSending: boolean): boolean {
    const { state, rate } = this.state.summary();
    if (this.pacer.limited) return false;
    return state === 'online' && this.waiting > LONG_QUEUE && (rate === null ? isSending : rate > FAST);
  }

  /** Tells how many still wait and, under a quota, how long they will take. */
  tell(): void {
    this.state.left(this.waiting, this.pacer.msFor(this.waiting) ?? null);
    const { perMinute, why } = this.pacer.pace();
    this.state.pacing(perMinute, why);
  }
}
