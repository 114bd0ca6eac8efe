/**
 * Lets one thing happen at a time, in the order asked for: a page of the server is taken, or records are sent. What was read before
 * something was sent is never taken for newer than that.
 */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;

  /** Runs when all asked for before are over. @returns what `work` gives */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.count += 1;
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.count -= 1;
    }
  }

  /** Somebody waits for the one that is under way. */
  get awaited(): boolean {
    return this.count > 1;
  }
}
