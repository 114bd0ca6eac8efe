import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** A sync that usually takes less, milliseconds, and that one alone waits for, is done on the spot: another thread and the way back take as long. */
const ON_THE_SPOT_MS = 0.3;
/** Of those that one alone waits for, one in so many is done on the spot whatever it takes, to know how long one takes. */
const MEASURED = 16;
/** Whether syncs are quick is what most of so many were: one that met a busy disk says nothing of the next. */
const REMEMBERED = 7;

/** Brings what was committed from the memory of the operating system to the disk. */
export interface DiskSync {
  /** Back when everything committed so far is on the disk. @throws the error of the disk; then it is not known what of it is there */
  now(): void;
  /**
   * Calls `done` when everything committed so far is on the disk, or with the error; perhaps before it is back.
   * @param alone only one waits for it, who has nothing else to do
   */
  soon(done: (error: Error | null) => void, alone: boolean): void;
  close(): void;
}

/**
 * Syncs the write-ahead log of a database whose connection leaves that to others (`synchronous=NORMAL`): COMMIT writes the pages, and the wait
 * for the disk, which is nine tenths of what COMMIT takes with `synchronous=FULL`, is spent in a thread of the runtime's pool.
 */
export class LogSync implements DiskSync {
  readonly #path: string;
  #file: number | undefined;
  #count = 0;
  #underWay = 0;
  #closed = false;
  /** Whether the last ones were quick, in a ring, and how many of them were. */
  readonly #were: boolean[] = [];
  #place = 0;
  #quick = 0;

  /** @param path of the database file */
  constructor(path: string) {
    this.#path = path;
  }

  /** SQLite keeps one and the same log while a connection is open. Opened for writing, as Windows asks of who syncs a file. */
  get #log(): number {
    this.#file ??= openSync(`${this.#path}-wal`, 'r+');
    return this.#file;
  }

  now(): void {
    const started = performance.now();
    fdatasyncSync(this.#log);
    const wasQuick = performance.now() - started < ON_THE_SPOT_MS;
    if (this.#were[this.#place] === true) this.#quick -= 1;
    if (wasQuick) this.#quick += 1;
    this.#were[this.#place] = wasQuick;
    this.#place = (this.#place + 1) % REMEMBERED;
  }

  get #isQuick(): boolean {
    return this.#quick * 2 > this.#were.length;
  }

  soon(done: (error: Error | null) => void, alone: boolean): void {
    if (alone) this.#count += 1;
    try {
      const onTheSpot = alone && (this.#count % MEASURED === 1 || this.#isQuick);
      if (!onTheSpot) {
        const file = this.#log;
        this.#underWay += 1;
        fdatasync(file, (error) => {
          this.#underWay -= 1;
          if (this.#closed) this.close();
          done(error);
        });
        return;
      }
      this.now();
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null);
  }

  /** Lets go of the file, as soon as nobody syncs it. */
  close(): void {
    this.#closed = true;
    if (this.#underWay > 0 || this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }
}
