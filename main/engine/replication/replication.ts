import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import type { SyncEventRow } from '../../../shared/ipc/sync.ts';
import { Attempts } from './attempts.ts';
import { type Abilities, readAbilities } from './capability.ts';
import { FhirClient } from './client.ts';
import { decide } from './conflicts.ts';
import type { Replication, ReplicationOptions } from './contract.ts';
import { Courtesy } from './courtesy.ts';
import { Echoes } from './echoes.ts';
import { readMark } from './feed.ts';
import { followed } from './kinds.ts';
import { Line } from './line.ts';
import { Links } from './links.ts';
import { Outbox } from './outbox.ts';
import { Backoff, Pacer, seededRandom } from './pace.ts';
import type { Cause } from './port.ts';
import { Pull } from './pull.ts';
import { Push } from './push.ts';
import type { Count } from './record.ts';
import { knownKind, queueRefused } from './refused.ts';
import { Restored } from './restored.ts';
import { forbiddenKinds, problemOf, sentenceOf, unreadTypes } from './server-problems.ts';
import { Sizing } from './sizing.ts';
import { ClockSkew, skewProblem } from './skew.ts';
import { Sleeper } from './sleeper.ts';
import { isWithin } from './spell.ts';
import { type DayCount, Status, type SyncSummary } from './status.ts';
import { Turns } from './turns.ts';
import { WakeUp } from './wake-up.ts';

/** Wait after a wake-up, so that a burst of changes travels together, in ms. */
const GATHER_MS = 20;
/** Sending goes on for so long before news has its turn, in ms. */
const LONGEST_TURN_MS = 1_000;
/** So long is looked for news then, in ms, or until there is some: most kinds have none. */
const NEWS_TURN_MS = 60;
/** Resources that make a long queue, and records a second that are fast: then the server need not wake this station. */
const LONG_QUEUE = 1_000;
const FAST = 100;
/** How many times the length of a round is rested after it. */
const REST = 4;
/** Longest wait of an empty queue before it is looked at again, in ms: changes wake it anyway. */
const MOST_IDLE_MS = 60_000;

/** Starts replication. It never blocks its caller and works in slices. */
export function startReplication(options: ReplicationOptions): Replication {
  return new Runner(options);
}

/** Carries out push and pull side by side: neither waits for the other, both wait for the line. */
class Runner implements Replication {
  private readonly options: ReplicationOptions;
  private readonly state: Status;
  private readonly stopping = new AbortController();
  private readonly line: Line;
  private readonly pacer: Pacer;
  private readonly skew = new ClockSkew();
  private readonly outbox: Outbox;
  private readonly client: FhirClient;
  private readonly courtesy: Courtesy;
  private readonly attempts: Attempts;
  private readonly push: Push;
  private readonly pull: Pull;
  private readonly restored: Restored;
  private readonly wakeUp: WakeUp;
  private restUntil = 0;
  private newsWaits = false;
  private readonly pushing: Sleeper;
  private readonly pulling: Sleeper;
  /** What is being read was not changed meanwhile by what is being sent. */
  private readonly turns = new Turns();
  private readonly running: Promise<unknown>;
  private abilities: Abilities | undefined;
  private paused = false;
  private pushIdle = false;
  private pulled = false;
  private round = { sent: 0, fetched: 0, refused: 0 };
  private kept = '';
  /** Resources that wait to be written, as far as known. */
  private waiting = 0;
  /** Collections the server does not let this station write, and its words. */
  private readonly closed = new Map<Replicated, string>();

