import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteDriver } from '../../main/engine/store/sqlite/driver.ts';
import { JOURNAL_TABLES } from '../../main/engine/store/sqlite/journal-tables.ts';
import { BENCH_KEY } from './filled-store.ts';
import type { Prepared } from './ingest-work.ts';

/** Durable commits per second of the bare driver: one journal row of a message's bytes each, same file settings, same disk. */
export class BareCommits {
  readonly #directory: string;
  readonly #driver: SqliteDriver;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#driver = SqliteDriver.open({ path: join(directory, 'bare.db'), key: BENCH_KEY.slice() });
    this.#driver.exec(JOURNAL_TABLES);
  }

  static async open(beside: string): Promise<BareCommits> {
    return new BareCommits(await mkdtemp(join(beside, 'bare-')));
  }

  rate(messages: readonly Prepared[]): number {
    const insert = this.#driver.prepare(
      'INSERT INTO journal (instrumentId, linkId, at, direction, bytes, note) VALUES (?,?,?,?,?,?)',
    );
    const started = performance.now();
    for (const { frames } of messages) {
      for (const frame of frames) {
        this.#driver.begin();
        insert.run('X7.CHEM1', 'tcp', new Date().toISOString(), 'in', frame, 'frame');
        this.#driver.commit();
      }
    }
    return (messages.length * 1000) / (performance.now() - started);
  }

  async close(): Promise<void> {
    this.#driver.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
