/** The acknowledgements an MLLP line gives (M3, M4): which, when, and their bytes. */
import type { Clock } from '../../../../shared/domain/clock.ts';
import {
  type AckError,
  type AckLevel,
  type AckOutcome,
  ackFor,
} from '../../../../shared/protocols/hl7/ack.ts';
import { formatHl7Time } from '../../../../shared/protocols/hl7/times.ts';
import {
  type AnswerRules,
  isDeferred,
  isWanted,
  NOT_HL7,
  type ReadMessage,
} from '../../../../shared/protocols/mllp/answer.ts';
import { frameBlock } from '../../../../shared/protocols/mllp/block.ts';

/** Puts an acknowledgement on the line its message came on. */
export type WriteAck = (bytes: Uint8Array, mark: 'ack' | 'nak', note: string) => void;

export interface MllpAnswersOptions {
  rules: AnswerRules;
  clock: Clock;
  count(what: 'acks' | 'naksSent'): void;
}

export class MllpAnswers {
  readonly #options: MllpAnswersOptions;
  #number = 0;

  constructor(options: MllpAnswersOptions) {
    this.#options = options;
  }

  /** What is said of the messages of a block as soon as it is on disk. */
  stored(read: readonly ReadMessage[], write: WriteAck): void {
    if (read.length === 0) this.refuse([], 'error', NOT_HL7, write);
    for (const one of read) {
      if (one.error !== null) {
        this.refuse([one], one.outcome, one.error, write);
        continue;
      }
      if (this.#wants(one, 'accept')) this.#ack(one, 'accept', 'ok', write);
      if (!this.#isDeferred(one) && this.#wants(one, 'application'))
        this.#ack(one, 'application', 'ok', write);
    }
  }

  /** The messages of a block whose application acknowledgement waits until they are posted: see {@link posted}. */
  deferred(read: readonly ReadMessage[]): ReadMessage[] {
    return read.filter(
      (one) => one.error === null && this.#isDeferred(one) && this.#wants(one, 'application'),
    );
  }

  /** What is said of messages that are posted, or held for a person: either way they are kept. */
  posted(messages: readonly ReadMessage[], write: WriteAck): void {
    for (const one of messages) this.#ack(one, 'application', 'ok', write);
  }

  /**
   * Refuses the messages of a block, or a block in which none can be read, on the first level that is wanted.
   * @returns false when a sender did not want to be told
   */
  refuse(read: readonly ReadMessage[], outcome: AckOutcome, error: AckError, write: WriteAck): boolean {
    if (read.length === 0) this.#ack(null, 'application', outcome, write, error);
    let told = true;
    for (const one of read) {
      const level = (['accept', 'application'] as const).find((each) =>
        isWanted(one.message, each, outcome, this.#options.rules.acknowledge),
      );
      if (level === undefined) told = false;
      else this.#ack(one, level, outcome, write, error);
    }
    return told;
  }

  /** An application acknowledgement that is sent on its own; queries are answered by their response. */
  #wants({ message }: ReadMessage, level: AckLevel): boolean {
    const { acknowledge, responds } = this.#options.rules;
    if (level === 'application' && responds.includes(message.type.code)) return false;
    return isWanted(message, level, 'ok', acknowledge);
  }

  #isDeferred({ message }: ReadMessage): boolean {
    return isDeferred(message, this.#options.rules.acknowledge);
  }

  #ack(
    read: ReadMessage | null,
    level: AckLevel,
    outcome: AckOutcome,
    write: WriteAck,
    error?: AckError,
  ): void {
    const now = this.#options.clock.now();
    this.#number += 1;
    const { bytes } = ackFor(read?.message ?? null, {
      level,
      outcome,
      time: formatHl7Time(now.toISOString().slice(0, 19), 0),
      controlId: `${now.getTime().toString(36)}${this.#number.toString(36).padStart(4, '0')}`.toUpperCase(),
      ...(error === undefined ? {} : { errors: [error] }),
    });
    this.#options.count(outcome === 'ok' ? 'acks' : 'naksSent');
    const note = `M3 ${level} ${read?.message.controlId ?? ''}`.trimEnd();
    write(frameBlock(bytes), outcome === 'ok' ? 'ack' : 'nak', note);
  }
}
