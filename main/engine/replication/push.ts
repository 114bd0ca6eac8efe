import type { Replicated } from '../../../shared/fhir/mapping.ts';
import type { Timers } from '../timers.ts';
import type { Abilities } from './capability.ts';
import { NoAnswer } from './client.ts';
import type { Courtesy } from './courtesy.ts';
import { Exchange } from './exchange.ts';
import { Flights, Flying } from './flights.ts';
import type { Item } from './item.ts';
import { Ledger } from './ledger.ts';
import type { Load, Outbox } from './outbox.ts';
import type { Pacer } from './pace.ts';
import { type Count, Recorder, type RecorderOptions } from './record.ts';
import type { Bundling, Outcome } from './send.ts';
import { asks, keyOf, type Result, Settler, type SettlerOptions, SMALLER } from './settle.ts';
import type { Sizing } from './sizing.ts';
import { isWithin } from './spell.ts';

export interface PushOptions extends SettlerOptions, RecorderOptions {
  timers: Timers;
  outbox: Outbox;
  pacer: Pacer;
  sizing: Sizing;
  courtesy: Courtesy;
  random: () => number;
  /** How many requests the server has answered, other than that it fails. */
  answers: () => number;
  /** Told of each version the server has stored. */
  stored: (resourceType: string, id: string, versionId: string) => void;
  /** Told after each request what became of its records. */
  told: (count: Count) => void;
  /** Told what the server does not let this station write, and `null` when it does again. */
  forbidden: (collection: Replicated, why: string | null) => void;
}

/** What a run of sending came to. */
export interface Pumped {
  /** Nothing can be sent for so long, in ms; 0 to go on at once. */
  waitMs: number;
  /** Nothing is left that could be sent now. */
  idle: boolean;
}

/** A request that is ready but for the disk. */
interface Ahead {
  load: Load;
  isOnDisk: boolean;
}

/** A run of sending. */
interface Run {
  flights: Flights;
  /** The request that is ready, if one is: made while others are under way, so that its records are on the disk when it may go. */
  ahead: Ahead[];
  abilities: Abilities;
  bundling: Bundling;
  waiting: () => number;
  hold: () => boolean;
}

/** A request that is made ready. @param then called when its records are on the disk, or never will be: who sends it is told which */
function aheadOf(load: Load, then: () => void): Ahead {
  const ahead: Ahead = { load, isOnDisk: false };
  const done = () => {
    ahead.isOnDisk = true;
    then();
  };
  load.onDisk.then(done, done);
  return ahead;
}

/** Requests under way at once. Conditional writes at the same time are conflicts for some servers: then it is one. */
const LANES = 3;
/** Requests that were answered and are not written down yet, besides those under way. */
const BEHIND = 4;
/** Records of one request while the bench is at work. */
const ENTRIES_WHILE_AT_WORK = 20;
/** One request at a time for so long after a conflict, in ms. */
const ONE_LANE_MS = 60_000;
/** What the server forbids is tried again after so long, in ms. */
const FORBIDDEN_MS = 300_000;
/** What comes of others who write at the same time, or of a quota, is no fault of a record. */
const PASSING: ReadonlySet<number> = new Set([409, 412, 429, SMALLER]);
/** From so many failures of one record on it is said on the record, where the server answers others. */
const SAID_AFTER = 5;
/** So many records in a row that break the server are no longer taken for the fault of each. */
const BROKEN_IN_A_ROW = 5;

/**
 * Sends what waits: the next request is made ready while others are under way, and what those before came to is written down together.
 * Repeating any part of it does no harm.
 */
export class Push {
  private readonly options: PushOptions;
  private readonly settler: Settler;
  private readonly recorder: Recorder;
  private readonly ledger: Ledger;
  private readonly exchange: Exchange;
  private flights = new Flights();
  /** Failures of a record, and how many requests the server had answered at the first. */
  private readonly failures = new Map<string, { times: number; answers: number }>();
  private readonly flying = new Flying();
  /** Collections of which something was stored in this run of the engine. */
  private readonly written = new Set<Replicated>();
  private conflictAt = Number.NEGATIVE_INFINITY;
  private broken = 0;

  constructor(options: PushOptions) {
    this.options = options;
    this.settler = new Settler(options);
    this.exchange = new Exchange({
      ...options,
      remember: (item) => this.settler.remember(item),
      rest: (item, why) => {
        this.rest(item, 0);
        return this.sayFailing([{ item, settled: { kind: 'again', status: 0, why } }]);
      },
    });
    this.recorder = new Recorder(options);
    this.ledger = new Ledger({
      ...options,
      recorder: this.recorder,
      more: () => this.flights.onWire > 0,
      written: (result) => this.afterwards(result),
    });
  }

