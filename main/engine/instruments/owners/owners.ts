/** Which station has the line of an analyser that several stations of the laboratory name in their station files. */
import type { Task } from 'fhir/r4';
import { z } from 'zod';
import { LINE_RENEW_MS, type LineOwner, ownerAway } from '../../../../shared/domain/line-owner.ts';
import { LINE_CODE, lineFromTask, lineSearch, lineToTask } from '../../../../shared/fhir/line-owner.ts';
import { SYSTEM } from '../../../../shared/fhir/systems.ts';
import type { ClaimClient } from '../../claims/claims.ts';
import { isBundle, isResource } from '../../replication/client.ts';

const Owner = z.object({
  serialNumber: z.string(),
  station: z.string(),
  personId: z.string(),
  name: z.string(),
  since: z.string(),
  free: z.boolean(),
  takenFrom: z.string(),
  reason: z.string(),
  stations: z.array(z.string()),
});

/** What a station keeps of one analyser, also while the server is away and over a restart. */
const Kept = z.object({
  /** This station has the line. */
  mine: z.boolean(),
  /** The server knows, or knew once, that this station has it. */
  told: z.boolean(),
  /** What a person decided here and the server was not told yet. */
  pending: z.enum(['', 'give', 'takeOver']),
  /** Who decided it, since when and why; with what the server said last when nobody here did. */
  owner: Owner,
});
type Kept = z.infer<typeof Kept>;

/** What is kept of all analysers, by serial number. */
export const KeptLines = z.record(z.string(), Kept);
export type KeptLines = z.infer<typeof KeptLines>;

/** How often a line is taken when somebody writes its Task at the same moment. */
const TRIES = 3;

interface Known {
  owner: LineOwner;
  id: string;
  versionId: string;
  /** Server's stamp, ms since the epoch. */
  stampMs: number;
}

export interface LineOwnersOptions {
  station: () => string;
  /** Serial numbers of the analysers of this station's file. */
  serials: () => readonly string[];
  /** This station's clock. */
  now: () => Date;
  /** False: there is no central server, so that every station has what its file names. */
  shared: () => boolean;
  /** Keeps what changed, before anything is done by it. */
  keep: (lines: KeptLines) => Promise<void>;
  /** Opens and closes lines as they are owned now. Resolves when that is done. */
  heed: () => Promise<void>;
  /** Told when another station has what this station had. `told`: it took it over from this station. */
  lost: (theirs: LineOwner, told: boolean) => void;
  /** Told when a line is this station's again. */
  won: (serialNumber: string) => void;
}

/** Who acts. */
export interface Person {
  id: string;
  name: string;
}

/**
 * The owners of lines. A station owns what its file names unless it knows that another one does; it never loses a line to time or to a server that is
 * away. Every change goes to the server as a conditional write of one Task per analyser: of two stations that take one line, the first has it.
 */
export class LineOwners {
  readonly #options: LineOwnersOptions;
  readonly #known = new Map<string, Known>();
  #kept: KeptLines = {};
  /** The server's clock less this station's, in ms. */
  #skewMs = 0;
  #working: Promise<unknown> = Promise.resolve();

  constructor(options: LineOwnersOptions) {
    this.#options = options;
  }

  /** Begins with what an earlier run kept. */
  restore(kept: KeptLines): void {
    this.#kept = structuredClone(kept);
  }

