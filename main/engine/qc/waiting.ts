import type { ResultDoc } from '../../../shared/documents/result.ts';
import type { Bench } from '../bench.ts';
import type { DocChange, Store, Writer } from '../store/store.ts';

const undecided = ['held', 'ready', 'blocked'] as const;
/** Results of other units that share the commit are not in memory yet: they are looked for among those posted since, milliseconds. */
const FRESH_MS = 60_000;

/** Undecided patient results by instrument and test, in memory: loaded once and brought up to date by every commit. */
class WaitingIndex {
  /** verdict by result id */
  readonly #of = new Map<string, Map<string, ResultDoc['verdict']>>();

  static async open(store: Store): Promise<WaitingIndex> {
    const index = new WaitingIndex();
    const following: (readonly DocChange[])[] = [];
    let loaded = false;
    store.onChanges((changes) => {
      if (loaded) index.#follow(changes);
      else following.push(changes);
    });
    // All read in this turn of the event loop, so that no commit comes in between.
    const lists = undecided.map((verdict) =>
      store.find('results', { selector: { verdict: { $eq: verdict } } }),
    );
    for (const list of lists) for (const doc of await list) index.#put(doc);
    loaded = true;
    for (const changes of following) index.#follow(changes);
    return index;
  }

  ids(instrumentId: string, testCode: string): string[] {
    return [...(this.#of.get(`${instrumentId} ${testCode}`)?.keys() ?? [])];
  }

  blocked(key: string): number {
    const of = this.#of.get(key);
    return of === undefined ? 0 : [...of.values()].filter((verdict) => verdict === 'blocked').length;
  }

  #follow(changes: readonly DocChange[]): void {
    for (const { collection, before, after } of changes) {
      if (collection !== 'results') continue;
      if (before !== undefined) {
        const key = `${before.instrumentId} ${before.testCode}`;
        this.#of.get(key)?.delete(before.id);
      }
      if (after !== undefined) this.#put(after);
    }
  }

  #put(doc: ResultDoc): void {
    if (!doc.current || !(undecided as readonly string[]).includes(doc.verdict)) return;
    const key = `${doc.instrumentId} ${doc.testCode}`;
    const of = this.#of.get(key) ?? new Map<string, ResultDoc['verdict']>();
    of.set(doc.id, doc.verdict);
    this.#of.set(key, of);
  }
}

const indexes = new WeakMap<Bench, Promise<WaitingIndex>>();

function indexOf(bench: Bench): Promise<WaitingIndex> {
  let index = indexes.get(bench);
  if (index === undefined) {
    index = WaitingIndex.open(bench.store);
    index.catch(() => indexes.delete(bench));
    indexes.set(bench, index);
  }
  return index;
}

/** How many standing patient results are blocked, by `instrumentId testCode`. */
export async function blockedCounts(bench: Bench): Promise<(key: string) => number> {
  const index = await indexOf(bench);
  return (key) => index.blocked(key);
}

/** Undecided standing results of a test on an instrument, as a unit of work sees them. `at`: the unit's instant. */
export async function waitingResults(
  bench: Bench,
  unit: Writer,
  at: string,
  instrumentId: string,
  testCode: string,
): Promise<ResultDoc[]> {
  const index = await indexOf(bench);
  const found = new Map<string, ResultDoc>();
  for (const doc of await unit.getMany('results', index.ids(instrumentId, testCode))) found.set(doc.id, doc);
  const since = new Date(Date.parse(at) - FRESH_MS).toISOString();
  for (const doc of await unit.find('results', {
    selector: { postedTime: { $gte: since } },
    sort: [{ postedTime: 'asc' }],
  }))
    found.set(doc.id, doc);
  return [...found.values()].filter(
    (doc) =>
      doc.current &&
      doc.instrumentId === instrumentId &&
      doc.testCode === testCode &&
      (undecided as readonly string[]).includes(doc.verdict),
  );
}
