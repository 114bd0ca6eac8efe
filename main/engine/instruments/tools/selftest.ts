/** The conformance self-test: what a line has shown since an instant, rule by rule. It listens; nothing is sent. */
import type { SelfTestRow } from '../../../../shared/ipc/tools-line.ts';
import type { Interpretation } from '../../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { specimenByNumber } from '../../accession-search.ts';
import type { Bench } from '../../bench.ts';
import type { StoredRow } from '../link/ports.ts';
import { readReceived } from '../reading.ts';
import { type FreshReader, freshReader, markOf, type ReplayedMessage } from './replay-link.ts';
import { Checks } from './selftest-checks.ts';
import { AstmObserver, MllpObserver } from './selftest-link.ts';
import { seqAt } from './trace-page.ts';

/** R3, milliseconds. */
const CLOCK_MS = 120_000;
/** Rows looked at of one line at most, the newest. */
const MOST_ROWS = 20_000;
const READ_AT_ONCE = 500;
/** Different specimen numbers looked up. */
const MOST_SPECIMENS = 500;
/** Tests kept going; the one not asked for longest is forgotten. */
const KEPT = 4;

const ofBench = new WeakMap<Bench, Map<string, SelfTest>>();

/** The report of one line since an instant; asked again, it goes on where it was. */
export async function selfTestReport(
  bench: Bench,
  instrumentId: string,
  since: string,
): Promise<SelfTestRow[]> {
  const doc = await bench.store.get('instruments', instrumentId);
  const profile = bench.instruments.profileWith(instrumentId, doc);
  const tests = ofBench.get(bench) ?? new Map<string, SelfTest>();
  ofBench.set(bench, tests);
  const key = `${instrumentId} ${since} ${doc?.overlayVersion ?? 0}`;
  const test = tests.get(key) ?? new SelfTest(bench, instrumentId, since, profile);
  tests.delete(key);
  tests.set(key, test);
  for (const old of [...tests.keys()].slice(0, -KEPT)) tests.delete(old);
  return test.rows();
}

class SelfTest {
  readonly #bench: Bench;
  readonly #instrumentId: string;
  readonly #profile: Profile;
  readonly #checks = new Checks();
  readonly #reader: FreshReader;
  readonly #link: AstmObserver | MllpObserver | null;
  readonly #specimens = new Map<string, boolean>();
  /** Requests for orders that were read and whose answer has not been seen yet. */
  #asked: StoredRow[] = [];
  #after: number;
  #working: Promise<void> = Promise.resolve();

