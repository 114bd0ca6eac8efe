import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import type { ResultDoc } from '../../../shared/documents/result.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { Bench } from '../bench.ts';
import { startOfLocalDay } from '../local-time.ts';
import { isKept, keptFirst } from '../replication/kept.ts';
import { benchSince } from '../results/waiting.ts';
import type { DocChange, Store } from '../store/store.ts';
import { keepNewest } from './keep.ts';
import { Ordered } from './ordered.ts';

/** Collections whose documents go to the server. */
export const replicated = [
  'patients',
  'orders',
  'specimens',
  'results',
  'reports',
  'lots',
  'controls',
  'instruments',
  'catalog',
  'tasks',
  'settings',
] as const;

const goesToServer: ReadonlySet<string> = new Set(replicated);
const states = ['queued', 'refused', 'conflict'] as const;
type CountedState = (typeof states)[number] | 'kept';

/** Documents of one collection kept as objects at most; beyond it the oldest are forgotten and read again as they are needed. */
const MOST_KEPT = 4_000;

const undecided = ['held', 'blocked', 'ready'] as const;
type Verdict = ResultDoc['verdict'];

/** What is open for a result: a rerun that was asked for, a critical call. */
export interface OpenFor {
  rerun: boolean;
  call: boolean;
}

/**
 * What the lists and counts of the bench are made of, in memory: loaded once and brought up to date by every commit, so that a live query
 * costs what changed and not what is stored. Holds ids and order; documents are a cache on top.
 */
export class Board {
  readonly #store: Store;
  readonly #kept = new Map<CollectionName, Map<string, unknown>>();
  /** Standing results by verdict, by the time they were posted: the undecided ones all, the others from {@link #since}. */
  readonly #verdicts = new Map<Verdict, Ordered>();
  /** Received specimens by the time they were received, from {@link #receivedSince}. */
  readonly #received = new Ordered();
  readonly #openTasks = new Map<string, { kind: string; resultId: string }>();
  readonly #openFor = new Map<string, OpenFor>();
  readonly #taskKinds = new Map<string, number>();
  readonly #reports = new Map<string, number>();
  readonly #sync = new Map<CountedState, number>();
  readonly #listeners = new Set<(changes: readonly DocChange[]) => void>();
  readonly #tasksOf = new Map<string, Map<string, string>>();
  #commits = 0;
  #since = '';
  #receivedSince = '';

  private constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Reads what there is, in one turn of the event loop, and follows every commit from then on.
   * @param since instant from which released and rejected results are wanted; @param receivedSince the same for received specimens
   */
  static async open(bench: Pick<Bench, 'store'>, since: string, receivedSince: string): Promise<Board> {
    const board = new Board(bench.store);
    await board.#load(since, receivedSince);
    return board;
  }

