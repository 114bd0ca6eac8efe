/** Files that were put away and may still be written on: looked after for a while, also those that an earlier run put away. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FileFacts, FilePort } from './folder-files.ts';
import { NOTE, safeName, stampOf } from './folder-names.ts';
import { firstOf, nameIn, REFUSED_MARK, refusedDigest } from './folder-recover.ts';
import type { JournalPort, StoredRow } from './ports.ts';

/** How long a file that was put away is looked after, milliseconds, and how many at most. */
const WATCHED_MS = 600_000;
const MOST_WATCHED = 500;
/** Not looked at more often than this, milliseconds. */
const EVERY_MS = 1_000;
/** Messages looked through for one file that an earlier run left among the claims. */
const MOST_LEFT = 50;

/** A file that was put away. */
export interface Away {
  path: string;
  /** the name it had */
  name: string;
  /** SHA-256 of its row in the journal, hex */
  digest: string;
  /** It is the original of a file that was copied to another file system: it is removed when nobody has written on it. */
  kept?: boolean;
}

interface Watched extends Away {
  /** what it was when it was read */
  read: FileFacts;
  until: number;
}

/**
 * Files that were put away and may still be open where they were written: moving a file does not take it from a writer that only paused, and
 * what it writes then stands in the archive, where nobody reads it. One that has grown is to be read again.
 */
export class GrownFiles {
  readonly #away = new Map<string, Watched>();
  /** Digests of what was read last, by name. */
  readonly #named = new Map<string, string>();
  /** Originals that are not looked after any more. */
  #over: string[] = [];
  #looked = 0;

