import { createHash } from 'node:crypto';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import { toPlainError } from '../../../shared/errors.ts';
import { type HospitalMessage, readOrders } from '../../../shared/hospital/orders-in.ts';
import { type AckError, ackFor, ackMode } from '../../../shared/protocols/hl7/ack.ts';
import type { Hl7Message } from '../../../shared/protocols/hl7/message.ts';
import { parseHl7 } from '../../../shared/protocols/hl7/parse.ts';
import { formatHl7Time } from '../../../shared/protocols/hl7/times.ts';
import { type AnswerRules, isWanted, VERSIONS } from '../../../shared/protocols/mllp/answer.ts';
import type { StationHospital } from '../../../shared/station/schema.ts';
import type { Bench } from '../bench.ts';
import type { ReceivedMessage } from '../instruments/link/ports.ts';
import { messageOf } from '../instruments/trace.ts';
import { instantOfLocal, instantsOfLocal, startOfLocalDay } from '../local-time.ts';
import { setProblem } from '../problems.ts';
import type { WriteContext, Writer } from '../store/store.ts';
import {
  errorOf,
  type Held,
  type HeldOrder,
  type HospitalSource,
  hold,
  release,
  sourceKeyOf,
} from './hold.ts';
import { HospitalLine } from './line.ts';
import { placeMessage } from './place.ts';

/** What the line takes: orders for production. Their application acknowledgement is ours to give, once they are placed (M3). */
export const ORDER_RULES: AnswerRules = {
  acknowledge: 'asAsked',
  supported: { types: ['ACK', 'ORM', 'OML^O21'], versions: VERSIONS, processingIds: ['P'] },
  responds: ['ORM', 'OML'],
};

/** Messages looked through for what was placed today. */
const MOST_COUNTED = 10_000;

/** What became of one message of a block. */
interface Answered {
  placed: number;
  known: number;
  held: number;
  errors: AckError[];
}

/** What the journal keeps of a block: a repeat of one that was done whole has no second effect (M4). */
interface BlockDetail {
  /** nothing of it was held */
  clean: boolean;
}

/** The line on which the hospital's orders come in. */
export class OrdersLine {
  readonly line: HospitalLine;
  readonly #bench: Bench;
  readonly #config: StationHospital;
  /** answers of enhanced mode that found no line */
  #unsent: Uint8Array[] = [];
  #number = 0;

