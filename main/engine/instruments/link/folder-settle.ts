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

  /**
   * Those of a folder's files that are settled, the oldest first; all others are forgotten.
   * @param factsOf null: it is not there (any more)
   * @param leave told of each that is no file
   */
  async settled(
    names: readonly string[],
    factsOf: (name: string) => Promise<FileFacts | null>,
    now: number,
    leave: (name: string, kind: FileFacts['kind']) => void,
  ): Promise<string[]> {
    const there = new Set<string>();
    const ready: { name: string; changed: number }[] = [];
    for (const name of names) {
      const facts = await factsOf(name);
      if (facts === null) continue;
      if (facts.kind !== 'file') {
        leave(name, facts.kind);
        continue;
      }
      there.add(name);
      if (this.isSettled(name, facts, now)) ready.push({ name, changed: facts.changed });
    }
    for (const file of this.#files.keys()) if (!there.has(file)) this.#files.delete(file);
    ready.sort((a, b) => a.changed - b.changed || (a.name < b.name ? -1 : 1));
    return ready.map((one) => one.name);
  }
}
