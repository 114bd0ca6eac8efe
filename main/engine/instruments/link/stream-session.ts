/**
 * The session of a line with a protocol of its own. It owns the clock, the timers, the journal and the transport around the stream machine. A block is
 * acknowledged only after its journal row is on disk; a device that hears no answer is not read on until it is.
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
import type { Connection, Transport, TransportStatus } from '../transports/transport.ts';
import { Inbox } from './inbox.ts';
import type {
  JournalRange,
  LineSession,
  LineSessionOptions,
  OutgoingMessage,
  ReceivedMessage,
  SendResult,
  SessionState,
} from './ports.ts';
import { spoiledText } from './stream-recover.ts';

/** Bytes waiting to be read by the machine above which the line is paused, and below which it is resumed. */
const PAUSE_ABOVE = 256 * 1024;
const RESUME_BELOW = 64 * 1024;

export interface StreamSessionOptions extends LineSessionOptions {
  transport: Transport;
  framing: Framing;
}

type Task =
  | { kind: 'input'; input: StreamInput }
  | { kind: 'chunk'; connection: Connection; bytes: Uint8Array }
  | { kind: 'timer'; name: StreamTimer; generation: number }
  | { kind: 'opened'; connection: Connection }
  | { kind: 'closed'; connection: Connection; reason: string };

type JournalEffect = Extract<StreamEffect, { type: 'journal' }>;

export class StreamSession implements LineSession {
  readonly #options: StreamSessionOptions;
  readonly #tasks: Task[] = [];
  readonly #timers = new Map<StreamTimer, { cancel: () => void; generation: number }>();
  readonly #counters: Record<string, number> = {};
  readonly #inbox: Inbox;
  #machine: StreamState;
  #connection: Connection | null = null;
  #status: TransportStatus = { state: 'off', text: 'off' };
  #running: Promise<void> = Promise.resolve();
  #active = false;
  #stopped = false;
  #waitingBytes = 0;
  #paused = false;
  #generation = 0;
  #storing: Promise<boolean> | null = null;
  #wake: (() => void) | null = null;
  #rows: Promise<number>[] = [];
  #lastRow: Promise<number> = Promise.resolve(0);
  #journalFails = false;
  #lastByteAt = '';
  #shown = '';

