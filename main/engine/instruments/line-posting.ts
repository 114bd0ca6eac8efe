import { createHash } from 'node:crypto';
import { toPlainError } from '../../../shared/errors.ts';
import type { TraceRow } from '../../../shared/ipc/instruments.ts';
import type { Interpretation } from '../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { Bench } from '../bench.ts';
import { setProblem } from '../problems.ts';
import type { WriteContext, Writer } from '../store/store.ts';
import { holdMessage } from './holding.ts';
import type { LineSession, ReceivedMessage } from './link/ports.ts';
import type { Source } from './measurement.ts';
import { answerQuery } from './orders/answer.ts';
import type { OrdersMode } from './orders/mode.ts';
import { recordOutcomes } from './orders/outcomes.ts';
import { notesOn } from './pictures.ts';
import { type Posted, postMessage } from './posting.ts';
import { countsOf, type MessageCounts } from './trace.ts';

/** What of a line its posting needs. */
export interface PostingLine {
  bench: Bench;
  /** of the line */
  id: string;
  protocol: Profile['protocol'];
  /** Reads a message with today's mapping. */
  interpret: (message: ReceivedMessage) => Promise<Interpretation[]>;
  /** The profile with today's mapping. */
  profile: () => Promise<Profile>;
  ordersMode: () => OrdersMode;
  send: LineSession['send'];
  /** Told what became of a message that is posted. */
  posted: (message: ReceivedMessage, messageId: string, counts: MessageCounts) => void;
  say: (note: string, tone: TraceRow['tone']) => void;
}

/** A message on its way into the store. */
interface Incoming {
  message: ReceivedMessage;
  source: Source;
  interpretations: Interpretation[];
  /** How many queries it asks. */
  queries: number;
}

/** From a message that a line has acknowledged to what is stored of it, once; then its queries are answered. */
export class LinePosting {
  readonly #of: PostingLine;

  constructor(of: PostingLine) {
    this.#of = of;
  }

