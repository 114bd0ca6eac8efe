/**
 * A bench that can be killed: the product's session of a line over a journal and a ledger of which only what was committed outlives a kill. What stands
 * between the session and the store in the engine (`line.ts`, `posting.ts`) is done here as there, in little: message known by its number and digest,
 * read with the profile, posted at once with its mark, queries answered; and after a kill what the journal holds is posted first.
 */
import { createHash } from 'node:crypto';
import { recoveryFor } from '../../main/engine/instruments/link/open.ts';
import type {
  JournalRow,
  LineSession,
  LineSessionOptions,
  ReceivedMessage,
  StoredRow,
} from '../../main/engine/instruments/link/ports.ts';
import { measurementKey } from '../../main/engine/instruments/measurement.ts';
import { readReceived, received } from '../../main/engine/instruments/reading.ts';
import type { CanonicalImage, CanonicalResult, OrderOutcome } from '../../shared/profiles/canonical.ts';
import { encodeOrders } from '../../shared/profiles/orders/encode.ts';
import { nothingFor, type OrderForInstrument, orderCode } from '../../shared/profiles/orders/order.ts';
import type { Profile } from '../../shared/profiles/profile.ts';
import type { World } from './world.ts';
import { mortalTimers } from './world.ts';

export const INSTRUMENT = 'T1.LINE';
const ZONE = 'UTC';
/** A row nobody waits for is committed after so many milliseconds, if no other commit takes it along. */
const LAZY_MS = 1_000;

/** A result in the ledger. */
export interface Posted {
  specimenId: string;
  code: string;
  /** our code */
  test: string;
  /** in our unit, and as sent */
  text: string;
  sentText: string;
  sentUnit: string;
  isQc: boolean;
  messageId: string;
}

/** A result that waits for a person, and why. */
export interface Held extends Posted {
  reasons: string[];
}

interface Message {
  firstSeq: number;
  lastSeq: number;
  digest: string;
  state: 'received' | 'posted';
}

/** What outlives a kill. */
export class Disk {
  readonly rows: StoredRow[] = [];
  readonly messages = new Map<string, Message>();
  /** by measurement */
  readonly ledger = new Map<string, Posted>();
  readonly held: Held[] = [];
  readonly unreadable: string[] = [];
  readonly images: CanonicalImage[] = [];
  readonly outcomes: OrderOutcome[] = [];
  duplicates = 0;
  /** no space left: commits of the journal fail */
  full = false;
  /** the store refuses what is posted */
  refuses = false;
}

export interface BenchOptions {
  profile: Profile;
  world: World;
  disk: Disk;
  /** our codes by specimen */
  orders: ReadonlyMap<string, readonly string[]>;
  /** how long the next commit takes, milliseconds */
  commitMs(): number;
  /** For the proof of the proof: the journal says that a row is stored before it is. */
  lies?: boolean;
  /** The product's session on its line. */
  session(options: LineSessionOptions): LineSession;
}

/** One life of the engine, from its start to its kill. */
export class Bench {
  readonly session: LineSession;
  readonly #options: BenchOptions;
  #alive = true;
  #pending: { row: JournalRow; done: (seq: number) => void; failed: (error: unknown) => void }[] = [];
  #expected: [string, Message][] = [];
  #commits = 0;
  #controlIds = 0;

