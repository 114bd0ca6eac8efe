/**
 * The session of a line with a protocol of its own. A block is acknowledged only after its journal row is on disk; a device that hears no answer is
 * not read on until it is.
 */
import { buildBlock, type Framing } from '../../../../shared/protocols/stream/framing.ts';
import {
  createStream,
  type StreamEffect,
  type StreamInput,
  type StreamState,
  type StreamTimer,
  step,
  stepChunk,
} from '../../../../shared/protocols/stream/machine.ts';
import type { Transport } from '../transports/transport.ts';
import type { LogRow } from './line-log.ts';
import { type CommonEffect, type CommonInput, MachineSession } from './machine-session.ts';
import type {
  JournalRange,
  LineSessionOptions,
  OutgoingMessage,
  ReceivedMessage,
  SendResult,
  SessionState,
} from './ports.ts';
import { spoiledText } from './stream-recover.ts';

export interface StreamSessionOptions extends LineSessionOptions {
  transport: Transport;
  framing: Framing;
}

type OwnInput = Exclude<StreamInput, CommonInput<StreamTimer>>;
type OwnEffect = Exclude<StreamEffect, CommonEffect<StreamTimer>>;
type JournalEffect = Extract<OwnEffect, { type: 'journal' }>;

export class StreamSession extends MachineSession<StreamState, StreamTimer, OwnInput, OwnEffect> {
  readonly #stream: StreamSessionOptions;
  #stopped = false;
  #wake: (() => void) | null = null;
  #lastRow: Promise<number> = Promise.resolve(0);
  readonly #sends = new Map<string, (result: SendResult) => void>();
  #sendNumber = 0;

  constructor(options: StreamSessionOptions) {
    super(options, { state: createStream(options.framing), step, stepChunk });
    this.#stream = options;
  }

  override start(): void {
    this.#stopped = false;
    super.start();
  }

  /**
   * Sends one block when the line is free, and again when it is refused or not answered, as the profile says. Resolves with what the device said
   * of it; a device that answers nothing (handshake `none`) has it as soon as it is written. Never rejects.
   */
  send({ bytes }: OutgoingMessage): Promise<SendResult> {
    this.#sendNumber += 1;
    const id = `s${this.#sendNumber}`;
    return new Promise((done) => {
      this.#sends.set(id, done);
      this.give({ type: 'send', id, block: buildBlock(bytes, this.#stream.framing) });
    });
  }

  protected override async ending(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.idle();
    if (this.machine.open) this.give({ type: 'closed' });
    await this.idle();
  }

  protected override sending(): boolean {
    return this.machine.sending !== null || this.machine.outgoing.length > 0;
  }

  protected override light(): SessionState['state'] {
    if (!this.machine.open) return 'noAnswer';
    const { at, asked, assembly } = this.machine;
    if (at !== 'between' || asked || assembly.open) return 'receiving';
    return this.machine.sending === null ? 'ready' : 'sending';
  }

  protected override effect(effect: OwnEffect): void {
    switch (effect.type) {
      case 'journal':
        this.#journal(effect);
        break;
      case 'message':
        this.log.count('messages');
        this.#deliver(effect.text, effect.blocks, this.takeRange(), {});
        break;
      case 'broken': {
        this.log.count('incomplete');
        this.log.event(`incomplete message: ${effect.reason}`);
        const next = effect.behind ? this.rows.pop() : undefined;
        const rows = this.takeRange();
        if (next !== undefined) this.rows.push(next);
        const { text, blocks: frames, reason } = effect;
        void rows.then((journal) => this.#stream.onIncomplete?.({ text, frames, reason, journal }));
        break;
      }
      case 'spoiled': {
        this.log.count('spoiled');
        const row = this.#lastRow.then((seq) => ({ firstSeq: seq, lastSeq: seq }));
        this.#deliver(effect.bytes, 1, row, { unreadable: spoiledText(effect.why) });
        break;
      }
      case 'sendDone': {
        const { id, outcome, reason } = effect;
        this.#sends.get(id)?.(reason === undefined ? { outcome } : { outcome, reason });
        this.#sends.delete(id);
        this.log.count(`sends.${outcome}`);
        break;
      }
      case 'count':
        this.log.count(effect.what, effect.n);
        break;
    }
  }

  #journal(effect: JournalEffect): void {
    // What will not come again is kept in memory until it is on disk; the line is not read on meanwhile.
    const mustStay =
      effect.direction === 'in' &&
      (effect.mark === 'spoiled' || (effect.durable && this.#stream.framing.handshake === 'none'));
    const { durable: _, ...given } = this.rowOf(effect);
    const row = mustStay ? this.#appendSurely(given) : this.log.append(given);
    row.catch(() => {
      this.rows = this.rows.filter((one) => one !== row);
    });
    if (effect.durable) this.awaitRow(row);
    if (effect.direction === 'in' && effect.mark === 'block') this.rows.push(row);
    this.#lastRow = row;
    this.log.traceRow(given);
  }

  /** Appends again and again until the row is on disk, or the session ends. */
  async #appendSurely(row: LogRow): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.log.append(row);
      } catch (error) {
        if (this.#stopped) throw error;
        await this.#pause(Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const cancel = this.#stream.timers.set(ms, done);
      this.#wake = () => {
        cancel();
        done();
      };
    });
  }

  #deliver(
    text: Uint8Array,
    frames: number,
    rows: Promise<JournalRange>,
    more: Pick<ReceivedMessage, 'unreadable'>,
  ): void {
    const at = this.log.now();
    const told = this.#stream.framing.handshake === 'none' ? 'none' : 'accepted';
    this.inbox.add(rows.then((journal) => ({ text, frames, at, journal, told, ...more })));
  }
}
