import type { FirstLoad } from '../../../shared/ipc/sync.ts';
import { type FhirClient, failsAtThis, isBundle } from './client.ts';
import { readMark } from './feed.ts';
import type { ReplicationReader, ReplicationStore } from './port.ts';

/** Failures after which a server counts as one that does not count. */
const TRIES = 3;
/** Name of the state: how many resources the first load is going to read. */
const STATE = 'firstLoad';

/** What of the server is loaded first: what is followed, with search parameters, each with a leading `&`. */
export interface Loaded {
  name: string;
  type: string;
  search: string;
}

interface Kept {
  /** Null where the server does not count. */
  total: number | null;
  done: boolean;
}

/** How far the first load is: everything a new station fetches before it only follows changes. Survives a restart. */
export class FirstLoadProgress {
  private readonly store: ReplicationStore;
  private readonly client: FhirClient;
  private readonly tell: (progress: FirstLoad | null) => void;
  private readonly counts = new Map<string, number>();
  /** How many there are of each: a server that fails now and then is not asked again for what it has told. */
  private readonly totals = new Map<string, number>();
  private kept: Kept | undefined;
  private failures = 0;

  constructor(store: ReplicationStore, client: FhirClient, tell: (progress: FirstLoad | null) => void) {
    this.store = store;
    this.client = client;
    this.tell = tell;
  }

  /** True once everything was loaded. */
  async isDone(): Promise<boolean> {
    this.kept ??= await this.store.state<Kept>(STATE);
    return this.kept?.done === true;
  }

  /** To be called before a round while the load is not done: asks once how much there is. @throws NoAnswer, NotAuthorised */
  async begin(parts: readonly Loaded[]): Promise<void> {
    if (await this.isDone()) return;
    for (const { name } of parts) this.counts.set(name, await fetchedOf(this.store, name));
    if (this.kept === undefined) {
      const kept: Kept = { total: await this.count(parts), done: false };
      await this.store.write({ command: 'sync', actor: 'server' }, (unit) => unit.setState(STATE, kept));
      this.kept = kept;
    }
    this.say();
  }

  /** So many resources were read of what is followed under a name. */
  read(name: string, fetched: number): void {
    if (this.kept?.done !== false) return;
    this.counts.set(name, fetched);
    this.say();
  }

  /** Every part was read to its end. @returns resources read; 0 when that was known already */
  async end(): Promise<number> {
    if (await this.isDone()) return 0;
    const kept: Kept = { total: this.fetched(), done: true };
    await this.store.write({ command: 'sync', actor: 'server' }, (unit) => unit.setState(STATE, kept));
    this.kept = kept;
    this.tell(null);
    return this.fetched();
  }

  private say(): void {
    const { total = null } = this.kept ?? {};
    const fetched = this.fetched();
    // What came since it was counted belongs to it too.
    this.tell({ fetched, total: total === null ? null : Math.max(total, fetched) });
  }

  private fetched(): number {
    return [...this.counts.values()].reduce((sum, one) => sum + one, 0);
  }

  private async count(parts: readonly Loaded[]): Promise<number | null> {
    let sum = 0;
    for (const { name, type, search } of parts) {
      let total = this.totals.get(name);
      if (total === undefined) {
        const reply = await this.client
          .request('GET', `${type}?_summary=count${search}`)
          .catch((error: unknown) => {
            this.failures += 1;
            // What cannot be counted is loaded all the same.
            if (failsAtThis(error) && this.failures >= TRIES) return undefined;
            throw error;
          });
        if (reply === undefined) return null;
        if (reply.status !== 200 || !isBundle(reply.body) || reply.body.total === undefined) return null;
        total = reply.body.total;
        this.totals.set(name, total);
      }
      sum += total;
    }
    return sum;
  }
}

async function fetchedOf(reader: ReplicationReader, name: string): Promise<number> {
  return (await readMark(reader, name))?.fetched ?? 0;
}
