/**
 * The session of an HL7 line over MLLP (M1, M3, M4). It owns the clock, the timers, the journal and the transport around the block machine. An
 * acknowledgement leaves only after the journal row of its message is on disk; rows of many blocks share a commit, answers keep the order of
 * the messages.
 */
import {
  type Answer,
  NOT_HL7,
  NOT_STORED,
  type ReadMessage,
  readBlock,
  tooLong,
} from '../../../../shared/protocols/mllp/answer.ts';
import {
  awaitedBy,
  type BlockEvent,
  type BlockState,
  blockSilence,
  createBlocks,
  feedBlocks,
  resetBlocks,
} from '../../../../shared/protocols/mllp/block.ts';
import type { Connection } from '../transports/transport.ts';
import { Inbox } from './inbox.ts';
import { LineLog } from './line-log.ts';
import { MllpAnswers, type WriteAck } from './mllp-answers.ts';
import { Pressure } from './mllp-pressure.ts';
import { MllpSender } from './mllp-send.ts';
import { Repeats, toldOf } from './mllp-told.ts';
import type { Deferred, MllpSessionOptions, Peer } from './mllp-types.ts';

export type { MllpSessionOptions } from './mllp-types.ts';

import type { LineSession, OutgoingMessage, ReceivedMessage, SendResult, SessionState } from './ports.ts';

/** How long FS waits for its CR, and ignored bytes for more of them, milliseconds. */
const TAIL_MS = 1_000;

export class MllpSession implements LineSession {
  readonly #options: MllpSessionOptions;
  readonly #inbox: Inbox;
  readonly #sender: MllpSender;
  readonly #answers: MllpAnswers;
  readonly #log: LineLog;
  readonly #deferred = new Map<ReceivedMessage, Deferred>();
  readonly #repeats = new Repeats();
  #peer: Peer | null = null;
  #chain: Promise<void> = Promise.resolve();
  readonly #pressure = new Pressure();

