/** Samples the measurement is made of. */
const SAMPLES = 15;
/** Answers slower than this say little about when they were written, in ms. */
const SLOW_MS = 4_000;
/** The Date header counts whole seconds: on average half of one has passed. */
const HALF_SECOND_MS = 500;

/** How far the server's clock is from this station's, from the Date headers of its answers: the median, corrected for the way there and back. */
export class ClockSkew {
  private readonly samples: number[] = [];

  /** One answer. Instants in ms since the epoch, by the clock of this station. */
  see(sentAt: number, answeredAt: number, date: string | null): void {
    const there = Date.parse(date ?? '');
    if (Number.isNaN(there) || answeredAt < sentAt || answeredAt - sentAt > SLOW_MS) return;
    this.samples.push(there + HALF_SECOND_MS - (sentAt + answeredAt) / 2);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** The server's clock less this station's, in ms; undefined before the first answer with a Date. */
  ms(): number | undefined {
    const sorted = [...this.samples].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }
}
