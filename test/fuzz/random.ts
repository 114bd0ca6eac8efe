/** A small seeded generator (mulberry32): the same numbers on every machine. */
export class Random {
  private state: number;

  /** Each run of each seed has its own sequence, so that one input can be made again without those before it. */
  constructor(seed: number, run = 0) {
    this.state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(run + 1, 0xc2b2ae35)) >>> 0;
  }

  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  /** True once in `of` times. */
  once(of: number): boolean {
    return this.int(of) === 0;
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.int(from.length)];
    if (one === undefined) throw new RangeError('Nothing to pick from');
    return one;
  }
}
