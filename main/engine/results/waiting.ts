import type { ResultDoc } from '../../../shared/documents/result.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import type { Bench } from '../bench.ts';
import type { DocChange } from '../store/store.ts';

/** Specimens older than this are no longer counted as work of the bench. */
export const BENCH_DAYS = 7;

/** Instant from which received specimens are the bench's work. */
export function benchSince(now: Date): string {
  return new Date(now.getTime() - BENCH_DAYS * 86_400_000).toISOString();
}

/**
 * The received specimens that still have a test to be measured, kept in memory and brought up to date by every commit, so that the
 * badge on the rail costs nothing.
 */
export class WaitingSpecimens {
  readonly #bench: Pick<Bench, 'store' | 'clock'>;
  /** Tests not measured yet, by specimen. */
  readonly #waiting = new Map<string, Set<string>>();
  #commits = 0;

  constructor(bench: Pick<Bench, 'store' | 'clock'>) {
    this.#bench = bench;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Looks at every specimen received lately, and from then on at what a commit changed of one; `told` when their number changes. */
  async follow(told: () => void): Promise<() => void> {
    const { store, clock } = this.#bench;
    const stop = store.onChanges((changes) => {
      const before = this.count;
      void this.#changed(changes).then(() => {
        if (this.count !== before) told();
      });
    });
    const specimens = await store.find('specimens', {
      selector: { status: { $eq: 'received' }, receivedTime: { $gte: benchSince(clock.now()) } },
      sort: [{ status: 'asc' }, { receivedTime: 'asc' }],
    });
    for (const specimen of specimens) await this.#look(specimen);
    return stop;
  }

  async #changed(changes: readonly DocChange[]): Promise<void> {
    const telling = changes.filter(isTelling);
    if (telling.length === 0) return;
    this.#commits += 1;
    const again = new Set<string>();
    for (const change of telling) {
      if (change.collection === 'specimens') again.add(change.id);
      if (change.collection !== 'results') continue;
      const { before, after } = change;
      if (before !== undefined && isMeasured(before)) again.add(before.specimenId);
      if (after === undefined || !isMeasured(after)) continue;
      const tests = this.#waiting.get(after.specimenId);
      tests?.delete(after.testCode);
      if (tests?.size === 0) this.#waiting.delete(after.specimenId);
    }
    for (const specimen of await this.#bench.store.getMany('specimens', [...again]))
      await this.#look(specimen);
  }

  async #look(specimen: SpecimenDoc): Promise<void> {
    if (specimen.status !== 'received') {
      this.#waiting.delete(specimen.id);
      return;
    }
    const commits = this.#commits;
    const results = await this.#bench.store.find('results', {
      selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
    });
    // What was committed while it was read may be of this specimen.
    if (commits !== this.#commits) {
      const now = await this.#bench.store.get('specimens', specimen.id);
      if (now !== undefined) await this.#look(now);
      return;
    }
    const measured = new Set(results.filter(isMeasured).map((r) => r.testCode));
    const tests = specimen.testCodes.filter((code) => !measured.has(code));
    if (tests.length === 0) this.#waiting.delete(specimen.id);
    else this.#waiting.set(specimen.id, new Set(tests));
  }
}

/** False for a change after which as much waits as before: nearly always a record that was sent to the server. */
function isTelling({ collection, before, after }: DocChange): boolean {
  if (before === undefined || after === undefined) return true;
  if (collection === 'specimens') {
    const same = before.status === after.status && before.accessionIdentifier === after.accessionIdentifier;
    return !same || before.testCodes.join() !== after.testCodes.join();
  }
  if (collection !== 'results') return false;
  const same =
    before.specimenId === after.specimenId &&
    before.accessionIdentifier === after.accessionIdentifier &&
    before.testCode === after.testCode;
  return !same || isMeasured(before) !== isMeasured(after);
}

/** A standing result that stands for its test: nothing more is waited for. */
function isMeasured(result: ResultDoc): boolean {
  return result.current && result.verdict !== 'rejected';
}
