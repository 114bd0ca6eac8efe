/**
 * Order download: tells instruments their work when a specimen is received, and when its tests change, are to be measured again or are cancelled.
 * What was told is kept (told.ts), so nothing is told twice, and what an earlier run did not finish is done at the next start.
 */
import type { SpecimenDoc } from '../../../../shared/documents/index.ts';
import { formatAccession } from '../../../../shared/domain/accession-number.ts';
import { toPlainError } from '../../../../shared/errors.ts';
import { type EncodedOrders, encodeOrders } from '../../../../shared/profiles/orders/encode.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { Bench } from '../../bench.ts';
import { setProblem } from '../../problems.ts';
import { benchSince } from '../../results/waiting.ts';
import type { Changed, Writer } from '../../store/store.ts';
import type { SendResult } from '../link/ports.ts';
import { envelopeOf, orderOf } from './gather.ts';
import { markRefused, openRefusal } from './outcomes.ts';
import { onItsWay, ordersOf, type Plan, planFor, type ToldInstrument, taken } from './plan.ts';
import { putTold, readTold } from './told.ts';
import { isGiven, type OrderedLine } from './unordered.ts';

/** First wait after a failure, and the longest, milliseconds; each failure doubles it. */
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Messages whose frames were refused so often in a row are taken for refused orders. */
const FRAME_REFUSALS = 3;
/** Specimens that are expected or rejected and looked at when the engine starts. */
const MOST_OTHERS = 1_000;

/** A line that is told its work unasked. */
export interface DownloadLine extends ToldInstrument {
  /** its profile with today's mapping */
  profile(): Promise<Profile>;
  send(message: EncodedOrders): Promise<SendResult>;
  /** Puts a note without patient data on the trace. */
  say(note: string, tone: 'ok' | 'bad'): void;
  /** Shows on the line which tests wait that it cannot be told; empty: none. */
  untold(tests: readonly string[]): void;
}

/** The download of all lines that are set to it. */
export class OrderDownloads {
  readonly #bench: Bench;
  readonly #lines: readonly DownloadLine[];
  readonly #queues: readonly Queue[];
  #stopListening: () => void = () => {};

  /**
   * @param lines in the order of the station file
   * @param others those that are told nothing unasked, as they are now
   */
  constructor(bench: Bench, lines: readonly DownloadLine[], others: () => readonly OrderedLine[] = () => []) {
    this.#bench = bench;
    this.#lines = lines;
    const isGivenElsewhere = (test: string) => others().some((one) => isGiven(one, test));
    this.#queues = lines.map((line) => new Queue(bench, lines, line, isGivenElsewhere));
  }

