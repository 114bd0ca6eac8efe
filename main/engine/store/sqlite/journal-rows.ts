import type { SqliteDriver } from './driver.ts';
import { type JournalRow, packed, type StoredJournalRow, unpacked } from './journal-pack.ts';
import type {
  JournalEntry,
  JournalInput,
  JournalMessage,
  JournalQuery,
  MessageMark,
} from './journal-tables.ts';
import type { SqlValue } from './raw.ts';

/** Rows that one statement stores, and the statements by how many they store. */
const MOST_IN_ONE = 8;
const INSERTS = Array.from(
  { length: MOST_IN_ONE + 1 },
  (_, rows) =>
    `INSERT INTO journal (seq, instrumentId, linkId, at, direction, bytes, note, earlier) VALUES ${Array(rows).fill('(?,?,?,?,?,?,?,?)').join()}`,
);

type MessageRow = Omit<JournalMessage, 'detail'> & { detail: string };

/** The rows that hold the entries between two numbers (exclusive): the first one behind the second number may hold some, too. */
export function entriesSql(ofInstrument: boolean, newestFirst: boolean): string {
  const own = ofInstrument ? 'instrumentId = ? AND ' : '';
  const behind = `SELECT min(seq) FROM journal WHERE ${own}seq >= ?`;
  return `SELECT * FROM journal WHERE ${own}seq > ? AND seq <= coalesce((${behind}), ?) ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'}`;
}

/** The statements of the wire journal, in whatever transaction is open. */
export class JournalRows {
  readonly #driver: SqliteDriver;
  #last: { seq: number; undone: number } | undefined;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  /** Stores entries, those of an instrument in their order, and gives each a number. */
  insert(entries: readonly JournalInput[]): number[] {
    if (entries.length === 0) return [];
    const { rows, seqs } = packed(entries, this.#highest());
    this.#last = undefined;
    for (let at = 0; at < rows.length; at += MOST_IN_ONE) {
      const values: SqlValue[] = [];
      const end = Math.min(rows.length, at + MOST_IN_ONE);
      for (let i = at; i < end; i += 1) {
        const { seq, entry, earlier } = rows[i] as JournalRow;
        values.push(seq, entry.instrumentId, entry.linkId, entry.at, entry.direction, entry.bytes);
        values.push(entry.note ?? null, earlier);
      }
      this.#driver.prepare(INSERTS[end - at] as string).run(...values);
    }
    this.#last = { seq: rows.at(-1)?.seq ?? 0, undone: this.#driver.undone };
    return seqs;
  }

  /** The highest number given. Rows are never removed, and nobody else writes: it is that of the last insert unless this was undone. */
  #highest(): number {
    if (this.#last?.undone === this.#driver.undone) return this.#last.seq;
    return this.#driver.column('SELECT coalesce(max(seq), 0) FROM journal').get() as number;
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
  read({ instrumentId, afterSeq, beforeSeq, limit = 200 }: JournalQuery): JournalEntry[] {
    return this.#entries(instrumentId, afterSeq, beforeSeq, afterSeq === undefined, limit);
  }

  /** At most so many entries between two numbers (exclusive), the first or the newest of them, in order of `seq`. */
  #entries(
    instrumentId: string | undefined,
    afterSeq = 0,
    beforeSeq = Number.MAX_SAFE_INTEGER,
    newest = false,
    most = Number.POSITIVE_INFINITY,
  ): JournalEntry[] {
    const id = instrumentId === undefined ? [] : [instrumentId];
    const params = [...id, afterSeq, ...id, beforeSeq, beforeSeq];
    return this.#driver.guard(() => {
      const statement = this.#driver.prepare(entriesSql(instrumentId !== undefined, newest));
      const found: JournalEntry[][] = [];
      let count = 0;
      // Rows hold one entry or many, so that only reading them says how many are needed.
      for (const row of statement.iterate(...params)) {
        const some = unpacked(row as StoredJournalRow).filter(({ seq }) => seq > afterSeq && seq < beforeSeq);
        found.push(some);
        count += some.length;
        if (count >= most) break;
      }
      if (newest) found.reverse();
      const over = Math.max(0, count - most);
      return newest ? found.flat().slice(over) : found.flat().slice(0, count - over);
    });
  }

  /** The bytes of a message as they came in: all `in` entries of the message's link between its first and last entry, joined. */
  bytesOf({ instrumentId, firstSeq, lastSeq }: JournalMessage): Uint8Array {
    const entries = this.#entries(instrumentId, firstSeq - 1, lastSeq + 1);
    const parts = entries.filter(({ direction }) => direction === 'in').map(({ bytes }) => bytes);
    return new Uint8Array(Buffer.concat(parts));
  }
}
