import type { LeveyError } from '../../../../shared/errors.ts';
import type { Connection, TransportEvents, TransportStatus } from '../transports/transport.ts';
import type { JournalRow, LineSessionOptions, LineTrace, SessionState } from './ports.ts';

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
  /** What {@link isTold} was asked last. */
  #seen: { status: TransportStatus; light: string; peer: string } | null = null;
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

  /** A problem, a line for what happened, one for what is safe, one for what to do. Told once, not at each attempt. */
  #problem({ code, message, safe, todo }: LeveyError): void {
    const note = `${code}: ${[message, safe, todo].join('\n')}`;
    this.trace({ at: this.now(), direction: 'event', bytes: new Uint8Array(0), mark: 'problem', note });
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
  append(row: LogRow): Promise<number> {
    const appended = this.#options.journal.appendDurable(this.#journalRow(row));
    appended.then(this.#stored, this.#failed);
    return appended;
  }

  /** The same for a row that nobody waits for, and whose number nobody needs. */
  appendLater(row: LogRow): void {
    const { journal } = this.#options;
    if (journal.appendLater === undefined) void this.append({ ...row, durable: false });
    else journal.appendLater(this.#journalRow(row), this.#stored, this.#failed);
  }

  #journalRow({ at, direction, bytes, mark, note, connection, durable = true }: LogRow): JournalRow {
    return {
      instrumentId: this.#options.instrumentId,
      linkId: connection?.id ?? '',
      at,
      direction,
      bytes,
      note: note === undefined || note === '' ? mark : `${mark}: ${note}`,
      durable,
    };
  }

  readonly #stored = (): void => {
    if (this.journalFails) this.#options.onJournal?.(null);
    this.journalFails = false;
  };

  readonly #failed = (error: unknown): void => {
    this.count('journalFailures');
    this.journalFails = true;
    this.#options.onJournal?.(error);
  };

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
        const { problem, state, text } = status;
        const news = problem !== undefined && problem.message !== this.status.problem?.message;
        this.status = status;
        if (news) this.#problem(problem);
        // Beside a line that goes on as it was there is nothing more to say.
        if (problem === undefined || state === 'failed') this.event(text);
        changed();
      },
      count: (what) => this.count(what),
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

  /** Nothing that {@link tell} looks at is another than when it was called last. */
  isTold(light: SessionState['state'], peer: string): boolean {
    const seen = this.#seen;
    if (seen !== null && seen.light === light && seen.peer === peer && seen.status === this.status)
      return true;
    this.#seen = { light, peer, status: this.status };
    return false;
  }

  /** Tells the light when it is another one than before. */
  tell(now: SessionState): void {
    const key = `${now.state} ${now.text} ${now.peer} ${now.problem?.what ?? ''}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#options.onState?.(now);
  }
}