  constructor(options: MllpSessionOptions) {
    this.#options = options;
    this.#log = new LineLog(options);
    this.#answers = new MllpAnswers({
      rules: options.rules,
      clock: options.clock,
      count: (what) => this.#log.count(what),
    });
    this.#inbox = new Inbox({
      timers: options.timers,
      maxBacklog: options.maxBacklog,
      handle: (message) => this.#post(message),
      busy: (busy) => {
        this.#pressure.full = busy;
        this.#weigh();
      },
      failed: (note) => this.#log.notPosted(note),
    });
    this.#sender = new MllpSender({
      timers: options.timers,
      ackMs: options.ackMs,
      repeats: options.repeats,
      write: (bytes, again, controlId) => {
        const peer = this.#peer;
        if (peer === null) return false;
        this.#write(peer, bytes, again ? 'resend' : 'send', controlId);
        return true;
      },
      deaf: () => this.#pressure.paused,
      count: (what) => this.#log.count(what),
      changed: () => this.#tell(),
    });
  }

  /** Opens the line and keeps it open. */
  start(): void {
    this.#options.transport.start({
      opened: (connection) => this.#opened(connection),
      closed: (connection, reason) => this.#closed(connection, reason),
      data: (connection, bytes) => this.#data(connection, bytes),
      ...this.#log.said(() => this.#tell()),
    });
  }

  /** Closes the line and waits until what is in memory has been dealt with. */
  async stop(): Promise<void> {
    await this.#options.transport.stop();
    await this.idle();
    this.#sender.stop();
    await this.#inbox.stop();
    this.#log.status = { state: 'off', text: 'off' };
    this.#tell();
  }

  /**
   * Sends one HL7 message when the line is free and waits for the answers it asks for (M3). It is sent again with the same MSH-10 when none comes,
   * also over a new connection (M4). A message with MSA is an answer of ours and goes out at once.
   */
  send({ bytes }: OutgoingMessage): Promise<SendResult> {
    return this.#sender.send(bytes);
  }

  /** Hands over a message that an earlier run acknowledged, before those that come. */
  recovered(message: ReceivedMessage): void {
    this.#pressure.backlog += message.text.length;
    this.#inbox.add(Promise.resolve(message));
  }

  /** Resolves when everything received so far is on disk and answered. */
  async idle(): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#chain; ) {
      seen = this.#chain;
      await seen;
    }
  }

  waiting(): number {
    return this.#inbox.size;
  }

  /** How often things happened since the start: frames (blocks), acks, naksSent, duplicates, ignoredBytes, partials, overlong, retries … */
  counters(): Record<string, number> {
    return this.#log.counters();
  }

  /** The light of the line. */
  state(): SessionState {
    return this.#log.state(() => this.#light(), this.#peer?.connection.peer ?? '', this.#sender.busy);
  }

  #light(): SessionState['state'] {
    if (this.#peer === null) return 'noAnswer';
    const awaited = awaitedBy(this.#peer.blocks);
    if (awaited === 'block' || awaited === 'ending') return 'receiving';
    if (this.#sender.unanswered) return 'noAnswer';
    return this.#sender.busy ? 'sending' : 'ready';
  }

  #opened(connection: Connection): void {
    const blocks = createBlocks({ maxBytes: this.#options.maxBytes });
    this.#peer = { connection, blocks, cancel: () => undefined, owes: 0, ended: false };
    if (this.#pressure.paused) connection.pause();
    this.#row('event', new Uint8Array(0), 'open');
    this.#sender.opened();
    this.#tell();
  }

  #closed(connection: Connection, reason: string): void {
    const peer = this.#peer;
    if (peer?.connection !== connection) return;
    peer.cancel();
    this.#log.event(`line lost: ${reason}`);
    this.#take(peer, resetBlocks(peer.blocks));
    this.#row('event', new Uint8Array(0), 'close');
    this.#peer = null;
    this.#sender.closed();
    // A peer that has only finished sending still gets its answers.
    this.#then(() => {
      peer.ended = true;
      this.#release(peer);
    });
    this.#tell();
  }

  #data(connection: Connection, bytes: Uint8Array): void {
    const peer = this.#peer;
    if (peer?.connection !== connection || bytes.length === 0) return;
    this.#log.lastByteAt = this.#log.now();
    this.#sender.heard();
    this.#take(peer, feedBlocks(peer.blocks, bytes));
    this.#watch(peer);
    this.#weigh();
    this.#tell();
  }

  /** Silence ends what has begun, but not while it is us who do not read. */
  #watch(peer: Peer): void {
    peer.cancel();
    const awaited = awaitedBy(peer.blocks);
    if (awaited === null || this.#pressure.paused) return;
    const ms = awaited === 'block' ? (this.#options.blockMs ?? 30_000) : TAIL_MS;
    peer.cancel = this.#options.timers.set(ms, () => {
      if (awaited === 'block') this.#log.count('timeouts');
      this.#take(peer, blockSilence(peer.blocks));
      this.#tell();
    });
  }

  #take(peer: Peer, { state, events }: { state: BlockState; events: BlockEvent[] }): void {
    peer.blocks = state;
    try {
      for (const event of events) this.#blockEvent(peer, event);
    } catch (error) {
      this.#fault(error);
    }
  }

  #blockEvent(peer: Peer, event: BlockEvent): void {
    switch (event.type) {
      case 'block':
        this.#block(peer, event);
        break;
      case 'overlong':
        this.#overlong(peer, event);
        break;
      case 'partial': {
        this.#log.count('incomplete');
        const row = this.#row('in', event.raw, 'partial', `M1 ${event.reason}, ${event.length} bytes`);
        const { reason, raw } = event;
        const tell = (seq: number) =>
          this.#options.onIncomplete?.({
            text: raw.subarray(1),
            frames: 0,
            reason,
            journal: { firstSeq: seq, lastSeq: seq },
          });
        void row.then(tell, () => undefined);
        break;
      }
      case 'ignored':
        this.#log.count('ignoredBytes', event.raw.length);
        void this.#row('in', event.raw, 'ignored', 'M1 outside a block');
        break;
      case 'endless':
        this.#then(() => peer.connection.close());
        break;
    }
  }

  #block(peer: Peer, event: Extract<BlockEvent, { type: 'block' }>): void {
    const { raw, content } = event;
    const read = readBlock(content, this.#options.rules);
    if (event.lenient !== undefined) {
      this.#log.count('leniencies');
      this.#log.event(`leniency used: ${event.lenient}`);
    }
    this.#log.count('frames');
    const told = toldOf(read, this.#options.rules);
    const ids = read.map(({ message }) => message.controlId).join(' ');
    const plain = read.length > 0 && read.every(({ answer }) => answer?.plain === true);
    const again = !plain && told !== 'refused' && this.#repeats.isRepeat(read, content);
    if (again) this.#log.count('duplicates');
    const error = read.length === 0 ? NOT_HL7 : read.find((one) => one.error !== null)?.error;
    const mark = plain ? 'answer' : told === 'refused' ? 'refused' : again ? 'duplicate' : 'block';
    const row = this.#row('in', raw, mark, told === 'refused' ? `M4 ${error?.text ?? ''}` : ids);
    for (const { answer } of read) if (answer !== null) this.#answered(answer);
    this.#hold(peer, row, raw.length, (seq) => {
      if (seq === null) {
        this.#repeats.forget(read);
        if (!plain) this.#unstored(peer, read);
        return;
      }
      if (plain) return;
      // Handed on first: what cannot be answered, by a fault of ours, is posted all the same. Posting begins behind the answer.
      this.#deliver(peer, read, {
        text: content,
        frames: 1,
        at: this.#log.now(),
        journal: { firstSeq: seq, lastSeq: seq },
        told,
      });
      this.#answers.stored(read, this.#onto(peer));
    });
  }

  #answered(answer: Answer): void {
    const whose = this.#sender.answered(answer);
    if (whose === 'ours') return;
    this.#log.count('strayAnswers');
    this.#log.event(`M4 ${whose} answer ${answer.code} to ${answer.names}`);
  }

  #overlong(peer: Peer, event: Extract<BlockEvent, { type: 'overlong' }>): void {
    this.#log.count('overlong');
    const error = tooLong(this.#options.maxBytes);
    const row = this.#row('in', event.raw, 'refused', `M1 ${error.text} It has ${event.length}.`);
    const [first] = readBlock(event.head, this.#options.rules);
    this.#hold(peer, row, event.raw.length, () => {
      this.#answers.refuse(first === undefined ? [] : [first], 'reject', error, this.#onto(peer));
    });
  }

  /** Waits for a journal row and does what follows from it, in the order of the blocks; null: it could not be stored. */
  #hold(peer: Peer, row: Promise<number>, bytes: number, then: (seq: number | null) => void): void {
    this.#pressure.pending += bytes;
    peer.owes += 1;
    const stored = row.catch(() => null);
    this.#then(async () => {
      const seq = await stored;
      try {
        then(seq);
      } finally {
        this.#pressure.pending -= bytes;
        peer.owes -= 1;
        this.#release(peer);
        this.#weigh();
      }
    });
  }

  #then(work: () => void | Promise<void>): void {
    this.#chain = this.#chain.then(work).catch((error: unknown) => this.#fault(error));
  }

  /** A fault of ours: what was not acknowledged comes again on a fresh line. */
  #fault(error: unknown): void {
    this.#log.fault(error);
    this.#peer?.connection.close();
  }

  /** The journal could not take it: the sender keeps the message, and where it did not want to be told so, the line is closed. */
  #unstored(peer: Peer, read: readonly ReadMessage[]): void {
    this.#log.count('storeFailures');
    if (!this.#answers.refuse(read, 'error', NOT_STORED, this.#onto(peer))) peer.connection.close();
  }

  #deliver(peer: Peer, read: readonly ReadMessage[], message: ReceivedMessage): void {
    this.#log.count('messages');
    const messages = this.#answers.deferred(read);
    if (messages.length > 0) {
      peer.owes += 1;
      this.#deferred.set(message, { peer, messages });
    }
    this.#pressure.backlog += message.text.length;
    this.#inbox.add(Promise.resolve(message));
  }

  async #post(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const outcome = await this.#options.onMessage(message);
    if (outcome === 'failed') return outcome;
    this.#pressure.backlog -= message.text.length;
    const deferred = this.#deferred.get(message);
    if (deferred !== undefined) {
      this.#deferred.delete(message);
      this.#answers.posted(deferred.messages, this.#onto(deferred.peer));
      deferred.peer.owes -= 1;
      this.#release(deferred.peer);
    }
    this.#weigh();
    return outcome;
  }

  #release(peer: Peer): void {
    if (peer.ended && peer.owes === 0) peer.connection.close();
  }

  /** Back-pressure: nothing is dropped, the peer waits. */
  #weigh(): void {
    if (!this.#pressure.changes()) return;
    const full = this.#pressure.paused;
    if (full) this.#log.count('busy');
    this.#log.event(full ? 'not read for now: too much waits here' : 'read again');
    if (this.#peer === null) return;
    if (full) this.#peer.connection.pause();
    else this.#peer.connection.resume();
    this.#watch(this.#peer);
  }

  #onto(peer: Peer): WriteAck {
    return (bytes, mark, note) => this.#write(peer, bytes, mark, note);
  }

  #write(peer: Peer, bytes: Uint8Array, mark: string, note: string): void {
    void this.#row('out', bytes, mark, note, peer);
    peer.connection.write(bytes);
  }

  /** Appends to the journal and to the trace. The promise may be left alone: a failure is told here. */
  #row(
    direction: 'in' | 'out' | 'event',
    bytes: Uint8Array,
    mark: string,
    note = '',
    peer = this.#peer,
  ): Promise<number> {
    const connection = peer?.connection ?? null;
    const given = {
      at: this.#log.now(),
      direction,
      bytes,
      mark,
      note,
      connection,
      durable: direction === 'in',
    };
    const row = this.#log.append(given);
    this.#log.traceRow(given);
    return row;
  }

  #tell(): void {
    this.#log.tell(this.state());
  }
}
