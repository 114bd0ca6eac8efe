import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Timers } from '../timers.ts';
import type { Attempts } from './attempts.ts';
import type { Courtesy } from './courtesy.ts';
import type { ReplicationStore } from './port.ts';
import type { Count, Recorder } from './record.ts';
import type { Result } from './settle.ts';

export interface LedgerOptions {
  store: ReplicationStore;
  attempts: Attempts;
  recorder: Recorder;
  courtesy: Courtesy;
  timers: Timers;
  now: () => Date;
  /** More answers are on their way. */
  more: () => boolean;
  /** Told of each that is written down. */
  written: (result: Result) => void;
  /** Told after each transaction what became of its records. */
  told: (count: Count) => void;
}

/** From so many records on nothing more is waited for. */
const ENOUGH = 200;
/** Records written down in one transaction at most, and while the bench is at work: where the disk is slow they gather. */
const PART = 400;
const PART_WHILE_AT_WORK = 20;
/** So long is waited for more answers to write down together, in ms: every transaction waits for the disk once. */
const GATHER_MS = 40;

/** Results of one request that wait. */
interface Page {
  results: Result[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Writes down what requests came to, in the order of their answers: what came in a short while in one transaction, in small ones while the bench
 * is at work.
 */
export class Ledger {
  private readonly options: LedgerOptions;
  private readonly pages: Page[] = [];
  private waiting = 0;
  private running = false;
  private enough: () => void = () => undefined;

  constructor(options: LedgerOptions) {
    this.options = options;
  }

  /** Resolves when all of it is durable. @throws what the store throws; then the rest of it is not written down */
  add(results: readonly Result[]): Promise<void> {
    if (results.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.pages.push({ results: [...results], resolve, reject });
      this.waiting += results.length;
      if (!this.running) void this.run();
      else if (this.isEnough) this.enough();
    });
  }

  private get isEnough(): boolean {
    const { courtesy, more } = this.options;
    return this.waiting >= ENOUGH || courtesy.isDue || !more();
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.pages.length > 0) {
        await this.gather();
        await this.writePart();
      }
    } finally {
      this.running = false;
    }
  }

  /** Waits a little for more, where more is coming. */
  private async gather(): Promise<void> {
    await nextTurn();
    await this.options.courtesy.quiet();
    if (this.isEnough) return;
    await new Promise<void>((resolve) => {
      const cancel = this.options.timers.set(GATHER_MS, resolve);
      this.enough = () => {
        cancel();
        resolve();
      };
    });
    this.enough = () => undefined;
  }

  private async writePart(): Promise<void> {
    const { store, attempts, recorder, courtesy, now, written, told } = this.options;
    const startedAt = now().getTime();
    const { part, from } = this.take(courtesy.isDue ? PART_WHILE_AT_WORK : PART);
    const answered = part.filter(({ settled: { kind } }) => kind !== 'again').map(({ item }) => item);
    try {
      const count = await store.write({ command: 'sync', actor: 'server' }, async (unit) => {
        await attempts.answered(unit, answered);
        return recorder.record(unit, part);
      });
      attempts.settled(answered);
      for (const result of part) written(result);
      told(count);
    } catch (error) {
      for (const page of from) {
        this.waiting -= page.results.length;
        page.results = [];
        page.reject(error);
      }
    }
    for (const page of from) if (page.results.length === 0) page.resolve();
    while (this.pages[0]?.results.length === 0) this.pages.shift();
    await courtesy.breathe(startedAt);
  }

  /** The next results, with the pages they are of; those of one document stay together. */
  private take(size: number): { part: Result[]; from: Page[] } {
    const part: Result[] = [];
    const from: Page[] = [];
    for (const page of this.pages) {
      if (part.length >= size) break;
      const end = partEnd(page.results, size - part.length);
      part.push(...page.results.splice(0, end));
      from.push(page);
    }
    this.waiting -= part.length;
    return { part, from };
  }
}

/** Where so many results end; those of one document stay together. */
function partEnd(results: readonly Result[], size: number): number {
  let end = Math.min(results.length, size);
  while (end < results.length && results[end]?.item.doc.id === results[end - 1]?.item.doc.id) end += 1;
  return end;
}