  constructor(options: StreamSessionOptions) {
    this.#options = options;
    this.#machine = createStream(options.framing);
    this.#inbox = new Inbox({
      timers: options.timers,
      maxBacklog: options.maxBacklog ?? 200,
      handle: (message) => options.onMessage(message),
      ...(options.onMessages === undefined ? {} : { handleTogether: options.onMessages }),
      busy: (busy) => this.#give({ kind: 'input', input: { type: 'busy', busy } }),
      failed: (note) => {
        this.#count('messageFailures', 1);
        this.#event(note);
      },
    });
  }

  start(): void {
    this.#stopped = false;
    this.#options.transport.start({
      opened: (connection) => {
        this.#paused = false;
        this.#give({ kind: 'opened', connection });
      },
      closed: (connection, reason) => this.#give({ kind: 'closed', connection, reason }),
      data: (connection, bytes) => {
        this.#waitingBytes += bytes.length;
        if (!this.#paused && this.#waitingBytes > PAUSE_ABOVE) {
          this.#paused = true;
          connection.pause();
        }
        this.#give({ kind: 'chunk', connection, bytes });
      },
      status: (status) => {
        this.#status = status;
        this.#event(status.problem === undefined ? status.text : `${status.problem.code}: ${status.text}`);
        this.#tell();
      },
      count: (what, note) => {
        this.#count(what, 1);
        if (what !== 'connections' && note !== '') this.#event(`${what}: ${note}`);
      },
    });
  }

  async stop(): Promise<void> {
    await this.#options.transport.stop();
    this.#stopped = true;
    this.#wake?.();
    await this.idle();
    for (const name of this.#timers.keys()) this.#stopTimer(name);
    await this.#inbox.stop();
    this.#status = { state: 'off', text: 'off' };
    this.#tell();
  }

  /** Sends one block when the line is open and nothing is being received. Devices of these protocols take no orders: their answer is not awaited. */
  async send({ bytes }: OutgoingMessage): Promise<SendResult> {
    await this.idle();
    if (this.#connection === null) return { outcome: 'aborted', reason: 'closed' };
    if (this.#machine.at !== 'between') return { outcome: 'aborted', reason: 'busy' };
    const block = buildBlock(bytes, this.#options.framing);
    this.#effect({ type: 'journal', direction: 'out', bytes: block, mark: 'block', durable: false });
    this.#connection.write(block);
    return { outcome: 'accepted' };
  }

  recovered(message: ReceivedMessage): void {
    this.#inbox.add(Promise.resolve(message));
  }

  async idle(): Promise<void> {
    while (this.#active) await this.#running;
  }

  counters(): Record<string, number> {
    return { ...this.#counters };
  }

  state(): SessionState {
    const problem = this.#status.problem;
    return {
      state: this.#light(),
      text: this.#status.text,
      peer: this.#connection?.peer ?? '',
      lastByteAt: this.#lastByteAt,
      sending: false,
      ...(problem === undefined ? {} : { problem: problem.toPlain() }),
    };
  }

  #light(): SessionState['state'] {
    if (this.#status.state === 'off' || this.#status.state === 'failed') return this.#status.state;
    if (!this.#machine.open) return 'noAnswer';
    const { at, asked, assembly } = this.#machine;
    return at !== 'between' || asked || assembly.open ? 'receiving' : 'ready';
  }

  #give(task: Task): void {
    this.#tasks.push(task);
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        await this.#do(task);
      } catch (error) {
        // A fault of ours in the middle of a transfer: what was not acknowledged comes again on a fresh line.
        this.#count('faults', 1);
        this.#event(`fault: ${error instanceof Error ? error.message : 'unknown'}`);
        this.#connection?.close();
      }
      this.#tell();
    }
    this.#active = false;
  }

  async #do(task: Task): Promise<void> {
    switch (task.kind) {
      case 'input':
        return this.#step(task.input);
      case 'timer':
        if (this.#timers.get(task.name)?.generation !== task.generation) return;
        this.#timers.delete(task.name);
        return this.#step({ type: 'timer', name: task.name });
      case 'chunk':
        return this.#chunk(task.connection, task.bytes);
      case 'opened':
        this.#connection = task.connection;
        return this.#step({ type: 'opened' });
      case 'closed':
        if (this.#connection !== task.connection) return;
        this.#event(`line lost: ${task.reason}`);
        await this.#step({ type: 'closed' });
        this.#connection = null;
        task.connection.close();
        return;
    }
  }

  async #chunk(connection: Connection, bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.#lastByteAt = this.#options.clock.now().toISOString();
    try {
      for (let at = 0; at < bytes.length && this.#connection === connection; ) {
        const next = stepChunk(this.#machine, bytes, at);
        this.#machine = next.state;
        at = next.consumed;
        await this.#perform(next.effects);
      }
    } finally {
      this.#waitingBytes -= bytes.length;
      if (this.#paused && this.#waitingBytes < RESUME_BELOW) {
        this.#paused = false;
        this.#connection?.resume();
      }
    }
  }

  async #step(input: StreamInput): Promise<void> {
    const next = step(this.#machine, input);
    this.#machine = next.state;
    await this.#perform(next.effects);
  }

  /** Performs effects in order; a durable journal row ends the list and its outcome goes back into the machine. */
  async #perform(effects: readonly StreamEffect[]): Promise<void> {
    for (const effect of effects) this.#effect(effect);
    const storing = this.#storing;
    if (storing === null) return;
    this.#storing = null;
    this.#tell();
    await this.#step({ type: 'stored', ok: await storing });
  }

  #effect(effect: StreamEffect): void {
    switch (effect.type) {
      case 'journal':
        this.#journal(effect);
        break;
      case 'write':
        this.#connection?.write(effect.bytes);
        break;
      case 'startTimer':
        this.#startTimer(effect.name, effect.ms);
        break;
      case 'stopTimer':
        this.#stopTimer(effect.name);
        break;
      case 'message':
        this.#count('messages', 1);
        this.#deliver(effect.text, effect.blocks, this.#takeRange(), {});
        break;
      case 'broken': {
        this.#count('incomplete', 1);
        this.#event(`incomplete message: ${effect.reason}`);
        const next = effect.behind ? this.#rows.pop() : undefined;
        const rows = this.#takeRange();
        if (next !== undefined) this.#rows.push(next);
        void rows.then((journal) =>
          this.#options.onIncomplete?.({
            text: effect.text,
            frames: effect.blocks,
            reason: effect.reason,
            journal,
          }),
        );
        break;
      }
      case 'spoiled': {
        this.#count('spoiled', 1);
        const row = this.#lastRow.then((seq) => ({ firstSeq: seq, lastSeq: seq }));
        this.#deliver(effect.bytes, 1, row, { unreadable: spoiledText(effect.why) });
        break;
      }
      case 'count':
        this.#count(effect.what, effect.n);
        break;
    }
  }

  #journal(effect: JournalEffect): void {
    const at = this.#options.clock.now().toISOString();
    const event = effect.bytes.length === 0;
    // What will not come again is kept in memory until it is on disk; the line is not read on meanwhile.
    const mustStay =
      effect.direction === 'in' &&
      (effect.mark === 'spoiled' || (effect.durable && this.#options.framing.handshake === 'none'));
    const row = this.#append(effect, at, mustStay);
    row.catch(() => {
      this.#rows = this.#rows.filter((one) => one !== row);
    });
    if (effect.durable)
      this.#storing = row.then(
        () => true,
        () => false,
      );
    if (effect.direction === 'in' && effect.mark === 'block') this.#rows.push(row);
    this.#lastRow = row;
    this.#options.onTrace?.({
      at,
      direction: event ? 'event' : effect.direction,
      bytes: effect.bytes,
      mark: effect.mark,
      note: effect.note ?? '',
      ...(effect.checksumOk === undefined ? {} : { checksumOk: effect.checksumOk }),
    });
  }

  async #append(effect: JournalEffect, at: string, mustStay: boolean): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      try {
        const seq = await this.#options.journal.appendDurable({
          instrumentId: this.#options.instrumentId,
          linkId: this.#connection?.id ?? '',
          at,
          direction: effect.bytes.length === 0 ? 'event' : effect.direction,
          bytes: effect.bytes,
          note: effect.note === undefined ? effect.mark : `${effect.mark}: ${effect.note}`,
        });
        if (this.#journalFails) this.#options.onJournal?.(null);
        this.#journalFails = false;
        return seq;
      } catch (error) {
        this.#count('journalFailures', 1);
        this.#journalFails = true;
        this.#options.onJournal?.(error);
        if (!mustStay || this.#stopped) throw error;
        await this.#pause(Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const cancel = this.#options.timers.set(ms, done);
      this.#wake = () => {
        cancel();
        done();
      };
    });
  }

  /** Journal rows of the blocks since the last message; rows that could not be stored are not part of it. */
  async #takeRange(): Promise<JournalRange> {
    const rows = await Promise.allSettled(this.#rows.splice(0));
    const seqs = rows.filter((row) => row.status === 'fulfilled').map((row) => row.value);
    return { firstSeq: seqs[0] ?? 0, lastSeq: seqs.at(-1) ?? 0 };
  }

  #deliver(
    text: Uint8Array,
    frames: number,
    rows: Promise<JournalRange>,
    more: Pick<ReceivedMessage, 'unreadable'>,
  ): void {
    const at = this.#options.clock.now().toISOString();
    const told = this.#options.framing.handshake === 'none' ? 'none' : 'accepted';
    this.#inbox.add(rows.then((journal) => ({ text, frames, at, journal, told, ...more })));
  }

  #startTimer(name: StreamTimer, ms: number): void {
    this.#stopTimer(name);
    this.#generation += 1;
    const generation = this.#generation;
    const cancel = this.#options.timers.set(ms, () => this.#give({ kind: 'timer', name, generation }));
    this.#timers.set(name, { cancel, generation });
  }

  #stopTimer(name: StreamTimer): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  #count(what: string, n: number): void {
    this.#counters[what] = (this.#counters[what] ?? 0) + n;
  }

  #event(note: string): void {
    const at = this.#options.clock.now().toISOString();
    this.#options.onTrace?.({ at, direction: 'event', bytes: new Uint8Array(0), mark: 'event', note });
  }

  #tell(): void {
    const now = this.state();
    const key = `${now.state} ${now.text} ${now.peer} ${now.problem?.what ?? ''}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#options.onState?.(now);
  }
}
