/** The self-test of a device with a protocol of its own: it sends, and its handshake is tried (blocks refused once, answers kept back once). */

import type { StreamProfile } from '../../../../../shared/profiles/profile.ts';
import { ACK, NAK, toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { framingOf } from '../../../../../shared/protocols/stream/framing.ts';
import {
  createStream,
  type StreamEffect,
  step,
  stepChunk,
} from '../../../../../shared/protocols/stream/machine.ts';
import { beginQuery, Counted, judgeMessage } from './judged.ts';
import type { Listening, ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';

export const LISTEN_STEPS: readonly ProbeStep[] = [
  { id: 'frames', rule: 'L3', title: 'Blocks are whole and their checksums right' },
  { id: 'outside', rule: 'L15', title: 'Nothing stands outside blocks' },
  { id: 'resend', rule: 'L10', title: 'A block that is answered NAK comes again, the same' },
  { id: 'unanswered', rule: 'L8', title: 'A block that is not answered comes again' },
  { id: 'query', rule: 'R8', title: 'It asks for the work of the test specimen' },
  { id: 'answer', rule: 'R9', title: 'It takes the answer' },
  { id: 'results', rule: 'R6', title: 'Results of the test specimen come and can be read' },
];

export class StreamListening implements Listening {
  readonly #context: ProbeContext;
  readonly #counted = new Counted(['frames', 'outside']);
  #machine;
  /** the block that came last and its answer has not gone yet */
  #last: string | null = null;
  #resend: { block: string } | 'before' | 'done';
  #kept: { block: string } | 'before' | 'done';
  #asked = false;
  #sent = false;

  constructor(context: ProbeContext, profile: StreamProfile) {
    this.#context = context;
    this.#machine = step(createStream(framingOf(profile.link)), { type: 'opened' }).state;
    const { steps } = context;
    const answers = profile.link.handshake !== 'none';
    this.#resend = answers ? 'before' : 'done';
    this.#kept = answers ? 'before' : 'done';
    for (const id of ['resend', 'unanswered'])
      if (answers) steps.await(id, 'Waiting for the device.');
      else steps.end(id, 'notApplicable', 'The device hears no answers.');
    steps.await('results', 'Waiting for the device.');
    beginQuery(context);
  }

  fromDevice(bytes: Uint8Array): Uint8Array {
    if (this.#sent && (bytes[0] === ACK || bytes[0] === NAK)) this.#answered(bytes[0]);
    for (let at = 0; at < bytes.length; ) {
      const next = stepChunk(this.#machine, bytes, at);
      this.#machine = next.state;
      at = next.consumed;
      let effects: readonly StreamEffect[] = next.effects;
      while (effects.length > 0) {
        for (const effect of effects) this.#effect(effect);
        if (this.#machine.awaiting === null) break;
        const stored = step(this.#machine, { type: 'stored', ok: true });
        this.#machine = stored.state;
        effects = stored.effects;
      }
    }
    return bytes;
  }

  fromHost(bytes: Uint8Array): Uint8Array | null {
    const { steps } = this.#context;
    if (bytes.length > 1 && this.#asked) {
      this.#sent = true;
      steps.begin('answer', 'The answer is sent.');
    }
    if (bytes.length !== 1 || bytes[0] !== ACK || this.#last === null) return bytes;
    const block = this.#last;
    this.#last = null;
    if (this.#resend === 'before') {
      this.#resend = { block };
      steps.begin('resend');
      return Uint8Array.of(NAK);
    }
    if (this.#resend === 'done' && this.#kept === 'before') {
      this.#kept = { block };
      steps.begin('unanswered');
      return null;
    }
    return bytes;
  }

  lost(): void {
    this.#machine = step(step(this.#machine, { type: 'closed' }).state, { type: 'opened' }).state;
    this.#last = null;
    if (typeof this.#resend === 'object') this.#resend = 'before';
    if (typeof this.#kept === 'object') this.#kept = 'before';
  }

  finished(): boolean {
    return this.#counted.settled(LISTEN_STEPS, this.#context.steps);
  }

  end(): void {
    this.#counted.end(this.#context.steps);
  }

  #effect(effect: StreamEffect): void {
    if (effect.type === 'message') {
      if (judgeMessage(this.#context, effect.text)) this.#asked = true;
      return;
    }
    if (effect.type !== 'journal' || effect.direction !== 'in') return;
    const raw = toBinary(effect.bytes);
    switch (effect.mark) {
      case 'block':
      case 'duplicate':
        this.#counted.good('frames');
        this.#counted.good('outside');
        this.#came(raw);
        break;
      case 'refused':
      case 'spoiled':
      case 'partial':
        this.#counted.bad('frames', effect.note ?? 'one is not whole', raw);
        break;
      case 'ignored':
        if (/[^\r\n\x06\x15]/.test(raw))
          this.#counted.bad('outside', `${raw.length} bytes stood outside`, raw);
        break;
    }
  }

  #came(raw: string): void {
    const { steps } = this.#context;
    this.#last = raw;
    const judge = (id: string, due: string): void => {
      const same = due === raw;
      if (same) steps.end(id, 'pass', 'It came again, byte for byte.');
      else steps.end(id, 'fail', 'Another block came in its place.');
    };
    if (typeof this.#resend === 'object') {
      judge('resend', this.#resend.block);
      this.#resend = 'done';
    } else if (typeof this.#kept === 'object') {
      judge('unanswered', this.#kept.block);
      this.#kept = 'done';
    }
  }

  #answered(byte: number | undefined): void {
    const { steps } = this.#context;
    this.#sent = false;
    if (byte === ACK) {
      this.#asked = false;
      steps.end('answer', 'pass', 'ACK: the answer was taken.');
    } else steps.end('answer', 'fail', 'NAK: the answer was refused.');
  }
}
