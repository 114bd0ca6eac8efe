import type { ResultDoc } from '../../../shared/documents/result.ts';
import type { DocChange, Store } from '../store/store.ts';

/** Results older than this are not counted: a schedule by patients also has one by the clock. */
const KEPT_MS = 172_800_000;

/** When patient results of a test on an instrument were posted, in memory, the last two days: how many since a control (W13). */
export class PatientCounts {
  readonly #posted = new Map<string, string[]>();

  /** Reads what there is since two days before `now`, and follows every commit from then on. */
  static async open(store: Store, now: string): Promise<PatientCounts> {
    const counts = new PatientCounts();
    const following: (readonly DocChange[])[] = [];
    let loaded = false;
    store.onChanges((changes) => {
      if (loaded) counts.#follow(changes);
      else following.push(changes);
    });
    const from = new Date(Date.parse(now) - KEPT_MS).toISOString();
    for (const doc of await store.find('results', { selector: { postedTime: { $gte: from } } }))
      counts.#add(doc);
    loaded = true;
    for (const changes of following) counts.#follow(changes);
    return counts;
  }

  /** Specimens measured since an instant: every measurement of one counts, as the analyser does. */
  since(instrumentId: string, testCode: string, at: string): number {
    return (this.#posted.get(`${instrumentId} ${testCode}`) ?? []).filter((one) => one > at).length;
  }

  #follow(changes: readonly DocChange[]): void {
    for (const { collection, before, after } of changes)
      if (collection === 'results' && before === undefined && after !== undefined) this.#add(after);
  }

  #add({ instrumentId, testCode, postedTime }: ResultDoc): void {
    if (instrumentId === '') return;
    const key = `${instrumentId} ${testCode}`;
    const kept = this.#posted.get(key) ?? [];
    const from = new Date(Date.parse(postedTime) - KEPT_MS).toISOString();
    this.#posted.set(key, [
      ...(kept[0] !== undefined && kept[0] < from ? kept.filter((one) => one >= from) : kept),
      postedTime,
    ]);
  }
}
