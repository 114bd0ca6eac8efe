/**
 * The interpreter of a pure link machine: it owns the timers and the transport around the machine, and does what its effects say, in order. An
 * acknowledgement of data leaves only after the journal row of what it acknowledges is on disk.
 */
import type { Connection, Transport } from '../transports/transport.ts';
import { Inbox } from './inbox.ts';
import { LineLog, type LogRow } from './line-log.ts';
import type {
  JournalRange,
  LineSession,
  LineSessionOptions,
  OutgoingMessage,
  ReceivedMessage,
  SendResult,
  SessionState,
} from './ports.ts';

/** Bytes waiting to be read by the machine above which the line is paused, and below which it is resumed. */
const PAUSE_ABOVE = 256 * 1024;
const RESUME_BELOW = 64 * 1024;

/** What every machine is told. */
export type CommonInput<Timer> =
  | { type: 'opened' }
  | { type: 'closed' }
  | { type: 'busy'; busy: boolean }
  | { type: 'timer'; name: Timer }
  | { type: 'stored'; ok: boolean };

/** What every machine asks for. */
export type CommonEffect<Timer> =
  | { type: 'write'; bytes: Uint8Array }
  | { type: 'startTimer'; name: Timer; ms: number }
  | { type: 'stopTimer'; name: Timer };

/** With `durable`, `stored` is fed when the row is on disk; nothing else is consumed in between. */
export interface JournalEffect {
  type: 'journal';
  direction: 'in' | 'out';
  bytes: Uint8Array;
  mark: string;
  note?: string;
  checksumOk?: boolean;
  durable: boolean;
}

/** A machine: its state, and what an input or received bytes make of it. `Own`: inputs and effects of this protocol alone. */
export interface Machine<State, Timer, OwnInput, OwnEffect> {
  state: State;
  step(
    state: State,
    input: CommonInput<Timer> | OwnInput,
  ): { state: State; effects: readonly (CommonEffect<Timer> | OwnEffect)[] };
  stepChunk(
    state: State,
    bytes: Uint8Array,
    from: number,
  ): { state: State; effects: readonly (CommonEffect<Timer> | OwnEffect)[]; consumed: number };
}

type Task<Timer, OwnInput> =
  | { kind: 'input'; input: CommonInput<Timer> | OwnInput }
  | { kind: 'chunk'; connection: Connection; bytes: Uint8Array }
  | { kind: 'timer'; name: Timer; generation: number }
  | { kind: 'opened'; connection: Connection }
  | { kind: 'closed'; connection: Connection; reason: string };

/** A session around a machine. Inputs are dealt with one after the other, in the order they came. */
export abstract class MachineSession<
  State,
  Timer extends string,
  OwnInput,
  OwnEffect extends { type: string },
