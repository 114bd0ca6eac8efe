import {
  createHash,
  createHmac,
  createSecretKey,
  hash as digestOf,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { SqliteDriver } from './driver.ts';

/** Who does what, why, where and when: comes with every write and is stored with every audit row. */
export interface WriteContext {
  /** Id of the person, or a name like `engine` or `instrument:SYS-1`. */
  actor: string;
  /** Name of the command, e.g. `results.verify`. */
  command: string;
  /** Why, as typed or chosen by the person. */
  reason?: string;
  /** Code of the station. */
  station: string;
  /** ISO 8601 UTC instant with milliseconds. */
  at: string;
}

/** What happened to a document, or `note` for an entry that is not a document write. */
export type AuditOp = 'insert' | 'update' | 'delete' | 'restore' | 'purge' | 'note';

/** A field's value before and after; a missing side means the field was not there. */
export type AuditChanges = Record<string, { before?: unknown; after?: unknown }>;

/** One row of the audit trail as it is read back. */
export interface AuditEntry {
  seq: number;
  at: string;
  station: string;
  actor: string;
  command: string;
  reason: string | null;
  collection: string;
  docId: string;
  op: AuditOp;
  /** `update`: the changed top-level fields. `delete`: the whole document before. `note`: the payload. */
  changes: unknown;
  /** SHA-256 (base64) of the stored document after the write; empty for `note` and `purge`. */
  digest: string;
  /** HMAC-SHA256 (base64) over the row and the hash of the row before it. */
  hash: string;
}

export const AUDIT_TABLES = `
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY,
  unit INTEGER NOT NULL,
  at TEXT, station TEXT, actor TEXT, command TEXT, reason TEXT,
  collection TEXT NOT NULL,
  docId TEXT NOT NULL,
  op TEXT NOT NULL,
  prev INTEGER NOT NULL,
  changes TEXT,
  digest TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;
`;

const INSERT = `INSERT INTO audit (seq, unit, at, station, actor, command, reason, collection, docId, op, prev, changes, digest, hash)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`;
/** A row after the first of its unit, which has the context. */
const INSERT_MORE =
  'INSERT INTO audit (seq, unit, collection, docId, op, prev, changes, digest, hash) VALUES (?,?,?,?,?,?,?,?,?)';
const SET_HEAD =
  'INSERT INTO audit_head (one, seq, hash, seal) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal';

/** The hash that the first row of a chain follows. */
export const GENESIS = '';

/** SHA-256 (base64) of a stored document's JSON text, or of its UTF-8 bytes. */
export function documentDigest(json: string | Uint8Array): string {
  return digestOf('sha256', json, 'base64');
}

/** The chain's own key: HKDF-SHA256 of the database key, so that the database key itself is never used for anything else. */
export function auditKey(databaseKey: Uint8Array): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', databaseKey, new Uint8Array(32), 'levey audit chain', 32)),
  );
}

/** The fields of one row that its hash covers, beside the previous hash. */
export interface HashedRow {
  seq: number;
  unit: number;
  context: WriteContext;
  collection: string;
  docId: string;
  op: string;
  prev: number;
  changes: string | null;
  digest: string;
}

/** HMAC-SHA256 (base64) of one row; binds the row to the one before it and to the context of its unit. */
export function rowHash(key: KeyObject, previousHash: string, row: HashedRow): string {
  const { context } = row;
  return createHmac('sha256', key)
    .update(
      JSON.stringify([
        previousHash,
        row.seq,
        row.unit,
        context.at,
        context.station,
        context.actor,
        context.command,
        context.reason ?? null,
        row.collection,
        row.docId,
        row.op,
        row.prev,
        row.changes,
        row.digest,
      ]),
    )
    .digest('base64');
}

/** HMAC over the head, so that a shortened chain cannot simply be given a new end. */
export function headSeal(key: KeyObject, seq: number, hash: string): string {
  return createHmac('sha256', key).update(`head ${seq} ${hash}`).digest('base64');
}

/** Where the chain stands. */
export interface AuditHead {
  seq: number;
  hash: string;
}

/**
 * Writes the audit rows of one database, in the transaction of the writes they describe. The rows of one unit share the context, which
 * stands in the unit's first row only (`unit` = its seq).
 */
export class AuditWriter {
  readonly key: KeyObject;
  readonly #driver: SqliteDriver;
  #head: AuditHead;
  #storedSeq: number;
  #context: WriteContext | undefined;
  #unit = 0;

  constructor(driver: SqliteDriver, databaseKey: Uint8Array) {
    this.key = auditKey(databaseKey);
    this.#driver = driver;
    this.#head = this.#readHead();
    this.#storedSeq = this.#head.seq;
  }

