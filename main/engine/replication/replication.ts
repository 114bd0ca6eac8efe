import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../shared/domain/clock.ts';
import { LeveyError } from '../../../shared/errors.ts';
import { isReplicated, type Replicated } from '../../../shared/fhir/mapping.ts';
import type { SyncEventRow } from '../../../shared/ipc/sync.ts';
import type { Timers } from '../timers.ts';
import { Attempts } from './attempts.ts';
import { NotAuthorised, type ServerAuth } from './auth.ts';
import { FhirClient, isResource, NoAnswer } from './client.ts';
import { decide } from './conflicts.ts';
import { Links } from './links.ts';
import { Outbox } from './outbox.ts';
import { Backoff, Pacer, seededRandom } from './pace.ts';
import type { AnyDoc, Cause, ReplicationStore } from './port.ts';
import { Pull } from './pull.ts';
import { Push } from './push.ts';
import type { Bundling } from './send.ts';
import { type DayCount, Status, type SyncSummary } from './status.ts';

/** How to reach the server and how to behave. Times in ms. */
export interface ReplicationConfig {
  /** FHIR base; empty: no server, everything stays here. */
  url: string;
  auth: ServerAuth;
  /** Certificates in PEM to trust besides those of the system. */
  ca?: string;
  pullEveryMs: number;
  /** 30 s by default. */
  timeoutMs?: number;
  /** How far below its mark each poll starts; 2 minutes by default. */
  overlapMs?: number;
  /** Entries and bytes of one request; 100 and 900 000 by default. */
  entries?: number;
  bytes?: number;
  pageSize?: number;
  /** How records travel; by default as the server's CapabilityStatement says. */
  bundling?: Bundling;
  /** First and longest wait while there is no answer; 1 s and 60 s by default. */
  backoffMs?: { first: number; most: number };
  /** Seed of the jitter. */
  seed?: number;
}

export interface ReplicationOptions {
  store: ReplicationStore;
  config: ReplicationConfig;
  clock: Clock;
  timers: Timers;
  stationCode: string;
  newId: () => string;
  /** Local day of an instant, `YYYY-MM-DD`; UTC by default. */
  dayOf?: (at: Date) => string;
  /** How specimens made elsewhere are received here; `scan` by default. */
  receive?: 'scan' | 'onArrival';
  /** Called when what {@link Replication.status} says has changed. */
  onStatus?: () => void;
}

/** Replication that runs by itself until stopped. */
export interface Replication {
  /** Tries at once, whatever it waits for. */
  now(): void;
  /** Something was queued. */
  wake(): void;
  pause(paused: boolean): void;
  /** Queues a refused record again. @throws LeveyError `sync.unknownRecord` */
  retry(collection: string, docId: string, cause: Cause): Promise<void>;
  /** Decides a conflict: fields named keep what is here, the others take the server's. @throws LeveyError `sync.noConflict`, `sync.signed` */
  decide(collection: string, docId: string, keepHere: readonly string[], cause: Cause): Promise<void>;
  status(): SyncSummary;
  events(): SyncEventRow[];
  /** Ends what is under way and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** What answers at the station file's address is not a FHIR server: it has no CapabilityStatement. */
class NotFhir extends Error {
  override readonly name = 'NotFhir';

  constructor(status: number) {
    super(
      `No FHIR server at this address: GET metadata answers ${status}. Check server.url in the station file.`,
    );
  }
}

/** Wait after a wake-up, so that a burst of changes travels together, in ms. */
const GATHER_MS = 20;

/** Starts replication. It never blocks its caller and works in slices. */
export function startReplication(options: ReplicationOptions): Replication {
  return new Runner(options);
}

class Runner implements Replication {
  private readonly options: ReplicationOptions;
  private readonly state: Status;
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;
  private readonly pacer: Pacer;
  private readonly outbox: Outbox;
  private readonly client: FhirClient;
  private readonly push: Push;
  private readonly pull: Pull;
  private readonly running: Promise<void>;
  private interrupt: (() => void) | undefined;
  private interrupted = false;
  private urgent = false;
  private paused = false;
  private bundling: Bundling | undefined;
  private pullAt = 0;
  private round = { sent: 0, fetched: 0, refused: 0 };
  private kept = '';

