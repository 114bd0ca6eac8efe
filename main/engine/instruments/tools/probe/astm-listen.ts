/** The second part of the ASTM self-test: the device asks and sends, and the session answers it. */
import { ACK, ENQ, EOT, fromBinary, NAK, STX, toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { nextFrameNumber, parseFrame } from '../../../../../shared/protocols/astm/frame.ts';
import { beginQuery, Counted, judgeMessage } from './judged.ts';
import type { Listening, ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';

export const LISTEN_STEPS: readonly ProbeStep[] = [
  { id: 'contention', rule: 'L7', title: 'When both ask at once the device asks again and goes first' },
  { id: 'resend', rule: 'L10', title: 'A frame that is answered NAK comes again, the same' },
  { id: 'stop', rule: 'L13', title: 'EOT instead of ACK lets it stop and send the rest later' },
  { id: 'frames', rule: 'L3', title: 'Frames are whole and their checksums right' },
  { id: 'numbers', rule: 'L2', title: 'Frames are numbered from 1 and count on' },
  { id: 'ends', rule: 'L14', title: 'Each transfer ends with EOT' },
  { id: 'outside', rule: 'L15', title: 'Nothing stands outside frames' },
  { id: 'query', rule: 'R8', title: 'It asks for the work of the test specimen' },
  { id: 'answer', rule: 'R9', title: 'It takes the answer' },
  { id: 'results', rule: 'R6', title: 'Results of the test specimen come and can be read' },
];

/** L7: the device asks again after at least so long, milliseconds; a little less is let pass. */
const AGAIN_MS = 900;
const LONGEST_AGAIN_MS = 20_000;

export class AstmListening implements Listening {
  readonly #context: ProbeContext;
  /** what comes in and has not ended: a frame */
  #frame = '';
  #stray = '';
  #inTransfer = false;
  #number = 0;
  #texts: string[] = [];
  #last: { bytes: string; number: number; text: string } | null = null;
  #contention: { at: number } | 'before' | 'done' = 'before';
  #resend: { frame: string } | 'before' | 'done' = 'before';
  #stop: 'before' | 'asked' | 'done' = 'before';
  #asked = false;
  #answering = false;
  #answerFrames = 0;
  readonly #counted = new Counted(['frames', 'numbers', 'ends', 'outside']);

  constructor(context: ProbeContext) {
    this.#context = context;
    const { steps } = context;
    for (const id of ['contention', 'resend', 'results']) steps.await(id, 'Waiting for the device.');
    if (!context.simulator)
      steps.end('stop', 'notApplicable', 'Left out: it could cost a device that keeps nothing its results.');
    else steps.await('stop', 'Waiting for a message of several frames.');
    beginQuery(context);
  }

  fromDevice(bytes: Uint8Array): Uint8Array {
    const given: number[] = [];
    for (const byte of bytes) if (this.#byte(byte)) given.push(byte);
    return Uint8Array.from(given);
  }

  fromHost(bytes: Uint8Array): Uint8Array {
    const { steps } = this.#context;
    if (bytes.length === 1 && bytes[0] === ACK && this.#last !== null) return this.#acknowledge(bytes);
    if (bytes[0] === ENQ && this.#asked && !this.#answering) {
      this.#answering = true;
      this.#answerFrames = 0;
      steps.begin('answer', 'The answer is being sent.');
    } else if (bytes[0] === EOT && this.#answering) {
      this.#answering = false;
      this.#asked = false;
      if (this.#answerFrames > 0)
        steps.end('answer', 'pass', `${this.#answerFrames} frames of the answer were answered ACK.`);
      else steps.end('answer', 'fail', 'The answer was given up before a frame was taken.');
    }
    return bytes;
  }

  lost(): void {
    if (this.#inTransfer || this.#frame !== '')
      this.#counted.bad('ends', 'the line was lost in a transfer', '');
    this.#inTransfer = false;
    this.#frame = '';
    this.#last = null;
    if (typeof this.#contention === 'object') this.#contention = 'before';
    if (typeof this.#resend === 'object') this.#resend = 'before';
  }

  finished(): boolean {
    return this.#counted.settled(LISTEN_STEPS, this.#context.steps);
  }

  end(): void {
    this.#counted.end(this.#context.steps);
  }

  /** False: the session does not see this byte. */
  #byte(byte: number): boolean {
    if (this.#frame !== '') {
      this.#inFrame(byte);
      return true;
    }
    switch (byte) {
      case STX:
        this.#strays();
        this.#frame = '\x02';
        return true;
      case ENQ:
        this.#strays();
        return this.#enq();
      case EOT:
        this.#strays();
        this.#eot();
        return true;
      case ACK:
      case NAK:
        this.#hostAnswered(byte);
        return true;
      default:
        if (byte !== 13 && byte !== 10) this.#stray += String.fromCharCode(byte);
        return true;
    }
  }

  #inFrame(byte: number): void {
    // A control character in a frame is a fault of the line; the frame is over.
    if (byte === STX || byte === ENQ || byte === EOT) {
      this.#counted.bad('frames', 'one broke off', this.#frame);
      this.#frame = byte === STX ? '\x02' : '';
      if (byte === EOT) this.#eot();
      return;
    }
    this.#frame += String.fromCharCode(byte);
    if (byte !== 10 && this.#frame.length < 64_100) return;
    const raw = this.#frame;
    this.#frame = '';
    const frame = parseFrame(fromBinary(raw));
    if (frame === null) this.#counted.bad('frames', 'one is not whole', raw);
    else if (!frame.checksumOk) this.#counted.bad('frames', 'one has a wrong checksum', raw);
    else this.#rightFrame(raw, frame.number, toBinary(frame.text));
    if (frame === null || !frame.checksumOk) this.#last = null;
  }

  #rightFrame(raw: string, number: number, text: string): void {
    const { steps } = this.#context;
    this.#counted.good('frames');
    this.#inTransfer = true;
    if (this.#stop === 'asked') {
      this.#stop = 'done';
      if (this.#last?.bytes === raw)
        steps.end('stop', 'fail', 'It took EOT for NAK and sent the frame again.');
      else steps.end('stop', 'pass', 'It took EOT for ACK and went on, as it may.');
    }
    const resend = this.#resend;
    if (typeof resend === 'object') {
      this.#resend = 'done';
      if (resend.frame === raw) steps.end('resend', 'pass', `Frame ${number} came again, byte for byte.`);
      else {
        steps.show('resend', 'in', fromBinary(raw));
        steps.end('resend', 'fail', 'Another frame came in place of the one that was refused.');
      }
    } else if (
      number === nextFrameNumber(this.#number) ||
      (number === this.#number && this.#last?.bytes === raw)
    )
      this.#counted.good('numbers');
    else this.#counted.bad('numbers', `frame ${number} came, ${nextFrameNumber(this.#number)} was due`, raw);
    this.#last = { bytes: raw, number, text };
  }

  /** The host takes the frame that came last. */
  #acknowledge(bytes: Uint8Array): Uint8Array {
    const { steps, simulator } = this.#context;
    const last = this.#last;
    if (last === null) return bytes;
    const repeated = last.number === this.#number;
    if (!repeated) {
      this.#number = last.number;
      this.#texts.push(last.text);
    }
    if (this.#resend === 'before' && !repeated) {
      this.#resend = { frame: last.bytes };
      steps.begin('resend');
      return Uint8Array.of(NAK);
    }
    if (simulator && this.#stop === 'before' && this.#resend === 'done' && !repeated) {
      this.#stop = 'asked';
      steps.begin('stop');
      return Uint8Array.of(EOT);
    }
    return bytes;
  }

  #enq(): boolean {
    const { steps, wire, clock } = this.#context;
    const begun = this.#contention;
    if (this.#inTransfer) this.#counted.bad('ends', 'ENQ came in the middle of a transfer', '\x05');
    if (begun === 'before' && !this.#answering) {
      this.#contention = { at: clock() };
      steps.begin('contention');
      wire.write(Uint8Array.of(ENQ));
      return false;
    }
    if (typeof begun === 'object') {
      this.#contention = 'done';
      const waited = clock() - begun.at;
      const after = `ENQ came again after ${(waited / 1000).toFixed(1)} s`;
      if (waited < AGAIN_MS) steps.end('contention', 'fail', `${after}; 1 s is the least.`);
      else if (waited > LONGEST_AGAIN_MS) steps.end('contention', 'fail', `${after}; 20 s is the most.`);
      else steps.end('contention', 'pass', `${after}.`);
    }
    this.#inTransfer = false;
    this.#number = 0;
    this.#texts = [];
    this.#last = null;
    return true;
  }

  #eot(): void {
    const { steps } = this.#context;
    if (typeof this.#contention === 'object') {
      this.#contention = 'done';
      steps.end('contention', 'fail', 'The device gave up with EOT; it has priority.');
    }
    if (this.#inTransfer) this.#counted.good('ends');
    this.#inTransfer = false;
    this.#last = null;
    if (typeof this.#resend === 'object') {
      this.#resend = 'done';
      steps.end('resend', 'fail', 'The device gave the message up after one NAK.');
    }
    if (this.#stop === 'asked') {
      this.#stop = 'done';
      steps.end('stop', 'pass', 'It stopped with EOT. What was left is to come in another transfer.');
      return;
    }
    const text = this.#texts.join('');
    this.#texts = [];
    if (/(^|\r)L[^\r]*\r?$/.test(text)) this.#asked ||= judgeMessage(this.#context, fromBinary(text));
  }

  #hostAnswered(byte: number): void {
    const { steps } = this.#context;
    if (typeof this.#contention === 'object') {
      this.#contention = 'done';
      steps.end('contention', 'fail', 'The device let the host go first; it has priority.');
    }
    if (!this.#answering) return;
    if (byte === ACK) this.#answerFrames += 1;
  }

  #strays(): void {
    if (this.#stray !== '')
      this.#counted.bad('outside', `${this.#stray.length} bytes stood outside`, this.#stray);
    else this.#counted.good('outside');
    this.#stray = '';
  }
}
