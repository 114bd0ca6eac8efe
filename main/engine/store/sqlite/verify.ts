import type { KeyObject } from 'node:crypto';
import { attachmentDigest, documentDigest, GENESIS, headSeal, rowHash, type WriteContext } from './audit.ts';
import type { LeveyDatabase } from './database.ts';
import type { SqliteDriver } from './driver.ts';
import { type CollectionRow, listCollections } from './tables.ts';

/** One thing that does not fit. `kind` names it for tests and the log; `text` says it in a sentence without patient data. */
export interface AuditFault {
  kind:
    | 'row.gap'
    | 'row.changed'
    | 'row.context'
    | 'head.missing'
    | 'head.seal'
    | 'head.differs'
    | 'document.changed'
    | 'document.unknown'
    | 'document.old'
    | 'document.removed'
    | 'attachment.changed'
    | 'attachment.unknown'
    | 'attachment.removed'
    | 'trigger.missing';
  seq?: number;
  collection?: string;
  docId?: string;
  text: string;
}

/** What {@link verifyAudit} found. `ok` is true when there are no faults; at most 1000 are listed. */
export interface AuditReport {
  ok: boolean;
  auditRows: number;
  documents: number;
  attachments: number;
  faults: AuditFault[];
}

interface Row {
  seq: number;
  unit: number;
  at: string | null;
  station: string | null;
  actor: string | null;
  command: string | null;
  reason: string | null;
  collection: string;
  docId: string;
  op: string;
  prev: number;
  changes: string | null;
  digest: string;
  hash: string;
}

const MAX_FAULTS = 1000;
const TRIGGERS = [
  'audit_no_update',
  'audit_no_delete',
  'journal_no_update',
  'journal_no_delete',
  'messages_no_delete',
];

/**
 * Walks the whole audit chain and then every document and attachment, on a second connection that sees one consistent state, giving way
 * to other work every `slice` rows.
 *
 * Found are: an edited, removed, inserted or cut-off audit row; a document or attachment that was edited, put back to an older state, removed
 * or added past the engine; missing protection triggers. Not found, by nature: a whole file put back to an earlier copy.
 */
export async function verifyAudit(database: LeveyDatabase, slice = 2000): Promise<AuditReport> {
  const reader = database.driver.openReader();
  try {
    reader.exec('BEGIN');
    return await new Verification(reader, database.audits.key, slice).run();
  } finally {
    reader.close();
  }
}

class Verification {
  readonly #driver: SqliteDriver;
  readonly #key: KeyObject;
  readonly #slice: number;
  readonly #report: AuditReport = { ok: true, auditRows: 0, documents: 0, attachments: 0, faults: [] };
  /** One bit per audit row: it is the last one of a document that should be stored. */
  #current: Uint8Array = new Uint8Array();

  constructor(driver: SqliteDriver, key: KeyObject, slice: number) {
    this.#driver = driver;
    this.#key = key;
    this.#slice = slice;
  }

  async run(): Promise<AuditReport> {
    this.#checkTriggers();
    await this.#walkChain();
    for (const collection of listCollections(this.#driver)) {
      if (collection.audited === 1) await this.#checkDocuments(collection);
    }
    await this.#checkAttachments();
    this.#checkRemoved();
    this.#report.ok = this.#report.faults.length === 0;
    return this.#report;
  }

  #fault(fault: AuditFault): void {
    if (this.#report.faults.length < MAX_FAULTS) this.#report.faults.push(fault);
  }

  #checkTriggers(): void {
    const found = this.#driver
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .pluck()
      .all() as string[];
    for (const name of TRIGGERS) {
      if (!found.includes(name))
        this.#fault({ kind: 'trigger.missing', text: `The protection ${name} is missing.` });
    }
  }

