import type { CatalogDoc } from '../../shared/documents/catalog.ts';
import type { Store } from './store/store.ts';

/** The catalogue in memory, read again whenever it changes: every rule asks it. */
export class Catalog {
  #byKey = new Map<string, CatalogDoc>();
  #byLoinc = new Map<string, CatalogDoc>();

  /** Reads the whole catalogue. */
  async load(store: Store): Promise<void> {
    const docs = await store.find('catalog', { selector: {} });
    this.#byKey = new Map(docs.map((doc) => [`${doc.kind}:${doc.code}`, doc]));
    this.#byLoinc = new Map(docs.filter((d) => d.kind === 'test' && d.loinc !== '').map((d) => [d.loinc, d]));
  }

  test(code: string): CatalogDoc | undefined {
    return this.#byKey.get(`test:${code}`);
  }

  testByLoinc(loinc: string): CatalogDoc | undefined {
    return this.#byLoinc.get(loinc);
  }

  panel(code: string): CatalogDoc | undefined {
    return this.#byKey.get(`panel:${code}`);
  }

  specimenType(code: string): CatalogDoc | undefined {
    return this.#byKey.get(`specimenType:${code}`);
  }

  all(): CatalogDoc[] {
    return [...this.#byKey.values()];
  }

  /** Tests that a panel or test code stands for, in report order; undefined when the code is unknown. */
  testsOf(code: string): CatalogDoc[] | undefined {
    const panel = this.panel(code);
    const codes = panel === undefined ? [code] : panel.members;
    const tests = codes.map((c) => this.test(c));
    return tests.includes(undefined) ? undefined : (tests as CatalogDoc[]);
  }
}
