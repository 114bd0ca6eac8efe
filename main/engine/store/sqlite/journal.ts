import { Burst } from './burst.ts';
import type { LeveyDatabase } from './database.ts';
import { storeError } from './errors.ts';
import type { SqlValue } from './raw.ts';

export type JournalDirection = 'in' | 'out' | 'event';

/** One entry to write: bytes as they were on the wire, or an event of the link. */
export interface JournalInput {
  instrumentId: string;
  linkId: string;
  /** ISO 8601 UTC instant with milliseconds. */
  at: string;
  direction: JournalDirection;
  bytes: Uint8Array;
  note?: string;
  /** False: nobody waits for it, so it may ride on the next commit, at most {@link LAZY_MS} later. Default true. */
  durable?: boolean;
}

/** One entry as it is read back; `seq` rises without gaps within the file. */
export interface JournalEntry extends JournalInput {
  seq: number;
}

/** What became of a message here … */
export type MessageState = 'received' | 'posted' | 'held' | 'failed' | 'incomplete';
/** … and, apart from that, what the instrument was told. */
export type MessageTold = 'accepted' | 'refused' | 'none';

export interface JournalMessage {
  id: string;
  instrumentId: string;
  /** First and last journal seq the message came in. */
  firstSeq: number;
  lastSeq: number;
  at: string;
  state: MessageState;
  told: MessageTold;
  /** What it is: `results`, `query`, … as the interpreter names it. */
  kind: string;
  /** Digest of the message's bytes; lets a repeat be seen. */
  digest: string;
  detail: unknown;
}

/** A change of a message, made inside a unit of work. */
export interface MessageMark {
  id: string;
  state?: MessageState;
  told?: MessageTold;
  detail?: unknown;
}

export interface JournalQuery {
  instrumentId?: string;
  /** Exclusive bounds of `seq`. */
  afterSeq?: number;
  beforeSeq?: number;
  /** At most so many entries; the newest first when only `beforeSeq` is given, else the oldest first. Default 200. */
  limit?: number;
  /** Text to find in the bytes or the note. */
  search?: string;
}

export const JOURNAL_TABLES = `
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY,
  instrumentId TEXT NOT NULL, linkId TEXT NOT NULL, at TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'event')),
  bytes BLOB NOT NULL, note TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS journal_instrument ON journal (instrumentId, seq);
CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY, instrumentId TEXT NOT NULL, firstSeq INTEGER NOT NULL, lastSeq INTEGER NOT NULL, at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'posted', 'held', 'failed', 'incomplete')),
  told TEXT NOT NULL CHECK (told IN ('accepted', 'refused', 'none')),
  kind TEXT NOT NULL, digest TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (firstSeq) WHERE state = 'received';
CREATE INDEX IF NOT EXISTS messages_instrument ON messages (instrumentId, firstSeq);
CREATE INDEX IF NOT EXISTS messages_digest ON messages (instrumentId, digest);
CREATE INDEX IF NOT EXISTS messages_images ON messages (at) WHERE instr(detail, '"images":') > 0;
CREATE TABLE IF NOT EXISTS lineCounts (
  instrumentId TEXT NOT NULL, day TEXT NOT NULL, what TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (instrumentId, day, what)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS messages_no_delete BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'messages are never removed'); END;
`;

/** Entries that one statement stores, and the statements by how many they store. */
const MOST_IN_ONE = 8;
const INSERTS = Array.from(
  { length: MOST_IN_ONE + 1 },
  (_, rows) =>
    `INSERT INTO journal (instrumentId, linkId, at, direction, bytes, note) VALUES ${Array(rows).fill('(?,?,?,?,?,?)').join()}`,
);

