/**
 * The session of a watched folder. A settled file is claimed by renaming it into a folder of this instrument, read, journalled, posted, and only then
 * put into the archive (or among the errors). Each step is atomic or can be repeated: stopped anywhere, a file is neither lost nor posted twice.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import type { LeveyError } from '../../../../shared/errors.ts';
import { errorCode } from '../transports/transport.ts';
import { PutAway } from './folder-away.ts';
import { AWAY, firstVersionOf, lastJournalled } from './folder-grown.ts';
import { claimedName, claimName, isPlainName, patternOf, safeName, stampOf } from './folder-names.ts';
import { folderProblem } from './folder-problems.ts';
import { holdsResults, type ReadFile, readClaimed, sameFile, within } from './folder-read.ts';
import { FILE_MARK, REFUSED_MARK, saidOf } from './folder-recover.ts';
import { Settling } from './folder-settle.ts';
import { STUCK_MS, StuckFiles } from './folder-stuck.ts';
import type { Claim, Claimed, FolderSessionOptions } from './folder-types.ts';
import { Inbox } from './inbox.ts';
import { LineLog } from './line-log.ts';
import type { LineSession, ReceivedMessage, SendResult, SessionState } from './ports.ts';

/** Names of the folders that stations keep the files in that they are working on begin so. */
const CLAIMS = '.levey-';
/** How long the end waits for a folder that does not answer, milliseconds. */
const END_MS = 5_000;

export class FolderSession implements LineSession {
  readonly #options: FolderSessionOptions;
  readonly #claims: string;
  readonly #archive: string;
  readonly #errors: string;
  readonly #pattern: RegExp;
  readonly #inbox: Inbox;
  readonly #log: LineLog;
  /** files seen, and since when they have not changed */
  readonly #seen: Settling;
  /** settled files of the last look that are still to be taken, oldest first */
  #ready: string[] = [];
  /** claimed files that were written on after they were put away, as in {@link #seen} */
  readonly #growing: Settling;
  /** names that were told in the trace as left alone */
  readonly #told = new Set<string>();
  /** claimed files that wait for their posting */
  readonly #open = new Map<ReceivedMessage, Claim>();
  readonly #away: PutAway;
  readonly #stuck: StuckFiles;
  #looking: Promise<void> = Promise.resolve();
  #again = false;
  #active = false;
  #stopped = true;
  #busy = false;
  #number = 0;
  #cancel: () => void = () => undefined;
  #unwatch: (() => void) | null = null;
  #problem: LeveyError | null = null;
  #waiting = 0;

