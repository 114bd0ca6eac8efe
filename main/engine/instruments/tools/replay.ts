/** Replays: captured sessions of a line into a sandbox with today's mapping, showing what would change. Nothing is written, nothing is sent. */
import { createHash, type Hash } from 'node:crypto';
import type { ControlDoc, ResultDoc, TaskDoc } from '../../../../shared/documents/index.ts';
import { LeveyError, toPlainError } from '../../../../shared/errors.ts';
import type { ReplayOutcome, ReplayRow, ReplayRunRow } from '../../../../shared/ipc/tools-line.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { Bench } from '../../bench.ts';
import { refuse } from '../../faults.ts';
import type { WireJournal } from '../../store/sqlite/journal.ts';
import type { JournalMessage } from '../../store/sqlite/journal-tables.ts';
import { compareMessage, type StoredOf } from './replay-compare.ts';
import { replayRows, transferEnd, transferStart } from './replay-link.ts';

/** Replays kept in memory; the oldest is forgotten. */
const KEPT = 6;
/** Rows kept of one replay; counts go on beyond it. Those that differ are kept before those that do not. */
const MOST_ROWS = 20_000;
const MOST_SAME = 4_000;
const MOST_DIFFERENCES = 50;
const MOST_MESSAGES = 5_000;
/** Documents read at once of those stored in the time of a replay. */
const PAGE = 2_000;
/** What was posted later than this after its message has come through an exception and is found by that. */
const POSTED_WITHIN_MS = 10 * 60_000;

/** Which part of the journal. */
export type ReplayWhich =
  | { kind: 'seqs'; fromSeq: number; toSeq: number }
  | { kind: 'messages'; numbers: readonly string[] }
  | { kind: 'last'; last: number }
  | { kind: 'between'; from: string; to: string };

interface Range {
  fromSeq: number;
  toSeq: number;
}

interface Run {
  row: ReplayRunRow;
  rows: ReplayRow[];
  same: number;
  stop: boolean;
}

const ofBench = new WeakMap<Bench, Replays>();

/** The replays of one engine. */
export function replaysOf(bench: Bench): Replays {
  const known = ofBench.get(bench);
  if (known !== undefined) return known;
  const made = new Replays(bench);
  ofBench.set(bench, made);
  return made;
}

export class Replays {
  readonly #bench: Bench;
  readonly #runs = new Map<string, Run>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Starts a replay and gives its id. Refuses `replay.nothing`, `message.unknown`. */
  start(instrumentId: string, which: ReplayWhich, profile: Profile): string {
    const { ranges, numbers } = this.#ranges(instrumentId, which);
    const id = this.#bench.newId();
    const counts: Record<ReplayOutcome, number> = {
      same: 0,
      changed: 0,
      wouldPost: 0,
      wouldHold: 0,
      lost: 0,
      new: 0,
    };
    const row: ReplayRunRow = {
      id,
      instrumentId,
      state: 'running',
      why: '',
      startedAt: this.#bench.clock.now().toISOString(),
      messages: numbers?.size ?? 0,
      messagesDone: 0,
      bytes: 0,
      counts,
      linkDifferences: [],
      digest: '',
    };
    const run: Run = { row, rows: [], same: 0, stop: false };
    this.#runs.set(id, run);
    for (const old of [...this.#runs.keys()].slice(0, -KEPT)) {
      this.cancel(old);
      this.#runs.delete(old);
    }
    void this.#work(run, ranges, numbers, profile);
    return id;
  }

  cancel(id: string): void {
    const run = this.#runs.get(id);
    if (run !== undefined) run.stop = true;
  }

  /** Refuses `replay.unknown`. */
  progress(id: string): ReplayRunRow {
    const { row } = this.#run(id);
    return { ...row, linkDifferences: [...row.linkDifferences] };
  }

  /** Those that differ first, each kind in the order of the journal. */
  rows(id: string, only: ReplayOutcome | '', limit: number): ReplayRow[] {
    const { rows } = this.#run(id);
    const chosen = only === '' ? rows : rows.filter((row) => row.outcome === only);
    const differing = chosen.filter((row) => row.outcome !== 'same');
    return [...differing, ...chosen.filter((row) => row.outcome === 'same')].slice(0, limit);
  }

  #run(id: string): Run {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    throw refuse('replay.unknown', 'This replay is not kept any more.', 'Start it again.');
  }

