import type { FileFacts } from './folder-files.ts';
import { sameFile } from './folder-read.ts';

/** Files that may still be written: since when each has not changed. */
export class Settling {
  readonly #ms: number;
  readonly #files = new Map<string, { facts: FileFacts; since: number }>();

  /** @param ms how long a file has to stay as it is, milliseconds */
  constructor(ms: number) {
    this.#ms = ms;
  }

  get size(): number {
    return this.#files.size;
  }

  /** Notes what a file is now. True: it has been so for long enough. Where the clock jumped back it begins anew. */
  isSettled(file: string, facts: FileFacts, now: number): boolean {
    const last = this.#files.get(file);
    const same = last !== undefined && sameFile(last.facts, facts) && last.since <= now;
    const since = same ? last.since : now;
    this.#files.set(file, { facts, since });
    return (same && now - since >= this.#ms) || this.#ms === 0;
  }

  /** What it was when it was looked at last. */
  factsOf(file: string): FileFacts | undefined {
    return this.#files.get(file)?.facts;
  }

  delete(file: string): void {
    this.#files.delete(file);
  }

  /** Forgets all others. */
  only(files: ReadonlySet<string>): void {
    for (const file of this.#files.keys()) if (!files.has(file)) this.#files.delete(file);
  }
}