  /**
   * Sends until nothing is left, the quota is used up, or `hold` asks for a pause; what is under way is waited for and written down.
   * @param waiting records that wait, as far as known: a small queue need not be spread over the quota's window
   * @throws NoAnswer, NotAuthorised; then nothing is changed here about what got no answer
   */
  async pump(abilities: Abilities, waiting: () => number, hold: () => boolean): Promise<Pumped> {
    const bundling = this.exchange.bundling(abilities.bundling);
    const flights = new Flights();
    this.flights = flights;
    this.options.outbox.begin();
    const ahead: Ahead[] = [];
    try {
      return await this.send({ flights, ahead, abilities, bundling, waiting, hold });
    } finally {
      for (const { load } of ahead) this.land(load);
      await flights.all();
    }
  }

  /** Starts one request after the other, while one may go. */
  private async send({ flights, ahead, abilities, bundling, waiting, hold }: Run): Promise<Pumped> {
    const { pacer, sizing, courtesy } = this.options;
    let over: Pumped | undefined;
    while (over === undefined && flights.fault === undefined && !hold()) {
      const size = sizing.now(bundling === 'transaction');
      const most = courtesy.isDue ? Math.min(size.entries, ENTRIES_WHILE_AT_WORK) : size.entries;
      const { waitMs, writes } = pacer.allowance(most, waiting());
      const lanes = this.lanes(bundling);
      if (
        waitMs > 0 ||
        flights.open >= lanes + BEHIND ||
        (lanes === 1 && flights.onWire > 0 && pacer.limited)
      ) {
        if (flights.open > 0) await flights.change();
        // Kept from writing, with nothing to write: what is there is in step all the same.
        else over = { waitMs, idle: waitMs > 0 && waiting() === 0 };
        continue;
      }
      const [first] = ahead;
      if (first?.isOnDisk === true && flights.onWire < lanes) {
        ahead.shift();
        pacer.sending(first.load.items.length);
        flights.start((landed) => this.fly(first.load, abilities, bundling, landed));
        continue;
      }
      if (first !== undefined) {
        await flights.change();
        continue;
      }
      const { changes } = flights;
      await courtesy.quiet();
      const load = await this.load({ ...size, entries: Math.min(most, writes) });
      if (load !== undefined) ahead.push(aheadOf(load, () => flights.tell()));
      // What landed while it was looked for may have made more ready.
      else if (flights.changes !== changes) continue;
      else if (flights.open > 0) await flights.change();
      else over = { waitMs: 0, idle: true };
    }
    await flights.all();
    if (flights.fault !== undefined) throw flights.fault.error;
    return over ?? { waitMs: 0, idle: false };
  }

  private lanes(bundling: Bundling): number {
    const { pacer, courtesy } = this.options;
    const one = bundling !== 'batch' || pacer.limited || courtesy.isDue;
    return one || isWithin(ONE_LANE_MS, this.conflictAt, this.options.now().getTime()) ? 1 : LANES;
  }

  /** The next request; undefined when there is nothing. Its documents count as under way. */
  private async load(size: {
    entries: number;
    bytes: number;
    conditional: number;
  }): Promise<Load | undefined> {
    const { conditional, ...rest } = size;
    const within = { ...rest, conditional: Math.min(conditional, rest.entries) };
    const load = await this.options.outbox.next(within, this.flying);
    if (load.settled.length > 0) {
      await this.recorder.finish(load.settled);
      this.options.told({ sent: load.settled.length, refused: 0, conflicts: 0 });
    }
    if (load.items.length === 0) return undefined;
    for (const { collection, doc } of load.items) this.flying.add(collection, doc.id);
    return load;
  }

  private land({ items }: Pick<Load, 'items'>): void {
    for (const { collection, doc } of items) this.flying.delete(collection, doc.id);
  }

  /** One request, from writing down that it goes to writing down what it came to. @param landed called when the server has answered */
  private async fly(
    { items, onDisk }: Load,
    abilities: Abilities,
    bundling: Bundling,
    landed: () => void,
  ): Promise<void> {
    const { attempts } = this.options;
    try {
      await onDisk;
      const unanswered = await attempts.doubtful(items);
      await attempts.sending(items);
      const outcomes = await this.exchange.of(items, unanswered, abilities, bundling);
      const { results, fault } = await this.settled(items, outcomes);
      // At once: by the time it is written down the server's quota may be that of another window, and the wait would be a whole one.
      this.heed(results);
      landed();
      this.learned(results);
      try {
        await this.ledger.add(results);
      } catch (error) {
        // It is at the server, and nothing here says so.
        await attempts.unanswered(items);
        throw error;
      }
      await this.sayFailing(results);
      if (fault !== undefined) throw fault.error;
      this.expectWorking(results);
    } finally {
      this.land({ items });
    }
  }

