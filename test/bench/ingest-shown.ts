import type { ResultRow, WorklistRow } from '../../shared/ipc/results.ts';
import type { StripRow } from '../../shared/ipc/strip.ts';
import type { EngineChild } from './engine-child.ts';

/** What the windows' live queries have shown so far. */
export class Shown {
  /** performance.now() at which a specimen's row in the worklist had nothing left to measure, by accession number. */
  readonly measured = new Map<string, number>();
  /** performance.now() at which the list of results first had a result of it, by accession number. */
  readonly listed = new Map<string, number>();
  #results = 0;
  #wake: (() => void)[] = [];

  /** Results posted since the start of the engine, by all lines. */
  get results(): number {
    return this.#results;
  }

  async watch(engine: EngineChild): Promise<void> {
    await engine.watch<StripRow>('strip', {}, (rows) => {
      for (const row of rows) this.#results = row.lines.reduce((sum, line) => sum + line.results, 0);
      this.#tell();
    });
    await engine.watch<ResultRow>('results.list', { filter: 'toDecide' }, (rows) => {
      const at = performance.now();
      for (const row of rows)
        if (!this.listed.has(row.accessionIdentifier)) this.listed.set(row.accessionIdentifier, at);
      this.#tell();
    });
    await engine.watch('results.counts', {});
    await engine.watch<WorklistRow>('worklist.list', { filter: 'all', instrumentId: '' }, (rows) => {
      const at = performance.now();
      for (const row of rows)
        if (row.waiting === 0 && !this.measured.has(row.accessionIdentifier))
          this.measured.set(row.accessionIdentifier, at);
      this.#tell();
    });
    await engine.quiet();
  }

  /** performance.now() at which both lists had shown the whole specimen; undefined before. */
  at(accession: string): number | undefined {
    const listed = this.listed.get(accession);
    const measured = this.measured.get(accession);
    return listed === undefined || measured === undefined ? undefined : Math.max(listed, measured);
  }

  /** Resolves when `until` holds; looked at with every delta. */
  async when(until: () => boolean, ms = 120_000): Promise<void> {
    const end = performance.now() + ms;
    while (!until()) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`not shown within ${ms} ms; ${this.#results} results posted`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
