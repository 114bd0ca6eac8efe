import type { Connection, TransportEvents, TransportStatus } from '../transports/transport.ts';
import type { LineSessionOptions, LineTrace, SessionState } from './ports.ts';

/** A row for the journal, and for the trace. */
export interface LogRow extends Omit<LineTrace, 'note'> {
  note?: string | undefined;
  /** the connection it belongs to; null: none */
  connection: Pick<Connection, 'id'> | null;
  /** false: it may wait a little for others, nothing is acknowledged by it */
  durable?: boolean;
}

/** What every line tells, whatever its protocol: journal rows, trace, counters and its light. */
export class LineLog {
  /** What the transport said last. */
  status: TransportStatus = { state: 'off', text: 'off' };
  /** Instant of the last byte received, '' before the first. */
  lastByteAt = '';
  readonly #options: LineSessionOptions;
  readonly #counters: Record<string, number> = {};
  /** The last row that somebody waited for, or rode along, could not be stored. */
  journalFails = false;
  #shown = '';
  /** The instant {@link now} said last. */
  #said = { ms: Number.NaN, text: '' };

  constructor(options: LineSessionOptions) {
    this.#options = options;
  }

  now(): string {
    const time = this.#options.clock.now();
    // A message is several rows within a millisecond.
    if (time.getTime() !== this.#said.ms) this.#said = { ms: time.getTime(), text: time.toISOString() };
    return this.#said.text;
  }

  count(what: string, n = 1): void {
    this.#counters[what] = (this.#counters[what] ?? 0) + n;
  }

  counters(): Record<string, number> {
    return { ...this.#counters };
  }

  /** Something that happened, for the trace alone. */
  event(note: string): void {
    this.trace({ at: this.now(), direction: 'event', bytes: new Uint8Array(0), mark: 'event', note });
  }

  trace(event: LineTrace): void {
    this.#options.onTrace?.(event);
  }

  /** The counters and the trace of what the inbox could not post. */
  notPosted(note: string): void {
    this.count('messageFailures');
    this.event(note);
  }

  /** A fault of ours: counted and traced; what was not acknowledged comes again on a fresh line. */
  fault(error: unknown): void {
    this.count('faults');
    this.event(`fault: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  /** Appends to the journal. The promise may be left alone: a failure is counted and told here, and so is the first row that goes in again. */
  append({ at, direction, bytes, mark, note, connection, durable }: LogRow): Promise<number> {
    const row = this.#options.journal.appendDurable({
      instrumentId: this.#options.instrumentId,
      linkId: connection?.id ?? '',
      at,
      direction,
      bytes,
      note: note === undefined || note === '' ? mark : `${mark}: ${note}`,
      ...(durable === undefined ? {} : { durable }),
    });
    row.then(
      () => {
        if (this.journalFails) this.#options.onJournal?.(null);
        this.journalFails = false;
      },
      (error: unknown) => {
        this.count('journalFailures');
        this.journalFails = true;
        this.#options.onJournal?.(error);
      },
    );
    return row;
  }

  /** The trace of a row that was appended. */
  traceRow({ at, direction, bytes, mark, note = '', checksumOk }: LogRow): void {
    this.trace({
      at,
      direction,
      bytes,
      mark,
      note,
      ...(checksumOk === undefined ? {} : { checksumOk }),
    });
  }

  /** The part of a transport's events that is the same for every session. */
  said(changed: () => void): Pick<TransportEvents, 'status' | 'count'> {
    return {
      status: (status) => {
        this.status = status;
        this.event(status.problem === undefined ? status.text : `${status.problem.code}: ${status.text}`);
        changed();
      },
      count: (what, note) => {
        this.count(what);
        if (what !== 'connections' && note !== '') this.event(`${what}: ${note}`);
      },
    };
  }

  /** The light of a line on a transport: what the transport says first, then what the session says. */
  state(light: () => SessionState['state'], peer: string, sending: boolean): SessionState {
    const { state, text, problem } = this.status;
    return {
      state: state === 'off' || state === 'failed' ? state : light(),
      text,
      peer,
      lastByteAt: this.lastByteAt,
      sending,
      ...(problem === undefined ? {} : { problem: problem.toPlain() }),
    };
  }

  /** Tells the light when it is another one than before. */
  tell(now: SessionState): void {
    const key = `${now.state} ${now.text} ${now.peer} ${now.problem?.what ?? ''}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#options.onState?.(now);
  }
}