  /**
   * What the outcomes come to. Once the server did not answer what it was asked about one, it is not asked about the others; what needs no
   * question counts all the same.
   */
  private async settled(
    items: readonly Item[],
    outcomes: readonly Outcome[],
  ): Promise<{ results: Result[]; fault: { error: unknown } | undefined }> {
    const { attempts } = this.options;
    const results: Result[] = [];
    const open: Item[] = [];
    let fault: { error: unknown } | undefined;
    for (const [index, item] of items.entries()) {
      const outcome = outcomes[index] ?? { kind: 'again', status: 0, why: '' };
      if (fault !== undefined && asks(outcome)) {
        open.push(item);
        continue;
      }
      try {
        const settled = this.settler.settle(item, outcome);
        results.push({ item, settled: settled instanceof Promise ? await settled : settled });
      } catch (error) {
        fault = { error };
        open.push(item);
      }
    }
    if (open.length > 0) await attempts.unanswered(open);
    return { results, fault };
  }

  /** What is stored there is known from here on, so what refers to it may go, written down or not. */
  private learned(results: readonly Result[]): void {
    const { links, stored } = this.options;
    for (const { item, settled } of results) {
      if (settled.kind !== 'done') continue;
      stored(item.resourceType, settled.id, settled.versionId);
      if (item.main) links.learn(item.collection, item.doc.id, settled.id);
    }
  }

  /** After the transaction: what only this run has to remember. */
  private afterwards({ item, settled }: Result): void {
    const { links, outbox, forbidden } = this.options;
    const { collection } = item;
    if (settled.kind === 'forbidden') {
      outbox.close(collection, FORBIDDEN_MS);
      forbidden(collection, settled.why);
      return;
    }
    if (settled.kind !== 'again') {
      this.settler.forget(item);
      if (this.failures.size > 0) this.failures.delete(keyOf(item));
      if (item.main && settled.kind !== 'done' && 'id' in settled)
        links.learn(collection, item.doc.id, settled.id);
      if (settled.kind === 'done' && !this.written.has(collection)) {
        this.written.add(collection);
        forbidden(collection, null);
      }
      return;
    }
    if (settled.status === SMALLER || settled.status === 429) return;
    if (settled.status === 0) this.settler.remember(item);
    this.rest(item, settled.status);
  }

  /** Leaves one alone for a while: longer each time, half of it by chance. */
  private rest(item: Item, status: number): void {
    const { outbox, random, now } = this.options;
    const key = keyOf(item);
    const known = this.failures.get(key) ?? { times: 0, answers: this.options.answers() };
    const failures = known.times + 1;
    this.failures.set(key, { ...known, times: failures });
    const conflict = status === 409 || status === 412;
    if (status === 409) this.conflictAt = now().getTime();
    const base = conflict ? 50 : 1_000;
    const wait = Math.min(60_000, base * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
    outbox.rest(item.collection, item.doc.id, Math.round(wait));
  }

  /** Says on records at which the server fails again and again, while it answers others, that they do not go by themselves. */
  private async sayFailing(results: readonly Result[]): Promise<void> {
    const failing = results.flatMap(({ item, settled }) => {
      if (settled.kind !== 'again' || PASSING.has(settled.status)) return [];
      const { times, answers } = this.failures.get(keyOf(item)) ?? { times: 0, answers: 0 };
      if (times < SAID_AFTER || this.options.answers() === answers) return [];
      return [{ item, words: settled.why || 'no answer' }];
    });
    if (failing.length > 0) await this.recorder.waiting(failing);
  }

  /** What the answers say about how fast may be sent. */
  private heed(results: readonly Result[]): void {
    const { pacer } = this.options;
    if (results.some(({ settled }) => settled.kind === 'done')) pacer.accepted();
    if (statusesOf(results).includes(429)) pacer.refused();
  }

  /** @throws NoAnswer when so many records in a row broke the server that it is not the fault of each */
  private expectWorking(results: readonly Result[]): void {
    const statuses = statusesOf(results);
    this.broken = statuses.length === 1 && statuses[0] === 500 ? this.broken + 1 : 0;
    if (this.broken >= BROKEN_IN_A_ROW) {
      this.broken = 0;
      throw new NoAnswer('The server fails at every record', { status: 500 });
    }
  }
}

/** The statuses of what goes once more; 0 for the others. */
function statusesOf(results: readonly Result[]): number[] {
  return results.map(({ settled }) => (settled.kind === 'again' ? settled.status : 0));
}
