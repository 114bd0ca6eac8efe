/** Messages of ours on an MLLP line: one at a time, repeated until they are answered (M4). */
import { type Answer, type Expected, expectedFor } from '../../../../shared/protocols/mllp/answer.ts';
import { frameBlock } from '../../../../shared/protocols/mllp/block.ts';
import type { Timers } from '../../timers.ts';
import type { SendResult } from './ports.ts';

/** Control ids of ours that are remembered after they were dealt with, to tell a late answer from a foreign one. */
const REMEMBERED = 1_000;

export interface MllpSenderOptions {
  timers: Timers;
  /** wait for an answer, milliseconds */
  ackMs: number;
  /** how often an unanswered message is sent again */
  repeats: number;
  /** Puts bytes on the line; false when there is none. */
  write(bytes: Uint8Array, again: boolean, controlId: string): boolean;
  /** True while the line is not read: then silence means nothing. */
  deaf(): boolean;
  count(what: string): void;
  /** A message has ended, or another one is on its way. */
  changed(): void;
}

interface Outgoing extends Expected {
  bytes: Uint8Array;
  /** how often it was put on the line */
  sent: number;
  accepted: boolean;
  cancel: () => void;
  done(result: SendResult): void;
}

/** The messages to one peer. They survive a lost line; answers of ours do not, since the peer will ask again. */
export class MllpSender {
  readonly #options: MllpSenderOptions;
  readonly #queue: Outgoing[] = [];
  readonly #flying = new Map<string, Outgoing>();
  readonly #past = new Set<string>();
  #open = false;
  #unanswered = false;

  constructor(options: MllpSenderOptions) {
    this.#options = options;
  }

  /** A message is queued or on its way. */
  get busy(): boolean {
    return this.#queue.length > 0 || this.#flying.size > 0;
  }

  /** The last message that had to be given up was never answered, and nothing has come since. */
  get unanswered(): boolean {
    return this.#unanswered;
  }

  /** Something came from the peer. */
  heard(): void {
    this.#unanswered = false;
  }

  /** Sends one message; see `LineSession.send`. */
  send(bytes: Uint8Array): Promise<SendResult> {
    const expected = expectedFor(bytes);
    if (expected === null) {
      this.#options.count('sends.aborted');
      return Promise.resolve({ outcome: 'aborted', reason: 'unreadable' });
    }
    return new Promise((done) => {
      const out: Outgoing = { ...expected, bytes: frameBlock(bytes), sent: 0, accepted: false, cancel, done };
      if (!out.isAnswer) this.#queue.push(out);
      else if (this.#open) this.#put(out);
      else this.#end(out, { outcome: 'aborted', reason: 'closed' });
      this.#next();
    });
  }

  /** A line is open: what was on its way goes again. */
  opened(): void {
    this.#open = true;
    this.#unanswered = false;
    for (const out of [...this.#flying.values()]) this.#again(out);
    this.#next();
  }

  closed(): void {
    this.#open = false;
    for (const out of [...this.#flying.values()]) {
      out.cancel();
      if (out.isAnswer) this.#end(out, { outcome: 'aborted', reason: 'closed' });
    }
  }

  /** Gives up everything. */
  stop(): void {
    this.#open = false;
    for (const out of [...this.#flying.values(), ...this.#queue.splice(0)])
      this.#end(out, { outcome: 'aborted', reason: 'cancelled' });
  }

  /** An answer has come. `late`: the message it names has been dealt with. `unknown`: it names none of ours. */
  answered(answer: Answer): 'ours' | 'late' | 'unknown' {
    const out = this.#flying.get(answer.names);
    if (out === undefined) return this.#past.has(answer.names) ? 'late' : 'unknown';
    if (!answer.ok) {
      const text = answer.text === '' ? answer.code : `${answer.code}: ${answer.text}`;
      this.#end(out, { outcome: 'refused', reason: 'answer', text });
    } else if (answer.level === 'accept' && out.application) {
      out.accepted = true;
      this.#wait(out);
    } else this.#end(out, { outcome: 'accepted' });
    this.#next();
    return 'ours';
  }

  #next(): void {
    const waits = [...this.#flying.values()].some((out) => !out.isAnswer);
    if (this.#open && !waits) {
      const out = this.#queue.shift();
      if (out !== undefined) this.#put(out);
      if (out !== undefined && !this.#flying.has(out.controlId)) this.#next();
    }
    this.#options.changed();
  }

  #put(out: Outgoing): void {
    if (!this.#options.write(out.bytes, out.sent > 0, out.controlId) && out.isAnswer) {
      this.#end(out, { outcome: 'aborted', reason: 'closed' });
      return;
    }
    out.sent += 1;
    if (!out.accept && !out.application) {
      this.#end(out, { outcome: 'accepted' });
      return;
    }
    this.#flying.set(out.controlId, out);
    this.#wait(out);
  }

  #wait(out: Outgoing): void {
    out.cancel();
    out.cancel = this.#options.timers.set(this.#options.ackMs, () => {
      if (this.#options.deaf()) this.#wait(out);
      else {
        this.#options.count('timeouts');
        this.#again(out);
        this.#next();
      }
    });
  }

  /** M4: the same bytes once more, so with the same MSH-10. */
  #again(out: Outgoing): void {
    out.cancel();
    if (out.sent > this.#options.repeats) {
      this.#unanswered = !out.accepted;
      this.#end(out, { outcome: 'aborted', reason: out.accepted ? 'noResponse' : 'noAnswer' });
      return;
    }
    this.#options.count('retries');
    this.#put(out);
  }

  #end(out: Outgoing, result: SendResult): void {
    out.cancel();
    this.#flying.delete(out.controlId);
    this.#past.add(out.controlId);
    if (this.#past.size > REMEMBERED) {
      for (const oldest of this.#past) {
        this.#past.delete(oldest);
        break;
      }
    }
    this.#options.count(`sends.${result.outcome}`);
    out.done(result);
  }
}

function cancel(): void {}
