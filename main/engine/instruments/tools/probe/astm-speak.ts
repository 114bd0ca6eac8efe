/** The first part of the ASTM self-test: the test speaks as the host, rightly and wrongly, and judges the device's answers. */
import { ACK, ENQ, EOT, fromBinary, NAK, visible } from '../../../../../shared/protocols/astm/bytes.ts';
import { buildFrame, buildFrames } from '../../../../../shared/protocols/astm/frame.ts';
import type { ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';

export const SPEAK_STEPS: readonly ProbeStep[] = [
  { id: 'establish', rule: 'L5', title: 'ENQ is answered' },
  { id: 'checksum', rule: 'L3', title: 'A frame with a wrong checksum is answered NAK' },
  { id: 'number', rule: 'L11', title: 'A frame with a wrong number is answered NAK' },
  { id: 'again', rule: 'L10', title: 'The right frame behind them is answered ACK' },
  { id: 'repeat', rule: 'L12', title: 'The same frame again is answered ACK' },
  { id: 'interrupt', rule: 'L14', title: 'EOT in the middle ends the transfer, and ENQ is answered again' },
  { id: 'order', rule: 'R5', title: 'The test order is taken' },
  { id: 'cancel', rule: 'R5', title: 'Its cancellation is taken' },
  { id: 'silence', rule: 'L9', title: 'A transfer in which nothing comes for 30 s is given up' },
];

const SENDS_ONLY = 'The profile says that the device takes nothing from the host.';
const NO_DOWNLOAD = 'The profile says that the device takes no orders unasked.';
const TRIES = 3;

export async function speakAstm(context: ProbeContext): Promise<void> {
  const { steps, profile, order } = context;
  const { query, download } = profile.capabilities;
  if (!query && !download) {
    for (const { id } of SPEAK_STEPS) steps.end(id, 'notApplicable', SENDS_ONLY);
    return;
  }
  const speaker = new Speaker(context);
  if (!(await speaker.establish('establish'))) {
    for (const { id } of SPEAK_STEPS) {
      if (steps.outcome(id) === 'waiting')
        steps.end(id, 'notApplicable', 'Not tried: the device does not answer ENQ.');
    }
    return;
  }
  await speaker.faultyFrames();
  await speaker.interrupt();
  const [plain, cancelled] = download ? [order.download('new'), order.download('cancel')] : [];
  if (plain === undefined) {
    steps.end('order', 'notApplicable', NO_DOWNLOAD);
    steps.end('cancel', 'notApplicable', NO_DOWNLOAD);
  } else {
    const taken = await speaker.message('order', plain.bytes);
    if (!taken) steps.end('cancel', 'notApplicable', 'The order was not taken.');
    else if (cancelled === undefined)
      steps.end('cancel', 'notApplicable', 'The profile has no cancellation.');
    else await speaker.message('cancel', cancelled.bytes);
  }
  await speaker.silence();
}

class Speaker {
  readonly #context: ProbeContext;
  readonly #frame: Uint8Array;

  constructor(context: ProbeContext) {
    this.#context = context;
    const header = `H|\\^&|||Levey^self-test|||||||T|1\r`;
    const message = context.order.download('new')?.bytes;
    this.#frame = message === undefined ? fromBinary(header) : message.slice(0, message.indexOf(13) + 1);
  }

  /** ENQ until it is answered ACK. A busy device is asked again; one that asks itself goes first (L7) and is told to wait. */
  async establish(step: string): Promise<boolean> {
    const { steps, wire, times } = this.#context;
    steps.begin(step, 'ENQ is sent.');
    let why = '';
    for (let tries = 0; tries < TRIES && !this.#context.stopped(); tries += 1) {
      wire.forget();
      const answer = await this.#ask(Uint8Array.of(ENQ), times.answerMs);
      if (answer === ACK) {
        if (step === 'establish')
          steps.end(step, 'pass', tries === 0 ? 'ACK.' : `ACK at the attempt number ${tries + 1}.`);
        return true;
      }
      if (answer === null) {
        why = wire.connected ? `no answer in ${seconds(times.answerMs)}` : 'the line was lost';
        wire.write(Uint8Array.of(EOT));
      } else if (answer === NAK) {
        why = 'NAK: the device is busy';
        await this.#context.pause(times.busyMs);
      } else if (answer === ENQ) {
        why = 'the device wanted to send at the same moment';
        if ((await wire.next(20_000)) === ENQ) wire.write(Uint8Array.of(NAK));
        await this.#context.pause(1_000);
      } else {
        why = `${visible(Uint8Array.of(answer))} instead of ACK`;
        wire.write(Uint8Array.of(EOT));
      }
    }
    steps.end(step, 'fail', `ENQ was not answered ACK: ${why}.`);
    return false;
  }

  /** Wrong and right frames in one transfer, which is left open. */
  async faultyFrames(): Promise<void> {
    const { steps } = this.#context;
    const right = buildFrame(1, this.#frame, true);
    const spoiled = right.slice();
    const at = spoiled.length - 4;
    spoiled[at] = spoiled[at] === 0x30 ? 0x31 : 0x30;
    const wanted: [string, Uint8Array, number, string][] = [
      ['checksum', spoiled, NAK, 'A frame whose checksum is wrong is sent.'],
      ['number', buildFrame(3, this.#frame, true), NAK, 'Frame 3 is sent where frame 1 is due.'],
      ['again', right, ACK, 'Frame 1 is sent as it should be.'],
      ['repeat', right, ACK, 'Frame 1 is sent once more, as after a lost ACK.'],
    ];
    let open = true;
    for (const [step, bytes, due, doing] of wanted) {
      if (!open || this.#context.stopped()) {
        steps.end(step, 'notApplicable', 'Not tried: the transfer had ended.');
        continue;
      }
      steps.begin(step, doing);
      const answer = await this.#ask(bytes, this.#context.times.answerMs);
      const said = answer === null ? 'no answer' : visible(Uint8Array.of(answer));
      if (answer === due) steps.end(step, 'pass', `${said}.`);
      else steps.end(step, 'fail', `${said}; ${visible(Uint8Array.of(due))} was due.`);
      open = answer === ACK || answer === NAK;
    }
  }

  /** EOT in the middle of the message; the half of it must not stand in the way of the next transfer. */
  async interrupt(): Promise<void> {
    const { steps, wire } = this.#context;
    if (this.#context.stopped()) return;
    steps.begin('interrupt', 'EOT is sent in the middle of the message, then ENQ.');
    wire.write(Uint8Array.of(EOT));
    await this.#context.pause(200);
    const early = await wire.next(100);
    if (early !== null)
      steps.end('interrupt', 'fail', `EOT was answered ${visible(Uint8Array.of(early))}; it never is.`);
    if (!(await this.establish('interrupt'))) return;
    wire.write(Uint8Array.of(EOT));
    steps.end('interrupt', 'pass', 'EOT was not answered, and the next ENQ was answered ACK.');
    await this.#context.pause(200);
  }

  /** A whole message; every frame has to be taken. A frame that is refused is sent again, six times at most (L10). */
  async message(step: string, text: Uint8Array): Promise<boolean> {
    const { steps, wire, profile, times } = this.#context;
    if (this.#context.stopped() || !(await this.establish(step))) return false;
    const { frameText, frameLayout } = profile.protocol === 'astm' ? profile.link : {};
    const frames = buildFrames(text, frameText, frameLayout);
    for (const [at, frame] of frames.entries()) {
      let answer: number | null = NAK;
      for (let tries = 0; tries < 6 && answer === NAK; tries += 1)
        answer = await this.#ask(frame, times.answerMs);
      if (answer === ACK || (answer === EOT && at === frames.length - 1)) continue;
      wire.write(Uint8Array.of(EOT));
      const said = answer === null ? 'not answered' : `answered ${visible(Uint8Array.of(answer))}`;
      steps.end(step, 'fail', `Frame ${at + 1} of ${frames.length} was ${said}.`);
      return false;
    }
    wire.write(Uint8Array.of(EOT));
    steps.end(step, 'pass', `${frames.length} frames, each answered ACK.`);
    await this.#context.pause(200);
    return true;
  }

  /** L9: after half a minute of silence a frame belongs to no transfer any more. */
  async silence(): Promise<void> {
    const { steps, wire, times, quick } = this.#context;
    if (this.#context.stopped()) return;
    if (quick) {
      steps.end('silence', 'notApplicable', 'Left out, as asked.');
      return;
    }
    if (!(await this.establish('silence'))) return;
    await this.#context.pause(times.silenceMs + 2_000);
    wire.forget();
    wire.write(buildFrame(1, this.#frame, true));
    const answer = await wire.next(3_000);
    wire.write(Uint8Array.of(EOT));
    if (answer === ACK)
      steps.end('silence', 'fail', `A frame after ${seconds(times.silenceMs)} of silence was answered ACK.`);
    else if (!wire.connected) steps.end('silence', 'fail', 'The line was lost.');
    else steps.end('silence', 'pass', 'A frame behind the silence was not taken.');
  }

  /** Writes, and gives the answer; line ends around it mean nothing. */
  async #ask(bytes: Uint8Array, ms: number): Promise<number | null> {
    const { wire, clock } = this.#context;
    wire.forget();
    wire.write(bytes);
    const until = clock() + ms;
    for (;;) {
      const byte = await wire.next(Math.max(0, until - clock()));
      if (byte === null || (byte !== 13 && byte !== 10)) return byte;
    }
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