  /** True when this station may have the line of an analyser open. */
  opens(serialNumber: string): boolean {
    if (serialNumber === '' || !this.#options.shared()) return true;
    return this.#kept[serialNumber]?.mine ?? true;
  }

  /** What is known of an analyser that other stations have too; null when none has, or nothing is known. */
  of(serialNumber: string): (LineOwner & { here: boolean; away: boolean }) | null {
    const kept = this.#kept[serialNumber];
    if (kept === undefined || !this.#options.shared()) return null;
    const owner = { ...kept.owner, here: kept.mine };
    if (kept.mine && owner.stations.length < 2) return null;
    const stampMs = this.#known.get(serialNumber)?.stampMs;
    return { ...owner, away: !kept.mine && stampMs !== undefined && ownerAway(stampMs, this.#serverNow()) };
  }

  /** Gives a line over: it is closed here, also while the server is away, and whoever takes it first has it. The server is told by the next exchange. */
  give(serialNumber: string, by: Person): Promise<void> {
    return this.#alone(() => {
      const before = this.#kept[serialNumber] ?? this.#fresh(serialNumber);
      const owner = { ...before.owner, ...this.#made(by), free: true, takenFrom: '', reason: '' };
      return this.#set(serialNumber, { ...before, mine: false, pending: 'give', owner });
    });
  }

  /**
   * Takes a line that was given over, or with a reason one that was not. What the server was not told yet can be taken back without it.
   * @param client way to the server; undefined while it is away @returns whether this station has it now
   */
  take(serialNumber: string, by: Person, reason: string, client: ClaimClient | undefined): Promise<boolean> {
    return this.#alone(async () => {
      const before = this.#kept[serialNumber] ?? this.#fresh(serialNumber);
      const made = { ...this.#made(by), free: false, reason };
      if (before.pending === 'give' || (client === undefined && reason !== '')) {
        const back = before.pending === 'give';
        const takenFrom = back ? '' : before.owner.station;
        const owner = { ...before.owner, ...made, takenFrom };
        const pending = back ? '' : 'takeOver';
        await this.#set(serialNumber, { mine: true, told: true, pending, owner });
        return true;
      }
      if (client === undefined) return false;
      for (let tries = 0; tries < TRIES; tries += 1) {
        await this.#read(client);
        const there = this.#known.get(serialNumber)?.owner ?? before.owner;
        const from = there.free || there.station === this.#options.station() ? '' : there.station;
        if (from !== '' && reason === '') return false;
        await this.#tell(client, { ...there, ...made, takenFrom: from });
        if (this.#kept[serialNumber]?.mine === true) return true;
      }
      return false;
    });
  }

  /** Reads what the server says, tells what changed here, and does what follows. @throws NoAnswer, NotAuthorised; then it is told next time */
  exchange(client: ClaimClient): Promise<void> {
    return this.#alone(async () => {
      await this.#read(client);
      for (const serialNumber of this.#options.serials()) await this.#settle(client, serialNumber);
    });
  }

  /** One exchange at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work, work);
    this.#working = done.catch(() => undefined);
    return done;
  }

  #serverNow(): number {
    return this.#options.now().getTime() + this.#skewMs;
  }

  /** That a person of this station does it now. */
  #made(by: Person): Pick<LineOwner, 'station' | 'personId' | 'name' | 'since'> {
    const since = new Date(this.#serverNow()).toISOString();
    return { station: this.#options.station(), personId: by.id, name: by.name, since };
  }

  /** A line nobody has said anything about: this station's, by its file. */
  #fresh(serialNumber: string): Kept {
    const made = this.#made({ id: '', name: '' });
    const owner = { serialNumber, ...made, free: false, takenFrom: '', reason: '', stations: [made.station] };
    return { mine: true, told: false, pending: '', owner };
  }

  async #set(serialNumber: string, next: Kept): Promise<void> {
    const before = this.#kept[serialNumber];
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    const all = { ...this.#kept, [serialNumber]: next };
    await this.#options.keep(all);
    this.#kept = all;
    if (next.mine && before?.mine === false) this.#options.won(serialNumber);
    await this.#options.heed();
  }

  async #read(client: ClaimClient): Promise<void> {
    const code = encodeURIComponent(`${SYSTEM.taskKind}|${LINE_CODE}`);
    const reply = await client.request('GET', `Task?code=${code}&_sort=-_lastUpdated&_count=200`);
    const there = Date.parse(reply.headers.get('date') ?? '');
    if (!Number.isNaN(there)) this.#skewMs = there + 500 - this.#options.now().getTime();
    if (reply.status !== 200 || !isBundle(reply.body)) return;
    for (const { resource } of reply.body.entry ?? [])
      if (resource?.resourceType === 'Task') this.#learn(resource as Task);
  }

  #learn(task: Task): void {
    const owner = lineFromTask(task);
    if (owner === undefined || task.id === undefined) return;
    const stampMs = Date.parse(task.meta?.lastUpdated ?? '');
    const before = this.#known.get(owner.serialNumber);
    if (before !== undefined && before.id === task.id && before.stampMs > stampMs) return;
    this.#known.set(owner.serialNumber, {
      owner,
      id: task.id,
      versionId: task.meta?.versionId ?? '',
      stampMs,
    });
  }

  /** Brings what is kept here and what the server says of one analyser together. */
  async #settle(client: ClaimClient, serialNumber: string): Promise<void> {
    const here = this.#kept[serialNumber] ?? this.#fresh(serialNumber);
    const known = this.#known.get(serialNumber);
    if (known === undefined) {
      // Not ours, and the server has forgotten it: its owner tells it again.
      if (here.mine || here.pending === 'give') await this.#tell(client, here.owner);
      return;
    }
    const there = known.owner;
    const station = this.#options.station();
    const ours = { ...here.owner, stations: withStation(there.stations, station) };
    if (here.pending === 'takeOver') return this.#tell(client, { ...ours, takenFrom: there.station });
    if (there.station === station) {
      if (here.pending === 'give' && !there.free) return this.#tell(client, ours);
      if (here.mine && there.free) return this.#tell(client, { ...ours, free: false });
      if (here.mine && this.#serverNow() - known.stampMs > LINE_RENEW_MS) return this.#tell(client, there);
      return this.#set(serialNumber, { mine: !there.free, told: true, pending: '', owner: there });
    }
    if (here.mine && there.free) return this.#tell(client, { ...ours, takenFrom: '', reason: '' });
    if (!there.stations.includes(station))
      await this.#tell(client, { ...there, stations: withStation(there.stations, station) });
    if (here.mine) this.#options.lost(there, here.told);
    const owner = this.#known.get(serialNumber)?.owner ?? there;
    await this.#set(serialNumber, { mine: false, told: false, pending: '', owner });
  }

  /** Writes the Task of an analyser in the version that was seen, and keeps what the server made of it when it is about this station. */
  async #tell(client: ClaimClient, owner: LineOwner): Promise<void> {
    const { serialNumber } = owner;
    const known = this.#known.get(serialNumber);
    const task = lineToTask(
      { ...owner, stations: withStation(owner.stations, this.#options.station()) },
      new Date(this.#serverNow()).toISOString(),
    );
    const reply =
      known === undefined
        ? await client.request('POST', 'Task', task, { 'if-none-exist': lineSearch(serialNumber) })
        : await client.request(
            'PUT',
            `Task/${known.id}`,
            { ...task, id: known.id },
            { 'if-match': `W/"${known.versionId}"` },
          );
    if (reply.status === 404 || reply.status === 410) this.#known.delete(serialNumber);
    if (isResource(reply.body) && reply.body.resourceType === 'Task') this.#learn(reply.body as Task);
    const now = this.#known.get(serialNumber);
    // Somebody was faster, or the answer says nothing: the next exchange sees who has it.
    if (reply.status >= 300 || now === undefined || now.versionId === known?.versionId) return;
    if (now.owner.station !== this.#options.station()) return;
    await this.#set(serialNumber, { mine: !now.owner.free, told: true, pending: '', owner: now.owner });
  }
}

function withStation(stations: readonly string[], station: string): string[] {
  return [...new Set([...stations, station])].sort();
}
