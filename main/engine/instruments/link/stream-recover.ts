/** Reads accepted messages of a line protocol back out of the wire journal (see `recover.ts`). Rows marked `block` hold the accepted blocks. */
import { toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import {
  type Assembly,
  assemble,
  type Framing,
  joinBlocks,
  NOTHING,
  readBlock,
} from '../../../../shared/protocols/stream/framing.ts';
import type { RecoveredMessage, Recovery, StoredRow } from './ports.ts';

type Reason = NonNullable<RecoveredMessage['reason']>;

/** Finds messages in journal rows that come in order; a message may go on in the next page. */
export class StreamRecovery implements Recovery {
  readonly #framing: Framing;
  #assembly: Assembly = NOTHING;
  #rows: StoredRow[] = [];

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** What this row completes: a message, what a broken one left, a block for a person, or nothing. */
  push(row: StoredRow): RecoveredMessage | null {
    if (row.direction === 'out') return null;
    const [mark = '', ...why] = (row.note ?? '').split(': ');
    switch (mark) {
      case 'block':
        return this.#block(row);
      case 'spoiled':
        return { ...found([row], row.bytes), unreadable: spoiledText(why.join(': ')) };
      case 'enq':
        return this.#broken('restarted');
      case 'eot':
        return this.#broken('endOfTransfer');
      case 'timeout':
        return row.bytes.length === 0 ? this.#broken('timeout') : null;
      case 'open':
      case 'close':
        return this.#broken('closed');
      default:
        return null;
    }
  }

  /** A message still open when the rows end: incomplete, since the line is gone. */
  end(): RecoveredMessage | null {
    return this.#broken('closed');
  }

  #block(row: StoredRow): RecoveredMessage | null {
    const { assembly, broken, message } = assemble(
      this.#assembly,
      readBlock(toBinary(row.bytes), this.#framing),
      this.#framing,
    );
    const before = this.#rows;
    this.#assembly = assembly;
    this.#rows = assembly.open ? (broken === null ? [...before, row] : [row]) : [];
    if (broken !== null) return this.#left(before, broken, 'restarted');
    return message === null ? null : found([...before, row], joinBlocks(message, this.#framing));
  }

  #broken(reason: Reason): RecoveredMessage | null {
    const { blocks, pending } = this.#assembly;
    const rows = this.#rows;
    this.#assembly = NOTHING;
    this.#rows = [];
    const left = pending === '' ? blocks : [...blocks, pending];
    return left.length === 0 ? null : this.#left(rows, left, reason);
  }

  #left(rows: readonly StoredRow[], blocks: readonly string[], reason: Reason): RecoveredMessage {
    return { ...found(rows, joinBlocks(blocks, this.#framing)), complete: false, reason };
  }
}

/** What a person is told of a block that must not be believed and will not come again. */
export function spoiledText(why: string): string {
  return `A block was not taken: ${why}. The device does not send it again by itself.`;
}

function found(rows: readonly StoredRow[], text: Uint8Array): RecoveredMessage {
  const last = rows.at(-1);
  return {
    text,
    frames: rows.length,
    at: last?.at ?? '',
    journal: { firstSeq: rows[0]?.seq ?? 0, lastSeq: last?.seq ?? 0 },
    complete: true,
  };
}
