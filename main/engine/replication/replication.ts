import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SyncEventRow } from '../../../shared/ipc/sync.ts';
import { Attempts } from './attempts.ts';
import { Backlog } from './backlog.ts';
import { type Abilities, readAbilities } from './capability.ts';
import { FhirClient } from './client.ts';
import { decide } from './conflicts.ts';
import { Connection } from './connection.ts';
import type { Replication, ReplicationOptions } from './contract.ts';
import { Courtesy } from './courtesy.ts';
import { Echoes } from './echoes.ts';
import { readMark } from './feed.ts';
import { Line } from './line.ts';
import { Links } from './links.ts';
import { Outbox } from './outbox.ts';
import { Backoff, Pacer, seededRandom } from './pace.ts';
import type { Cause } from './port.ts';
import { Pull } from './pull.ts';
import { Push } from './push.ts';
import type { Count } from './record.ts';
import { knownKind, queueRefused } from './refused.ts';
import { Rest } from './rest.ts';
import { Restored } from './restored.ts';
import { Round } from './round.ts';
import { unreadTypes } from './server-problems.ts';
import { Sizing } from './sizing.ts';
import { ClockSkew, skewProblem } from './skew.ts';
import { Sleeper } from './sleeper.ts';
import { isWithin } from './spell.ts';
import { Status, type SyncSummary } from './status.ts';
import { Turns } from './turns.ts';
import { WakeUp } from './wake-up.ts';

