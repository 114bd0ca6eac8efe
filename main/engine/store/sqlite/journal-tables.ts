/** The tables of the wire journal, and what stands in them. */
import type { SqliteDriver } from './driver.ts';

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
}

/** A row is an entry, and in `earlier` those before it that nobody waited for: see journal-pack.ts. */
export const JOURNAL_TABLES = `
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY,
  instrumentId TEXT NOT NULL, linkId TEXT NOT NULL, at TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'event')),
  bytes BLOB NOT NULL, note TEXT,
  earlier TEXT
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

/** Gives the journal of an earlier version what this one needs, in the open transaction; its rows stay as they are. */
export function upgradeJournal(driver: SqliteDriver): void {
  const has = driver.column("SELECT count(*) FROM pragma_table_info('journal') WHERE name = 'earlier'").get();
  if (has === 0) driver.exec('ALTER TABLE journal ADD COLUMN earlier TEXT');
}
