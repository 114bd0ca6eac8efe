import type { LineRow, TraceMessage, TraceRow } from '../../../shared/ipc/instruments.ts';
import type { AnswerRules } from '../../../shared/protocols/mllp/answer.ts';
import type { StationHospital } from '../../../shared/station/schema.ts';
import type { Bench } from '../bench.ts';
import { MllpRecovery } from '../instruments/link/mllp-recover.ts';
import { MllpSession } from '../instruments/link/mllp-session.ts';
import type { JournalPort, ReceivedMessage, SessionState } from '../instruments/link/ports.ts';
import { received } from '../instruments/reading.ts';
import { TraceLog } from '../instruments/trace.ts';
import { openTransport, transportText } from '../instruments/transports/open.ts';
import { setProblem } from '../problems.ts';
import type { WriteContext } from '../store/store.ts';

/** Longest message that is taken from the hospital, bytes. */
const MAX_BYTES = 16 * 1024 * 1024;
/** How long a start waits for a line to be open or to say why not, milliseconds. */
const OPEN_MS = 2_000;
/** Journal rows of earlier traffic that the trace begins with, and rows read at once when messages are looked for. */
const RESTORED_ROWS = 200;
const PAGE_ROWS = 5_000;

export interface HospitalLineOptions {
  id: string;
  name: string;
  /** what stands in the place of the analyser */
  peer: string;
  transport: NonNullable<StationHospital['orders']>['transport'];
  rules: AnswerRules;
  /** wait for the answer to a message of ours, milliseconds (M4) */
  ackMs: number;
  onMessage(message: ReceivedMessage): Promise<'stored' | 'failed'>;
  /** The line was opened, closed, or changed its light. */
  onState?(state: SessionState): void;
  /** Something of ours goes out under this note; `seq` is its journal row. */
  onSent?(note: string, seq: Promise<number>): void;
}

/** One line to the hospital's system: its session, trace, light and recovery, the same as an analyser's. */
export class HospitalLine {
  readonly id: string;
  readonly #bench: Bench;
  readonly #options: HospitalLineOptions;
  readonly #trace: TraceLog;
  #session: MllpSession;
  #on = true;
  #done = 0;
  #opened: () => void = () => {};

  constructor(bench: Bench, options: HospitalLineOptions) {
    this.id = options.id;
    this.#bench = bench;
    this.#options = options;
    this.#trace = new TraceLog(options.id);
    this.#session = this.#newSession();
  }

  #newSession(): MllpSession {
    const { transport, rules, ackMs } = this.#options;
    return new MllpSession({
      instrumentId: this.id,
      transport: openTransport(transport, this.#bench.timers),
      journal: this.#journal(),
      clock: this.#bench.clock,
      timers: this.#bench.timers,
      rules,
      maxBytes: MAX_BYTES,
      ackMs,
      repeats: 3,
      onMessage: (message) => this.#options.onMessage(message),
      onTrace: (event) => {
        this.#trace.traced(event);
        this.#changed();
      },
      onState: (state) => {
        if (state.state !== 'off') this.#opened();
        setProblem(this.#bench, `line:${this.id}`, state.problem ?? null);
        this.#options.onState?.(state);
        this.#bench.hub.changed(['channel:lines']);
      },
      onJournal: (error) => setProblem(this.#bench, `journal:${this.id}`, error),
    });
  }

  #journal(): JournalPort {
    const { journal } = this.#bench.store;
    return {
      appendDurable: (row) => {
        const stored = journal.appendDurable(row);
        if (row.direction === 'out') this.#options.onSent?.(row.note ?? '', stored);
        return stored;
      },
    };
  }

  /** Does what an earlier run took and did not finish, then opens the line. */
  async start(): Promise<void> {
    await this.#recover();
    const { journal } = this.#bench.store;
    this.#trace.restore(
      journal.read({ instrumentId: this.id, limit: RESTORED_ROWS }),
      journal.messages(this.id, RESTORED_ROWS),
    );
    const opened = new Promise<void>((done) => {
      this.#opened = done;
      this.#bench.timers.set(OPEN_MS, done);
    });
    this.#session.start();
    await opened;
  }

