/**
 * The interpreter of the link machine: it owns the clock, the timers, the journal and the transport, and does what the machine's
 * effects say, in order. An ACK leaves only after the journal row of what it acknowledges is on disk.
 */
import type { LeveyError } from '../../../../shared/errors.ts';
import {
  buildFrames,
  type FrameLayout,
  TEXT_LIMIT_DEFAULT,
} from '../../../../shared/protocols/astm/frame.ts';
import {
  createLink,
  hasWork,
  type LinkEffect,
  type LinkInput,
  type LinkOptions,
  type LinkRole,
  type LinkState,
  type LinkTimer,
  step,
  stepChunk,
} from '../../../../shared/protocols/astm/link.ts';
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

/** Bytes waiting to be read by the machine above which the line is paused, and below which it is resumed. */
const PAUSE_ABOVE = 256 * 1024;
const RESUME_BELOW = 64 * 1024;

/** Options of an ASTM line. ENQ is answered with NAK while more than `maxBacklog` messages wait (L5). */
export interface LinkSessionOptions extends LineSessionOptions {
  transport: Transport;
  /** Default `host`. */
  role?: LinkRole;
  /** Deviations from the strict defaults, from the profile. */
  link?: Partial<LinkOptions>;
  /** Longest text per frame we send, bytes (L4); default 240. */
  frameText?: number;
  /** Default `record`. */
  frameLayout?: FrameLayout;
}

type Task =
  | { kind: 'input'; input: LinkInput }
  | { kind: 'chunk'; connection: Connection; bytes: Uint8Array }
  | { kind: 'timer'; name: LinkTimer; generation: number }
  | { kind: 'opened'; connection: Connection }
  | { kind: 'closed'; connection: Connection; reason: string };

export class LinkSession implements LineSession {
  readonly #options: LinkSessionOptions;
  readonly #tasks: Task[] = [];
  readonly #timers = new Map<LinkTimer, { cancel: () => void; generation: number }>();
  readonly #sends = new Map<string, (result: SendResult) => void>();
  readonly #counters: Record<string, number> = {};
  readonly #inbox: Inbox;
  #machine: LinkState;
  #connection: Connection | null = null;
  #status: TransportStatus = { state: 'off', text: 'off' };
  #running: Promise<void> = Promise.resolve();
  #active = false;
  #waitingBytes = 0;
  #paused = false;
  #generation = 0;
  #sendNumber = 0;
  #storing: Promise<boolean> | null = null;
  #rows: Promise<number>[] = [];
  #journalFails = false;
  #unanswered = false;
  #lastByteAt = '';
  #shown = '';