  constructor(options: ReplicationOptions) {
    this.options = options;
    const { store, config, clock, timers, stationCode, newId } = options;
    const now = () => clock.now();
    const ms = () => now().getTime();
    const random = seededRandom(config.seed ?? ms());
    const dayOf = options.dayOf ?? ((at: Date) => at.toISOString().slice(0, 10));
    this.state = new Status(hostOf(config.url), now, dayOf, options.onStatus ?? (() => undefined));
    this.backoff = new Backoff(random, config.backoffMs?.first, config.backoffMs?.most);
    this.pacer = new Pacer(ms);
    this.bundling = config.bundling;
    const links = new Links(store, stationCode);
    this.outbox = new Outbox(store, links, ms);
    this.client = new FhirClient({
      url: config.url,
      auth: config.auth,
      ...(config.ca === undefined ? {} : { ca: config.ca }),
      clock,
      timers,
      timeoutMs: config.timeoutMs ?? 30_000,
      signal: this.stopping.signal,
    });
    this.client.onReply = (reply) => this.pacer.see(reply);
    const say = (text: string) => this.state.say(text);
    const attempts = new Attempts(store);
    const rules = { receive: options.receive ?? ('scan' as const), station: stationCode, now };
    const shared = { store, client: this.client, links, attempts, now, newId, say, rules };
    const limits = { entries: config.entries ?? 100, bytes: config.bytes ?? 900_000 };
    this.push = new Push({ ...shared, outbox: this.outbox, pacer: this.pacer, random, limits });
    this.pull = new Pull({
      ...shared,
      station: stationCode,
      overlapMs: config.overlapMs ?? 120_000,
      pageSize: config.pageSize ?? 200,
      breathe: async () => {
        this.stopping.signal.throwIfAborted();
        await nextTurn();
      },
    });
    this.running = config.url === '' ? Promise.resolve() : this.run();
  }

  now(): void {
    this.urgent = true;
    this.outbox.wake();
    this.pullAt = 0;
    this.backoff.reset();
    this.rouse();
  }

  wake(): void {
    this.rouse();
  }

  pause(paused: boolean): void {
    if (this.options.config.url === '' || paused === this.paused) return;
    this.paused = paused;
    this.state.say(paused ? 'Paused.' : 'Resumed.');
    if (paused) this.state.set({ state: 'paused', nextTryAt: '' });
    else this.now();
  }

  async retry(collection: string, docId: string, cause: Cause): Promise<void> {
    const { store, clock } = this.options;
    const name = known(collection);
    await store.write(cause, async (unit) => {
      const doc = (await unit.byId(name, docId)) as unknown as AnyDoc | undefined;
      if (doc === undefined) throw unknownRecord();
      if (doc.syncState !== 'refused') return;
      const since = clock.now().toISOString();
      unit.put(name, { ...doc, syncState: 'queued', sync: { ...doc.sync, why: '', since } } as never);
    });
    this.outbox.wake(name, docId);
    this.rouse();
  }

  async decide(collection: string, docId: string, keepHere: readonly string[], cause: Cause): Promise<void> {
    const { store, clock, newId } = this.options;
    await decide(store, known(collection), docId, keepHere, cause, clock.now().toISOString(), newId);
    this.rouse();
  }

  status(): SyncSummary {
    return this.state.summary();
  }

  events(): SyncEventRow[] {
    return this.state.events();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    this.rouse();
    await this.running;
  }

  private async run(): Promise<void> {
    this.state.resume(await this.options.store.state<DayCount>('today'));
    this.kept = JSON.stringify(this.state.today());
    while (!this.stopping.signal.aborted) {
      try {
        await this.sleep(this.paused ? undefined : await this.step());
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        await this.sleep(this.failed(error));
      }
    }
  }

  /** One slice of work. @returns how long to wait before the next, in ms */
  private async step(): Promise<number> {
    const now = this.options.clock.now().getTime();
    this.urgent = false;
    this.bundling ??= await this.capability();
    if (now >= this.pullAt) {
      this.round.fetched += await this.fetch();
      this.pullAt = this.options.clock.now().getTime() + this.options.config.pullEveryMs;
      this.online();
    }
    const slice = await this.push.slice(this.bundling);
    this.state.sent(slice.sent);
    this.round.sent += slice.sent;
    this.round.refused += slice.refused;
    if (slice.waitMs === 0 && !slice.idle) {
      this.online();
      if (this.round.sent % 500 < 100) this.state.left(await this.options.store.countQueued());
      await nextTurn();
      return 0;
    }
    await this.settleRound(slice.idle);
    const at = this.options.clock.now().getTime();
    const pullIn = Math.max(0, this.pullAt - at);
    if (slice.waitMs > 0) return Math.min(slice.waitMs, pullIn);
    const restIn = (this.outbox.nextAt() ?? Number.POSITIVE_INFINITY) - at;
    return Math.max(1, Math.min(pullIn, restIn));
  }

