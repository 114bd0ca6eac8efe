import type { Task } from 'fhir/r4';
import {
  CLAIM_MS,
  type Claim,
  type Claimable,
  claimHolds,
  claimKey,
  RENEW_MS,
} from '../../../shared/domain/claims.ts';
import { CLAIM_CODE, claimFromTask, claimSearch, claimToTask } from '../../../shared/fhir/claim.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { isBundle, isResource } from '../replication/client.ts';

/** What claims need of the way to the server. */
export interface ClaimClient {
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
}

export interface ClaimsOptions {
  station: string;
  /** This station's clock. */
  now: () => Date;
  /** Told when what is claimed changed. */
  changed: () => void;
  /** Told when a claim of this station was taken over, and by whom. */
  lost: (mine: Claim, theirs: Claim) => void;
}

/** A claim of this station: what the server knows of it. */
interface Mine {
  claim: Claim;
  /** `wanted`: the server was not told yet. `leaving`: given back here, to be told. */
  state: 'wanted' | 'held' | 'leaving';
  takeOver: boolean;
  /** When the server was last told, and when it was last worked on, in ms by this station's clock. */
  toldAt: number;
  touchedAt: number;
}

/** A claim as the server has it. */
interface Known {
  claim: Claim;
  held: boolean;
  id: string;
  versionId: string;
  /** Server's stamp, ms since the epoch. */
  stampMs: number;
}

const PAGE = 200;
/** How far below the newest stamp claims are looked for again, in ms. */
const OVERLAP_MS = 120_000;