/** Entries that nobody waits for are written with the next commit, or after so many milliseconds. */
const LAZY_MS = 20;
type MessageRow = Omit<JournalMessage, 'detail'> & { detail: string };
type EntryRow = Omit<JournalEntry, 'note'> & { note: string | null };

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

  constructor(database: LeveyDatabase) {
    this.#database = database;
  }

  /** Stores one entry; committed with a full sync on return (or with the open unit). Returns its seq. */
  append(entry: JournalInput): number {
    return this.appendBatch([entry])[0] as number;
  }

  /** Stores several entries under one commit, in order. Returns their seqs. */
  appendBatch(entries: readonly JournalInput[]): number[] {
    return this.#database.plain(() => this.#insertAll(entries));
  }

  /**
   * Stores one entry together with those of other links that arrive in the same turn of the event loop, or with the next unit that is
   * committed; resolves with its seq after their common COMMIT. Entries keep the order of the calls. Rejects (for example `store.full`)
   * when nothing was stored.
   */
  appendDurable(entry: JournalInput): Promise<number> {
    return new Promise((done, failed) => {
      if (entry.durable !== false) this.#burst.came();
      this.#waiting.push({ entry, done, failed });
      this.#schedule(entry.durable === false);
    });
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
      seqs = this.#insertAll(waiting.map(({ entry }) => entry));
      for (const message of added.values()) this.#insertMessage(message);
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

  /** Stores entries in their order, several by one statement: a short message is five of them. */
  #insertAll(entries: readonly JournalInput[]): number[] {
    const seqs: number[] = [];
    for (let at = 0; at < entries.length; at += MOST_IN_ONE) {
      const some = entries.slice(at, at + MOST_IN_ONE);
      const { lastInsertRowid } = this.#database.driver
        .prepare(INSERTS[some.length] as string)
        .run(
          ...some.flatMap((one) => [
            one.instrumentId,
            one.linkId,
            one.at,
            one.direction,
            one.bytes,
            one.note ?? null,
          ]),
        );
      // Rows are never removed, so that each has the number after the one before.
      const last = Number(lastInsertRowid);
      for (let i = some.length - 1; i >= 0; i -= 1) seqs.push(last - i);
    }
    return seqs;
  }

  /** Records a complete (or given-up) message. Committed on return, or with the open unit. */
  addMessage(message: JournalMessage): void {
    this.#database.plain(() => this.#insertMessage(message));
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

  #insertMessage(message: JournalMessage): void {
    this.#database.driver
      .prepare(
        'INSERT INTO messages (id, instrumentId, firstSeq, lastSeq, at, state, told, kind, digest, detail) VALUES (?,?,?,?,?,?,?,?,?,?)',
      )
      .run(
        message.id,
        message.instrumentId,
        message.firstSeq,
        message.lastSeq,
        message.at,
        message.state,
        message.told,
        message.kind,
        message.digest,
        JSON.stringify(message.detail ?? null),
      );
  }

  /** Changes a message's state, what was told, or the detail. Committed on return, or with the open unit. */
  mark(mark: MessageMark): void {
    this.#settle();
    this.#database.plain(() => {
      const { changes } = this.#database.driver
        .prepare(
          'UPDATE messages SET state = coalesce(?, state), told = coalesce(?, told), detail = coalesce(?, detail) WHERE id = ?',
        )
        .run(
          mark.state ?? null,
          mark.told ?? null,
          mark.detail === undefined ? null : JSON.stringify(mark.detail),
          mark.id,
        );
      if (changes !== 1) throw new Error(`no message ${mark.id} in the journal`);
    });
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
    return this.#database.driver.guard(() => {
      const rows = this.#database.driver
        .prepare(`SELECT * FROM messages ${where}`)
        .all(...params) as MessageRow[];
      return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as unknown }));
    });
  }

  /** Adds to the counters of a line on a local day (`YYYY-MM-DD`). Committed on return, or with the open unit. */
  addCounts(instrumentId: string, day: string, counts: Readonly<Record<string, number>>): void {
    this.#database.plain(() => {
      const add = this.#database.driver.prepare(
        'INSERT INTO lineCounts (instrumentId, day, what, n) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n',
      );
      for (const [what, n] of Object.entries(counts)) add.run(instrumentId, day, what, n);
    });
  }

  /** The counters of a line from a local day on, newest day first. */
  counts(instrumentId: string, sinceDay: string): { day: string; counts: Record<string, number> }[] {
    return this.#database.driver.guard(() => {
      const rows = this.#database.driver
        .prepare(
          'SELECT day, what, n FROM lineCounts WHERE instrumentId = ? AND day >= ? ORDER BY day DESC, what',
        )
        .all(instrumentId, sinceDay) as { day: string; what: string; n: number }[];
      const days = new Map<string, Record<string, number>>();
      for (const { day, what, n } of rows) days.set(day, { ...days.get(day), [what]: n });
      return [...days].map(([day, counts]) => ({ day, counts }));
    });
  }

  /** Entries in order of `seq` (ascending). With only `beforeSeq` or no bound: the newest `limit` of them. */
  read(query: JournalQuery = {}): JournalEntry[] {
    this.#settle();
    const where: string[] = [];
    const params: SqlValue[] = [];
    const add = (condition: string, ...values: SqlValue[]) => {
      where.push(condition);
      params.push(...values);
    };
    if (query.instrumentId !== undefined) add('instrumentId = ?', query.instrumentId);
    if (query.afterSeq !== undefined) add('seq > ?', query.afterSeq);
    if (query.beforeSeq !== undefined) add('seq < ?', query.beforeSeq);
    if (query.search !== undefined && query.search !== '') {
      add('(instr(bytes, CAST(? AS BLOB)) > 0 OR instr(note, ?) > 0)', query.search, query.search);
    }
    const newestFirst = query.afterSeq === undefined;
    const sql = `SELECT * FROM journal ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`;
    return this.#database.driver.guard(() => {
      const rows = this.#database.driver.prepare(sql).all(...params, query.limit ?? 200) as EntryRow[];
      if (newestFirst) rows.reverse();
      return rows.map(({ note, ...row }) => (note === null ? row : { ...row, note }));
    });
  }

  /** The bytes of a message as they came in: all `in` entries of the message's link between its first and last entry, joined. */
  bytesOf(message: JournalMessage): Uint8Array {
    this.#settle();
    return this.#database.driver.guard(() => {
      const parts = this.#database.driver
        .prepare(
          "SELECT bytes FROM journal WHERE instrumentId = ? AND seq BETWEEN ? AND ? AND direction = 'in' ORDER BY seq",
        )
        .pluck()
        .all(message.instrumentId, message.firstSeq, message.lastSeq) as Uint8Array[];
      return new Uint8Array(Buffer.concat(parts));
    });
  }
}