  constructor(options: BenchOptions) {
    this.#options = options;
    const { world } = options;
    const session: LineSession = options.session({
      instrumentId: INSTRUMENT,
      journal: {
        appendDurable: (row) => this.#append(row),
        messageByDigest: (_, digest) =>
          [...options.disk.messages.values()].find((one) => one.digest === digest),
      },
      clock: world.clock,
      timers: mortalTimers(world, () => this.#alive),
      onMessage: (message) => this.#message(message),
      onIncomplete: ({ text, frames, reason, journal }) => {
        if (frames === 0 || !this.#alive) return;
        const at = world.clock.now().toISOString();
        session.recovered({ text, frames, at, journal, incomplete: reason });
      },
    });
    this.session = session;
  }

  /** Posts what an earlier life acknowledged, then opens the line. */
  async start(): Promise<void> {
    let failing = false;
    for (const message of this.#unposted()) {
      if (!failing) failing = (await this.#message(message)) === 'failed';
      if (!this.#alive) return;
      if (failing) this.session.recovered(message);
    }
    this.session.start();
  }

  /** kill -9: nothing of this life has any effect any more, and what was not committed is gone. */
  kill(): void {
    this.#alive = false;
    this.#pending = [];
    this.#expected = [];
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Work for the analyser, unasked. */
  async download(specimenId: string): Promise<void> {
    const order = this.#orderFor(specimenId);
    for (const { bytes } of encodeOrders(this.#options.profile, [order], this.#envelope()))
      await this.session.send({ bytes });
  }

  #append(row: JournalRow): Promise<number> {
    if (!this.#alive) return new Promise(() => undefined);
    return new Promise<number>((stored, failed) => {
      const { lies, disk, commitMs } = this.#options;
      const done = lies === true ? () => undefined : stored;
      this.#pending.push({ row, done, failed });
      this.#schedule(row.durable === false ? LAZY_MS : commitMs());
      if (lies === true) stored(disk.rows.length + this.#pending.length);
    });
  }

  #schedule(ms: number): void {
    this.#commits += 1;
    const commit = this.#commits;
    this.#options.world.set(ms, () => {
      if (this.#alive && commit <= this.#commits) this.#commit();
    });
  }

  #commit(): void {
    const { disk } = this.#options;
    const pending = this.#pending.splice(0);
    if (disk.full) {
      for (const one of pending) one.failed(new Error('no space left'));
      return;
    }
    for (const [id, message] of this.#expected.splice(0)) disk.messages.set(id, message);
    for (const { row, done } of pending) {
      const { at, direction, bytes, note } = row;
      disk.rows.push({ seq: disk.rows.length + 1, at, direction, bytes: bytes.slice(), note });
      done(disk.rows.length);
    }
  }

  *#unposted(): Generator<ReceivedMessage> {
    const { disk, profile } = this.#options;
    const between = function* (after: number, before: number): Generator<ReceivedMessage, undefined> {
      const recovery = recoveryFor(profile);
      for (const row of disk.rows) {
        if (row.seq <= after || row.seq >= before) continue;
        const found = recovery.push(row);
        if (found !== null) yield received(found);
      }
      const rest = recovery.end();
      if (rest !== null) yield received(rest);
    };
    const newest = Math.max(0, ...[...disk.messages.values()].map((one) => one.lastSeq));
    for (const { firstSeq, lastSeq, state } of [...disk.messages.values()]) {
      if (state === 'posted') continue;
      const found = between(firstSeq - 1, lastSeq + 1).next().value;
      if (found !== undefined) yield { ...found, journal: { firstSeq, lastSeq } };
    }
    yield* between(newest, Number.MAX_SAFE_INTEGER);
  }

  async #message(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const { disk, profile, world } = this.#options;
    const never = new Promise<'stored'>(() => undefined);
    if (!this.#alive) return never;
    const id = String(message.journal.lastSeq);
    const digest = createHash('sha256').update(message.text).digest('hex');
    const known = disk.messages.get(id);
    if (known?.digest === digest && known.state === 'posted') return 'stored';
    const mark: Message = { ...message.journal, digest, state: 'received' };
    if (known === undefined) this.#expected.push([id, mark]);
    await world.pause(this.#options.commitMs());
    if (!this.#alive) return never;
    if (disk.refuses) return 'failed';
    const found = readReceived(message, profile, ZONE);
    this.#expected = this.#expected.filter(([other]) => other !== id);
    disk.messages.set(id, { ...mark, state: 'posted' });
    if (message.unreadable !== undefined) disk.unreadable.push(message.unreadable);
    for (const one of found) {
      const holds = one.problems.filter((problem) => problem.severity === 'hold');
      for (const result of one.results)
        this.#post(result, id, digest, [...holds, ...result.problems.filter((p) => p.severity === 'hold')]);
      if (message.incomplete !== undefined) continue;
      disk.images.push(...one.images);
      disk.outcomes.push(...one.orderOutcomes);
    }
    for (const query of found.flatMap((one) => one.queries)) {
      const orders = query.specimenIds.map((named) => ({ ...this.#orderFor(named), named }));
      for (const { bytes } of encodeOrders(profile, orders, this.#envelope(), query))
        void this.session.send({ bytes });
    }
    return 'stored';
  }

  #post(
    result: CanonicalResult,
    messageId: string,
    messageDigest: string,
    holds: readonly { code: string }[],
  ): void {
    const { disk } = this.#options;
    const key = measurementKey({ instrumentId: INSTRUMENT, messageId, messageDigest }, result);
    const posted: Posted = {
      specimenId: result.specimenId ?? '',
      code: result.instrumentCode,
      test: result.testCode ?? '',
      text: result.value.text,
      sentText: result.sent.text,
      sentUnit: result.sent.unit,
      isQc: result.isQc,
      messageId,
    };
    const before = disk.ledger.get(key);
    const reasons = holds.map((one) => one.code);
    if (reasons.length === 0 && (result.status === null || result.status === 'cancelled'))
      reasons.push('unmappedStatus');
    if (before !== undefined && before.text === posted.text) disk.duplicates += 1;
    else if (before !== undefined || reasons.length > 0)
      disk.held.push({ ...posted, reasons: before === undefined ? reasons : ['otherContent'] });
    else disk.ledger.set(key, posted);
  }

  #orderFor(specimenId: string): OrderForInstrument {
    const tests = (this.#options.orders.get(specimenId) ?? []).flatMap((test) => {
      const code = orderCode(this.#options.profile, test);
      return code === null ? [] : [{ test, code, change: 'new' as const }];
    });
    return { ...nothingFor(specimenId), tests };
  }

  #envelope() {
    const now = this.#options.world.clock.now().toISOString();
    return {
      sender: 'Levey T1',
      time: now.slice(0, 19).replace(/[-T:]/g, ''),
      controlId: () => {
        this.#controlIds += 1;
        return `L${Date.parse(now).toString(36)}${this.#options.disk.rows.length}X${this.#controlIds}`.slice(
          0,
          20,
        );
      },
    };
  }
}
