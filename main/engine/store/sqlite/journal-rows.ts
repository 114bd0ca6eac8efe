import type { SqliteDriver } from './driver.ts';
import type {
  JournalEntry,
  JournalInput,
  JournalMessage,
  JournalQuery,
  MessageMark,
} from './journal-tables.ts';
import type { SqlValue } from './raw.ts';

/** Entries that one statement stores, and the statements by how many they store. */
const MOST_IN_ONE = 8;
const INSERTS = Array.from(
  { length: MOST_IN_ONE + 1 },
  (_, rows) =>
    `INSERT INTO journal (instrumentId, linkId, at, direction, bytes, note) VALUES ${Array(rows).fill('(?,?,?,?,?,?)').join()}`,
);

type MessageRow = Omit<JournalMessage, 'detail'> & { detail: string };
type EntryRow = Omit<JournalEntry, 'note'> & { note: string | null };

/** The statements of the wire journal, in whatever transaction is open. */
export class JournalRows {
  readonly #driver: SqliteDriver;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  /** Stores entries in their order, several by one statement: a short message is five of them. */
  insert(entries: readonly JournalInput[]): number[] {
    const seqs: number[] = [];
    for (let at = 0; at < entries.length; at += MOST_IN_ONE) {
      const some = entries.slice(at, at + MOST_IN_ONE);
      const { lastInsertRowid } = this.#driver
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

  /** Stores a message. */
  insertMessage(message: JournalMessage): void {
    this.#driver
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

  /** Changes a message. @throws Error when there is none of that id */
  mark(mark: MessageMark): void {
    const { changes } = this.#driver
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
  }

  /** Messages by what follows `SELECT * FROM messages`. */
  messages(where: string, params: SqlValue[]): JournalMessage[] {
    return this.#driver.guard(() => {
      const rows = this.#driver.prepare(`SELECT * FROM messages ${where}`).all(...params) as MessageRow[];
      return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as unknown }));
    });
  }

  /** Adds to the counters of a line on a local day. */
  addCounts(instrumentId: string, day: string, counts: Readonly<Record<string, number>>): void {
    const add = this.#driver.prepare(
      'INSERT INTO lineCounts (instrumentId, day, what, n) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n',
    );
    for (const [what, n] of Object.entries(counts)) add.run(instrumentId, day, what, n);
  }

  /** The counters of a line from a local day on, newest day first. */
  counts(instrumentId: string, sinceDay: string): { day: string; counts: Record<string, number> }[] {
    return this.#driver.guard(() => {
      const rows = this.#driver
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
  read(query: JournalQuery): JournalEntry[] {
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
    return this.#driver.guard(() => {
      const rows = this.#driver.prepare(sql).all(...params, query.limit ?? 200) as EntryRow[];
      if (newestFirst) rows.reverse();
      return rows.map(({ note, ...row }) => (note === null ? row : { ...row, note }));
    });
  }

  /** The bytes of a message as they came in: all `in` entries of the message's link between its first and last entry, joined. */
  bytesOf(message: JournalMessage): Uint8Array {
    return this.#driver.guard(() => {
      const parts = this.#driver
        .prepare(
          "SELECT bytes FROM journal WHERE instrumentId = ? AND seq BETWEEN ? AND ? AND direction = 'in' ORDER BY seq",
        )
        .pluck()
        .all(message.instrumentId, message.firstSeq, message.lastSeq) as Uint8Array[];
      return new Uint8Array(Buffer.concat(parts));
    });
  }
}
