import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import type { Bench } from '../bench.ts';
import type { Changed } from '../store/store.ts';

/** Specimens older than this are no longer counted as work of the bench. */
export const BENCH_DAYS = 7;

/** Instant from which received specimens are the bench's work. */
export function benchSince(now: Date): string {
  return new Date(now.getTime() - BENCH_DAYS * 86_400_000).toISOString();
}

/**
 * The received specimens that still have a test to be measured, kept in memory and brought up to date by every commit, so that the
 * badge on the rail costs nothing.
 */
export class WaitingSpecimens {
  readonly #bench: Pick<Bench, 'store' | 'clock'>;
  readonly #waiting = new Set<string>();

  constructor(bench: Pick<Bench, 'store' | 'clock'>) {
    this.#bench = bench;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Looks at every specimen received lately. */
  async load(): Promise<void> {
    const specimens = await this.#bench.store.find('specimens', {
      selector: { status: { $eq: 'received' }, receivedTime: { $gte: benchSince(this.#bench.clock.now()) } },
      sort: [{ status: 'asc' }, { receivedTime: 'asc' }],
    });
    for (const specimen of specimens) await this.#look(specimen);
  }

  /** Looks again at the specimens a commit was about. */
  async changed(changed: Changed): Promise<void> {
    const { store } = this.#bench;
    const ids = new Set(changed.specimens ?? []);
    for (const result of await store.getMany('results', changed.results ?? [])) ids.add(result.specimenId);
    for (const specimen of await store.getMany('specimens', [...ids])) await this.#look(specimen);
  }

  async #look(specimen: SpecimenDoc): Promise<void> {
    if (specimen.status !== 'received') {
      this.#waiting.delete(specimen.id);
      return;
    }
    const results = await this.#bench.store.find('results', {
      selector: { accessionIdentifier: { $eq: specimen.accessionIdentifier } },
    });
    const measured = new Set(
      results.filter((r) => r.current && r.verdict !== 'rejected').map((r) => r.testCode),
    );
    if (specimen.testCodes.every((code) => measured.has(code))) this.#waiting.delete(specimen.id);
    else this.#waiting.add(specimen.id);
  }
}