> implements LineSession
{
  protected readonly log: LineLog;
  protected readonly inbox: Inbox;
  protected machine: State;
  protected connection: Connection | null = null;
  /** Rows of the message that is being received. */
  protected rows: Promise<number>[] = [];
  readonly #options: LineSessionOptions & { transport: Transport };
  readonly #rules: Machine<State, Timer, OwnInput, OwnEffect>;
  readonly #tasks: Task<Timer, OwnInput>[] = [];
  readonly #timers = new Map<Timer, { cancel: () => void; generation: number }>();
  #running: Promise<void> = Promise.resolve();
  #active = false;
  #waitingBytes = 0;
  #paused = false;
  #generation = 0;
  /** What the machine waits for: whether a row could be stored; true: it waits for nothing. */
  #storing: Promise<boolean> | true | null = null;

  constructor(
    options: LineSessionOptions & { transport: Transport },
    rules: Machine<State, Timer, OwnInput, OwnEffect>,
  ) {
    this.#options = options;
    this.#rules = rules;
    this.machine = rules.state;
    this.log = new LineLog(options);
    this.inbox = new Inbox({
      timers: options.timers,
      maxBacklog: options.maxBacklog,
      handle: (message) => options.onMessage(message),
      ...(options.onMessages === undefined ? {} : { handleTogether: options.onMessages }),
      busy: (busy) => this.give({ type: 'busy', busy }),
      failed: (note) => this.log.notPosted(note),
    });
  }

  abstract send(message: OutgoingMessage): Promise<SendResult>;

  /** Does what only this protocol's machine asks for. */
  protected abstract effect(effect: OwnEffect): void;

  /** The light while the transport is neither off nor failed. */
  protected abstract light(): SessionState['state'];

  /** A message of ours is queued or on its way. */
  protected abstract sending(): boolean;

  /** Bytes came, or the line was opened. */
  protected heard(): void {}

  /** The transport is closed: what still waits is ended here, before the timers are. */
  protected async ending(): Promise<void> {
    await this.idle();
  }

  start(): void {
    this.#options.transport.start({
      opened: (connection) => {
        this.#paused = false;
        this.#add({ kind: 'opened', connection });
      },
      closed: (connection, reason) => this.#add({ kind: 'closed', connection, reason }),
      data: (connection, bytes) => {
        this.#waitingBytes += bytes.length;
        if (!this.#paused && this.#waitingBytes > PAUSE_ABOVE) {
          this.#paused = true;
          connection.pause();
        }
        this.#add({ kind: 'chunk', connection, bytes });
      },
      ...this.log.said(() => this.#tell()),
    });
  }

  async stop(): Promise<void> {
    await this.#options.transport.stop();
    await this.ending();
    for (const name of this.#timers.keys()) this.#stopTimer(name);
    await this.inbox.stop();
    this.log.status = { state: 'off', text: 'off' };
    this.#tell();
  }

  recovered(message: ReceivedMessage): void {
    this.inbox.add(Promise.resolve(message));
  }

  async idle(): Promise<void> {
    while (this.#active) await this.#running;
  }

  waiting(): number {
    return this.inbox.size;
  }

  counters(): Record<string, number> {
    return this.log.counters();
  }

  state(): SessionState {
    return this.log.state(() => this.light(), this.connection?.peer ?? '', this.sending());
  }

  /** Tells the machine something, behind what waits already. */
  protected give(input: CommonInput<Timer> | OwnInput): void {
    this.#add({ kind: 'input', input });
  }

  /** The row of a journal effect as the log takes it. */
  protected rowOf({ direction, bytes, mark, note, checksumOk, durable }: JournalEffect): LogRow {
    return {
      at: this.log.now(),
      direction: bytes.length === 0 ? 'event' : direction,
      bytes,
      mark,
      note,
      checksumOk,
      durable,
      connection: this.connection,
    };
  }

  /** Lets the machine wait for a row: it is told whether it could be stored. Null: it is told so at once. */
  protected awaitRow(row: Promise<number> | null): void {
    this.#storing = row === null ? true : row.then(stored, notStored);
  }

  /** Journal rows since the last message; rows that could not be stored are not part of it. */
  protected async takeRange(): Promise<JournalRange> {
    let firstSeq = 0;
    let lastSeq = 0;
    for (const row of this.rows.splice(0)) {
      const seq = await row.catch(() => 0);
      if (seq === 0) continue;
      if (firstSeq === 0) firstSeq = seq;
      lastSeq = seq;
    }
    return { firstSeq, lastSeq };
  }

  #add(task: Task<Timer, OwnInput>): void {
    this.#tasks.push(task);
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        const rest = this.#do(task);
        if (rest !== undefined) await rest;
      } catch (error) {
        this.log.fault(error);
        this.connection?.close();
      }
      this.#tell();
    }
    this.#active = false;
  }

  /** Deals with one task. Undefined: it is done; else it is when the promise is. */
  #do(task: Task<Timer, OwnInput>): Promise<void> | undefined {
    switch (task.kind) {
      case 'input':
        return this.#step(task.input);
      case 'timer':
        if (this.#timers.get(task.name)?.generation !== task.generation) return undefined;
        this.#timers.delete(task.name);
        return this.#step({ type: 'timer', name: task.name });
      case 'chunk':
        if (task.bytes.length > 0) this.log.lastByteAt = this.log.now();
        this.heard();
        return this.#chunk(task.connection, task.bytes, 0);
      case 'opened':
        this.connection = task.connection;
        this.heard();
        return this.#step({ type: 'opened' });
      case 'closed':
        return this.connection === task.connection ? this.#closed(task.connection, task.reason) : undefined;
    }
  }

  async #closed(connection: Connection, reason: string): Promise<void> {
    this.log.event(`line lost: ${reason}`);
    await this.#step({ type: 'closed' });
    this.connection = null;
    connection.close();
  }

  /** Gives the machine the bytes of a chunk from `from` on. */
  #chunk(connection: Connection, bytes: Uint8Array, from: number): Promise<void> | undefined {
    let at = from;
    try {
      while (at < bytes.length && this.connection === connection) {
        const next = this.#rules.stepChunk(this.machine, bytes, at);
        this.machine = next.state;
        at = next.consumed;
        const stops = this.#perform(next.effects);
        if (stops !== undefined) return this.#chunkAfter(stops, connection, bytes, at);
      }
    } catch (error) {
      this.#read(bytes);
      throw error;
    }
    this.#read(bytes);
    return undefined;
  }

  async #chunkAfter(
    stops: Promise<void>,
    connection: Connection,
    bytes: Uint8Array,
    from: number,
  ): Promise<void> {
    try {
      await stops;
    } catch (error) {
      this.#read(bytes);
      throw error;
    }
    await this.#chunk(connection, bytes, from);
  }

  /** A chunk has been read. */
  #read(bytes: Uint8Array): void {
    this.#waitingBytes -= bytes.length;
    if (!this.#paused || this.#waitingBytes >= RESUME_BELOW) return;
    this.#paused = false;
    this.connection?.resume();
  }

  #step(input: CommonInput<Timer> | OwnInput): Promise<void> | undefined {
    const next = this.#rules.step(this.machine, input);
    this.machine = next.state;
    return this.#perform(next.effects);
  }

  /**
   * Performs effects in order; a durable journal row ends the list and its outcome goes back into the machine. Undefined: nothing had to be
   * waited for.
   */
  #perform(effects: readonly (CommonEffect<Timer> | OwnEffect)[]): Promise<void> | undefined {
    for (const effect of effects) this.#effect(effect);
    const storing = this.#storing;
    if (storing === null) return undefined;
    this.#storing = null;
    if (storing === true) return this.#step({ type: 'stored', ok: true });
    this.#tell();
    return this.#stored(storing);
  }

  async #stored(storing: Promise<boolean>): Promise<void> {
    await this.#step({ type: 'stored', ok: await storing });
  }

  #effect(effect: CommonEffect<Timer> | OwnEffect): void {
    if (!isCommon<Timer>(effect)) {
      this.effect(effect as OwnEffect);
      return;
    }
    switch (effect.type) {
      case 'write':
        this.connection?.write(effect.bytes);
        break;
      case 'startTimer':
        this.#startTimer(effect.name, effect.ms);
        break;
      case 'stopTimer':
        this.#stopTimer(effect.name);
        break;
    }
  }

  #startTimer(name: Timer, ms: number): void {
    this.#stopTimer(name);
    this.#generation += 1;
    const generation = this.#generation;
    const cancel = this.#options.timers.set(ms, () => this.#add({ kind: 'timer', name, generation }));
    this.#timers.set(name, { cancel, generation });
  }

  #stopTimer(name: Timer): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  #tell(): void {
    if (!this.log.isTold(this.light(), this.connection?.peer ?? '')) this.log.tell(this.state());
  }
}

const stored = () => true;
const notStored = () => false;

function isCommon<Timer>(effect: { type: string }): effect is CommonEffect<Timer> {
  return effect.type === 'write' || effect.type === 'startTimer' || effect.type === 'stopTimer';
}