  constructor(bench: Bench, instrumentId: string, since: string, profile: Profile) {
    this.#bench = bench;
    this.#instrumentId = instrumentId;
    this.#profile = profile;
    this.#reader = freshReader(profile);
    this.#link =
      profile.protocol === 'astm'
        ? new AstmObserver(this.#checks)
        : profile.protocol === 'hl7'
          ? new MllpObserver(this.#checks)
          : null;
    const { journal } = bench.store;
    const first = seqAt(journal, instrumentId, since);
    const oldest = journal.read({ instrumentId, limit: MOST_ROWS })[0]?.seq ?? 1;
    const newest = journal.read({ instrumentId, limit: 1 })[0]?.seq ?? 0;
    this.#after = first === Number.MAX_SAFE_INTEGER ? newest : Math.max(first, oldest) - 1;
  }

  async rows(): Promise<SelfTestRow[]> {
    this.#working = this.#working.then(
      () => this.#goOn(),
      () => this.#goOn(),
    );
    await this.#working;
    return this.#checks.rows(this.#profile.protocol);
  }

  async #goOn(): Promise<void> {
    for (;;) {
      const rows = this.#bench.store.journal.read({
        instrumentId: this.#instrumentId,
        afterSeq: this.#after,
        limit: READ_AT_ONCE,
      });
      for (const row of rows) {
        this.#after = row.seq;
        this.#link?.push(row);
        this.#answered(row);
        for (const found of this.#reader.push(row).messages) await this.#message(row, found);
      }
      if (rows.length < READ_AT_ONCE) return;
      await new Promise<void>((next) => setImmediate(next));
    }
  }

  async #message(row: StoredRow, { message }: ReplayedMessage): Promise<void> {
    const checks = this.#checks;
    if (message.incomplete === undefined) checks.good('R11', row, 'whole');
    else checks.bad('R11', row, `broke off: ${message.incomplete}`);
    for (const one of readReceived(message, this.#profile, this.#bench.station.timeZone)) {
      this.#header(row, one);
      for (const query of one.queries) {
        const fault = query.problems.find(({ severity }) => severity === 'hold');
        if (fault === undefined) checks.good('R8', row, 'a request for orders');
        else checks.bad('R8', row, fault.text);
        if (!query.cancel && message.incomplete === undefined) this.#asked.push(row);
      }
      await this.#results(row, one);
    }
  }

  #header(row: StoredRow, one: Interpretation): void {
    const checks = this.#checks;
    const holds = (code: string) => one.problems.find((problem) => problem.code === code);
    const [unparsable, structure, mark] = [holds('unparsable'), holds('structure'), holds('notProduction')];
    if (unparsable === undefined) checks.good('R1', row, 'delimiters are given');
    else checks.bad('R1', row, unparsable.text);
    if (structure === undefined) checks.good('R2', row, 'records in order');
    else checks.bad('R2', row, structure.text);
    if (mark === undefined) checks.good('R3.production', row, one.processing || 'no mark');
    else checks.bad('R3.production', row, mark.text);
    if (one.sentAt.instant === null) return;
    const seconds = Math.round((new Date(one.sentAt.instant).getTime() - new Date(row.at).getTime()) / 1000);
    const text = `the instrument is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`;
    if (Math.abs(seconds) * 1000 <= CLOCK_MS) checks.good('R3', row, text);
    else checks.bad('R3', row, text);
    checks.detail('R3', `Last seen: ${text}.`);
  }

  async #results(row: StoredRow, one: Interpretation): Promise<void> {
    const checks = this.#checks;
    for (const result of one.results) {
      const problem = (code: string) => result.problems.find((each) => each.code === code);
      const check = (rule: string, code: string, good: string) => {
        const found = problem(code);
        if (found === undefined) checks.good(rule, row, good);
        else checks.bad(rule, row, found.text);
      };
      const known = result.testCode !== null && this.#bench.catalog.test(result.testCode) !== undefined;
      if (known) checks.good('R6', row, `${result.instrumentCode} is ${result.testCode}`);
      else checks.bad('R6', row, `${result.instrumentCode} is no test of the catalogue`);
      if (result.testCode !== null) check('R6.unit', 'unitMismatch', result.sent.unit || 'no unit');
      check('R6.status', 'unmappedStatus', result.sentStatus || 'none');
      if (result.flags.length > 0)
        check('R6.flag', 'unmappedFlag', result.flags.map(({ code }) => code).join(' '));
      if (result.completedAt.text !== '') check('R10', 'badTime', 'a time');
      if (result.isQc) checks.good('R5.qc', row, `control ${result.specimenId ?? ''}`.trim());
      else await this.#specimen(row, result.specimenId);
    }
  }

  async #specimen(row: StoredRow, number: string | null): Promise<void> {
    if (number === null) return this.#checks.bad('R5', row, 'a result without a specimen');
    let known = this.#specimens.get(number);
    if (known === undefined) {
      if (this.#specimens.size >= MOST_SPECIMENS) return;
      known = (await specimenByNumber(this.#bench.store, number)) !== undefined;
      this.#specimens.set(number, known);
    }
    if (known) this.#checks.good('R5', row, 'a specimen of this station');
    else this.#checks.bad('R5', row, 'a number that is no specimen here, and no control either');
  }

  /** R9: what goes out after a request is its answer; it was taken when the instrument acknowledged a frame of it. */
  #answered(row: StoredRow): void {
    const [request] = this.#asked;
    if (request === undefined) return;
    const mark = markOf(row);
    const sent = row.direction === 'out' && (mark === 'send' || mark === 'answer');
    const hl7 = this.#profile.protocol === 'hl7';
    if (hl7 ? sent : row.direction === 'in' && mark === 'ack') {
      this.#checks.good('R9', row, `answer to row ${request.seq}`);
      this.#asked.shift();
    } else if (row.direction === 'in' && mark === 'nak')
      this.#checks.bad('R9', row, 'the answer was refused');
  }
}