  #context(): WriteContext {
    return {
      actor: `instrument:${this.#of.id}`,
      command: 'instrument.post',
      station: this.#of.bench.station.code,
      at: this.#of.bench.clock.now().toISOString(),
    };
  }

  /** A message as it is posted: known to the journal, read with today's mapping; undefined when it is posted already. */
  async #incoming(message: ReceivedMessage): Promise<Incoming | undefined> {
    const { journal } = this.#of.bench.store;
    const id = String(message.journal.lastSeq);
    const messageDigest = createHash('sha256').update(message.text).digest('hex');
    const known = journal.message(id);
    if (known?.digest === messageDigest && known.state !== 'received') return undefined;
    if (known === undefined) {
      journal.expectMessage({
        id,
        instrumentId: this.#of.id,
        ...message.journal,
        at: message.at,
        state: 'received',
        told: message.told ?? 'accepted',
        kind: this.#of.protocol,
        digest: messageDigest,
        detail: null,
      });
    }
    const interpretations = await this.#of.interpret(message);
    const queries = interpretations.reduce((n, one) => n + one.queries.length, 0);
    // Lines of a file that has grown are those of its first version.
    const source = {
      instrumentId: this.#of.id,
      messageId: id,
      messageDigest: message.firstVersion ?? messageDigest,
      wentOn: message.firstVersion !== undefined,
    };
    return { message, source, interpretations, queries };
  }

  /** Posts what a message says within a unit of work and marks it in the journal. */
  async #postWithin(unit: Writer, at: string, incoming: Incoming): Promise<MessageCounts> {
    const all: Posted[] = [];
    for (const one of incoming.interpretations) {
      all.push(...(await postMessage(this.#of.bench, unit, at, incoming.source, one)));
      await recordOutcomes(this.#of.bench, unit, at, incoming.source, one.orderOutcomes);
    }
    return this.#mark(unit, incoming, all);
  }

  #mark(unit: Writer, { message, source, interpretations, queries }: Incoming, all: Posted[]): MessageCounts {
    const counts = countsOf(all, queries);
    const broken = message.incomplete === undefined ? 'posted' : 'incomplete';
    unit.markMessage(source.messageId, counts.held > 0 ? 'held' : broken, {
      ...counts,
      ...notesOn(interpretations),
    });
    return counts;
  }

  #tellPosted({ message, source }: Incoming, counts: MessageCounts): void {
    this.#of.posted(message, source.messageId, counts);
    setProblem(this.#of.bench, `posting:${this.#of.id}`, null);
  }

  /** Posts one message, once: a message that is posted already is not touched again. */
  async message(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const bench = this.#of.bench;
    let incoming: Incoming | undefined;
    try {
      await bench.store.journal.calm();
      incoming = await this.#incoming(message);
      if (incoming === undefined) return 'stored';
      const { source } = incoming;
      const one = incoming;
      const context = this.#context();
      const posted = await bench.store
        .write(context, (unit) => this.#postWithin(unit, context.at, one))
        .catch((error: unknown) => {
          const why = toPlainError(error);
          if (why.code !== 'store.shape') throw error;
          // It can never be stored as it is, and must not keep those behind it waiting: a person sees the message instead.
          bench.log.error('posting.impossible', {
            instrument: this.#of.id,
            message: source.messageId,
            what: why.what,
          });
          const problem = { code: 'unparsable', severity: 'hold', text: why.what, record: null } as const;
          return bench.store.write(context, async (unit) =>
            this.#mark(unit, one, [
              await holdMessage(bench, unit, context.at, source, 'unparsable', [problem]),
            ]),
          );
        });
      this.#tellPosted(incoming, posted);
    } catch (error) {
      setProblem(bench, `posting:${this.#of.id}`, error);
      bench.log.error('posting.failed', {
        instrument: this.#of.id,
        message: String(message.journal.lastSeq),
        code: toPlainError(error).code,
        what: toPlainError(error).what,
      });
      return 'failed';
    }
    await this.#answerAll(incoming);
    return 'stored';
  }

  /** Posts several messages that wait, in their order, under one unit of work: all or none. When it fails each is tried alone. */
  async messages(messages: readonly ReceivedMessage[]): Promise<'stored' | 'failed'> {
    const bench = this.#of.bench;
    const all: Incoming[] = [];
    let posted: MessageCounts[];
    try {
      await bench.store.journal.calm();
      for (const message of messages) {
        const incoming = await this.#incoming(message);
        if (incoming !== undefined) all.push(incoming);
      }
      const context = this.#context();
      posted = await bench.store.write(context, async (unit) => {
        const counts: MessageCounts[] = [];
        for (const incoming of all) {
          if (counts.length > 0) await new Promise<void>((next) => setImmediate(next));
          counts.push(await this.#postWithin(unit, context.at, incoming));
        }
        return counts;
      });
    } catch {
      return 'failed';
    }
    for (const [at, incoming] of all.entries()) this.#tellPosted(incoming, posted[at] as MessageCounts);
    for (const incoming of all) await this.#answerAll(incoming);
    return 'stored';
  }

  async #answerAll({ interpretations }: Incoming): Promise<void> {
    for (const one of interpretations) for (const query of one.queries) await this.#answer(query);
  }

  async #answer(query: Interpretation['queries'][number]): Promise<void> {
    const { bench, profile, ordersMode, say, send } = this.#of;
    const { messages, note, whole } = await answerQuery(bench, await profile(), query, ordersMode());
    say(`asked for orders: ${note}`, whole ? 'ok' : 'bad');
    for (const { bytes } of messages) {
      void send({ bytes }).then(({ outcome, reason, text }) => {
        const why = text ?? reason;
        say(`orders ${outcome}${why === undefined ? '' : `: ${why}`}`, outcome === 'accepted' ? 'ok' : 'bad');
      });
    }
  }
}