  constructor(options: FolderSessionOptions) {
    this.#options = options;
    this.#log = new LineLog(options);
    const { path, archive, errors } = options.folder;
    const inside = (name: string): string => (isAbsolute(name) ? name : join(path, name));
    this.#claims = join(path, `${CLAIMS}${safeName(options.instrumentId)}`);
    this.#archive = inside(archive);
    this.#errors = inside(errors);
    this.#pattern = patternOf(options.profile.link.pattern);
    this.#stuck = new StuckFiles(options.clock);
    this.#seen = new Settling(options.profile.link.settledMs);
    this.#growing = new Settling(options.profile.link.settledMs);
    this.#away = new PutAway({
      files: options.files,
      clock: options.clock,
      journal: options.journal,
      instrumentId: options.instrumentId,
      claims: this.#claims,
      archive: this.#archive,
      errors: this.#errors,
      claimPath: (name, before) => this.#claimPath(name, before),
      stuck: this.#stuck,
      log: this.#log,
    });
    this.#inbox = new Inbox({
      timers: options.timers,
      maxBacklog: options.maxBacklog ?? 20,
      handle: (message) => this.#post(message),
      busy: (busy) => {
        this.#busy = busy;
        if (!busy) this.look();
      },
      failed: (note) => this.#log.notPosted(note),
    });
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#tell();
    this.look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#unwatch?.();
    this.#unwatch = null;
    // A share that does not answer must not keep the engine from ending: what was claimed is found at the next start.
    await within(this.#options.timers, END_MS, this.#looking);
    await within(this.#options.timers, END_MS, this.#inbox.stop());
    this.#tell();
  }

  /** A folder takes no orders. */
  async send(): Promise<SendResult> {
    return { outcome: 'refused', reason: 'unreadable' };
  }

  recovered(message: ReceivedMessage): void {
    this.#inbox.add(Promise.resolve(message));
  }

  async idle(): Promise<void> {
    while (this.#active) await this.#looking;
  }

  waiting(): number {
    return this.#inbox.size;
  }

  counters(): Record<string, number> {
    return this.#log.counters();
  }

  state(): SessionState {
    const { path } = this.#options.folder;
    const text = this.#waiting === 0 ? `watching ${path}` : `watching ${path}, ${this.#waiting} waiting`;
    return {
      state: this.#stopped
        ? 'off'
        : this.#problem !== null
          ? 'failed'
          : this.#open.size > 0
            ? 'receiving'
            : 'ready',
      text: this.#stopped ? 'off' : this.#problem === null ? text : this.#problem.message,
      peer: path,
      lastByteAt: this.#log.lastByteAt,
      sending: false,
      ...(this.#problem === null ? {} : { problem: this.#problem.toPlain() }),
    };
  }

  /** Looks into the folder now, and again by itself. Two looks never overlap. */
  look(): void {
    this.#again = true;
    if (this.#active || this.#stopped) return;
    this.#active = true;
    this.#looking = this.#loop();
  }

  async #loop(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#cancel();
      const { timers, folder } = this.#options;
      const late = timers.set(STUCK_MS, () => this.#setProblem(folderProblem(folder.path, null)));
      try {
        await this.#look();
        this.#setProblem(this.#stuck.problem(folder.path));
      } catch (error) {
        this.#unwatch?.();
        this.#unwatch = null;
        this.#log.count('failedLooks');
        this.#setProblem(folderProblem(folder.path, error));
      } finally {
        late();
      }
    }
    this.#active = false;
    this.#tell();
    if (this.#stopped) return;
    const { pollMs, settledMs } = this.#options.profile.link;
    const unsettled = this.#seen.size + this.#growing.size > 0 && this.#problem === null;
    this.#cancel = this.#options.timers.set(
      unsettled ? Math.min(pollMs, Math.max(settledMs, 50)) : pollMs,
      () => this.look(),
    );
  }

  async #look(): Promise<void> {
    const { files, folder } = this.#options;
    const names = await files.names(folder.path);
    await this.#makeFolders();
    this.#unwatch ??= files.watch(folder.path, () => this.look());
    await this.#away.look();
    this.#othersAt(names);
    for (const entry of (await files.names(this.#claims)).sort()) {
      if (this.#busy || this.#stopped) break;
      const path = join(this.#claims, entry);
      if (!isPlainName(entry) || this.#away.expects(path) || AWAY.test(entry)) continue;
      const { name, before } = claimedName(entry);
      if (before !== undefined && !(await this.#hasStopped(path))) continue;
      await this.#take({ path, name, left: true, before });
    }
    // Looking at thousands of files anew for every few that are taken would take longer than taking them.
    if (this.#ready.length === 0) this.#ready = await this.#settled(names);
    while (!this.#busy && !this.#stopped) {
      const name = this.#ready.shift();
      if (name === undefined) break;
      await this.#claim(name);
    }
  }

  async #makeFolders(): Promise<void> {
    const { files, folder } = this.#options;
    await files.makeFolder(this.#claims, false);
    await files.makeFolder(this.#archive, isAbsolute(folder.archive));
    await files.makeFolder(this.#errors, isAbsolute(folder.errors));
  }

  #othersAt(names: readonly string[]): void {
    for (const name of names) {
      if (name.startsWith(CLAIMS) && join(this.#options.folder.path, name) !== this.#claims)
        this.#leave(name, 'another station reads this folder too; each file goes to one of them');
    }
  }

  /** Files that are whole as far as one can see: of the pattern, and unchanged for long enough. Oldest first. */
  async #settled(names: readonly string[]): Promise<string[]> {
    const { files, folder, clock } = this.#options;
    const fits = (name: string): boolean =>
      !name.startsWith('.') &&
      isPlainName(name) &&
      this.#pattern.test(name) &&
      ![this.#archive, this.#errors].includes(join(folder.path, name));
    const ready = await this.#seen.settled(
      names.filter(fits),
      (name) => files.facts(join(folder.path, name)),
      clock.now().getTime(),
      (name, kind) =>
        this.#leave(name, kind === 'folder' ? 'a folder is not read' : 'a link is not followed'),
    );
    this.#waiting = this.#seen.size;
    this.#stuck.only(names, this.#claims);
    return ready;
  }

  /** Takes a file out of everybody's reach, and reads it. Of two stations that try, one finds nothing any more. */
  async #claim(name: string): Promise<void> {
    const { files, folder } = this.#options;
    const from = join(folder.path, name);
    const seen = this.#seen.factsOf(name);
    const path = this.#claimPath(name);
    try {
      if ((await files.facts(path)) !== null) return;
      await files.rename(from, path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      this.#log.count('locked');
      this.#stuck.add(name, error);
      return;
    }
    this.#seen.delete(name);
    this.#stuck.delete(name);
    this.#waiting = this.#seen.size;
    const facts = await files.facts(path);
    if (facts === null || seen === undefined) return;
    if (facts.kind !== 'file' || !sameFile(seen, facts)) {
      // It changed in the last moment: it is given back and has to settle again.
      if ((await files.facts(from)) === null) await files.rename(path, from);
      else await this.#take({ path, name, left: false });
      return;
    }
    await this.#take({ path, name, left: false });
  }

  /** A fresh path among the claims. @param before digest of what was read of the file before */
  #claimPath(name: string, before?: string): string {
    this.#number += 1;
    const number = `${this.#options.clock.now().getTime().toString(36)}${this.#number.toString(36)}`;
    return join(this.#claims, claimName(number, name, before));
  }

  /** Reads a claimed file into the journal and hands it on. */
  async #take({ path, name, left, before }: Claimed): Promise<void> {
    const { files, instrumentId, journal } = this.#options;
    try {
      const facts = await files.facts(path);
      if (facts === null) return;
      const read = await readClaimed(files, this.#options.profile, { path, name, facts });
      if (read === null) return;
      const digest = createHash('sha256').update(read.bytes).digest('hex');
      const target = `${stampOf(facts.changed)}-${digest.slice(0, 12)}-${safeName(name)}`;
      const claim = { path, target, fault: read.fault, name, facts, digest };
      this.#stuck.delete(path);
      if (left && journal.messageByDigest?.(instrumentId, digest) !== undefined) {
        this.#log.count('known');
        await this.#away.put(claim);
        return;
      }
      const last =
        before ?? (left ? lastJournalled(journal, instrumentId, name) : undefined) ?? this.#away.lastOf(name);
      const first =
        last === undefined || read.refused
          ? undefined
          : firstVersionOf(read.bytes, last, journal, instrumentId, (version) =>
              holdsResults(version, this.#options.profile),
            );
      await this.#journal(claim, read, first);
    } catch (error) {
      this.#stuck.add(path, error);
    }
  }

  /** @param first digest of the first version of a file that has grown */
  async #journal(claim: Claim, read: ReadFile, first: string | undefined): Promise<void> {
    const at = this.#log.now();
    const mark = read.refused ? REFUSED_MARK : FILE_MARK;
    const said = read.refused ? (read.fault ?? '') : saidOf(safeName(claim.name), first);
    const connection = { id: 'folder' };
    const row = { at, direction: 'in', bytes: read.bytes, mark, note: said, connection } as const;
    let seq: number;
    try {
      seq = await this.#log.append(row);
    } catch {
      // The file stays where it is: it is read again at the next look.
      return;
    }
    this.#log.lastByteAt = at;
    this.#log.count('files');
    this.#log.count('bytes', read.bytes.length);
    this.#log.traceRow(row);
    const message: ReceivedMessage = {
      text: read.bytes,
      frames: 1,
      at,
      journal: { firstSeq: seq, lastSeq: seq },
      told: 'none',
      ...(read.refused ? { unreadable: said } : {}),
      ...(first === undefined ? {} : { firstVersion: first }),
    };
    this.#away.expect(claim.path);
    this.#open.set(message, claim);
    this.#inbox.add(Promise.resolve(message));
  }

  async #post(message: ReceivedMessage): Promise<'stored' | 'failed'> {
    const outcome = await this.#options.onMessage(message);
    const claim = this.#open.get(message);
    if (outcome === 'failed' || claim === undefined) return outcome;
    this.#open.delete(message);
    await this.#away.put(claim);
    return 'stored';
  }

  /** Whether a claimed file that was written on has not changed for long enough. */
  async #hasStopped(path: string): Promise<boolean> {
    const { files, clock } = this.#options;
    const facts = await files.facts(path);
    const stopped = facts !== null && this.#growing.isSettled(path, facts, clock.now().getTime());
    if (facts === null || stopped) this.#growing.delete(path);
    return stopped;
  }

  /** Says once that an entry is left alone. */
  #leave(name: string, why: string): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#log.count('leftAlone');
    this.#log.event(`${safeName(name)}: ${why}`);
  }

  #setProblem(problem: LeveyError | null): void {
    if (problem?.code === this.#problem?.code && problem?.message === this.#problem?.message) return;
    this.#problem = problem;
    this.#log.event(problem === null ? 'the folder is read again' : `${problem.code}: ${problem.message}`);
    this.#tell();
  }

  #tell(): void {
    this.#log.tell(this.state());
  }
}