  constructor(bench: Bench, id: string, config: StationHospital, transport: HospitalOrdersTransport) {
    this.#bench = bench;
    this.#config = config;
    this.line = new HospitalLine(bench, {
      id,
      name: 'HIS orders',
      peer: config.receiver.application || 'Hospital system',
      transport,
      rules: ORDER_RULES,
      ackMs: 30_000,
      onMessage: (message) => this.#message(message),
      onState: ({ peer }) => {
        if (peer !== '') for (const bytes of this.#unsent.splice(0)) void this.line.send(bytes);
      },
    });
  }

  /** Does what an earlier run did not finish, then opens the line. */
  async start(): Promise<void> {
    const { clock, station, store } = this.#bench;
    const since = startOfLocalDay(station.timeZone, clock.now());
    const today = store.journal.messages(this.line.id, MOST_COUNTED).filter(({ at }) => at >= since);
    this.line.count(
      today.reduce((n, { detail }) => n + ((detail as { posted?: number } | null)?.posted ?? 0), 0),
    );
    await this.line.start();
  }

  async #message(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const { journal } = this.#bench.store;
    const id = String(message.journal.lastSeq);
    const digest = createHash('sha256').update(message.text).digest('hex');
    const messages = this.#read(message);
    try {
      const known = journal.message(id);
      if (known !== undefined && known.state !== 'received') return 'stored';
      const before = journal.messageByDigest(this.line.id, digest);
      const repeat =
        before !== undefined &&
        before.id !== id &&
        before.state === 'posted' &&
        (before.detail as Partial<BlockDetail> | null)?.clean === true;
      if (known === undefined) {
        journal.expectMessage({
          id,
          instrumentId: this.line.id,
          ...message.journal,
          at: message.at,
          state: 'received',
          told: message.told ?? 'accepted',
          kind: 'hl7',
          digest,
          detail: null,
        });
      }
      const answers = await this.#do(message, id, digest, messages, repeat);
      setProblem(this.#bench, `posting:${this.line.id}`, null);
      if (message.told !== 'refused')
        for (const [n, one] of messages.entries()) this.#answer(one, answers[n]?.errors ?? []);
      return 'stored';
    } catch (error) {
      setProblem(this.#bench, `posting:${this.line.id}`, error);
      const { code, what } = toPlainError(error);
      this.#bench.log.error('hospital.failed', { line: this.line.id, message: id, code, what });
      return 'failed';
    }
  }

  /** The messages of a block that are no answers. */
  #read({ text }: Pick<ReceivedMessage, 'text'>): Hl7Message[] {
    const { messages } = parseHl7(text, { defaultCharset: this.#config.charset });
    return messages.filter((one) => one.segment('MSA') === undefined);
  }

  async #do(
    message: ReceivedMessage,
    id: string,
    digest: string,
    messages: readonly Hl7Message[],
    repeat: boolean,
  ): Promise<Answered[]> {
    const context = this.line.context();
    const source = { lineId: this.line.id, messageId: id };
    const write = (work: (unit: Writer) => Promise<Answered[]>) =>
      this.#bench.store.write(context, async (unit) => {
        const all = await work(unit);
        unit.markMessage(id, all.some((one) => one.held > 0) ? 'held' : 'posted', {
          ...countsOf(all),
          clean: all.every((one) => one.held === 0),
        });
        return all;
      });
    const known = (): Answered => ({ placed: 0, known: 1, held: 0, errors: [] });
    const whole = async (unit: Writer, why: string, n: number): Promise<Answered> =>
      this.#holdWhole(
        unit,
        context,
        source,
        `${digest} ${n}`,
        { reason: 'hospitalUnreadable', why },
        messages[n],
      );
    const answers = await write(async (unit) => {
      if (repeat) return messages.map(known);
      if (message.told === 'refused') return [await this.#refused(unit, context, source, messages[0])];
      const all: Answered[] = [];
      for (const [n, one] of messages.entries()) {
        const read = this.#readOne(one, message.at);
        all.push(
          read.fault === ''
            ? await this.#place(unit, context, source, read)
            : await whole(unit, read.fault, n),
        );
      }
      return all;
    }).catch((error: unknown) => {
      const why = toPlainError(error);
      if (why.code !== 'store.shape') throw error;
      // It can never be stored as it is, and must not keep those behind it waiting.
      return write(async (unit) => {
        const all: Answered[] = [];
        for (const n of messages.keys())
          all.push(await whole(unit, 'A value is too long or has the wrong form.', n));
        return all;
      });
    });
    const counts = countsOf(answers);
    this.line.count(counts.posted);
    this.#bench.hub.changed(['channel:lines']);
    this.line.say(
      repeat
        ? 'sent before and done then'
        : `orders placed or changed: ${counts.posted}, known: ${counts.duplicates}, held: ${counts.held}`,
      counts.held > 0 ? 'bad' : 'ok',
    );
    this.line.told(messageOf(id, counts, message.told));
    return answers;
  }