  constructor(options: ReplicationOptions) {
    this.options = options;
    const { store, config, clock, timers, stationCode, newId } = options;
    const now = () => clock.now();
    const ms = () => now().getTime();
    const random = seededRandom(config.seed ?? ms());
    const dayOf = options.dayOf ?? ((at: Date) => at.toISOString().slice(0, 10));
    this.state = new Status(hostOf(config.url), now, dayOf, options.onStatus ?? (() => undefined));
    const { signal } = this.stopping;
    this.line = new Line({
      connect: () => this.connect(),
      backoff: new Backoff(random, config.backoffMs?.first, config.backoffMs?.most),
      timers,
      signal,
      onFailed: (error, waitMs) => this.failed(error, waitMs),
    });
    this.pushing = new Sleeper(timers, signal);
    this.pulling = new Sleeper(timers, signal);
    this.pacer = new Pacer(ms);
    const links = new Links(store, stationCode);
    this.courtesy = new Courtesy(ms, timers, options.isAwaited);
    this.outbox = new Outbox(store, links, ms, this.courtesy);
    this.client = new FhirClient({
      url: config.url,
      auth: config.auth,
      ...(config.ca === undefined ? {} : { ca: config.ca }),
      clock,
      timers,
      timeoutMs: config.timeoutMs ?? 30_000,
      signal: this.stopping.signal,
    });
    this.client.onReply = (reply) => {
      this.pacer.see(reply);
      this.skew.see(reply.sentAt, ms(), reply.headers.get('date'));
    };
    const say = (text: string) => this.state.say(text);
    const attempts = new Attempts(store, now);
    const echoes = new Echoes();
    this.attempts = attempts;
    const rules = { receive: options.receive ?? ('scan' as const), station: stationCode, now };
    const shared = { store, client: this.client, links, attempts, now, newId, say, rules };
    const breathe = async () => {
      this.stopping.signal.throwIfAborted();
      await nextTurn();
    };
    const skewMs = () => this.skew.ms() ?? 0;
    this.restored = new Restored({
      ...shared,
      breathe,
      skewMs,
      followed,
      queued: () => this.pushing.wake(),
      tell: (problem) => options.onNotice?.('serverRestored', problem),
    });
    const isRestored = () => this.restored.check();
    this.push = new Push({
      ...shared,
      timers,
      outbox: this.outbox,
      pacer: this.pacer,
      sizing: new Sizing({ entries: config.entries ?? 100, bytes: config.bytes ?? 900_000 }),
      courtesy: this.courtesy,
      random,
      isRestored,
      stored: (type, id, versionId) => echoes.sent(type, id, versionId),
      told: (count) => this.sent(count),
      forbidden: (collection, why) => this.forbidden(collection, why),
    });
    this.pull = new Pull({
      ...shared,
      overlapMs: config.overlapMs ?? 120_000,
      pageSize: config.pageSize ?? 200,
      historyDays: config.historyDays,
      sections: config.sections ?? [],
      serverNow: () => new Date(ms() + (this.skew.ms() ?? 0)),
      loading: (progress) => this.state.loading(progress),
      unread: (types) => options.onNotice?.('serverReading', unreadTypes(types)),
      restored: this.restored,
      isRestored,
      skewMs,
      breathe,
    });
    this.wakeUp = new WakeUp({
      store,
      client: this.client,
      timers,
      backoff: new Backoff(random, config.backoffMs?.first, 10 * (config.backoffMs?.most ?? 60_000)),
      now: ms,
      signal,
      ready: () => this.line.ready(),
      open: (url, events) => this.client.socket(url, events),
      isEcho: (text) => echoes.isIn(text),
      isKnown: (resource) => this.pull.isKnown(resource),
      isSending: () => this.isSending(),
      wake: () => this.news(),
      say,
    });
    this.running = config.url === '' ? Promise.resolve() : this.run();
  }

  now(): void {
    this.pulled = false;
    this.outbox.wake();
    this.line.now();
    this.pushing.wake();
    this.pulling.wake();
  }

  wake(): void {
    this.pushing.wake();
  }

  benchActed(): void {
    this.courtesy.benchActed();
  }

  get benchIsAtWork(): boolean {
    return this.courtesy.isDue;
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
    const name = knownKind(collection);
    await queueRefused(store, name, docId, cause, clock.now().toISOString());
    this.outbox.wake(name, docId);
    this.wake();
  }

  async decide(collection: string, docId: string, keepHere: readonly string[], cause: Cause): Promise<void> {
    const { store, clock, newId } = this.options;
    await decide(store, knownKind(collection), docId, keepHere, cause, clock.now().toISOString(), newId);
    this.wake();
  }

  status(): SyncSummary {
    return this.state.summary();
  }

  events(): SyncEventRow[] {
    return this.state.events();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    await this.running;
    await this.attempts.end();
    await this.client.close();
  }

