import type { Auth } from './auth.ts';
import type { Invalid } from './checks.ts';
import { resolveReferences } from './references.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store.ts';
import type { Subscriptions } from './subscriptions.ts';
import { DEFAULT_SWITCHES, HARD_SWITCHES, type Switches } from './switches.ts';
import { current, resourceOf } from './table.ts';

interface Inside {
  store: Store;
  auth: Auth;
  invalid: Invalid[];
  subscriptions: Subscriptions;
  now: () => number;
  base: () => string;
  switches: () => Switches;
  apply: (changed: Partial<Switches>) => Promise<void>;
}

/** The hand inside the server: faults, and data as someone else in the hospital would change it. */
export class Control {
  private readonly inside: Inside;

  constructor(inside: Inside) {
    this.inside = inside;
  }

  /** Changes switches; resolves when the listener is open or closed accordingly. */
  set(changed: Partial<Switches>): Promise<void> {
    return this.inside.apply(changed);
  }

  /** Makes the server hard in every way at once; `more` is changed besides. */
  hard(more: Partial<Switches> = {}): Promise<void> {
    return this.inside.apply({ ...HARD_SWITCHES, ...more });
  }

  /** All switches as at the start of a server without options. */
  reset(): Promise<void> {
    return this.inside.apply(DEFAULT_SWITCHES);
  }

  /** The switches now. */
  switches(): Switches {
    return this.inside.switches();
  }

  /** Makes every access token invalid. */
  expireTokens(): void {
    this.inside.auth.expireAll();
  }

  /** Marks what there is now, for {@link restore}: a backup is taken. */
  snapshot(): number {
    return this.inside.store.versions;
  }

  /** Goes back to a snapshot, as after restoring a backup: later ids vanish, versions go back, what was deleted since is there again. */
  restore(snapshot: number): void {
    this.inside.store.restore(snapshot);
  }

  /** What was refused by the switch `validate` so far; it is forgotten by this. For tests that send invalid resources on purpose. */
  takeInvalid(): Invalid[] {
    return this.inside.invalid.splice(0);
  }

  /** Breaks all websockets off. */
  dropWebsockets(): void {
    this.inside.subscriptions.drop();
  }

  /** Writes a resource past faults, quota and validation: a new one, or a new version where the id is known. */
  put(resource: Resource): Resource {
    const [stored] = this.load([resource]);
    return stored ?? resource;
  }

  /**
   * Stores many resources at once. Ids given are kept, so resources may refer to one another; the others get a UUID.
   * Conditional references are resolved.
   */
  load(resources: readonly Resource[]): Resource[] {
    const { store, now, base } = this.inside;
    return store.transaction(() =>
      resources.map((resource) => {
        const copy = structuredClone(resource);
        resolveReferences(store, copy, base(), { strict: false, planned: new Set() });
        return resourceOf(store.write(copy, now(), copy.id).version) ?? copy;
      }),
    );
  }

  /** Deletes a resource as someone else would. @throws FhirError 404, 410 */
  remove(type: string, id: string): void {
    this.inside.store.transaction(() => this.inside.store.remove(type, id, this.inside.now()));
  }

  /** A resource as stored. @throws FhirError 404, 410 */
  read(type: string, id: string): Resource {
    return this.inside.store.read(type, id).resource;
  }

  /** All live resources of a type. */
  all(type: string): Resource[] {
    const rows = [...this.inside.store.table(type).rows.values()];
    return rows.map((row) => resourceOf(current(row))).filter((resource) => resource !== undefined);
  }
}
