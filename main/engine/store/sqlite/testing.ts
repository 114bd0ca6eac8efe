import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import type { WriteContext } from './audit.ts';
import { cipherPragmas, NEW_CIPHER } from './cipher.ts';
import { DATABASE_FILE, LeveyDatabase } from './database.ts';
import type { DiskSync } from './log-sync.ts';
import type { DocumentMigration } from './migrate.ts';
import { type RawDatabase, RawDatabaseClass } from './raw.ts';
import { getRxStorageLevey } from './storage.ts';

/** Helpers for the store's own tests; nothing of the product imports them. */

export const TEST_KEY = new Uint8Array(32).fill(7);
export const TEST_AT = '2026-07-29T06:42:05.118Z';
export const testClock = { now: () => new Date(TEST_AT) };
export const testContext: WriteContext = {
  actor: 'tess',
  command: 'test.write',
  reason: 'because',
  station: 'B1',
  at: TEST_AT,
};

/** A new directory that `remove` takes away again. */
export function newDirectory(): { directory: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'levey-store-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

export function openTest(
  directory: string,
  options: { key?: Uint8Array; migrations?: readonly DocumentMigration[]; sync?: DiskSync } = {},
): LeveyDatabase {
  return LeveyDatabase.open({
    directory,
    key: options.key ?? TEST_KEY,
    clock: testClock,
    station: 'B1',
    migrations: options.migrations ?? [],
    ...(options.sync === undefined ? {} : { sync: options.sync }),
  });
}

/** Opens the database file past the engine, as somebody with the key could. */
export function openRaw(directory: string, key: Uint8Array = TEST_KEY): RawDatabase {
  const raw = new RawDatabaseClass(join(directory, DATABASE_FILE), {});
  for (const pragma of cipherPragmas(NEW_CIPHER, key)) raw.pragma(pragma);
  return raw;
}

export interface Thing {
  id: string;
  name: string;
  at: string;
  count: number;
  extra?: unknown;
}

const schema = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    name: { type: 'string', maxLength: 30 },
    at: { type: 'string', maxLength: 24 },
    count: { type: 'integer', minimum: 0, maximum: 1000, multipleOf: 1 },
  },
  required: ['id', 'name', 'at', 'count'],
  indexes: [['name'], ['at'], ['name', 'count']],
} as const;

export interface TestCollections {
  patients: RxCollection<Thing>;
  results: RxCollection<Thing>;
  reports: RxCollection<Thing>;
}

/** An RxDB database with three collections over `database`; `reports` takes attachments. */
export async function openRx(database: LeveyDatabase): Promise<RxDatabase<TestCollections>> {
  const rx = await createRxDatabase<TestCollections>({
    name: 'levey',
    storage: getRxStorageLevey(database),
    multiInstance: false,
    eventReduce: true,
    closeDuplicates: true,
  });
  await rx.addCollections({
    patients: { schema: schema as never },
    results: { schema: schema as never },
    reports: { schema: { ...schema, attachments: {} } as never },
  });
  return rx;
}

export function thing(id: string, name = 'n', count = 0, at = TEST_AT): Thing {
  return { id, name, at, count };
}
