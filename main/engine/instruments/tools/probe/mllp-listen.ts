/** The second part of the HL7 self-test: the device's own messages, and what it does with our acknowledgements (M1, M3, M4, M6). */
import { toBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import type { Hl7Message } from '../../../../../shared/protocols/hl7/message.ts';
import { parseHl7 } from '../../../../../shared/protocols/hl7/parse.ts';
import {
  type BlockEvent,
  contentOf,
  createBlocks,
  feedBlocks,
} from '../../../../../shared/protocols/mllp/block.ts';
import { beginQuery, Counted, judgeMessage } from './judged.ts';
import type { Listening, ProbeContext } from './part.ts';
import type { ProbeStep } from './steps.ts';

export const LISTEN_STEPS: readonly ProbeStep[] = [
  { id: 'blocks', rule: 'M1', title: 'Messages stand in whole blocks' },
  { id: 'own', rule: 'M4', title: 'Each message has a number of its own' },
  { id: 'named', rule: 'M6', title: 'The character set is named and right' },
  { id: 'unanswered', rule: 'M4', title: 'What is not acknowledged comes again with the same number' },
  { id: 'mode', rule: 'M3', title: 'What is acknowledged as asked does not come again' },
  { id: 'query', rule: 'R8', title: 'It asks for the work of the test specimen' },
  { id: 'answer', rule: 'R9', title: 'It takes the answer' },
  { id: 'results', rule: 'R6', title: 'Results of the test specimen come and can be read' },
];

export class MllpListening implements Listening {
  readonly #context: ProbeContext;
  readonly #counted = new Counted(['blocks', 'own', 'named', 'mode']);
  #blocks = createBlocks({ maxBytes: 16_777_216 });
  /** content of messages by their number */
  readonly #numbers = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  /** number of the message whose acknowledgement is kept back */
  #kept: string | 'before' | 'done' = 'before';
  /** our messages behind a query, by number */
  readonly #orders = new Set<string>();
  #asked = false;

  constructor(context: ProbeContext) {
    this.#context = context;
    for (const id of ['unanswered', 'results']) context.steps.await(id, 'Waiting for the device.');
    beginQuery(context);
  }

  fromDevice(bytes: Uint8Array): Uint8Array {
    const fed = feedBlocks(this.#blocks, bytes);
    this.#blocks = fed.state;
    for (const event of fed.events) this.#block(event);
    return bytes;
  }

  fromHost(bytes: Uint8Array): Uint8Array | null {
    const { steps, profile } = this.#context;
    const content = contentOf(bytes);
    if (content === null) return bytes;
    for (const message of parseHl7(content).messages) {
      const answered = message.segment('MSA')?.value(2) ?? '';
      const plain = message.type.code === 'ACK';
      if (plain && this.#kept === answered) return null;
      if (answered !== '') this.#acknowledged.add(answered);
      if (!this.#asked || plain) continue;
      steps.begin('answer', 'The answer is sent.');
      const { type, controlId } = message;
      if (type.code === 'OML') this.#orders.add(controlId);
      else if (profile.protocol === 'hl7' && profile.dialect.query !== 'law')
        steps.end(
          'answer',
          'pass',
          `${type.code}^${type.trigger} was sent; no acknowledgement of it is due.`,
        );
    }
    return bytes;
  }

  lost(): void {
    const open = this.#blocks.phase === 'body';
    if (open) this.#counted.bad('blocks', 'the line was lost in a block', '');
    this.#blocks = createBlocks({ maxBytes: 16_777_216 });
  }

  finished(): boolean {
    return this.#counted.settled(LISTEN_STEPS, this.#context.steps);
  }

  end(): void {
    for (const id of this.#numbers.keys()) if (this.#acknowledged.has(id)) this.#counted.good('mode');
    this.#counted.end(this.#context.steps);
  }

  #block(event: BlockEvent): void {
    if (event.type === 'endless') return;
    if (event.type !== 'block') {
      this.#counted.bad(
        'blocks',
        event.type === 'ignored' ? 'bytes stood outside' : 'one broke off',
        toBinary(event.raw),
      );
      return;
    }
    this.#counted.good('blocks');
    for (const message of parseHl7(event.content).messages) this.#message(message, event.content);
  }

  #message(message: Hl7Message, content: Uint8Array): void {
    const { steps } = this.#context;
    const id = message.controlId;
    const text = toBinary(content);
    const msa = message.segment('MSA');
    if (msa !== undefined && this.#orders.has(msa.value(2))) {
      const code = msa.value(1);
      if (code === 'AA') steps.end('answer', 'pass', 'AA: the order was taken.');
      else if (code !== 'CA') steps.end('answer', 'fail', `${code} ${msa.value(3)}`.trim());
    }
    if (msa !== undefined) return;
    const before = this.#numbers.get(id);
    if (id === '') this.#counted.bad('own', 'MSH-10 is empty', text);
    else if (before !== undefined && before !== text)
      this.#counted.bad('own', `the number ${id} came with other content`, text);
    else this.#counted.good('own');
    const fault = message.problems.find(({ rule }) => rule === 'M6');
    if (fault === undefined) this.#counted.good('named');
    else this.#counted.bad('named', fault.text, text);
    this.#again(id, before !== undefined, text);
    this.#numbers.set(id, text);
    if (judgeMessage(this.#context, content)) this.#asked = true;
  }

  /** The first message that carries something is left without acknowledgement once. */
  #again(id: string, repeated: boolean, text: string): void {
    const { steps } = this.#context;
    if (this.#kept === id) {
      this.#kept = 'done';
      steps.end('unanswered', 'pass', `The message ${id} came again.`);
    } else if (this.#kept === 'before' && /\rOBX\|/.test(text) && !repeated) {
      this.#kept = id;
      steps.begin('unanswered');
    } else if (this.#kept !== 'before' && this.#kept !== 'done') {
      steps.end('unanswered', 'fail', 'Another message came, and the one without acknowledgement did not.');
      this.#kept = 'done';
    } else if (repeated && this.#acknowledged.has(id))
      this.#counted.bad('mode', `the message ${id} came again although it was acknowledged`, text);
  }
}