  stop(): Promise<void> {
    return this.#session.stop();
  }

  /** Switches the line on or off; off means the port is closed. */
  async switch(on: boolean): Promise<void> {
    if (on === this.#on) return;
    this.#on = on;
    if (on) {
      this.#session = this.#newSession();
      await this.#recover();
      this.#session.start();
    } else {
      await this.#session.stop();
      for (const what of ['line', 'journal']) setProblem(this.#bench, `${what}:${this.id}`, null);
    }
    this.#bench.hub.changed(['channel:lines']);
  }

  get on(): boolean {
    return this.#on;
  }

  state(): SessionState {
    return this.#session.state();
  }

  /** Sends one message of ours, or an answer; see `MllpSession.send`. */
  send(bytes: Uint8Array) {
    return this.#session.send({ bytes });
  }

  trace(): TraceRow[] {
    return this.#trace.rows();
  }

  counters(): Record<string, number> {
    return this.#session.counters();
  }

  /** Counts orders placed, or reports delivered: those of today at the start, then each. */
  count(n: number): void {
    this.#done += n;
  }

  /** A line of the trace that is no traffic: what became of something. */
  say(note: string, tone: TraceRow['tone']): void {
    const at = this.#bench.clock.now().toISOString();
    this.#trace.add({ at, direction: 'event', text: '', mark: 'event', note, tone, message: null });
    this.#changed();
  }

  /** What became of a message, as the trace shows it. */
  told(message: TraceMessage): void {
    this.#trace.message(this.#bench.clock.now().toISOString(), message);
    this.#changed();
  }

  row(exceptions: number): LineRow {
    const state = this.#session.state();
    const counters = this.#session.counters();
    return {
      id: this.id,
      name: this.#options.name,
      analyser: this.#options.peer,
      profileId: 'generic-hl7',
      state: this.#on ? state.state : 'off',
      link: transportText('hl7', this.#options.transport),
      lastByteAt: state.lastByteAt,
      health: this.#on ? state.text : 'port closed',
      waiting: this.#session.waiting(),
      framesToday: counters.frames ?? 0,
      naksToday: counters.naksSent ?? 0,
      resultsToday: this.#done,
      exceptions,
      orders: 'hospital',
      counters,
      untold: [],
      problem: state.problem === undefined ? null : { ...state.problem },
      owner: null,
    };
  }

  /** Audit context of what this line writes. */
  context(): WriteContext {
    return {
      actor: `hospital:${this.id}`,
      command: 'hospital.message',
      station: this.#bench.station.code,
      at: this.#bench.clock.now().toISOString(),
    };
  }

  async #recover(): Promise<void> {
    let failing = false;
    for (const message of this.#undone()) {
      if (!failing) failing = (await this.#options.onMessage(message)) === 'failed';
      if (failing) this.#session.recovered(message);
    }
  }

  /** Messages an earlier run acknowledged and did not finish: marked received, or with their journal row alone. */
  *#undone(): Generator<ReceivedMessage> {
    const { journal } = this.#bench.store;
    const newest = journal.messages(this.id, 1)[0]?.lastSeq ?? 0;
    for (const message of journal.unposted()) {
      if (message.instrumentId !== this.id) continue;
      const found = this.#between(message.firstSeq - 1, message.lastSeq + 1).next().value;
      if (found !== undefined) yield found;
    }
    yield* this.#between(newest, Number.MAX_SAFE_INTEGER);
  }

  *#between(afterSeq: number, beforeSeq: number): Generator<ReceivedMessage, undefined> {
    const recovery = new MllpRecovery(this.#options.rules);
    for (let after = afterSeq; ; ) {
      const rows = this.#bench.store.journal.read({
        instrumentId: this.id,
        afterSeq: after,
        beforeSeq,
        limit: PAGE_ROWS,
      });
      for (const row of rows) {
        const found = recovery.push(row);
        if (found !== null) yield received(found);
      }
      const last = rows.at(-1);
      if (last === undefined) return undefined;
      after = last.seq;
    }
  }

  #changed(): void {
    this.#bench.hub.changed([`channel:trace:${this.id}`, 'channel:lines']);
  }
}