  private async fetch(): Promise<number> {
    const fetched = await this.pull.round();
    this.state.fetched(fetched);
    return fetched;
  }

  /** The server answered. */
  private online(): void {
    this.backoff.reset();
    const { state } = this.state.summary();
    if (state !== 'online' && !this.paused) {
      this.state.set({ state: 'online', offlineSince: '', nextTryAt: '', why: '' });
    }
  }

  /** Everything that could go is gone, or has to wait: says so. */
  private async settleRound(idle: boolean): Promise<void> {
    if (this.paused) return;
    this.online();
    const { sent, fetched, refused } = this.round;
    if (idle) this.state.set({ lastSyncAt: this.options.clock.now().toISOString() });
    if (idle && sent + fetched + refused > 0) {
      this.state.say(`Last sync: ${sent} sent, ${fetched} fetched, ${refused} refused`);
      this.round = { sent: 0, fetched: 0, refused: 0 };
    }
    this.state.left(await this.options.store.countQueued());
    const today = { ...this.state.today() };
    const text = JSON.stringify(today);
    if (text === this.kept) return;
    this.kept = text;
    await this.options.store.write({ command: 'sync', actor: 'server' }, (unit) =>
      unit.setState('today', today),
    );
  }

  /** No answer, or not let in. @returns when to try again, in ms */
  private failed(error: unknown): number {
    const now = this.options.clock.now();
    const wait = this.backoff.next();
    const { offlineSince, state } = this.state.summary();
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof NotAuthorised)
      this.state.say('The server does not accept this station. Working here.');
    else if (error instanceof NoAnswer) this.state.say('No answer. Working here.');
    else if (error instanceof NotFhir)
      this.state.say('The address of the server is not that of a FHIR server. Working here.');
    else this.state.say(`Sync failed and is tried again: ${why}`);
    if (!this.paused) {
      this.state.set({
        state: 'offline',
        offlineSince: state === 'offline' && offlineSince !== '' ? offlineSince : now.toISOString(),
        nextTryAt: new Date(now.getTime() + wait).toISOString(),
        why,
      });
    }
    this.pullAt = 0;
    return wait;
  }

  private async capability(): Promise<Bundling> {
    const reply = await this.client.request('GET', 'metadata');
    // A wrong base address answers 404 to everything: taken for a server's answer, every record would count as refused.
    if (!isResource(reply.body) || reply.body.resourceType !== 'CapabilityStatement') {
      throw new NotFhir(reply.status);
    }
    const { rest } = reply.body as unknown as { rest?: { interaction?: { code?: string }[] }[] };
    const codes = new Set(rest?.[0]?.interaction?.map((item) => item.code));
    if (codes.has('batch')) return 'batch';
    return codes.has('transaction') ? 'transaction' : 'single';
  }

  private rouse(): void {
    this.interrupted = true;
    this.interrupt?.();
  }

  /** Waits, unless something rouses it; without a time until then. While there is no answer only a person's wish cuts it short. */
  private async sleep(ms: number | undefined): Promise<void> {
    if (ms === 0) return;
    const offline = this.state.summary().state === 'offline';
    const signal = this.stopping.signal;
    const due = () => signal.aborted || this.urgent || (this.interrupted && !offline && !this.paused);
    if (!due()) {
      await new Promise<void>((resolve) => {
        const cancel = ms === undefined ? () => undefined : this.options.timers.set(ms, resolve);
        this.interrupt = () => {
          if (!due()) return;
          cancel();
          resolve();
        };
      });
      this.interrupt = undefined;
    }
    const roused = this.interrupted;
    this.interrupted = false;
    if (roused && !signal.aborted) {
      await new Promise<void>((resolve) => this.options.timers.set(GATHER_MS, resolve));
    }
  }
}

function hostOf(url: string): string {
  return url === '' ? '' : new URL(url).host;
}

function known(collection: string): Replicated {
  if (!isReplicated(collection)) throw unknownRecord();
  return collection;
}

function unknownRecord(): LeveyError {
  return new LeveyError({
    code: 'sync.unknownRecord',
    what: 'There is no such record.',
    safe: 'Nothing was changed.',
    todo: 'Look at the list again.',
  });
}