  private async run(): Promise<void> {
    this.state.resume(await this.options.store.state<DayCount>('today'));
    this.kept = JSON.stringify(this.state.today());
    await Promise.all([
      this.loop(this.pushing, () => this.pushStep()),
      this.loop(this.pulling, () => this.pullStep()),
      ...(this.options.config.websocket === true ? [this.wakeUp.run()] : []),
    ]);
  }

  /** Works while the line is open and nobody paused it. `step` tells how long to wait before the next, in ms. */
  private async loop(sleeper: Sleeper, step: () => Promise<number>): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (this.paused) {
        await sleeper.sleep(undefined);
        continue;
      }
      const turn = await this.line.ready();
      if (signal.aborted) return;
      if (this.paused) continue;
      try {
        const ms = await step();
        if (ms > 0 && (await sleeper.sleep(ms))) await sleeper.gather(GATHER_MS);
      } catch (error) {
        if (!signal.aborted) this.line.failed(error, turn);
      }
    }
  }

  /** One slice of sending. What is news there comes first: a patient the server knows by number is not made a second time. */
  private async pushStep(): Promise<number> {
    if (!this.pulled && !(await this.knowsPatients())) return MOST_IDLE_MS;
    if (await this.restored.isLooking()) {
      this.pulling.wake();
      return MOST_IDLE_MS;
    }
    if (this.abilities === undefined) return MOST_IDLE_MS;
    const { abilities } = this;
    this.waiting = await this.writesWaiting();
    const pumped = await this.turns.run(async () => {
      await this.pull.joinPatients();
      const until = this.options.clock.now().getTime() + LONGEST_TURN_MS;
      const hold = () =>
        this.paused ||
        this.stopping.signal.aborted ||
        (this.turns.awaited && this.options.clock.now().getTime() >= until);
      return this.push.pump(abilities, () => this.waiting, hold);
    });
    this.answered();
    this.pushIdle = pumped.idle;
    await this.settleRound();
    if (pumped.waitMs > 0) return pumped.waitMs;
    if (!pumped.idle) return 0;
    const at = this.options.clock.now().getTime();
    return Math.max(1, Math.min(MOST_IDLE_MS, (this.outbox.nextAt() ?? Number.POSITIVE_INFINITY) - at));
  }

  /** One request was answered and written down. */
  private sent(count: Count): void {
    this.answered();
    this.state.sent(count.sent);
    this.round.sent += count.sent;
    this.round.refused += count.refused;
    this.waiting = Math.max(0, this.waiting - count.sent - count.refused);
    this.estimate(this.waiting);
    if (count.sent > 0) this.pull.sent();
  }

  /** A long queue is going out fast: never where the server allows so many writes and no more. */
  private isSending(): boolean {
    const { state, rate } = this.state.summary();
    if (this.pacer.limited) return false;
    return state === 'online' && this.waiting > LONG_QUEUE && (rate === null ? !this.pushIdle : rate > FAST);
  }

  /** Resources that wait to be written: a signed report is two. */
  private async writesWaiting(): Promise<number> {
    const { store } = this.options;
    return (await store.countQueued()) + (await store.countQueued('reports'));
  }

  /** Tells how many still wait and, under a quota, how long they will take. */
  private estimate(waiting: number): void {
    this.state.left(waiting, this.pacer.msFor(waiting) ?? null);
    const { perMinute, why } = this.pacer.pace();
    this.state.pacing(perMinute, why);
  }

  /** The server does not let this station write a kind of record, or does again. */
  private forbidden(collection: Replicated, why: string | null): void {
    if (why === null) this.closed.delete(collection);
    else this.closed.set(collection, why);
    this.options.onProblem?.(this.closed.size === 0 ? null : forbiddenKinds(this.closed));
  }

  /** A first load may take hours: it is enough that the patients came. */
  private async knowsPatients(): Promise<boolean> {
    if (this.state.summary().firstLoad === null) return false;
    return (await readMark(this.options.store, 'Patient'))?.whole === true;
  }

  /** One look for news. Between two pages others may send. */
  private async pullStep(): Promise<number> {
    const pages = this.pull.round();
    const { signal } = this.stopping;
    const began = this.ms();
    while (!this.paused && !signal.aborted) {
      const page = await this.turns.run(() => this.nextNews(pages));
      if (page.done === true) break;
      this.answered();
      this.state.fetched(page.value);
      this.round.fetched += page.value;
      // What came may be what something else was waiting for.
      if (page.value > 0 || this.state.summary().firstLoad !== null) this.pushing.wake();
    }
    await pages.return(undefined);
    const skew = this.skew.ms();
    this.state.clockSkew(skew === undefined ? null : skew / 1000);
    if (skew !== undefined) this.options.onNotice?.('serverClock', skewProblem(skew));
    if (this.paused || signal.aborted) return 0;
    this.answered();
    if (!this.pulled) this.pushing.wake();
    this.pulled = true;
    await this.settleRound();
    // A round over a long overlap is dear: what it took is rested several times over before the next.
    const rest = REST * Math.min(this.ms() - began, this.options.config.pullEveryMs);
    this.restUntil = this.ms() + rest;
    return Math.max(this.options.config.pullEveryMs, rest);
  }

  /** The next page that has something, or the last one looked at when the time is up. */
  private async nextNews(pages: AsyncGenerator<number, void>): Promise<IteratorResult<number, void>> {
    const began = this.ms();
    for (;;) {
      const page = await pages.next();
      const isOver = this.paused || this.stopping.signal.aborted || page.done === true || page.value > 0;
      if (isOver || !isWithin(NEWS_TURN_MS, began, this.ms())) return page;
      this.answered();
    }
  }

  /** The server says that something changed. */
  private news(): void {
    const wait = this.restUntil - this.ms();
    if (wait <= 0) this.pulling.wake();
    if (wait <= 0 || this.newsWaits) return;
    this.newsWaits = true;
    this.options.timers.set(wait, () => {
      this.newsWaits = false;
      this.pulling.wake();
    });
  }

  private ms(): number {
    return this.options.clock.now().getTime();
  }

  /** The server answered what it was asked for. */
  private answered(): void {
    this.line.answered();
    const { state } = this.state.summary();
    if (state === 'online' || this.paused) return;
    this.state.set({ state: 'online', offlineSince: '', nextTryAt: '', why: '' });
    if (this.closed.size === 0) this.options.onProblem?.(null);
  }

  /** Everything that could go is gone, or has to wait: says so. */
  private async settleRound(): Promise<void> {
    const idle = this.pushIdle && this.pulled;
    if (this.paused) return;
    const { sent, fetched, refused } = this.round;
    if (idle) this.state.set({ lastSyncAt: this.options.clock.now().toISOString() });
    if (idle && sent + fetched + refused > 0) {
      this.state.say(`Last sync: ${sent} sent, ${fetched} fetched, ${refused} refused`);
      this.round = { sent: 0, fetched: 0, refused: 0 };
    }
    this.waiting = await this.writesWaiting();
    this.estimate(this.waiting);
    if (idle && this.waiting === 0) await this.restored.drained();
    const today = { ...this.state.today() };
    const text = JSON.stringify(today);
    if (text === this.kept) return;
    this.kept = text;
    await this.options.store.write({ command: 'sync', actor: 'server' }, (unit) =>
      unit.setState('today', today),
    );
  }

  /** No answer, or not let in: the line is tried again by itself. */
  private failed(error: unknown, waitMs: number): void {
    const now = this.options.clock.now();
    const { offlineSince, state } = this.state.summary();
    const why = error instanceof Error ? error.message : String(error);
    this.pulled = false;
    // Nothing is sent again before it is known what is new.
    this.pulling.rouse();
    this.state.say(sentenceOf(error, why));
    const problem = problemOf(error, hostOf(this.options.config.url));
    if (problem !== undefined) this.options.onProblem?.(problem);
    if (this.paused) return;
    this.state.set({
      state: 'offline',
      offlineSince: state === 'offline' && offlineSince !== '' ? offlineSince : now.toISOString(),
      nextTryAt: new Date(now.getTime() + waitMs).toISOString(),
      why,
    });
  }

  /** Asks the server what it can do: whenever the line is opened, it may have become another. */
  private async connect(): Promise<void> {
    const abilities = await readAbilities(this.client);
    const { bundling = abilities.bundling } = this.options.config;
    this.abilities = { ...abilities, bundling };
    this.state.adapted(abilities.adaptations);
    await this.restored.check();
  }
}

function hostOf(url: string): string {
  return url === '' ? '' : new URL(url).host;
}
