/** The first part of the HL7 self-test: orders and messages that are wrong on purpose, and the acknowledgements of the device (M3, M4, M6). */

import { canDownload } from '../../../../../shared/profiles/orders/encode.ts';
import { fromBinary, toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import type { Hl7Message } from '../../../../../shared/protocols/hl7/message.ts';
import { parseHl7 } from '../../../../../shared/protocols/hl7/parse.ts';
import { createBlocks, feedBlocks, frameBlock } from '../../../../../shared/protocols/mllp/block.ts';
import type { ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';

export const SPEAK_STEPS: readonly ProbeStep[] = [
  { id: 'type', rule: 'M4', title: 'A message of a type nobody knows is answered AR or AE' },
  { id: 'content', rule: 'M4', title: 'An order without its specimen is answered AE or AR' },
  { id: 'order', rule: 'M7', title: 'The test order is acknowledged, in two packets' },
  { id: 'repeat', rule: 'M4', title: 'The same message again is acknowledged and has no second effect' },
  { id: 'charset', rule: 'M6', title: 'A name outside ASCII is taken' },
  { id: 'cancel', rule: 'M7', title: 'The cancellation is acknowledged' },
];

/** An answer that names another message is followed by the right one within this time, or not at all. */
const OTHER_MS = 1_500;

/** What the device said of a message of ours. */
interface Said {
  /** MSA-1 of its last answer; '' when there was none */
  code: string;
  text: string;
}

export async function speakMllp(context: ProbeContext): Promise<void> {
  const { steps, profile, order } = context;
  const plain = canDownload(profile) ? order.download('new') : undefined;
  if (plain === undefined) {
    for (const { id } of SPEAK_STEPS)
      steps.end(id, 'notApplicable', 'The profile says that the device takes no orders unasked.');
    return;
  }
  const speaker = new Speaker(context);
  const text = toBinary(plain.bytes);
  const [header = ''] = text.split('\r');
  const other = (change: (fields: string[]) => void, body: string): Uint8Array => {
    const fields = header.split('|');
    fields[9] = order.id();
    change(fields);
    return fromBinary(`${fields.join('|')}\r${body}`);
  };
  const unknown = other((fields) => {
    fields[8] = 'ZZT^Z99';
  }, 'ZZT|1\r');
  await speaker.refused('type', unknown, 'A message of the type ZZT^Z99 is sent.');
  await speaker.refused(
    'content',
    other(() => undefined, 'ORC|NW\r'),
    'An order without specimen and test is sent.',
  );
  const taken = await speaker.taken('order', plain.bytes, 'The test order is sent in two packets.', true);
  if (taken) await speaker.taken('repeat', plain.bytes, 'The same message is sent again.', false);
  else steps.end('repeat', 'notApplicable', 'The order was not taken.');
  const special = order.download('new', 'special');
  if (special !== undefined)
    await speaker.taken('charset', special.bytes, 'The order is sent with a name outside ASCII.', false);
  const cancelled = order.download('cancel');
  if (cancelled !== undefined)
    await speaker.taken('cancel', cancelled.bytes, 'The order is cancelled.', false);
}

class Speaker {
  readonly #context: ProbeContext;

  constructor(context: ProbeContext) {
    this.#context = context;
  }

  /** The device has to say no: AR or AE, or CR or CE. */
  async refused(step: string, message: Uint8Array, doing: string): Promise<void> {
    const { steps, stopped } = this.#context;
    if (stopped()) return;
    steps.begin(step, doing);
    const said = await this.#ask(message, false);
    if (said.code === '') steps.end(step, 'fail', said.text || 'No answer.');
    else if (/^[AC][ER]$/.test(said.code)) steps.end(step, 'pass', `${said.code} ${said.text}`.trim());
    else steps.end(step, 'fail', `${said.code}: it was taken.`);
  }

  /** The device has to say yes. */
  async taken(step: string, message: Uint8Array, doing: string, split: boolean): Promise<boolean> {
    const { steps, stopped } = this.#context;
    if (stopped()) return false;
    steps.begin(step, doing);
    const said = await this.#ask(message, split);
    const yes = said.code === 'AA' || said.code === 'CA';
    if (yes) steps.end(step, 'pass', `${said.code}, with the number of the message.`);
    else if (said.code === '') steps.end(step, 'fail', said.text || 'No acknowledgement.');
    else steps.end(step, 'fail', `${said.code} ${said.text}`.trim());
    return yes;
  }

  /** One message, and what is said of it. After CA the application's word is waited for as long again. */
  async #ask(message: Uint8Array, split: boolean): Promise<Said> {
    const { wire, times, clock, pause } = this.#context;
    const id = parseHl7(message).messages[0]?.controlId ?? '';
    wire.forget();
    const block = frameBlock(message);
    if (split) {
      wire.write(block.slice(0, 20));
      await pause(100);
      wire.write(block.slice(20));
    } else wire.write(block);
    let blocks = createBlocks({ maxBytes: 1_000_000 });
    let until = clock() + times.answerMs;
    let said: Said = { code: '', text: '' };
    for (;;) {
      const byte = await wire.next(Math.max(0, until - clock()));
      if (byte === null) return said;
      const fed = feedBlocks(blocks, Uint8Array.of(byte));
      blocks = fed.state;
      for (const event of fed.events) {
        const msa = event.type === 'block' ? answerIn(event.content)?.segment('MSA') : undefined;
        if (msa === undefined) continue;
        if (msa.value(2) !== id) {
          // The right one may be behind a late one.
          said = {
            code: '',
            text: `${msa.value(1)} for ${msa.value(2) || 'no message'}, which is another message.`,
          };
          until = Math.min(until, clock() + OTHER_MS);
          continue;
        }
        said = { code: msa.value(1), text: msa.value(3) };
        if (said.code !== 'CA') return said;
        until = clock() + Math.min(times.answerMs, 3_000);
      }
    }
  }
}

function answerIn(content: Uint8Array): Hl7Message | undefined {
  return parseHl7(content).messages.find((message) => message.segment('MSA') !== undefined);
}