  #readHead(): AuditHead {
    const row = this.#driver.prepare('SELECT seq, hash FROM audit_head').get() as AuditHead | undefined;
    return row ?? { seq: 0, hash: GENESIS };
  }

  get head(): AuditHead {
    return this.#head;
  }

  /** Begins a unit: the following rows carry `context`. */
  beginUnit(context: WriteContext): void {
    this.#context = context;
    this.#unit = 0;
  }

  /** Puts the writer back to where it stood before a part that was undone. */
  reset(head: AuditHead): void {
    this.#head = head;
    this.#unit = 0;
  }

  /** Forgets everything that is not committed. */
  undone(): void {
    this.#head = this.#readHead();
    this.#storedSeq = this.#head.seq;
    this.#unit = 0;
  }

  /**
   * Adds one row and returns its seq.
   * @param prev seq of the document's previous row, 0 for its first
   * @param digest of the document after the write
   */
  append(
    collection: string,
    docId: string,
    op: AuditOp,
    prev: number,
    changes: string | null,
    digest: string,
  ): number {
    const context = this.#context;
    if (context === undefined) throw new Error('audit row outside of a unit');
    const seq = this.#head.seq + 1;
    const first = this.#unit === 0;
    if (first) this.#unit = seq;
    const unit = this.#unit;
    const hash = rowHash(this.key, this.#head.hash, {
      seq,
      unit,
      context,
      collection,
      docId,
      op,
      prev,
      changes,
      digest,
    });
    if (first) {
      const { at, station, actor, command, reason = null } = context;
      this.#driver
        .prepare(INSERT)
        .run(
          ...[seq, unit, at, station, actor, command, reason],
          ...[collection, docId, op, prev, changes, digest, hash],
        );
    } else {
      this.#driver.prepare(INSERT_MORE).run(seq, unit, collection, docId, op, prev, changes, digest, hash);
    }
    this.#head = { seq, hash };
    return seq;
  }

  /** Stores the head; called once before COMMIT. */
  storeHead(): void {
    if (this.#head.seq === this.#storedSeq) return;
    const { seq, hash } = this.#head;
    this.#driver.prepare(SET_HEAD).run(seq, hash, headSeal(this.key, seq, hash));
    this.#storedSeq = seq;
  }
}

const META_FIELDS = new Set(['_rev', '_meta']);

/**
 * The changed top-level fields between two stored documents, as JSON text. RxDB's revision fields are left out.
 * @param only the fields that may differ, where that is known; none of them is missing in `after`
 */
export function changedFields(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  only?: readonly string[],
): string {
  const changes: AuditChanges = {};
  for (const field of only ?? Object.keys(after)) {
    const a = before[field];
    const b = after[field];
    if (!differ(a, b) || META_FIELDS.has(field)) continue;
    changes[field] = a === undefined ? { after: b } : { before: a, after: b };
  }
  for (const field of only === undefined ? Object.keys(before) : []) {
    if (after[field] !== undefined || before[field] === undefined || META_FIELDS.has(field)) continue;
    changes[field] = { before: before[field] };
  }
  return JSON.stringify(changes);
}

/** True when two values have not the same JSON. @param a was JSON */
function differ(a: unknown, b: unknown): boolean {
  if (a === b) return false;
  if (typeof a === 'string' && typeof b === 'string') return true;
  return !isSame(a, b) && JSON.stringify(a) !== JSON.stringify(b);
}

/** True when two values have the same JSON, as far as that is seen without writing it. @param a was JSON */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!isSame(a[at], b[at])) return false;
    return true;
  }
  const names = Object.keys(a);
  const others = Object.keys(b);
  if (names.length === 0 || names.length !== others.length) return false;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    if (name !== others[at]) return false;
    if (!isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return false;
  }
  return true;
}

const SELECT_ENTRY = `SELECT a.seq, u.at, u.station, u.actor, u.command, u.reason, a.collection, a.docId, a.op, a.prev, a.changes, a.digest, a.hash
FROM audit a JOIN audit u ON u.seq = a.unit`;

type EntryRow = Omit<AuditEntry, 'changes'> & { prev: number; changes: string | null };

function toEntry(row: EntryRow): AuditEntry {
  const { prev: _prev, changes, ...rest } = row;
  return { ...rest, changes: changes === null ? null : (JSON.parse(changes) as unknown) };
}

/** Audit rows after `afterSeq` in order, at most `limit`. */
export function auditAfter(driver: SqliteDriver, afterSeq: number, limit: number): AuditEntry[] {
  const rows = driver
    .prepare(`${SELECT_ENTRY} WHERE a.seq > ? ORDER BY a.seq LIMIT ?`)
    .all(afterSeq, limit) as EntryRow[];
  return rows.map(toEntry);
}

/** The history that ends in row `seq`, oldest first: follows each row's pointer to the document's row before. */
export function auditChainOf(driver: SqliteDriver, seq: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  const statement = driver.prepare(`${SELECT_ENTRY} WHERE a.seq = ?`);
  let at = seq;
  while (at > 0) {
    const row = statement.get(at) as EntryRow | undefined;
    if (row === undefined) break;
    entries.push(toEntry(row));
    at = row.prev;
  }
  return entries.reverse();
}

/** SHA-256 as hex, the form in which RxDB names the content of an attachment. */
export function attachmentDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The newest `limit` audit rows, oldest first. */
export function auditTail(driver: SqliteDriver, limit: number): AuditEntry[] {
  const rows = driver.prepare(`${SELECT_ENTRY} ORDER BY a.seq DESC LIMIT ?`).all(limit) as EntryRow[];
  return rows.reverse().map(toEntry);
}

export type { AuditFault, AuditReport } from './verify.ts';
