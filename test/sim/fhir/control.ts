import type { Auth } from './auth.ts';
import { resolveReferences } from './references.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store.ts';
import { DEFAULT_SWITCHES, type Switches } from './switches.ts';
import { current } from './table.ts';

interface Inside {
  store: Store;
  auth: Auth | undefined;
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
    this.inside.auth?.expireAll();
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
        resolveReferences(store, copy, base(), 'off');
        return store.write(copy, now(), copy.id).version.resource ?? copy;
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
    return rows.map((row) => current(row).resource).filter((resource) => resource !== undefined);
  }
}
