import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { type Cipher, cipherPragmas } from './cipher.ts';
import type { RawDatabase } from './raw.ts';

/** Commits, or changed rows, after which the pages they wrote are moved from the log into the file. */
const COMMITS = 150;
const ROWS = 8_000;
/** How long closing waits for the thread to let go of the file, milliseconds. */
const CLOSE_MS = 5_000;

interface Given {
  module: string;
  path: string;
  /** What unlocks a connection. */
  pragmas: readonly string[];
  /** 0 open, 1 closed. */
  state: Int32Array;
}

/**
 * The thread: a connection of its own that moves pages when it is told to and closes when it is told so. Its text is all that it consists
 * of, so it uses nothing from outside.
 */
function thread(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const given = workerData as Given;
  const Database = process.getBuiltinModule('node:module').createRequire(given.module)(given.module) as new (
    path: string,
    options: object,
  ) => RawDatabase;
  const raw = new Database(given.path, { timeout: 0, fileMustExist: true });
  for (const pragma of given.pragmas) raw.pragma(pragma);
  raw.pragma('synchronous = FULL');
  raw.pragma('wal_autocheckpoint = 0');
  parentPort?.on('message', (what: 'move' | 'close') => {
    if (what === 'move') {
      try {
        raw.pragma('wal_checkpoint(PASSIVE)');
      } catch {
        // What could not be moved now is moved by the connection that writes.
      }
      parentPort.postMessage('moved');
      return;
    }
    raw.close();
    Atomics.store(given.state, 0, 1);
    Atomics.notify(given.state, 0);
    parentPort.close();
  });
}

/**
 * Moves what was committed from the write-ahead log into the database file in a thread of its own, because encrypting every page a second time
 * would otherwise hold the engine up. Only a help: the writing connection does the same when the log grows long, so nothing depends on
 * it, and it is started by the first that has much to move.
 */
export class Checkpointer {
  readonly #path: string;
  readonly #key: Uint8Array;
  readonly #cipher: Cipher;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | null = null;
  #commits = 0;
  #rows = 0;
  #busy = false;
  #off = false;

  /** @param key 32 bytes; copied */
  constructor(path: string, key: Uint8Array, cipher: Cipher) {
    this.#path = path;
    this.#cipher = cipher;
    this.#key = new Uint8Array(key);
  }

  /** A transaction was committed. @param isSmall it has a few rows at most. @param rows changed by the connection since it was opened */
  committed(isSmall: boolean, rows: () => number): void {
    this.#commits += 1;
    if (this.#busy || this.#off || (isSmall && this.#commits < COMMITS)) return;
    const changed = rows();
    if (this.#commits < COMMITS && changed - this.#rows < ROWS) return;
    this.#commits = 0;
    this.#rows = changed;
    this.#busy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage('move');
  }

  #start(): Worker {
    const given: Given = {
      module: createRequire(import.meta.url).resolve('better-sqlite3-multiple-ciphers'),
      path: this.#path,
      pragmas: cipherPragmas(this.#cipher, this.#key),
      state: this.#state,
    };
    const worker = new Worker(`(${thread.toString()})()`, { eval: true, workerData: given });
    worker.on('message', () => {
      this.#busy = false;
    });
    worker.on('error', () => this.#ended());
    worker.on('exit', () => this.#ended());
    worker.unref();
    return worker;
  }

  #ended(): void {
    this.#off = true;
    Atomics.store(this.#state, 0, 1);
  }

  /** Lets go of the file; back when it is done. */
  close(): void {
    const worker = this.#worker;
    const running = worker !== null && !this.#off;
    this.#off = true;
    this.#key.fill(0);
    if (!running) return;
    worker.postMessage('close');
    Atomics.wait(this.#state, 0, 0, CLOSE_MS);
    void worker.terminate();
  }
}