/** Wait after a wake-up, so that a burst of changes travels together, in ms. */
const GATHER_MS = 20;
/** Sending goes on for so long before news has its turn, in ms. */
const LONGEST_TURN_MS = 1_000;
/** So long is looked for news then, in ms, or until there is some: most kinds have none. */
const NEWS_TURN_MS = 60;
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
  private readonly rest: Rest;
  private readonly backlog: Backlog;
  private readonly round: Round;
  private readonly connection: Connection;
  private readonly pushing: Sleeper;
  private readonly pulling: Sleeper;
  /** What is being read was not changed meanwhile by what is being sent. */
  private readonly turns = new Turns();
  private readonly running: Promise<unknown>;
  private abilities: Abilities | undefined;
  private paused = false;
  private pushIdle = false;
  private pulled = false;

  constructor(options: ReplicationOptions) {
    this.options = options;
    const { store, config, clock, timers, stationCode, newId } = options;
    const now = () => clock.now();
    const ms = () => now().getTime();
    const random = seededRandom(config.seed ?? ms());
    const dayOf = options.dayOf ?? ((at: Date) => at.toISOString().slice(0, 10));
    const host = config.url === '' ? '' : new URL(config.url).host;
    this.state = new Status(host, now, dayOf, options.onStatus ?? (() => undefined));
    this.connection = new Connection(this.state, host, now, options.onProblem ?? (() => undefined));
    this.round = new Round(this.state, store);
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
    this.rest = new Rest(ms, timers, () => this.pulling.wake());
    this.pacer = new Pacer(ms);
    this.backlog = new Backlog(this.state, store, this.pacer);
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
      signal,
    });
    let answers = 0;
    this.client.onReply = (reply) => {
      if (reply.status < 500) answers += 1;
      this.pacer.see(reply);
      this.skew.see(reply.sentAt, ms(), reply.headers.get('date'));
    };
    const say = (text: string) => this.state.say(text);
    const attempts = new Attempts(store, now);
    this.attempts = attempts;
    const echoes = new Echoes();
    const rules = { receive: options.receive ?? ('scan' as const), station: stationCode, now };
    const shared = { store, client: this.client, links, attempts, now, newId, say, rules };
    const breathe = async () => {
      signal.throwIfAborted();
      await nextTurn();
    };
    const skewMs = () => this.skew.ms() ?? 0;
    this.restored = new Restored({
      ...shared,
      breathe,
      skewMs,
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
      answers: () => answers,
      isRestored,
      stored: (type, id, versionId) => echoes.sent(type, id, versionId),
      told: (count) => this.sent(count),
      forbidden: (collection, why) => this.connection.forbidden(collection, why),
    });
    this.pull = new Pull({
      ...shared,
      overlapMs: config.overlapMs ?? 120_000,
      pageSize: config.pageSize ?? 200,
      historyDays: config.historyDays,
      sections: config.sections ?? [],
      beside: options.beside ?? [],
      pullEveryMs: config.pullEveryMs,
      serverNow: () => new Date(ms() + skewMs()),
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
      isSending: () => this.backlog.isGoing(!this.pushIdle),
      wake: () => this.rest.news(),
      say,
    });
    this.running = config.url === '' ? Promise.resolve() : this.run();
  }

  now(): void {
    this.pulled = false;
    this.outbox.wake();
    this.pull.wake();
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

  async decide(
    ...[collection, docId, keepHere, cause, seen]: Parameters<Replication['decide']>
  ): Promise<void> {
    const { store, clock, newId } = this.options;
    const at = clock.now().toISOString();
    await decide(store, knownKind(collection), docId, keepHere, cause, at, newId, seen);
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
    await this.round.resume();
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
    if (this.abilities === undefined) return MOST_IDLE_MS;
    const { abilities } = this;
    await this.backlog.look();
    const pumped = await this.turns.run(async () => {
      // Asked in this turn: it may have been noticed in the one before.
      if (await this.restored.isLooking()) return undefined;
      await this.pull.joinPatients();
      const until = this.ms() + LONGEST_TURN_MS;
      const hold = () => this.isHalted || this.restored.looks || (this.turns.awaited && this.ms() >= until);
      return this.push.pump(abilities, () => this.backlog.waiting, hold);
    });
    if (pumped === undefined) {
      this.pulling.wake();
      return MOST_IDLE_MS;
    }
    this.answered();
    this.pushIdle = pumped.idle;
    await this.settleRound();
    if (pumped.waitMs > 0) return pumped.waitMs;
    if (!pumped.idle) return 0;
    const next = this.outbox.nextAt() ?? Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(MOST_IDLE_MS, next - this.ms()));
  }

  /** One request was answered and written down. */
  private sent(count: Count): void {
    this.answered();
    this.round.sent(count);
    this.backlog.less(count.sent + count.refused);
    if (count.sent > 0) this.pull.sent();
  }

  /** A first load may take hours: it is enough that the patients came. */
  private async knowsPatients(): Promise<boolean> {
    if (this.state.summary().firstLoad === null) return false;
    return (await readMark(this.options.store, 'Patient'))?.whole === true;
  }

  /** One look for news. Between two pages others may send. */
  private async pullStep(): Promise<number> {
    const pages = this.pull.round();
    const began = this.ms();
    while (!this.isHalted) {
      const page = await this.turns.run(() => this.nextNews(pages));
      if (page.done === true) break;
      this.answered();
      this.round.fetched(page.value);
      // What came may be what something else was waiting for.
      if (page.value > 0 || this.state.summary().firstLoad !== null) this.pushing.wake();
    }
    await pages.return(undefined);
    const skew = this.skew.ms();
    this.state.clockSkew(skew === undefined ? null : skew / 1000);
    if (skew !== undefined) this.options.onNotice?.('serverClock', skewProblem(skew));
    if (this.isHalted) return 0;
    this.answered();
    if (!this.pulled) this.pushing.wake();
    this.pulled = true;
    await this.settleRound();
    const { pullEveryMs } = this.options.config;
    return Math.max(pullEveryMs, this.rest.after(Math.min(this.ms() - began, pullEveryMs)));
  }

  /** The next page that has something, or the last one looked at when the time is up. */
  private async nextNews(pages: AsyncGenerator<number, void>): Promise<IteratorResult<number, void>> {
    const began = this.ms();
    for (;;) {
      const page = await pages.next();
      const isOver = this.isHalted || page.done === true || page.value > 0;
      if (isOver || !isWithin(NEWS_TURN_MS, began, this.ms())) return page;
      this.answered();
    }
  }

  /** Paused, or about to stop. */
  private get isHalted(): boolean {
    return this.paused || this.stopping.signal.aborted;
  }

  /** Now, in ms since the epoch. */
  private ms(): number {
    return this.options.clock.now().getTime();
  }

  /** The server answered what it was asked for. */
  private answered(): void {
    this.line.answered();
    this.connection.answered(this.paused);
  }

  /** Everything that could go is gone, or has to wait: says so. */
  private async settleRound(): Promise<void> {
    if (this.paused) return;
    const isIdle = this.pushIdle && this.pulled;
    if (isIdle && this.pull.isInStep) this.round.over();
    await this.backlog.look();
    this.backlog.tell();
    if (isIdle && this.backlog.waiting === 0) await this.restored.drained();
    await this.round.keep();
  }

  /** No answer, or not let in: the line is tried again by itself. */
  private failed(error: unknown, waitMs: number): void {
    this.pulled = false;
    // Nothing is sent again before it is known what is new.
    this.pulling.rouse();
    this.connection.failed(error, waitMs, this.paused);
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