  constructor(options: LinkSessionOptions) {
    this.#options = options;
    this.#machine = createLink(options.role ?? 'host', options.link);
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

  /** Opens the line and keeps it open. */
  start(): void {
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

  /** Closes the line and waits until what is in memory has been dealt with. */
  async stop(): Promise<void> {
    await this.#options.transport.stop();
    await this.idle();
    for (const id of this.#sends.keys()) this.#give({ kind: 'input', input: { type: 'cancel', id } });
    await this.idle();
    for (const name of this.#timers.keys()) this.#stopTimer(name);
    await this.#inbox.stop();
    this.#status = { state: 'off', text: 'off' };
    this.#tell();
  }

  /**
   * Sends a message when the line is free: Resolves with what the instrument was
   * told; it never rejects. A message that was not started survives a lost line.
   */
  send({ bytes }: OutgoingMessage): Promise<SendResult> {
    const frames = buildFrames(
      bytes,
      this.#options.frameText ?? TEXT_LIMIT_DEFAULT,
      this.#options.frameLayout ?? 'record',
    );
    this.#sendNumber += 1;
    const id = `s${this.#sendNumber}`;
    return new Promise((done) => {
      this.#sends.set(id, done);
      this.#give({ kind: 'input', input: { type: 'send', id, frames } });
    });
  }

  /** Hands over a message that an earlier run acknowledged, before those that come: posted in the same order, repeated the same way. */
  recovered(message: ReceivedMessage): void {
    this.#inbox.add(Promise.resolve(message));
  }

  /** Resolves when everything received so far has been read by the machine and its effects are done. */
  async idle(): Promise<void> {
    while (this.#active) await this.#running;
  }

  /** How often things happened since the start: frames, naksSent, checksumErrors, duplicates, ignoredBytes, … */
  counters(): Record<string, number> {
    return { ...this.#counters };
  }

  /** The light of the line. */
  state(): SessionState {
    const problem: LeveyError | undefined = this.#status.problem;
    return {
      state: this.#light(),
      text: this.#status.text,
      peer: this.#connection?.peer ?? '',
      lastByteAt: this.#lastByteAt,
      sending: hasWork(this.#machine),
      ...(problem === undefined ? {} : { problem: problem.toPlain() }),
    };
  }

  #light(): SessionState['state'] {
    if (this.#status.state === 'off') return 'off';
    if (this.#status.state === 'failed') return 'failed';
    switch (this.#machine.phase) {
      case 'closed':
        return 'noAnswer';
      case 'receiving':
        return 'receiving';
      case 'sending':
        return 'sending';
      default:
        return this.#unanswered ? 'noAnswer' : this.#machine.phase === 'asking' ? 'sending' : 'ready';
    }
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
        this.#unanswered = false;
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
    this.#unanswered = false;
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

  async #step(input: LinkInput): Promise<void> {
    const next = step(this.#machine, input);
    this.#machine = next.state;
    await this.#perform(next.effects);
  }

  /** Performs effects in order; a durable journal row ends the list and its outcome goes back into the machine. */
  async #perform(effects: readonly LinkEffect[]): Promise<void> {
    for (const effect of effects) this.#effect(effect);
    const storing = this.#storing;
    if (storing === null) return;
    this.#storing = null;
    this.#tell();
    await this.#step({ type: 'stored', ok: await storing });
  }

  #effect(effect: LinkEffect): void {
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
      case 'messageReceived':
        this.#deliver(effect.text, effect.frames);
        break;
      case 'messageIncomplete': {
        const rows = this.#takeRange();
        void rows.then((journal) => this.#options.onIncomplete?.({ ...effect, journal }));
        this.#count('incomplete', 1);
        this.#event(`incomplete message: ${effect.reason}`);
        break;
      }
      case 'sendDone': {
        const { outcome, reason } = effect;
        if (reason === 'noAnswer') this.#unanswered = true;
        this.#sends.get(effect.id)?.(reason === undefined ? { outcome } : { outcome, reason });
        this.#sends.delete(effect.id);
        this.#count(`sends.${outcome}`, 1);
        break;
      }
      case 'count':
        this.#count(effect.what, effect.n);
        if (effect.what === 'leniencies') this.#event(`leniency used: ${effect.note ?? ''}`);
        break;
    }
  }

  #journal(effect: Extract<LinkEffect, { type: 'journal' }>): void {
    const at = this.#options.clock.now().toISOString();
    const note = effect.note === undefined ? effect.mark : `${effect.mark}: ${effect.note}`;
    const event = effect.bytes.length === 0;
    const row = this.#options.journal.appendDurable({
      instrumentId: this.#options.instrumentId,
      linkId: this.#connection?.id ?? '',
      at,
      direction: event ? 'event' : effect.direction,
      bytes: effect.bytes,
      note,
      durable: effect.durable,
    });
    const stored = row.then(
      () => {
        if (this.#journalFails) this.#options.onJournal?.(null);
        this.#journalFails = false;
        return true;
      },
      (error: unknown) => {
        this.#count('journalFailures', 1);
        this.#journalFails = true;
        this.#options.onJournal?.(error);
        return false;
      },
    );
    if (effect.durable) this.#storing = stored;
    if (effect.direction === 'in' && (effect.mark === 'frame' || effect.mark === 'partial'))
      this.#rows.push(row);
    this.#options.onTrace?.({
      at,
      direction: event ? 'event' : effect.direction,
      bytes: effect.bytes,
      mark: effect.mark,
      note: effect.note ?? '',
      ...(effect.checksumOk === undefined ? {} : { checksumOk: effect.checksumOk }),
    });
  }

  /** Journal rows of the frames since the last message; rows that could not be stored are not part of it. */
  async #takeRange(): Promise<JournalRange> {
    const rows = await Promise.allSettled(this.#rows.splice(0));
    const seqs = rows.filter((row) => row.status === 'fulfilled').map((row) => row.value);
    return { firstSeq: seqs[0] ?? 0, lastSeq: seqs.at(-1) ?? 0 };
  }

  #deliver(text: Uint8Array, frames: number): void {
    const at = this.#options.clock.now().toISOString();
    const rows = this.#takeRange();
    this.#count('messages', 1);
    this.#inbox.add(rows.then((journal) => ({ text, frames, at, journal })));
  }

  #startTimer(name: LinkTimer, ms: number): void {
    this.#stopTimer(name);
    this.#generation += 1;
    const generation = this.#generation;
    const cancel = this.#options.timers.set(ms, () => this.#give({ kind: 'timer', name, generation }));
    this.#timers.set(name, { cancel, generation });
  }

  #stopTimer(name: LinkTimer): void {
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