  /** A file was put away; `read`: what it was when it was read. */
  add(away: Away, read: FileFacts, now: number): void {
    this.#away.delete(away.path);
    this.#away.set(away.path, { ...away, read, until: now + WATCHED_MS });
    const [oldest] = this.#away.values();
    if (this.#away.size > MOST_WATCHED && oldest !== undefined) this.#leave(oldest);
    const name = safeName(away.name);
    this.#named.delete(name);
    this.#named.set(name, away.digest);
    const [first] = this.#named.keys();
    if (this.#named.size > MOST_WATCHED && first !== undefined) this.#named.delete(first);
  }

  #leave({ path, kept }: Away): void {
    this.#away.delete(path);
    if (kept === true) this.#over.push(path);
  }

  /** The digest of what was read last under a name; undefined when that is not known (any more). */
  lastOf(name: string): string | undefined {
    return this.#named.get(safeName(name));
  }

  /**
   * Takes over what earlier runs put away: the journal has what was read of each of its newest files, the archive and the errors have what became
   * of them. What was written on while nobody looked is found at once, the others are looked after from now on.
   * @param folders where files are put away
   * @param claims where the originals are kept of those that were copied
   */
  async recall(
    files: FilePort,
    journal: JournalPort,
    instrumentId: string,
    folders: readonly string[],
    claims: string,
    now: number,
  ): Promise<void> {
    const known = new Map(
      (journal.messages?.(instrumentId, MOST_WATCHED) ?? []).map((one) => [one.digest.slice(0, 12), one]),
    );
    const entries: { folder: string; entry: string }[] = [];
    for (const folder of [...folders, claims])
      for (const entry of await files.names(folder)) entries.push({ folder, entry });
    for (const { folder, entry } of entries.sort((a, b) => (a.entry < b.entry ? -1 : 1))) {
      const [, stamp, short = '', name = ''] = AWAY.exec(entry) ?? [];
      const message = known.get(short);
      const kept = folder === claims;
      if (stamp === undefined || (message === undefined && !kept)) continue;
      const row = () => rowOf(journal, instrumentId, message?.firstSeq ?? 0);
      // The note beside a file among the errors has its name, and more.
      if (name.endsWith(NOTE) && nameIn(row()) !== name) continue;
      const path = join(folder, entry);
      const facts = await files.facts(path).catch(() => null);
      if (facts === null || facts.kind !== 'file') continue;
      // Where times have no parts of a second a file may have grown within the time it has.
      const same = stampOf(facts.changed) === stamp && !stamp.endsWith('000');
      const changed = !same && (await isOther(files, path, facts, row()));
      // One that was written on is another file than the one that was read, whatever it is now.
      const away = { path, name, digest: message?.digest ?? short, kept };
      this.add(away, changed ? { ...facts, size: -1 } : facts, now);
    }
  }

  /** Those that have been written on since; they stay here until {@link gone} is told. Never more than once a second. */
  async found(files: Pick<FilePort, 'facts' | 'remove'>, now: number): Promise<Away[]> {
    if (Math.abs(now - this.#looked) < EVERY_MS) return [];
    this.#looked = now;
    const grown: Away[] = [];
    for (const one of [...this.#away.values()]) {
      const facts = await files.facts(one.path).catch(() => null);
      if (facts === null || facts.identity !== one.read.identity) this.#away.delete(one.path);
      else if (facts.size !== one.read.size || facts.changed !== one.read.changed) grown.push(one);
      else if (now > one.until) this.#leave(one);
    }
    for (const path of this.#over.splice(0)) await files.remove(path).catch(() => undefined);
    return grown;
  }

  /** It is back where files are taken from. */
  gone(path: string): void {
    this.#away.delete(path);
  }
}

/** The name of a file that was put away: when it was written, the begin of the digest of what was read, its own name. */
export const AWAY = /^(\d{8}T\d{9})-([0-9a-f]{12})-(.+)$/s;

function rowOf(journal: JournalPort, instrumentId: string, seq: number): StoredRow | undefined {
  return journal.read?.({ instrumentId, afterSeq: seq - 1, beforeSeq: seq + 1, limit: 1 })[0];
}

/** Whether a file has other content than its row in the journal; one that was copied to another file system has only another time. */
async function isOther(
  files: FilePort,
  path: string,
  { size }: FileFacts,
  row: StoredRow | undefined,
): Promise<boolean> {
  if (row === undefined) return false;
  const refused = row.note?.startsWith(REFUSED_MARK) === true;
  if (!refused && size !== row.bytes.length) return true;
  const read = refused ? refusedDigest(row.bytes) : digestOf(row.bytes);
  return read === '' ? size > 0 : read !== (await files.digest(path));
}

/**
 * The digest of the first version of a file that goes on from one that was read before; undefined when it does not begin with all of it, byte for byte.
 * Lines that have no time of their own are known again by it, and by their place: a version without any, such as the head that the files of every
 * morning begin with, is none.
 * @param before SHA-256 of what was read before, hex
 * @param holdsResults whether a version has lines that are results
 */
export function firstVersionOf(
  bytes: Uint8Array,
  before: string,
  journal: JournalPort,
  instrumentId: string,
  holdsResults: (version: Uint8Array) => boolean,
): string | undefined {
  const message = journal.messageByDigest?.(instrumentId, before);
  const row = message === undefined ? undefined : rowOf(journal, instrumentId, message.firstSeq);
  if (row === undefined || row.bytes.length >= bytes.length) return undefined;
  if (digestOf(bytes.subarray(0, row.bytes.length)) !== before || !holdsResults(row.bytes)) return undefined;
  return firstOf(row.note) ?? before;
}

/** The digest of what the journal has last of a file of this name, among the newest; for a file that an earlier run had claimed when it ended. */
export function lastJournalled(journal: JournalPort, instrumentId: string, name: string): string | undefined {
  const newest = journal.messages?.(instrumentId, MOST_LEFT) ?? [];
  const named = ({ firstSeq }: { firstSeq: number }) => nameIn(rowOf(journal, instrumentId, firstSeq));
  return newest.find((one) => named(one) === safeName(name))?.digest;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