  /** What a message of this line says. @param receivedAt instant at which it came, where that is known */
  #readOne(message: Hl7Message, receivedAt: string | undefined): HospitalMessage {
    const { timeZone } = this.#bench.station;
    return readOrders(message, {
      ...this.#config,
      toInstant: (local) => instantOfLocal(timeZone, local),
      instantsOf: (local) => instantsOfLocal(timeZone, local),
      receivedAt,
    });
  }

  async #place(
    unit: Writer,
    context: WriteContext,
    source: HospitalSource,
    message: HospitalMessage,
    only?: string,
  ): Promise<Answered> {
    const { patient } = message;
    if (patient === null) return { placed: 0, known: 0, held: 0, errors: [] };
    const outcomes = await placeMessage(
      {
        bench: this.#bench,
        unit,
        at: context.at,
        source,
        by: context.actor,
        message: { ...message, patient },
      },
      only,
    );
    const count = (what: string) => outcomes.filter(({ outcome }) => outcome === what).length;
    return {
      placed: count('done'),
      known: count('known'),
      held: count('held'),
      errors: outcomes.flatMap((one) => (one.outcome === 'held' ? [one.error] : [])),
    };
  }

  async #holdWhole(
    unit: Writer,
    { at }: WriteContext,
    source: HospitalSource,
    key: string,
    held: Held,
    message: Hl7Message | undefined,
  ): Promise<Answered> {
    const sourceKey = sourceKeyOf(this.line.id, 'message', key);
    await hold(this.#bench, unit, at, source, sourceKey, held, {
      test: '',
      number: message?.controlId ?? '',
      order: { digest: key, placers: [], cancelled: [], control: '', patient: '' },
    });
    return { placed: 0, known: 0, held: 1, errors: [errorOf(held)] };
  }

  /** M4: the sender was told AR by the session. One exception for each reason, however often it comes. */
  async #refused(
    unit: Writer,
    context: WriteContext,
    source: HospitalSource,
    message: Hl7Message | undefined,
  ): Promise<Answered> {
    const { code = '', trigger = '' } = message?.type ?? {};
    const facts = `type ${code}^${trigger}, version ${message?.version ?? ''}, processing ${message?.processingId ?? ''}`;
    const why =
      message === undefined ? 'This is no message of HL7.' : `A message that is not taken here: ${facts}.`;
    const held = { reason: 'hospitalUnreadable', why } as const;
    return this.#holdWhole(unit, context, source, `refused ${facts}`, held, message);
  }

  /** The application acknowledgement: AA when all of it is done, else AE with what is not (M4). */
  #answer(message: Hl7Message, errors: readonly AckError[]): void {
    const outcome = errors.length === 0 ? 'ok' : 'error';
    if (!isWanted(message, 'application', outcome, ORDER_RULES.acknowledge)) return;
    const now = this.#bench.clock.now();
    this.#number += 1;
    const { bytes } = ackFor(message, {
      level: 'application',
      outcome,
      time: formatHl7Time(now.toISOString().slice(0, 19), 0),
      controlId: `H${now.getTime().toString(36)}${this.#number.toString(36).padStart(4, '0')}`.toUpperCase(),
      errors,
    });
    if (this.line.state().peer !== '') void this.line.send(bytes);
    // In original mode the peer asks again; in enhanced mode it has its CA and waits.
    else if (ackMode(message) === 'enhanced') this.#unsent.push(bytes);
  }

  /** Does a held piece again with today's data, within a unit of work; true when it is done now. */
  async again(unit: Writer, context: WriteContext, task: TaskDoc, text: Uint8Array): Promise<boolean> {
    const source = { lineId: this.line.id, messageId: task.messageId };
    // An exception without placer numbers is of a whole message that could not be read.
    const whole = ((task.payload.hospital as HeldOrder | undefined)?.placers ?? []).length === 0;
    let done = 0;
    let held = 0;
    const receivedAt = this.#bench.store.journal.message(task.messageId)?.at;
    for (const message of this.#read({ text })) {
      const read = this.#readOne(message, receivedAt);
      if (read.fault !== '') {
        held += 1;
        continue;
      }
      const answered = await this.#place(unit, context, source, read, whole ? undefined : task.sourceKey);
      done += answered.placed + answered.known;
      held += answered.held;
      if (!whole && done + held > 0) break;
    }
    if (whole && done > 0 && held === 0)
      await release(unit, context.at, task.sourceKey, context.actor, 'done', 'Done as the hospital sent it.');
    return done > 0 && held === 0;
  }
}

export type HospitalOrdersTransport = NonNullable<StationHospital['orders']>['transport'];

function countsOf(all: readonly Answered[]) {
  const sum = (of: (one: Answered) => number) => all.reduce((n, one) => n + of(one), 0);
  return {
    posted: sum((one) => one.placed),
    controls: 0,
    held: sum((one) => one.held),
    duplicates: sum((one) => one.known),
    queries: 0,
  };
}
