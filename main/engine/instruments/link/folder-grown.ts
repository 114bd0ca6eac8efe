import type { FileFacts, FilePort } from './folder-files.ts';

/** How long a file that was put away is looked after, milliseconds, and how many at most. */
const WATCHED_MS = 600_000;
const MOST_WATCHED = 500;
/** Not looked at more often than this, milliseconds. */
const EVERY_MS = 1_000;

interface Away {
  name: string;
  read: FileFacts;
  until: number;
}

/**
 * Files that were put away and may still be open where they were written: moving a file does not take it from a writer that only paused, and
 * what it writes then stands in the archive, where nobody reads it. One that has grown is to be read again.
 */
export class GrownFiles {
  readonly #away = new Map<string, Away>();
  #looked = 0;

  /** A file was put away; `read`: what it was when it was read. */
  add(path: string, name: string, read: FileFacts, now: number): void {
    this.#away.delete(path);
    this.#away.set(path, { name, read, until: now + WATCHED_MS });
    const [oldest] = this.#away.keys();
    if (this.#away.size > MOST_WATCHED && oldest !== undefined) this.#away.delete(oldest);
  }

  /** Those that have been written on since; they stay here until {@link gone} is told. Never more than once a second. */
  async found(files: Pick<FilePort, 'facts'>, now: number): Promise<{ path: string; name: string }[]> {
    if (Math.abs(now - this.#looked) < EVERY_MS) return [];
    this.#looked = now;
    const grown: { path: string; name: string }[] = [];
    for (const [path, { name, read, until }] of [...this.#away]) {
      const facts = await files.facts(path).catch(() => null);
      // One that was copied to another file system is another file: its writer is out of reach.
      if (facts === null || facts.identity !== read.identity) this.#away.delete(path);
      else if (facts.size !== read.size || facts.changed !== read.changed) grown.push({ path, name });
      else if (now > until) this.#away.delete(path);
    }
    return grown;
  }

  /** It is back where files are taken from. */
  gone(path: string): void {
    this.#away.delete(path);
  }
}
