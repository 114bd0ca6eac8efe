import { storeError } from './errors.ts';
import type { DiskSync } from './log-sync.ts';

/** A committed transaction that is not known to be on the disk yet: nobody outside has been told of it. */
export interface Committed {
  /** It has exactly one waiter, who has nothing else to do until the disk has it. */
  alone: boolean;
  /** It is on the disk (undefined), or it is not known whether it is. */
  ended: (error: unknown) => void;
}

/** The commits of a connection on their way to the disk, in their order. Who is told of one was told of all before it. */
export class Commits {
  readonly #sync: DiskSync;
  /** Told when a sync that was waited for elsewhere has ended. */
  readonly #synced: () => void;
  #waiting: Committed[] = [];
  #syncing = false;
  #broken: unknown;

  constructor(sync: DiskSync, synced: () => void) {
    this.#sync = sync;
    this.#synced = synced;
  }

  /** A sync is under way: what is committed now waits for the next. */
  get isSyncing(): boolean {
    return this.#syncing;
  }

  /** @throws LeveyError `store.notSynced` when nothing may be written any more */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  add(committed: Committed): void {
    this.#waiting.push(committed);
  }

  /** Waits for the disk here. @throws LeveyError `store.notSynced` */
  now(): void {
    if (this.#waiting.length === 0) return;
    try {
      this.#sync.now();
    } catch (error) {
      this.#lost(error);
      throw this.#broken;
    }
    this.#stored(this.#waiting.length);
  }

  /** Waits for the disk elsewhere. While one sync is under way the next commits gather, and one more serves all of them. */
  soon(): void {
    if (this.#syncing || this.#waiting.length === 0) return;
    this.#syncing = true;
    const last = this.#waiting.at(-1) as Committed;
    const alone = this.#waiting.length === 1 && last.alone;
    this.#sync.soon((error) => {
      this.#syncing = false;
      // Somebody who could not wait may have synced them meanwhile.
      if (error === null) this.#stored(this.#waiting.indexOf(last) + 1);
      else this.#lost(error);
      this.#synced();
      this.soon();
    }, alone);
  }

  /** Resolves when everything committed so far, which reads may have seen, is on the disk. @throws LeveyError `store.notSynced` */
  settled(): Promise<void> {
    // What was read may be of a commit that the disk has not got and never will.
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const last = this.#waiting.at(-1);
    if (last === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const { ended } = last;
      last.ended = (error) => {
        ended(error);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.soon();
    });
  }

  /** Lets go of the log. */
  close(): void {
    this.#sync.close();
  }

  #stored(count: number): void {
    for (const { ended } of this.#waiting.splice(0, count)) ended(undefined);
  }

  /**
   * After a failed sync nobody knows what is on the disk, and the next one may say that all is well: so nothing more is written until the file is
   * opened anew, which reads what is really there.
   */
  #lost(error: unknown): void {
    this.#broken = storeError(
      'store.notSynced',
      { code: (error as NodeJS.ErrnoException).code ?? '' },
      error,
    );
    for (const { ended } of this.#waiting.splice(0)) ended(this.#broken);
  }
}
