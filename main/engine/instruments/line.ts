import type { InstrumentDoc } from '../../../shared/documents/instrument.ts';
import type { LineRow, TraceRow } from '../../../shared/ipc/instruments.ts';
import type { Interpretation } from '../../../shared/profiles/canonical.ts';
import { withoutOrderCode } from '../../../shared/profiles/orders/order.ts';
import { applyOverlay, stationOverlay } from '../../../shared/profiles/overlay.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import type { StationInstrument } from '../../../shared/station/schema.ts';
import type { Bench } from '../bench.ts';
import { setProblem } from '../problems.ts';
import { LinePosting } from './line-posting.ts';
import { sessionFor } from './link/open.ts';
import type { LineSession, LineTrace, ReceivedMessage, SessionState } from './link/ports.ts';
import type { DownloadLine } from './orders/download.ts';
import { type OrdersMode, ordersMode } from './orders/mode.ts';
import type { OrderedLine } from './orders/unordered.ts';
import { ownerRow } from './owners/row.ts';
import { messagesBetween, readReceived } from './reading.ts';
import { type MessageCounts, messageOf, TraceLog } from './trace.ts';
import { transportText } from './transports/open.ts';
import type { Transport } from './transports/transport.ts';

/** How long a start waits for a line to be open or to say why not, milliseconds. */
const OPEN_MS = 2_000;
/** How long a line that is given over waits for the message under way, milliseconds. */
const QUIET_MS = 60_000;
/** Messages of an earlier run that are posted before the line opens; those behind them are posted while it is open, before what comes. */
const POSTED_FIRST = 200;
/** Journal rows of earlier traffic that the trace begins with. */
const RESTORED_ROWS = 200;

/** One analyser's line: whether it is open, its session, its trace, and what waits of earlier runs. */
export class InstrumentLine {
  readonly id: string;
  readonly #bench: Bench;
  readonly #config: StationInstrument;
  readonly #profile: Profile;
  /** The profile with what the station file adds. */
  readonly #station: Profile;
  #mapped: { version: string; profile: Profile } | null = null;
  #session: LineSession;
  readonly #trace: TraceLog;
  /** What is told of each row of the trace. */
  readonly #traceTopics: readonly string[];
  readonly #posting: LinePosting;
  #resultsToday = 0;
  /** Tests that wait and that the analyser cannot be told. */
  #untold: readonly string[] = [];
  #on: boolean;
  /** False while another station has this analyser. */
  #owned = true;
  #isOpen = false;
  #turning: Promise<void> = Promise.resolve();
  #opened: () => void = () => {};
  #calmed: () => void = () => {};
  /** what stands between the line and its session, while a self-test runs */
  #through: ((transport: Transport) => Transport) | null = null;

