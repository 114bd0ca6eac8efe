import type { LeveyStorageInstance } from './storage.ts';

/** What follows from a COMMIT when it is on the disk; with the instance whose change events it emits. */
export interface Effect {
  instance: LeveyStorageInstance<unknown> | undefined;
  ids: readonly string[];
  run: () => void;
  changes: () => readonly DocumentChange[];
}

/** One document of a commit as it was stored before and after, without RxDB's fields; undefined where there was or is none. */
export interface DocumentChange {
  collection: string;
  id: string;
  before: Record<string, unknown> | undefined;
  after: Record<string, unknown> | undefined;
}

/** Ids of the documents a commit changed, by collection. */
export type Changed = ReadonlyMap<string, readonly string[]>;

/** Who is told of commits: what is kept in memory beside the file at COMMIT, everybody else when it is on the disk. */
export class Telling {
  /** Told when somebody who was told failed. */
  onError: (error: unknown) => void = (error) =>
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  readonly #listeners = new Set<(changed: Changed) => void>();
  readonly #followers = new Set<(changes: readonly DocumentChange[]) => void>();

  /** Calls `listener` after each COMMIT that changed documents, once, with their ids by collection. Returns the way to stop. */
  onCommit(listener: (changed: Changed) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls `follower` with all documents that a COMMIT changed, in the same turn, before anybody can read them: for what is kept in memory beside
   * the file and must agree with it. It is not known to be on the disk yet, so nothing is told to the outside for it. Returns the way to stop.
   */
  onChanges(follower: (changes: readonly DocumentChange[]) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** It is committed: what is kept in memory follows. */
  committed(effects: readonly Effect[]): void {
    if (this.#followers.size === 0) return;
    const changes = effects.flatMap((effect) =>
      effect.instance?.audited === true ? [...effect.changes()] : [],
    );
    if (changes.length === 0) return;
    for (const follower of [...this.#followers]) this.#guarded(() => follower(changes));
  }

  /** It is on the disk: effects run in their order, then the listeners. */
  stored(effects: readonly Effect[]): void {
    for (const { run } of effects) this.#guarded(run);
    if (this.#listeners.size === 0) return;
    const changed = new Map<string, string[]>();
    for (const { instance, ids } of effects) {
      if (instance === undefined || !instance.audited) continue;
      changed.set(instance.collectionName, [...(changed.get(instance.collectionName) ?? []), ...ids]);
    }
    if (changed.size > 0) for (const listener of [...this.#listeners]) this.#guarded(() => listener(changed));
  }

  /** What is committed cannot be undone any more: a failure here is reported and does not reach the writer. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.onError(error);
    }
  }
}