  #ranges(instrumentId: string, which: ReplayWhich): { ranges: Range[]; numbers: Set<string> | null } {
    const { journal } = this.#bench.store;
    if (which.kind === 'seqs') {
      if (which.fromSeq > which.toSeq) throw nothing();
      return { ranges: [{ fromSeq: which.fromSeq, toSeq: which.toSeq }], numbers: null };
    }
    const messages =
      which.kind === 'last'
        ? journal.messages(instrumentId, which.last)
        : which.kind === 'between'
          ? messagesOf(journal, instrumentId, which.from, which.to)
          : which.numbers.map((number) => {
              const message = journal.message(number);
              if (message !== undefined && message.instrumentId === instrumentId) return message;
              throw refuse(
                'message.unknown',
                `The journal has no message ${number} of this instrument.`,
                'Look at the number on the trace.',
              );
            });
    if (messages.length === 0) throw nothing();
    const ranges = messages
      .map(({ firstSeq, lastSeq }) => ({
        fromSeq: transferStart(journal, instrumentId, firstSeq),
        toSeq: transferEnd(journal, instrumentId, lastSeq),
      }))
      .sort((a, b) => a.fromSeq - b.fromSeq);
    return { ranges: joined(ranges), numbers: new Set(messages.map(({ id }) => id)) };
  }

  async #work(
    run: Run,
    ranges: readonly Range[],
    numbers: Set<string> | null,
    profile: Profile,
  ): Promise<void> {
    const { store } = this.#bench;
    const { row } = run;
    const digest = createHash('sha256');
    try {
      for (const range of ranges) {
        const steps = replayRows(store.journal, row.instrumentId, profile, range.fromSeq, range.toSeq);
        for (const { bytes, messages, differences } of steps) {
          digest.update(bytes);
          row.bytes += bytes.length;
          row.linkDifferences.push(...differences.slice(0, MOST_DIFFERENCES - row.linkDifferences.length));
          for (const replayed of messages) {
            if (numbers !== null && !numbers.has(replayed.number)) continue;
            const stored = await this.#stored(replayed.number, replayed.message.at);
            const compared = await compareMessage(this.#bench, row.instrumentId, profile, replayed, stored);
            this.#add(run, compared, digest);
            row.messagesDone += 1;
            row.messages = Math.max(row.messages, row.messagesDone);
            this.#changed(run);
            // Instruments and people go first.
            await new Promise<void>((next) => setImmediate(next));
          }
          if (run.stop) break;
        }
        if (run.stop) break;
      }
      run.row = { ...row, state: run.stop ? 'cancelled' : 'done', digest: digest.digest('hex') };
    } catch (error) {
      run.row = { ...row, state: 'failed', why: toPlainError(error).what };
      if (!(error instanceof LeveyError))
        this.#bench.log.error('replay.failed', { what: toPlainError(error).what });
    }
    this.#changed(run);
  }

  #add(run: Run, compared: readonly Omit<ReplayRow, 'id'>[], digest: Hash): void {
    const { row } = run;
    const before = Object.values(row.counts).reduce((sum, n) => sum + n, 0);
    compared.forEach((one, i) => {
      digest.update(JSON.stringify(one));
      row.counts = { ...row.counts, [one.outcome]: row.counts[one.outcome] + 1 };
      if (one.outcome === 'same') run.same += 1;
      if (run.rows.length >= MOST_ROWS || (one.outcome === 'same' && run.same > MOST_SAME)) return;
      run.rows.push({ id: `${row.id}:${before + i}`, ...one });
    });
  }

  #changed(run: Run): void {
    this.#bench.hub.changed([`channel:replay:${run.row.id}`]);
  }

  /** What was stored from a message when it came. What came of it later, through an exception, is found by its measurement. */
  async #stored(number: string, at: string): Promise<StoredOf> {
    const until = new Date(new Date(at).getTime() + POSTED_WITHIN_MS).toISOString();
    const posted = { postedTime: { $gte: at, $lte: until } };
    const of = <T extends { messageId: string }>(docs: readonly T[]): T[] =>
      docs.filter((doc) => doc.messageId === number);
    const { store } = this.#bench;
    const sort: { postedTime: 'asc' }[] = [{ postedTime: 'asc' }];
    const results: ResultDoc[] = of(await store.find('results', { selector: posted, sort, limit: PAGE }));
    const controls: ControlDoc[] = of(await store.find('controls', { selector: posted, sort, limit: PAGE }));
    const tasks: TaskDoc[] = [];
    for (const status of ['open', 'done', 'rejected']) {
      const found = await store.find('tasks', {
        selector: {
          status: { $eq: status },
          kind: { $eq: 'exception' },
          createdAt: { $gte: at, $lte: until },
        },
        sort: [{ status: 'asc' }, { kind: 'asc' }, { createdAt: 'asc' }],
        limit: PAGE,
      });
      tasks.push(...of(found));
    }
    return { results, controls, tasks };
  }
}

/** Messages whose last row was stored between two instants, half-open; the newest {@link MOST_MESSAGES}. */
function messagesOf(journal: WireJournal, instrumentId: string, from: string, to: string): JournalMessage[] {
  const found: JournalMessage[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; found.length < MOST_MESSAGES; ) {
    const page = journal.messages(instrumentId, 500, before);
    found.push(...page.filter(({ at }) => at >= from && at < to));
    const oldest = page.at(-1);
    if (oldest === undefined || oldest.at < from) break;
    before = oldest.firstSeq;
  }
  return found.slice(0, MOST_MESSAGES);
}

function nothing(): LeveyError {
  return refuse('replay.nothing', 'There is nothing to replay there.', 'Choose other messages.');
}

/** Ranges that touch are one, so that a transfer of several messages is replayed once. */
function joined(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const range of ranges) {
    const last = out.at(-1);
    if (last !== undefined && range.fromSeq <= last.toSeq + 1) last.toSeq = Math.max(last.toSeq, range.toSeq);
    else out.push({ ...range });
  }
  return out;
}