  constructor(bench: Bench, id: string, config: StationInstrument, profile: Profile) {
    this.id = id;
    this.#bench = bench;
    this.#config = config;
    this.#profile = profile;
    this.#station = applyOverlay(profile, stationOverlay(config.tests));
    this.#on = config.on;
    this.#owned = bench.owners.opens(config.serialNumber ?? '');
    this.#trace = new TraceLog(id);
    this.#traceTopics = [`channel:trace:${id}`, 'channel:lines'];
    this.#posting = new LinePosting({
      bench,
      id,
      protocol: profile.protocol,
      interpret: (message) => this.interpret(message),
      profile: async () => this.profileWith(await bench.store.get('instruments', id)),
      ordersMode: () => this.ordersMode(),
      send: (message) => this.#session.send(message),
      posted: (message, messageId, counts) => this.#posted(message, messageId, counts),
      say: (note, tone) => this.#say(note, tone),
    });
    this.#session = this.#newSession();
  }

  #newSession(): LineSession {
    const session: LineSession = sessionFor(this.#profile, {
      instrumentId: this.id,
      place: this.#config.transport,
      through: this.#through,
      journal: this.#bench.store.journal,
      clock: this.#bench.clock,
      timers: this.#bench.timers,
      onMessage: (message) => this.#posting.message(message),
      onMessages: (messages) => this.#posting.messages(messages),
      onIncomplete: ({ text, frames, reason, journal }) => {
        if (frames === 0) return;
        const at = this.#bench.clock.now().toISOString();
        session.recovered({ text, frames, at, journal, incomplete: reason });
      },
      onTrace: (event) => this.#traced(event),
      onState: (state) => this.#stateChanged(state),
      onJournal: (error) => setProblem(this.#bench, `journal:${this.id}`, error),
    });
    return session;
  }

  /** Posts what an earlier run acknowledged and did not post, then opens the line. */
  async start(resultsToday: number): Promise<void> {
    this.#resultsToday = resultsToday;
    await this.heedMapping();
    await this.#recover();
    const { journal } = this.#bench.store;
    this.#trace.restore(
      journal.read({ instrumentId: this.id, limit: RESTORED_ROWS }),
      journal.messages(this.id, RESTORED_ROWS),
    );
    if (!this.#on || !this.#owned) return;
    this.#isOpen = true;
    const opened = new Promise<void>((done) => {
      this.#opened = done;
      this.#bench.timers.set(OPEN_MS, done);
    });
    this.#session.start();
    await opened;
  }

  async stop(): Promise<void> {
    this.#calmed();
    await this.#session.stop();
  }

  /** Switches the line on or off; off means the port is closed. */
  async switch(on: boolean): Promise<void> {
    if (on === this.#on) return;
    this.#on = on;
    if (!on) this.#calmed();
    await this.#turn();
  }

  /** Opens or closes the line as this station has the analyser or not; it is closed once the message under way is done. */
  async heedOwner(): Promise<void> {
    const owned = this.#bench.owners.opens(this.#config.serialNumber ?? '');
    if (owned === this.#owned) return;
    this.#owned = owned;
    if (owned) this.#calmed();
    this.#bench.hub.changed(['channel:lines']);
    await this.#turn();
  }

  /** Brings the line to where it is wanted, one step after the other. */
  #turn(): Promise<void> {
    const turned = this.#turning.then(async () => {
      const wanted = () => this.#on && this.#owned;
      if (wanted() && !this.#isOpen) {
        this.#isOpen = true;
        this.#session = this.#newSession();
        await this.#recover();
        this.#session.start();
      } else if (!wanted() && this.#isOpen) {
        if (this.#on) await this.#quiet();
        if (wanted()) return;
        this.#isOpen = false;
        await this.#session.stop();
        for (const what of ['line', 'journal']) setProblem(this.#bench, `${what}:${this.id}`, null);
      }
      this.#bench.hub.changed(['channel:lines']);
    });
    this.#turning = turned.catch(() => undefined);
    return turned;
  }

  /** Resolves when no message is under way, at the latest after {@link QUIET_MS}. */
  #quiet(): Promise<void> {
    if (!this.#isBusy()) return Promise.resolve();
    return new Promise((done) => {
      const cancel = this.#bench.timers.set(QUIET_MS, done);
      this.#calmed = () => {
        cancel();
        done();
      };
    });
  }

  #isBusy(): boolean {
    return ['receiving', 'sending'].includes(this.#session.state().state);
  }

  /** Puts something between the line and its session, or takes it away again (null). The line is closed for that and opened anew. */
  async through(wrap: ((transport: Transport) => Transport) | null): Promise<void> {
    await this.#session.stop();
    this.#through = wrap;
    this.#session = this.#newSession();
    this.#isOpen = this.#on && this.#owned;
    if (!this.#isOpen) return;
    await this.#recover();
    this.#session.start();
    this.#bench.hub.changed(['channel:lines']);
  }

  row(exceptions: number): LineRow {
    const state = this.#session.state();
    const counters = this.#session.counters();
    const orders = this.ordersMode();
    return {
      id: this.id,
      name: this.#config.id,
      analyser: this.#profile.model || this.#profile.name,
      profileId: this.#profile.id,
      state: !this.#on ? 'off' : this.#isOpen ? state.state : 'elsewhere',
      link: transportText(this.#profile.protocol, this.#config.transport),
      lastByteAt: state.lastByteAt,
      health: this.#isOpen ? state.text : 'port closed',
      untold: this.#isOpen ? [...this.#untold] : [],
      waiting: this.#session.waiting(),
      framesToday: counters.frames ?? 0,
      naksToday: counters.naksSent ?? 0,
      resultsToday: this.#resultsToday,
      exceptions,
      orders: orders === 'none' ? 'sendsOnly' : orders === 'download' ? 'downloads' : 'answersQueries',
      counters,
      owner: ownerRow(this.#bench, this.#config.serialNumber ?? ''),
      problem: state.problem === undefined ? null : { ...state.problem },
    };
  }

  trace(): TraceRow[] {
    return this.#trace.rows();
  }

  /** How often things happened since the line was switched on. */
  counters(): Record<string, number> {
    return this.#session.counters();
  }

  /** The profile with today's mapping. */
  get #today(): Profile {
    return this.#mapped?.profile ?? this.#station;
  }

  /** Catalogue codes this analyser measures. */
  measures(): ReadonlySet<string> {
    return new Set(this.#today.tests.map((test) => test.test));
  }

  /** This line as far as its orders go. */
  ordered(): OrderedLine {
    return {
      name: this.#config.id,
      isOpen: this.#isOpen,
      mode: this.ordersMode(),
      profile: this.#today,
    };
  }

  /** The built-in profile, and with the station file's additions: the layers below the laboratory's overlay. */
  layers(): { builtIn: Profile; station: Profile } {
    return { builtIn: this.#profile, station: this.#station };
  }

  /** Works with the mapping as it is now; called when it may have changed. */
  async heedMapping(): Promise<void> {
    this.profileWith(await this.#bench.store.get('instruments', this.id));
  }

  /** The profile with the laboratory's own additions, from the station file and from what people saved. */
  profileWith(doc: InstrumentDoc | undefined): Profile {
    if (doc === undefined) return this.#station;
    const version = `${doc.overlayVersion} ${doc.overlayBy} ${doc.overlayAt}`;
    if (this.#mapped?.version !== version) {
      this.#mapped = { version, profile: applyOverlay(this.#station, doc.overlay) };
      this.#bench.hub.changed(['channel:mapping']);
    }
    return this.#mapped.profile;
  }

  /** How it gets its work: as the station file says, as far as the device can. */
  ordersMode(): OrdersMode {
    return ordersMode(this.#config, this.#profile);
  }

  /** This line as the order download sees it. */
  forDownload(): DownloadLine {
    return {
      id: this.id,
      isOn: () => this.#isOpen,
      measures: () => this.measures(),
      withoutOrderCode: () => withoutOrderCode(this.#today),
      profile: async () => this.profileWith(await this.#bench.store.get('instruments', this.id)),
      send: ({ bytes }) => this.#session.send({ bytes }),
      say: (note, tone) => this.#say(note, tone),
      untold: (tests) => {
        if (tests.join(' ') === this.#untold.join(' ')) return;
        this.#untold = tests;
        this.#bench.hub.changed(['channel:lines']);
      },
    };
  }

  /** Interprets a message with today's mapping. */
  async interpret(
    message: Pick<ReceivedMessage, 'text' | 'incomplete' | 'told' | 'unreadable'> &
      Partial<Pick<ReceivedMessage, 'at'>>,
  ): Promise<Interpretation[]> {
    const profile = this.profileWith(await this.#bench.store.get('instruments', this.id));
    return readReceived(message, profile, this.#bench.station.timeZone);
  }

  /** Shows what became of a message that is posted. */
  #posted(message: ReceivedMessage, messageId: string, counts: MessageCounts): void {
    this.#resultsToday += counts.posted;
    if (message.incomplete === undefined || counts.held > 0)
      this.#trace.message(this.#bench.clock.now().toISOString(), messageOf(messageId, counts, message.told));
    this.#traceChanged();
  }

  /** What an earlier run acknowledged but did not post: messages marked received, and whole ones whose frames alone reached the journal. */
  async #recover(): Promise<void> {
    let posted = 0;
    let waits = false;
    for (const message of this.#unpostedMessages()) {
      // Behind one that cannot be posted now the others wait in their order, and behind many the line need not stay closed.
      waits ||= posted === POSTED_FIRST || (await this.#posting.message(message)) === 'failed';
      if (waits) this.#session.recovered(message);
      posted += 1;
    }
  }

  *#unpostedMessages(): Generator<ReceivedMessage> {
    const { journal } = this.#bench.store;
    const newest = journal.messages(this.id, 1)[0]?.lastSeq ?? 0;
    for (const message of journal.unposted()) {
      // What came in another protocol is told by left-behind.ts.
      if (message.instrumentId !== this.id || message.kind !== this.#profile.protocol) continue;
      const found = this.#messagesBetween(message.firstSeq - 1, message.lastSeq + 1).next().value;
      const { firstSeq, lastSeq } = message;
      if (found !== undefined) yield { ...found, journal: { firstSeq, lastSeq } };
    }
    yield* this.#messagesBetween(newest, Number.MAX_SAFE_INTEGER);
  }

  #messagesBetween(afterSeq: number, beforeSeq: number) {
    return messagesBetween(this.#bench.store.journal, this.id, this.#profile, afterSeq, beforeSeq);
  }

  #traced(event: LineTrace): void {
    this.#trace.traced(event);
    this.#traceChanged();
  }

  #say(note: string, tone: TraceRow['tone']): void {
    const at = this.#bench.clock.now().toISOString();
    this.#trace.add({ at, direction: 'event', text: '', mark: 'event', note, tone, message: null });
    this.#traceChanged();
  }

  #traceChanged(): void {
    this.#bench.hub.changed(this.#traceTopics);
  }

  #stateChanged(state: SessionState): void {
    if (state.state !== 'off') this.#opened();
    if (!this.#isBusy()) this.#calmed();
    setProblem(this.#bench, `line:${this.id}`, state.problem ?? null);
    this.#bench.hub.changed(['channel:lines']);
  }
}
