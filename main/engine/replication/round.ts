import type { ReplicationStore } from './port.ts';
import type { Count } from './record.ts';
import type { DayCount, Status } from './status.ts';

/** What went and came since all was last in step, and the counters of the day, which are kept over a restart. */
export class Round {
  private readonly state: Status;
  private readonly store: ReplicationStore;
  private count = { sent: 0, fetched: 0, refused: 0 };
  private kept = '';

  constructor(state: Status, store: ReplicationStore) {
    this.state = state;
    this.store = store;
  }

  /** Takes over what was kept of today. */
  async resume(): Promise<void> {
    this.state.resume(await this.store.state<DayCount>('today'));
    this.kept = JSON.stringify(this.state.today());
  }

  sent({ sent, refused }: Count): void {
    this.state.sent(sent);
    this.count.sent += sent;
    this.count.refused += refused;
  }

  fetched(count: number): void {
    this.state.fetched(count);
    this.count.fetched += count;
  }

  /** All is in step: says so, and what it took. */
  over(): void {
    const { sent, fetched, refused } = this.count;
    this.state.synced();
    if (sent + fetched + refused === 0) return;
    this.state.say(`Last sync: ${sent} sent, ${fetched} fetched, ${refused} refused`);
    this.count = { sent: 0, fetched: 0, refused: 0 };
  }

  /** Keeps the counters of the day where they changed. */
  async keep(): Promise<void> {
    const today = { ...this.state.today() };
    const text = JSON.stringify(today);
    if (text === this.kept) return;
    this.kept = text;
    await this.store.write({ command: 'sync', actor: 'server' }, (unit) => unit.setState('today', today));
  }
}