  /** Looks at every specimen of the bench, and from then on at those that change. */
  async start(): Promise<void> {
    if (this.#lines.length === 0) return;
    this.#stopListening = this.#bench.store.onCommit((changed) => void this.#changed(changed));
    await this.lookAtAll();
  }

  /** Looks at every specimen of the bench again: a line was switched on, or a mapping changed. */
  async lookAtAll(): Promise<void> {
    if (this.#lines.length === 0) return;
    const { store, clock } = this.#bench;
    const since = benchSince(clock.now());
    const all = new Set<string>();
    for (const status of ['received', 'rejected', 'expected'] as const) {
      const specimens = await store.find('specimens', {
        selector: {
          status: { $eq: status },
          ...(status === 'expected' ? {} : { receivedTime: { $gte: since } }),
        },
        sort: [{ status: 'asc' }, { receivedTime: 'asc' }],
        ...(status === 'received' ? {} : { limit: MOST_OTHERS }),
      });
      for (const { id } of specimens) all.add(id);
    }
    for (const queue of this.#queues) queue.only(all);
    this.#look([...all]);
  }

  /** Ends the waiting; what was not told is told after the next start. Call it before the lines are closed, and {@link ended} after. */
  stop(): void {
    this.#stopListening();
    for (const queue of this.#queues) queue.stop();
  }

  /** Resolves when nothing is being told any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.idle()));
  }

  #look(specimenIds: readonly string[]): void {
    for (const queue of this.#queues) queue.add(specimenIds);
  }

  async #changed(changed: Changed): Promise<void> {
    try {
      if (changed.instruments !== undefined) return await this.lookAtAll();
      this.#look([...(await this.#about(changed))]);
    } catch (error) {
      this.#bench.log.error('orders.download', { what: toPlainError(error).what });
    }
  }

  /** Specimens a commit was about. */
  async #about({ specimens, results, tasks, orders }: Changed): Promise<Set<string>> {
    const { store } = this.#bench;
    const ids = new Set(specimens ?? []);
    for (const result of await store.getMany('results', results ?? [])) ids.add(result.specimenId);
    for (const task of await store.getMany('tasks', tasks ?? [])) {
      if (task.kind === 'rerun' || task.reason === 'orderRefused') ids.add(task.specimenId);
    }
    for (const { requisition } of await store.getMany('orders', orders ?? [])) {
      const of = await store.find('specimens', { selector: { requisition: { $eq: requisition } } });
      for (const specimen of of) ids.add(specimen.id);
    }
    ids.delete('');
    return ids;
  }
}

/** What one line still has to be told, specimen by specimen, one at a time. */
class Queue {
  readonly #bench: Bench;
  readonly #lines: readonly DownloadLine[];
  readonly #line: DownloadLine;
  readonly #isGivenElsewhere: (test: string) => boolean;
  readonly #waiting = new Set<string>();
  /** Tests that wait and cannot be told, by specimen. */
  readonly #untold = new Map<string, string[]>();
  readonly #frameRefusals = new Map<string, number>();
  #working: Promise<void> | null = null;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #stopped = false;

  constructor(
    bench: Bench,
    lines: readonly DownloadLine[],
    line: DownloadLine,
    isGivenElsewhere: (test: string) => boolean,
  ) {
    this.#bench = bench;
    this.#lines = lines;
    this.#line = line;
    this.#isGivenElsewhere = isGivenElsewhere;
  }

  /** Forgets what waited for a line that is off, or on specimens that are none of the bench's any more. */
  only(specimenIds: ReadonlySet<string>): void {
    for (const id of this.#untold.keys())
      if (!this.#line.isOn() || !specimenIds.has(id)) this.#untold.delete(id);
    this.#tellUntold();
  }

  add(specimenIds: readonly string[]): void {
    for (const id of specimenIds) this.#waiting.add(id);
    if (this.#cancelRetry === null) this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
  }

  async idle(): Promise<void> {
    await this.#working;
  }

  #wake(): void {
    if (this.#working !== null || this.#stopped || this.#waiting.size === 0) return;
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (this.#cancelRetry === null && this.#line.isOn()) this.#wake();
    });
  }

  async #work(): Promise<void> {
    for (const id of this.#waiting) {
      if (this.#stopped || !this.#line.isOn()) return;
      this.#waiting.delete(id);
      const done = await this.#tell(id).catch((error: unknown) => {
        setProblem(this.#bench, `orders:${this.#line.id}`, error);
        return false;
      });
      if (!done) {
        this.#waiting.add(id);
        this.#retryLater();
        return;
      }
      this.#failures = 0;
      setProblem(this.#bench, `orders:${this.#line.id}`, null);
    }
  }

  #retryLater(): void {
    if (this.#stopped) return;
    const ms = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#cancelRetry = this.#bench.timers.set(ms, () => {
      this.#cancelRetry = null;
      this.#wake();
    });
  }

  /** Tells the line what it has to know of one specimen. False: it could not be told now. */
  async #tell(specimenId: string): Promise<boolean> {
    const bench = this.#bench;
    const specimen = await bench.store.get('specimens', specimenId);
    if (specimen === undefined) return true;
    const profile = await this.#line.profile();
    const plan = await planFor(bench, this.#lines, this.#line, profile, specimen, this.#isGivenElsewhere);
    this.#noteUntold(specimen, plan.untold);
    const tests = ordersOf(plan);
    if (tests.length === 0) return true;
    const patient = await bench.store.get('patients', specimen.patientId);
    const [message] = encodeOrders(profile, [orderOf(bench, specimen, patient, tests)], envelopeOf(bench));
    if (message === undefined) return true;
    const { controlId } = message;
    await this.#write((unit, at) => putTold(unit, at, onItsWay(plan, controlId)));
    const result = await this.#line.send(message);
    this.#say(specimen, plan, result);
    if (result.outcome === 'accepted') {
      this.#frameRefusals.delete(specimenId);
      await this.#write(async (unit, at) =>
        putTold(unit, at, taken(await readTold(unit, this.#line.id, specimen), plan, controlId)),
      );
      return true;
    }
    if (!this.#isRefusal(specimenId, result)) return false;
    await this.#refused(specimen, plan, result);
    return true;
  }

  /** Says once of each specimen what it waits for that cannot be told, and shows the tests on the line as long as one waits. */
  #noteUntold(specimen: SpecimenDoc, tests: string[]): void {
    const before = this.#untold.get(specimen.id) ?? [];
    if (before.join(' ') === tests.join(' ')) return;
    if (tests.length === 0) this.#untold.delete(specimen.id);
    else this.#untold.set(specimen.id, tests);
    const fresh = tests.filter((test) => !before.includes(test)).join(' ');
    if (fresh !== '') {
      const number = formatAccession(specimen.accessionIdentifier);
      this.#line.say(`orders not sent: ${number} ${fresh}: no order code in the mapping`, 'bad');
    }
    this.#tellUntold();
  }

  #tellUntold(): void {
    this.#line.untold([...new Set([...this.#untold.values()].flat())].sort());
  }

  /** An answer that says no, or frames refused again and again; anything else may be the line and is tried again. */
  #isRefusal(specimenId: string, { reason }: SendResult): boolean {
    if (reason === 'answer' || reason === 'unreadable') return true;
    if (reason !== 'frameRefused') return false;
    const count = (this.#frameRefusals.get(specimenId) ?? 0) + 1;
    this.#frameRefusals.set(specimenId, count);
    return count >= FRAME_REFUSALS;
  }

  async #refused(specimen: SpecimenDoc, plan: Plan, result: SendResult): Promise<void> {
    this.#frameRefusals.delete(specimen.id);
    const instrumentId = this.#line.id;
    const text =
      result.text ?? (result.reason === 'frameRefused' ? 'its frames are refused (NAK)' : 'not taken');
    const tests = [...plan.add, ...plan.cancel].map((one) => one.test);
    await this.#write(async (unit, at) => {
      await markRefused(unit, at, instrumentId, specimen, tests, text);
      const sentSpecimen = specimen.accessionIdentifier;
      await openRefusal(this.#bench, unit, at, {
        instrumentId,
        messageId: '',
        sentSpecimen,
        specimen,
        tests,
        text,
      });
    });
  }

  async #write(work: (unit: Writer, at: string) => Promise<void>): Promise<void> {
    const at = this.#bench.clock.now().toISOString();
    const context = {
      actor: `instrument:${this.#line.id}`,
      command: 'orders.download',
      station: this.#bench.station.code,
      at,
    };
    await this.#bench.store.write(context, (unit) => work(unit, at));
  }

  #say(specimen: SpecimenDoc, { add, cancel }: Plan, { outcome, reason, text }: SendResult): void {
    const parts = [
      add.length === 0 ? '' : `${add.length} tests`,
      cancel.length === 0 ? '' : `${cancel.length} cancelled`,
    ];
    const what = `orders sent: ${formatAccession(specimen.accessionIdentifier)} ${parts.filter(Boolean).join(', ')}`;
    const why = text ?? reason;
    const note = why === undefined ? `${what}, ${outcome}` : `${what}, ${outcome}: ${why}`;
    this.#line.say(note, outcome === 'accepted' ? 'ok' : 'bad');
  }
}