/**
 * Who works on what, over all stations of the laboratory. A claim is taken here at once, so that the bench never waits, and told to the server as a
 * Task: created only if there is none, changed only in the version that was seen. Of two stations that took one thing at the same time the
 * first at the server has it, the other learns it. Without a server, or while it cannot be reached, nobody is kept from working.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #mine = new Map<string, Mine>();
  readonly #known = new Map<string, Known>();
  /** The server's clock less this station's, in ms. */
  #skewMs = 0;
  #newest = 0;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Who works on a record now: at another station before here; undefined when nobody does. */
  of(collection: Claimable, docId: string): Claim | undefined {
    const key = claimKey(collection, docId);
    const mine = this.#mine.get(key);
    const held = mine?.state === 'leaving' ? undefined : mine;
    if (held?.state === 'held' || held?.takeOver === true) return held.claim;
    return this.#elsewhere(key)?.claim ?? held?.claim;
  }

  /** The claim of another station; undefined when there is none that holds. */
  elsewhere(collection: Claimable, docId: string): Claim | undefined {
    const claim = this.of(collection, docId);
    return claim !== undefined && claim.station !== this.#options.station ? claim : undefined;
  }

  /** Takes a record for a person of this station. @returns the claim it was taken over from, undefined when it was free */
  take(
    collection: Claimable,
    docId: string,
    by: { id: string; name: string },
    takeOver = false,
  ): Claim | undefined {
    const key = claimKey(collection, docId);
    const before = this.elsewhere(collection, docId);
    const known = this.#mine.get(key);
    if (known !== undefined && known.state !== 'leaving' && known.claim.personId === by.id && !takeOver) {
      known.touchedAt = this.#options.now().getTime();
      return undefined;
    }
    const since = new Date(this.#serverNow()).toISOString();
    const { station } = this.#options;
    const claim: Claim = { collection, docId, station, personId: by.id, name: by.name, since };
    this.#mine.set(key, {
      claim,
      state: 'wanted',
      takeOver,
      toldAt: 0,
      touchedAt: this.#options.now().getTime(),
    });
    this.#options.changed();
    return before;
  }

  /** Gives a record back. */
  give(collection: Claimable, docId: string): void {
    const mine = this.#mine.get(claimKey(collection, docId));
    if (mine === undefined || mine.state === 'leaving') return;
    mine.state = 'leaving';
    this.#options.changed();
  }

  /** Reads what other stations claim, then tells what changed here. @throws NoAnswer, NotAuthorised; then it is told next time */
  async exchange(client: ClaimClient): Promise<void> {
    await this.#read(client);
    for (const [key, mine] of [...this.#mine]) {
      const now = this.#options.now().getTime();
      // Nobody works on it any more: it is given back.
      if (now - mine.touchedAt > CLAIM_MS) mine.state = 'leaving';
      if (mine.state !== 'held' || now - mine.toldAt > RENEW_MS) await this.#tell(client, key, mine);
    }
  }

  /** All claims that hold, of this station and of others. */
  all(): Claim[] {
    const keys = new Set([...this.#mine.keys(), ...this.#known.keys()]);
    return [...keys].flatMap((key) => {
      const [collection = '', docId = ''] = key.split('/');
      return this.of(collection as Claimable, docId) ?? [];
    });
  }

  #elsewhere(key: string): Known | undefined {
    const known = this.#known.get(key);
    if (known === undefined || !known.held || known.claim.station === this.#options.station) return undefined;
    return claimHolds(known.stampMs, this.#serverNow()) ? known : undefined;
  }

  #serverNow(): number {
    return this.#options.now().getTime() + this.#skewMs;
  }

  async #read(client: ClaimClient): Promise<void> {
    const code = encodeURIComponent(`${SYSTEM.taskKind}|${CLAIM_CODE}`);
    const since =
      this.#newest === 0 ? '' : `&_lastUpdated=ge${new Date(this.#newest - OVERLAP_MS).toISOString()}`;
    const reply = await client.request('GET', `Task?code=${code}&_sort=-_lastUpdated&_count=${PAGE}${since}`);
    this.#see(reply.headers);
    if (reply.status !== 200 || !isBundle(reply.body)) return;
    let changed = false;
    for (const { resource } of reply.body.entry ?? [])
      if (resource?.resourceType === 'Task') changed = this.#learn(resource as Task) || changed;
    if (changed) this.#options.changed();
  }

  #see(headers: Headers): void {
    const there = Date.parse(headers.get('date') ?? '');
    if (!Number.isNaN(there)) this.#skewMs = there + 500 - this.#options.now().getTime();
  }

  /** Takes in a claim of the server. @returns whether it says something new */
  #learn(task: Task): boolean {
    const read = claimFromTask(task);
    if (read === undefined || task.id === undefined) return false;
    const { claim, held } = read;
    const key = claimKey(claim.collection, claim.docId);
    const stampMs = Date.parse(task.meta?.lastUpdated ?? '');
    const versionId = task.meta?.versionId ?? '';
    const before = this.#known.get(key);
    if (before?.versionId === versionId || (before !== undefined && before.stampMs > stampMs)) return false;
    this.#known.set(key, { claim, held, id: task.id, versionId, stampMs });
    this.#newest = Math.max(this.#newest, stampMs);
    const mine = this.#mine.get(key);
    if (mine?.state === 'held' && held && claim.station !== this.#options.station) {
      this.#mine.delete(key);
      this.#options.lost(mine.claim, claim);
    }
    return true;
  }

  async #tell(client: ClaimClient, key: string, mine: Mine): Promise<void> {
    const known = this.#known.get(key);
    const other = this.#elsewhere(key);
    if (other !== undefined && !mine.takeOver) {
      this.#mine.delete(key);
      if (mine.state !== 'leaving') this.#options.lost(mine.claim, other.claim);
      this.#options.changed();
      return;
    }
    if (mine.state === 'leaving' && known?.claim.station !== this.#options.station) {
      this.#mine.delete(key);
      return;
    }
    const renewed = new Date(this.#serverNow()).toISOString();
    const task = claimToTask(mine.claim, mine.state !== 'leaving', renewed);
    const reply =
      known === undefined
        ? await client.request('POST', 'Task', task, { 'if-none-exist': claimSearch(key) })
        : await client.request(
            'PUT',
            `Task/${known.id}`,
            { ...task, id: known.id },
            { 'if-match': `W/"${known.versionId}"` },
          );
    if (reply.status === 404 || reply.status === 410) this.#known.delete(key);
    const there =
      isResource(reply.body) && reply.body.resourceType === 'Task' ? (reply.body as Task) : undefined;
    if (there !== undefined) this.#learn(there);
    const now = this.#known.get(key);
    // Somebody was faster, or the answer says nothing: the next exchange sees who has it.
    if (reply.status >= 300 || now?.claim.station !== this.#options.station || this.#mine.get(key) !== mine)
      return;
    if (mine.state === 'leaving') this.#mine.delete(key);
    else Object.assign(mine, { state: 'held', takeOver: false, toldAt: this.#options.now().getTime() });
    this.#options.changed();
  }
}
