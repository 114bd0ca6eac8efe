import { createRequire } from 'node:module';

/** What SQLite hands back and takes in. Integers stay within 2^53, so plain numbers are used. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** One prepared statement of the native driver. */
export interface RawStatement {
  readonly source: string;
  run(...params: SqlValue[]): { changes: number; lastInsertRowid: number | bigint };
  get(...params: SqlValue[]): unknown;
  all(...params: SqlValue[]): unknown[];
  iterate(...params: SqlValue[]): IterableIterator<unknown>;
  pluck(on?: boolean): RawStatement;
  raw(on?: boolean): RawStatement;
}

/** The part of the native driver that the store uses. */
export interface RawDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): RawStatement;
  exec(sql: string): RawDatabase;
  pragma(sql: string, options?: { simple?: boolean }): unknown;
  backup(path: string): Promise<unknown>;
  close(): void;
}

type RawConstructor = new (
  path: string,
  options: { readonly?: boolean; fileMustExist?: boolean; timeout?: number },
) => RawDatabase;

/** The driver ships no types under its `exports`, so it is loaded here, once, and typed by the interfaces above. */
export const RawDatabaseClass = createRequire(import.meta.url)(
  'better-sqlite3-multiple-ciphers',
) as RawConstructor;