  #mark(seq: number, on: boolean): void {
    const byte = seq >> 3;
    const bit = 1 << (seq & 7);
    const old = this.#current[byte] ?? 0;
    this.#current[byte] = on ? old | bit : old & ~bit;
  }

  #isMarked(seq: number): boolean {
    return ((this.#current[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0;
  }

  async #walkChain(): Promise<void> {
    const last = Number(this.#driver.prepare('SELECT coalesce(max(seq), 0) FROM audit').pluck().get());
    this.#current = new Uint8Array((last >> 3) + 1);
    const page = this.#driver.prepare('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?');
    let expected = 1;
    let previousHash = GENESIS;
    let unit = 0;
    let context: WriteContext | undefined;
    for (;;) {
      const rows = page.all(expected - 1, this.#slice) as Row[];
      for (const row of rows) {
        if (row.seq !== expected) {
          this.#fault({
            kind: 'row.gap',
            seq: expected,
            text: `Audit rows ${expected} to ${row.seq - 1} are missing.`,
          });
        }
        if (row.unit === row.seq) {
          unit = row.seq;
          context = contextOf(row);
        }
        if (context === undefined || row.unit !== unit) {
          this.#fault({
            kind: 'row.context',
            seq: row.seq,
            text: `Audit row ${row.seq} has lost the context of its unit.`,
          });
        } else if (rowHash(this.#key, previousHash, { ...row, context }) !== row.hash) {
          this.#fault({
            kind: 'row.changed',
            seq: row.seq,
            text: `Audit row ${row.seq} does not follow from the one before.`,
          });
        }
        previousHash = row.hash;
        expected = row.seq + 1;
        this.#report.auditRows++;
        if (row.prev > 0) this.#mark(row.prev, false);
        if (row.op !== 'purge' && row.op !== 'note') this.#mark(row.seq, true);
      }
      if (rows.length < this.#slice) break;
      await pause();
    }
    this.#checkHead(expected - 1, previousHash);
  }

  #checkHead(seq: number, hash: string): void {
    const head = this.#driver.prepare('SELECT seq, hash, seal FROM audit_head').get() as
      | { seq: number; hash: string; seal: string }
      | undefined;
    if (head === undefined) {
      if (seq > 0) this.#fault({ kind: 'head.missing', text: 'The end mark of the audit trail is missing.' });
      return;
    }
    if (headSeal(this.#key, head.seq, head.hash) !== head.seal)
      this.#fault({ kind: 'head.seal', seq: head.seq, text: 'The end mark of the audit trail was changed.' });
    if (head.seq !== seq || head.hash !== hash)
      this.#fault({
        kind: 'head.differs',
        seq: head.seq,
        text: `The audit trail should end at row ${head.seq} but ends at row ${seq}.`,
      });
  }

  async #checkDocuments(collection: CollectionRow): Promise<void> {
    const page = this.#driver.prepare(
      `SELECT d.n, d.id, d.data, d.audit, a.collection, a.docId, a.digest FROM ${collection.tableName} d
       LEFT JOIN audit a ON a.seq = d.audit WHERE d.n > ? ORDER BY d.n LIMIT ?`,
    );
    for (let after = 0; ; ) {
      const rows = page.all(after, this.#slice) as {
        n: number;
        id: string;
        data: string;
        audit: number;
        collection: string | null;
        docId: string | null;
        digest: string | null;
      }[];
      for (const row of rows) {
        after = row.n;
        this.#report.documents++;
        const where = { seq: row.audit, collection: collection.collection, docId: row.id };
        if (row.docId !== row.id || row.collection !== collection.collection) {
          this.#fault({ kind: 'document.unknown', ...where, text: 'A record has no audit row.' });
        } else if (row.digest !== documentDigest(row.data)) {
          this.#fault({ kind: 'document.changed', ...where, text: 'A record differs from its audit row.' });
          this.#mark(row.audit, false);
        } else if (!this.#isMarked(row.audit)) {
          this.#fault({
            kind: 'document.old',
            ...where,
            text: 'A record is in an earlier state than its audit rows say.',
          });
        } else {
          this.#mark(row.audit, false);
        }
      }
      if (rows.length < this.#slice) break;
      await pause();
    }
  }

  /** After the documents: every last audit row that no document claimed belongs to a record that is gone. */
  #checkRemoved(): void {
    const lookup = this.#driver.prepare('SELECT collection, docId FROM audit WHERE seq = ?');
    for (let byte = 0; byte < this.#current.length; byte++) {
      if (this.#current[byte] === 0) continue;
      for (let seq = byte << 3; seq < (byte + 1) << 3; seq++) {
        if (!this.#isMarked(seq)) continue;
        const row = lookup.get(seq) as { collection: string; docId: string } | undefined;
        if (row !== undefined)
          this.#fault({
            kind: 'document.removed',
            seq,
            ...row,
            text: 'A record with audit rows is not stored any more.',
          });
      }
    }
  }

  async #checkAttachments(): Promise<void> {
    const known = new Map(listCollections(this.#driver).map((row) => [row.tableName, row]));
    const names = this.#driver
      .prepare('SELECT rowid AS n, tableName, docId, name FROM attachments ORDER BY rowid')
      .all() as { n: number; tableName: string; docId: string; name: string }[];
    const read = this.#driver.prepare('SELECT data, digest FROM attachments WHERE rowid = ?');
    for (const { n, tableName, docId, name } of names) {
      const collection = known.get(tableName);
      if (collection?.audited === 0) continue;
      this.#report.attachments++;
      const { data, digest } = read.get(n) as { data: Uint8Array; digest: string };
      const where = { collection: collection?.collection ?? tableName, docId };
      const promised =
        collection === undefined ? undefined : this.#attachmentsOf(tableName, docId)[name]?.digest;
      if (promised === undefined)
        this.#fault({ kind: 'attachment.unknown', ...where, text: 'A stored file belongs to no record.' });
      else if (digest !== promised || attachmentDigest(data) !== promised)
        this.#fault({ kind: 'attachment.changed', ...where, text: 'A stored file differs from its record.' });
      if (this.#report.attachments % 100 === 0) await pause();
    }
    await this.#checkMissingAttachments([...known.values()], names);
  }

  async #checkMissingAttachments(
    collections: CollectionRow[],
    names: { tableName: string; docId: string; name: string }[],
  ): Promise<void> {
    const stored = new Set(names.map((row) => `${row.tableName}\n${row.docId}\n${row.name}`));
    for (const { tableName, collection, audited } of collections) {
      if (audited === 0) continue;
      const ids = this.#driver
        .prepare(`SELECT id FROM ${tableName} WHERE data NOT LIKE '%"\\_attachments":{}%' ESCAPE '\\'`)
        .pluck()
        .all() as string[];
      for (const docId of ids) {
        for (const name of Object.keys(this.#attachmentsOf(tableName, docId))) {
          if (stored.has(`${tableName}\n${docId}\n${name}`)) continue;
          this.#fault({
            kind: 'attachment.removed',
            collection,
            docId,
            text: 'A file of a record is not stored any more.',
          });
        }
      }
      await pause();
    }
  }

  #attachmentsOf(tableName: string, docId: string): Record<string, { digest: string }> {
    const data = this.#driver.prepare(`SELECT data FROM ${tableName} WHERE id = ?`).pluck().get(docId);
    if (data === undefined) return {};
    const document = JSON.parse(data as string) as { _attachments?: Record<string, { digest: string }> };
    return document._attachments ?? {};
  }
}

function contextOf(row: Row): WriteContext {
  const context: WriteContext = {
    at: row.at ?? '',
    station: row.station ?? '',
    actor: row.actor ?? '',
    command: row.command ?? '',
  };
  if (row.reason !== null) context.reason = row.reason;
  return context;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
