/** What the rows of a line show of its link: framing, numbers, checksums, time. Knows nothing of what the messages say. */
import { visible } from '../../../../shared/protocols/astm/bytes.ts';
import { nextFrameNumber, parseFrame } from '../../../../shared/protocols/astm/frame.ts';
import { parseHl7 } from '../../../../shared/protocols/hl7/parse.ts';
import { contentOf } from '../../../../shared/protocols/mllp/block.ts';
import type { StoredRow } from '../link/ports.ts';
import { markOf } from './replay-link.ts';
import type { Checks } from './selftest-checks.ts';

/** L9, milliseconds. */
const PAUSE_MS = 30_000;

/** Looks at the rows of an ASTM line, in order. */
export class AstmObserver {
  readonly #checks: Checks;
  /** Number of the frame accepted last in this transfer; null between transfers. */
  #number: number | null = null;
  #inTransfer = false;
  #refused: number | null = null;
  #lastAt = '';
  #longest = 0;
  #longestPause = 0;

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  push(row: StoredRow): void {
    const mark = markOf(row);
    const why = (row.note ?? '').slice(mark.length + 2);
    if (row.direction === 'out') {
      if (mark === 'ack') this.#lastAt = row.at;
      return;
    }
    if (mark === 'enq') {
      if (this.#inTransfer) this.#checks.bad('L14', row, 'ENQ in the middle of a transfer');
      this.#inTransfer = !why.includes('busy');
      this.#number = 0;
      this.#refused = null;
      this.#checks.good('L5', row, 'ENQ');
    } else if (mark === 'frame' || mark === 'duplicate') this.#frame(row, mark);
    else if (mark === 'refused') this.#refusedFrame(row, why);
    else if (mark === 'eot') {
      if (this.#inTransfer) this.#checks.good('L14', row, 'EOT');
      this.#inTransfer = false;
    } else if (mark === 'timeout') {
      this.#checks.bad('L9', row, 'nothing came for 30 s');
      this.#inTransfer = false;
    } else if (mark === 'close' || mark === 'open') {
      if (this.#inTransfer) this.#checks.bad('L14', row, 'the line was lost in a transfer');
      this.#inTransfer = false;
    } else if (mark === 'ignored' && row.bytes.some((byte) => byte !== 13 && byte !== 10 && byte !== 0))
      this.#checks.bad('L15', row, `${row.bytes.length} bytes: ${visible(row.bytes.subarray(0, 24))}`);
  }

  #frame(row: StoredRow, mark: string): void {
    const checks = this.#checks;
    const frame = parseFrame(row.bytes) ?? parseFrame(Uint8Array.from([...row.bytes, 10]));
    const number = (row.bytes[1] ?? 0x30) - 0x30;
    const text = `frame ${number}`;
    if (this.#lastAt !== '') {
      const pause = new Date(row.at).getTime() - new Date(this.#lastAt).getTime();
      this.#longestPause = Math.max(this.#longestPause, pause);
      if (pause < PAUSE_MS) checks.good('L9', row, text);
      checks.detail('L9', `The longest pause was ${(this.#longestPause / 1000).toFixed(1)} s.`);
    }
    if (frame === null) checks.bad('L1', row, `${text} is taken by a leniency`);
    else checks.good('L1', row, text);
    checks.good('L3', row, text);
    checks.good('L15', row, text);
    checks.good('L16', row, text);
    this.#longest = Math.max(this.#longest, (frame?.text.length ?? row.bytes.length) | 0);
    checks.good('L4', row, text);
    checks.detail('L4', `The longest text was ${this.#longest} bytes.`);
    if (this.#refused !== null) {
      if (this.#refused === number) checks.good('L10', row, `${text} again`);
      else checks.bad('L10', row, `frame ${this.#refused} was refused, ${text} came`);
      this.#refused = null;
    }
    if (mark === 'duplicate') {
      checks.good('L12', row, `${text} again, same content`);
      return;
    }
    const due = nextFrameNumber(this.#number ?? 0);
    if (number === due) checks.good('L2', row, text);
    else checks.bad('L2', row, `${text}, ${due} was due; taken by a leniency`);
    this.#number = number;
  }

  #refusedFrame(row: StoredRow, why: string): void {
    const number = (row.bytes[1] ?? 0x2f) - 0x30;
    this.#refused = number >= 0 && number <= 7 ? number : null;
    const rule = why.includes('checksum')
      ? 'L3'
      : why.includes('forbidden')
        ? 'L16'
        : why.includes('over-long') || why.includes('too large')
          ? 'L4'
          : /frame number \d/.test(why)
            ? 'L2'
            : 'L1';
    if (rule === 'L2' && this.#number === number)
      this.#checks.bad('L12', row, `frame ${number}, other content`);
    this.#checks.bad(rule, row, why || 'refused');
  }
}

/** Looks at the rows of an MLLP line, in order. */
export class MllpObserver {
  readonly #checks: Checks;
  readonly #numbers = new Map<string, string>();
  /** Numbers of messages whose acknowledgement has not been seen. */
  readonly #waiting = new Map<string, StoredRow>();

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  push(row: StoredRow): void {
    const mark = markOf(row);
    const checks = this.#checks;
    if (row.direction === 'event') return;
    if (mark === 'partial' || mark === 'ignored' || mark === 'overlong') {
      checks.bad('M1', row, row.note ?? mark);
      return;
    }
    const content = contentOf(row.bytes);
    if (content === null) return;
    const { messages } = parseHl7(content);
    if (row.direction === 'out') {
      this.#acknowledged(messages.map((one) => one.segment('MSA')?.value(2) ?? ''));
      return;
    }
    checks.good('M1', row, 'block');
    for (const message of messages) {
      const number = message.controlId;
      if (message.segment('MSA') === undefined) this.#number(row, number, content);
      for (const rule of ['M2', 'M5', 'M6'] as const) {
        const found = message.problems.find((one) => one.rule === rule);
        if (found === undefined) checks.good(rule, row, message.type.code);
        else checks.bad(rule, row, found.text);
      }
    }
  }

  #number(row: StoredRow, number: string, content: Uint8Array): void {
    const text = Buffer.from(content).toString('latin1');
    const before = this.#numbers.get(number);
    if (number === '') this.#checks.bad('M4', row, 'MSH-10 is empty');
    else if (before !== undefined && before !== text)
      this.#checks.bad('M4', row, 'the number of an earlier message with other content');
    else this.#checks.good('M4', row, 'a number of its own, or the same message again');
    this.#numbers.set(number, text);
    for (const old of [...this.#numbers.keys()].slice(0, -500)) this.#numbers.delete(old);
    this.#waiting.set(number, row);
  }

  #acknowledged(numbers: readonly string[]): void {
    for (const number of numbers) {
      const row = this.#waiting.get(number);
      if (row === undefined) continue;
      this.#checks.good('M3', row, 'acknowledged');
      this.#waiting.delete(number);
    }
  }
}
