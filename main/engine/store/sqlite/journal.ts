import { Burst } from './burst.ts';
import type { LeveyDatabase } from './database.ts';
import type { SqliteDriver } from './driver.ts';
import { storeError } from './errors.ts';
import { JournalRows } from './journal-rows.ts';
import type {
  JournalEntry,
  JournalInput,
  JournalMessage,
  JournalQuery,
  MessageMark,
} from './journal-tables.ts';
import type { SqlValue } from './raw.ts';

/** Entries that nobody waits for are written with the next commit, or after so many milliseconds. */
const LAZY_MS = 20;

/** Entries and messages that were written into somebody's transaction. */
export interface JournalRide {
  /** How many of them somebody waits for. */
  readonly awaited: number;
  /** The transaction is on the disk: tells those who wait. */
  stored(): void;
  /** The transaction was undone: they wait for the next one. */
  undone(): void;
  /** It is not known whether the transaction is on the disk: who waits is told so. */
  lost(error: unknown): void;
}

interface Waiting {
  entry: JournalInput;
  done: (seq: number) => void;
  failed: (error: unknown) => void;
}

/**
 * The append-only record of every byte to and from every instrument, and of what became of each message. Nothing may be acknowledged
 * to an instrument before its bytes are in here. Rows cannot be changed or removed (triggers).
 */
