/** Where a watched folder's files go when they are posted, and what becomes of them there. */
import { join } from 'node:path';
import type { Clock } from '../../../../shared/domain/clock.ts';
import { errorCode } from '../transports/transport.ts';
import type { FilePort } from './folder-files.ts';
import { type Away, GrownFiles } from './folder-grown.ts';
import { NOTE, safeName } from './folder-names.ts';
import { note } from './folder-problems.ts';
import { isGone, moveFile } from './folder-read.ts';
import type { StuckFiles } from './folder-stuck.ts';
import type { Claim } from './folder-types.ts';
import type { LineLog } from './line-log.ts';
import type { JournalPort } from './ports.ts';

export interface PutAwayOptions {
  files: FilePort;
  clock: Clock;
  journal: JournalPort;
  instrumentId: string;
  /** folders, absolute */
  claims: string;
  archive: string;
  errors: string;
  /** a fresh path among the claims. @param before digest of what was read of the file before */
  claimPath(name: string, before?: string): string;
  stuck: StuckFiles;
  log: LineLog;
}

/** Puts posted files into the archive or among the errors, and looks after them there: their writers may only have paused. */
export class PutAway {
  readonly #options: PutAwayOptions;
  /** claims that are on their way here, by path */
  readonly #expected = new Set<string>();
  /** posted files that could not be put away yet */
  readonly #late = new Set<Claim>();
  readonly #grown = new GrownFiles();
  #recalled = false;

  constructor(options: PutAwayOptions) {
    this.#options = options;
  }

  /** A claimed file will be put away once it is posted: nobody takes it anew. */
  expect(path: string): void {
    this.#expected.add(path);
  }

  expects(path: string): boolean {
    return this.#expected.has(path);
  }

  /** The digest of what was read last under a name; undefined when that is not known (any more). */
  lastOf(name: string): string | undefined {
    return this.#grown.lastOf(name);
  }

  /** Puts a posted file away. What cannot be put away now is tried again at every look. */
  async put(claim: Claim): Promise<void> {
    const { files, instrumentId, clock, claims, archive, errors, stuck, log } = this.#options;
    const folder = claim.fault === null ? archive : errors;
    const to = join(folder, claim.target);
    this.expect(claim.path);
    try {
      if (claim.fault !== null) await files.write(`${to}${NOTE}`, note(claim.fault, instrumentId));
      const keep = join(claims, claim.target);
      const kept = (await moveFile(files, claim.path, to, keep)) === 'copied';
      const { name, digest, facts } = claim;
      this.#grown.add({ path: kept ? keep : to, name, digest, kept }, facts, clock.now().getTime());
      await files.sync(folder);
      await files.sync(claims);
      this.#over(claim);
      stuck.delete(claim.path);
      log.count(claim.fault === null ? 'archived' : 'unreadable');
      if (claim.fault !== null) log.event(`put among the errors: ${claim.fault}`);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && (await isGone(files, claim.path, claims))) {
        this.#over(claim);
        return;
      }
      this.#late.add(claim);
      stuck.add(claim.path, error);
    }
  }

  #over(claim: Claim): void {
    this.#late.delete(claim);
    this.#expected.delete(claim.path);
  }

  /** Tries again what could not be put away, and claims what was written on since it was, also what earlier runs put away. */
  async look(): Promise<void> {
    for (const claim of [...this.#late]) await this.put(claim);
    const { files, journal, instrumentId, clock, claims, archive, errors } = this.#options;
    const now = clock.now().getTime();
    if (!this.#recalled) {
      await this.#grown.recall(files, journal, instrumentId, [archive, errors], claims, now);
      this.#recalled = true;
    }
    for (const one of await this.#grown.found(files, now)) await this.#claimAgain(one);
  }

  /** A file that was written on is claimed again, to settle and to be read whole. What is known of it is known again (M4). */
  async #claimAgain({ path, name, digest }: Away): Promise<void> {
    const { files, claimPath, stuck, log } = this.#options;
    try {
      await files.rename(path, claimPath(name, digest));
      this.#grown.gone(path);
      log.count('grown');
      log.event(`${safeName(name)}: written on after it was taken; it is read again`);
    } catch (error) {
      stuck.add(path, error);
    }
  }
}