  async #load(since: string, receivedSince: string): Promise<void> {
    const store = this.#store;
    this.#since = since;
    this.#receivedSince = receivedSince;
    for (const verdict of [...undecided, 'released', 'rejected'] as const)
      this.#verdicts.set(verdict, new Ordered());
    // All of these read before the first of them is awaited, so no commit can come in between.
    const following: (readonly DocChange[])[] = [];
    let loaded = false;
    store.onChanges((changes) => {
      if (!loaded) following.push(changes);
      else this.#follow(changes);
    });
    const results = [...undecided, 'released' as const, 'rejected' as const].map((verdict) =>
      store.find('results', {
        selector: {
          verdict: { $eq: verdict },
          ...(verdict === 'released' || verdict === 'rejected' ? { postedTime: { $gte: since } } : {}),
        },
        sort: [{ verdict: 'asc' }, { postedTime: 'asc' }],
      }),
    );
    const specimens = store.find('specimens', {
      selector: { status: { $eq: 'received' }, receivedTime: { $gte: receivedSince } },
      sort: [{ status: 'asc' }, { receivedTime: 'asc' }],
    });
    const tasks = store.find('tasks', { selector: { status: { $eq: 'open' } } });
    const reports = (['waiting', 'sentBack'] as const).map(
      async (state) =>
        [state, await store.count('reports', { selector: { state: { $eq: state } } })] as const,
    );
    const sync = states.flatMap((state) =>
      replicated.map(
        async (collection) =>
          [state, await store.count(collection, { selector: { syncState: { $eq: state } } })] as const,
      ),
    );
    const kept = replicated.map(
      async (collection) =>
        ['kept', (await store.find(collection, keptFirst)).filter(isKept).length] as const,
    );
    for (const list of results) for (const doc of await list) this.#result(undefined, doc);
    for (const doc of await specimens) this.#specimen(undefined, doc);
    for (const doc of await tasks) this.#task(undefined, doc);
    for (const report of reports) this.#reports.set(...(await report));
    for (const one of [...sync, ...kept]) {
      const [state, count] = await one;
      this.#sync.set(state, (this.#sync.get(state) ?? 0) + count);
    }
    loaded = true;
    for (const changes of following) this.#follow(changes);
  }

  /** Calls `listener` with every commit's changes, once this board knows of them. Returns the way to stop. */
  onChanges(listener: (changes: readonly DocChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ids of standing results with a verdict, the newest `limit`, newest first; `since`: only those posted from this instant. */
  results(verdict: Verdict, limit: number, since = ''): string[] {
    return this.#verdicts.get(verdict)?.newest(limit, since) ?? [];
  }

  /** How many standing results have a verdict; `since` as above. */
  count(verdict: Verdict, since = ''): number {
    return this.#verdicts.get(verdict)?.count(since) ?? 0;
  }

  /** Ids of received specimens, the newest `limit` from an instant, newest first. */
  received(limit: number, since: string): string[] {
    return this.#received.newest(limit, since);
  }

  /** What is open for each result. */
  get openFor(): ReadonlyMap<string, OpenFor> {
    return this.#openFor;
  }

  /** Open tasks, of one kind or all. */
  openTasks(kind?: string): number {
    return kind === undefined ? this.#openTasks.size : (this.#taskKinds.get(kind) ?? 0);
  }

  reports(state: 'waiting' | 'sentBack'): number {
    return this.#reports.get(state) ?? 0;
  }

  /** Records by their way to the server, over all collections that go there. */
  sync(state: CountedState): number {
    return this.#sync.get(state) ?? 0;
  }

  /** The stored document, from memory where it is known. Shared: nobody may change it. */
  async doc<C extends 'results' | 'specimens' | 'patients'>(
    collection: C,
    id: string,
  ): Promise<DocOf<C> | undefined> {
    const known = this.known(collection, id);
    if (known !== undefined) return known;
    let kept = this.#kept.get(collection);
    if (kept === undefined) {
      kept = new Map();
      this.#kept.set(collection, kept);
    }
    const commits = this.#commits;
    const read = await this.#store.get(collection, id);
    // What was committed while it was read may be newer: then it is read again the next time.
    if (read !== undefined && commits === this.#commits) keepNewest(kept, id, read, MOST_KEPT);
    return read;
  }

  /** {@link doc} where it is in memory; undefined where it has to be read. */
  known<C extends 'results' | 'specimens' | 'patients'>(collection: C, id: string): DocOf<C> | undefined {
    return this.#kept.get(collection)?.get(id) as DocOf<C> | undefined;
  }

  #follow(changes: readonly DocChange[]): void {
    this.#commits += 1;
    for (const change of changes) {
      const { collection, before, after } = change;
      const kept = this.#kept.get(collection);
      if (kept?.has(change.id) === true) {
        if (after === undefined) kept.delete(change.id);
        else kept.set(change.id, after);
      } else if (
        kept !== undefined &&
        collection === 'results' &&
        after !== undefined &&
        before?.change !== after.change
      ) {
        // A new result is about to be shown; one that was only sent to the server is not.
        keepNewest(kept, change.id, after, MOST_KEPT);
      }
      if (goesToServer.has(collection)) {
        this.#add(this.#sync, standingOf(before), -1);
        this.#add(this.#sync, standingOf(after), 1);
      }
      if (collection === 'results') this.#result(change.before, change.after);
      else if (collection === 'specimens') this.#specimen(change.before, change.after);
      else if (collection === 'tasks') this.#task(change.before, change.after);
      else if (collection === 'reports') {
        this.#add(this.#reports, change.before?.state, -1);
        this.#add(this.#reports, change.after?.state, 1);
      }
    }
    for (const listener of this.#listeners) listener(changes);
  }

  #add<K>(counts: Map<K, number>, key: K | undefined, n: number): void {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + n);
  }

  #result(before: ResultDoc | undefined, after: ResultDoc | undefined): void {
    if (before?.current === true) this.#verdicts.get(before.verdict)?.remove(before.postedTime, before.id);
    // Replaced versions keep their verdict, and they wait for nobody.
    if (after?.current !== true) return;
    const decided = after.verdict === 'released' || after.verdict === 'rejected';
    if (decided && after.postedTime < this.#since) return;
    this.#verdicts.get(after.verdict)?.add(after.postedTime, after.id);
  }

  #specimen(before: SpecimenDoc | undefined, after: SpecimenDoc | undefined): void {
    if (before?.status === 'received') this.#received.remove(before.receivedTime, before.id);
    if (after?.status === 'received' && after.receivedTime >= this.#receivedSince)
      this.#received.add(after.receivedTime, after.id);
  }

  #task(before: TaskDoc | undefined, after: TaskDoc | undefined): void {
    const id = before?.id ?? after?.id ?? '';
    const known = this.#openTasks.get(id);
    if (known !== undefined) {
      this.#openTasks.delete(id);
      this.#add(this.#taskKinds, known.kind, -1);
    }
    if (after?.status === 'open') {
      this.#openTasks.set(id, { kind: after.kind, resultId: after.resultId });
      this.#add(this.#taskKinds, after.kind, 1);
    }
    for (const resultId of new Set([known?.resultId ?? '', after?.resultId ?? '']))
      this.#open(resultId, id, after);
  }

  /** What is open for a result, seen again after one of its tasks changed. */
  #open(resultId: string, taskId: string, task: TaskDoc | undefined): void {
    if (resultId === '') return;
    const tasks = this.#tasksOf.get(resultId) ?? new Map<string, string>();
    tasks.delete(taskId);
    if (task?.status === 'open' && task.resultId === resultId) tasks.set(taskId, task.kind);
    const kinds = [...tasks.values()];
    const of = { rerun: kinds.includes('rerun'), call: kinds.includes('criticalCall') };
    if (tasks.size === 0) this.#tasksOf.delete(resultId);
    else this.#tasksOf.set(resultId, tasks);
    if (of.rerun || of.call) this.#openFor.set(resultId, of);
    else this.#openFor.delete(resultId);
  }
}

/** As what a record is counted on its way to the server. */
function standingOf(doc: DocChange['before']): CountedState | undefined {
  if (doc === undefined) return undefined;
  return isKept(doc) ? 'kept' : (doc.syncState as CountedState);
}

const boards = new WeakMap<Bench, Promise<Board>>();

/** The board of a running engine, loaded when it is first asked for: what was decided today, and the specimens of the bench's days. */
export function boardOf(bench: Bench): Promise<Board> {
  let board = boards.get(bench);
  if (board === undefined) {
    const now = bench.clock.now();
    board = Board.open(bench, startOfLocalDay(bench.station.timeZone, now), benchSince(now));
    board.catch(() => boards.delete(bench));
    boards.set(bench, board);
  }
  return board;
}