export class WireJournal {
  readonly #database: LeveyDatabase;
  readonly #rows: JournalRows;
  #waiting: Waiting[] = [];
  /** Messages added and not written yet, by id. */
  #added = new Map<string, JournalMessage>();
  /** Rides with entries that somebody waits for, between COMMIT and disk. */
  #onTheWay = 0;
  readonly #burst = new Burst(
    () => this.#onTheWay > 0 || this.#waiting.some(({ entry }) => entry.durable !== false),
  );
  #soon: NodeJS.Immediate | null = null;
  #later: NodeJS.Timeout | null = null;
  #afterSync = false;

  /** @param driver of `database` */
  constructor(database: LeveyDatabase, driver: SqliteDriver) {
    this.#database = database;
    this.#rows = new JournalRows(driver);
  }

  /** Stores one entry; committed with a full sync on return (or with the open unit). Returns its seq. */
  append(entry: JournalInput): number {
    return this.appendBatch([entry])[0] as number;
  }

  /** Stores several entries under one commit, in order. Returns their seqs. */
  appendBatch(entries: readonly JournalInput[]): number[] {
    return this.#database.plain(() => this.#rows.insert(entries));
  }

  /**
   * Stores one entry together with those of other links that arrive in the same turn of the event loop, or with the next unit that is
   * committed; resolves with its seq after their common COMMIT. Entries keep the order of the calls. Rejects (for example `store.full`)
   * when nothing was stored.
   */
  appendDurable(entry: JournalInput): Promise<number> {
    return new Promise((done, failed) => {
      this.#waiting.push({ entry, done, failed });
      this.#schedule(entry.durable === false);
    });
  }

  /** The same for an entry that is not `durable`, without a promise: tells that it is on disk, or why nothing was stored. */
  appendLater(entry: JournalInput, stored: () => void, failed: (error: unknown) => void): void {
    this.#waiting.push({ entry, done: stored, failed });
    this.#schedule(true);
  }

  /** Instruments are sending just now: see {@link Burst}. */
  get isInBurst(): boolean {
    return this.#burst.isOn;
  }

  /** Resolves when the lines are quiet, or have sent for so long that other work must be done, too. */
  calm(): Promise<void> {
    return this.#burst.over();
  }

  #schedule(lazy: boolean): void {
    if (this.#soon !== null) return;
    if (!lazy) {
      this.#soon = setImmediate(() => {
        // Committed now it would not be on the disk any earlier, and those that come meanwhile would need a COMMIT of their own.
        if (this.#database.isSyncing) this.#afterSync = true;
        else this.flush();
      });
    } else if (this.#later === null) {
      this.#later = setTimeout(() => this.flush(), LAZY_MS);
      this.#later.unref();
    }
  }

  #unscheduled(): void {
    if (this.#soon !== null) clearImmediate(this.#soon);
    if (this.#later !== null) clearTimeout(this.#later);
    this.#soon = null;
    this.#later = null;
    this.#afterSync = false;
  }

  /** A sync has ended: what came meanwhile is committed. */
  synced(): void {
    if (this.#afterSync) this.flush();
  }

  /** Commits what {@link appendDurable} and {@link expectMessage} have gathered, now; who waits is told when it is on the disk. */
  flush(): void {
    this.#unscheduled();
    if (this.#waiting.length === 0 && this.#added.size === 0) return;
    try {
      this.#database.storeJournal();
    } catch (error) {
      this.#unscheduled();
      for (const item of this.#waiting.splice(0)) item.failed(error);
    }
  }

  /**
   * Writes what waits into the open transaction, whoever opened it. The caller says afterwards whether it was committed; what was not waits
   * for the next one.
   */
  board(): JournalRide {
    const waiting = this.#waiting;
    const added = this.#added;
    const awaited = waiting.reduce((n, { entry }) => n + (entry.durable === false ? 0 : 1), 0);
    const isAwaited = awaited > 0;
    this.#waiting = [];
    this.#added = new Map();
    if (isAwaited) this.#onTheWay += 1;
    const ended = () => {
      if (isAwaited) this.#onTheWay -= 1;
    };
    const undone = () => {
      ended();
      this.#waiting = [...waiting, ...this.#waiting];
      this.#added = new Map([...added, ...this.#added]);
      if (this.#waiting.length > 0) this.#schedule(false);
    };
    let seqs: number[];
    try {
      seqs = this.#rows.insert(waiting.map(({ entry }) => entry));
      for (const message of added.values()) this.#rows.insertMessage(message);
    } catch (error) {
      undone();
      throw error;
    }
    return {
      awaited,
      undone,
      stored: () => {
        ended();
        if (isAwaited) this.#burst.stored();
        waiting.forEach((item, i) => {
          item.done(seqs[i] as number);
        });
      },
      lost: (error) => {
        ended();
        for (const item of waiting) item.failed(error);
      },
    };
  }

  /** Records a complete (or given-up) message. Committed on return, or with the open unit. */
  addMessage(message: JournalMessage): void {
    this.#database.plain(() => this.#rows.insertMessage(message));
  }

  /**
   * Records a complete message that is going to be posted: known at once, written with the next commit, at the latest with the unit that posts
   * it. Until then its frames, which were stored before they were acknowledged, say the same.
   */
  expectMessage(message: JournalMessage): void {
    if (this.#database.isClosed) throw storeError('store.closed');
    if (this.message(message.id) !== undefined) throw new Error(`message ${message.id} is in the journal`);
    this.#added.set(message.id, message);
    this.#schedule(true);
  }

  /** Changes a message's state, what was told, or the detail. Committed on return, or with the open unit. */
  mark(mark: MessageMark): void {
    this.#settle();
    this.#database.plain(() => this.#rows.mark(mark));
  }

  /** Marks a message as posted; inside a unit of work it is stored together with the results. */
  markPosted(messageId: string, detail: unknown): void {
    this.mark({ id: messageId, state: 'posted', detail });
  }

  /** Messages that are received but not yet posted, oldest first: what is to be done after a restart. */
  unposted(limit = 1000): JournalMessage[] {
    return this.#messages("WHERE state = 'received' ORDER BY firstSeq LIMIT ?", [limit]);
  }

  /** One message, or undefined. */
  message(id: string): JournalMessage | undefined {
    return this.#added.get(id) ?? this.#messages('WHERE id = ?', [id], false)[0];
  }

  /** The newest message of an instrument with this digest, to recognise a repeat. */
  messageByDigest(instrumentId: string, digest: string): JournalMessage | undefined {
    return this.#messages('WHERE instrumentId = ? AND digest = ? ORDER BY firstSeq DESC LIMIT 1', [
      instrumentId,
      digest,
    ])[0];
  }

  /** Messages of an instrument, newest first. */
  messages(instrumentId: string, limit = 100, beforeSeq = Number.MAX_SAFE_INTEGER): JournalMessage[] {
    return this.#messages('WHERE instrumentId = ? AND firstSeq < ? ORDER BY firstSeq DESC LIMIT ?', [
      instrumentId,
      beforeSeq,
      limit,
    ]);
  }

  /** What waits is written first, so that it is found. */
  #settle(): void {
    if (!this.#database.inTransaction && (this.#waiting.length > 0 || this.#added.size > 0)) this.flush();
  }

  /** Messages whose detail names pictures, of a span of instants (both included), oldest first. */
  messagesWithImages(fromAt: string, toAt: string, limit = 5_000): JournalMessage[] {
    return this.#messages(
      'WHERE instr(detail, \'"images":\') > 0 AND at >= ? AND at <= ? ORDER BY at LIMIT ?',
      [fromAt, toAt, limit],
    );
  }

  #messages(where: string, params: SqlValue[], settle = true): JournalMessage[] {
    if (settle) this.#settle();
    return this.#rows.messages(where, params);
  }

  /** Adds to the counters of a line on a local day (`YYYY-MM-DD`). Committed on return, or with the open unit. */
  addCounts(instrumentId: string, day: string, counts: Readonly<Record<string, number>>): void {
    this.#database.plain(() => this.#rows.addCounts(instrumentId, day, counts));
  }

  /** The counters of a line from a local day on, newest day first. */
  counts(instrumentId: string, sinceDay: string): { day: string; counts: Record<string, number> }[] {
    return this.#rows.counts(instrumentId, sinceDay);
  }

  /** Entries in order of `seq` (ascending). With only `beforeSeq` or no bound: the newest `limit` of them. */
  read(query: JournalQuery = {}): JournalEntry[] {
    this.#settle();
    return this.#rows.read(query);
  }

  /** The bytes of a message as they came in: all `in` entries of the message's link between its first and last entry, joined. */
  bytesOf(message: JournalMessage): Uint8Array {
    this.#settle();
    return this.#rows.bytesOf(message);
  }
}
