/** Reads acknowledged HL7 messages back out of the wire journal (see `recover.ts`). Each is one row. */
import { type AnswerRules, readBlock } from '../../../../shared/protocols/mllp/answer.ts';
import { contentOf } from '../../../../shared/protocols/mllp/block.ts';
import { toldOf } from './mllp-told.ts';
import type { RecoveredMessage, Recovery, StoredRow } from './ports.ts';

/** Marks of rows that hold a message for posting. A refused one that is too long is not whole and not one of them. */
const MESSAGES = new Set(['block', 'duplicate', 'refused']);

/** Finds messages in journal rows. Parts of blocks were never acknowledged and are left alone: they come again. */
export class MllpRecovery implements Recovery {
  readonly #rules: AnswerRules;

  constructor(rules: AnswerRules) {
    this.#rules = rules;
  }

  /** The message in this row, or nothing. */
  push(row: StoredRow): RecoveredMessage | null {
    const mark = (row.note ?? '').split(':')[0] ?? '';
    const text = row.direction === 'in' && MESSAGES.has(mark) ? contentOf(row.bytes) : null;
    if (text === null) return null;
    return {
      text,
      frames: 1,
      at: row.at,
      journal: { firstSeq: row.seq, lastSeq: row.seq },
      complete: true,
      told: toldOf(readBlock(text, this.#rules), this.#rules),
    };
  }

  /** Nothing is ever open between rows. */
  end(): null {
    return null;
  }
}
