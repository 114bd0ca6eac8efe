/** Small seeded generator (mulberry32): the same documents for the same seed. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(below: number): number {
    return Math.floor(this.next() * below);
  }
  of<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  text(): string {
    return this.of([
      '',
      'Ayşe',
      '田中 由美子',
      'a|b^c & <d>',
      'Ελένη',
      'x'.repeat(40),
      '𝔘',
      '> 5',
      'two words',
    ]);
  }
  id(): string {
    return `id-${this.int(1_000_000)}`;
  }
  maybeId(): string {
    return this.chance(0.3) ? '' : this.id();
  }
  ids(): string[] {
    return [...new Set(Array.from({ length: this.int(4) }, () => this.id()))];
  }
  instant(): string {
    return new Date(1_780_000_000_000 + this.int(1_000_000_000)).toISOString();
  }
  maybeInstant(): string {
    return this.chance(0.3) ? '' : this.instant();
  }
  number(): number {
    return this.of([0, 1, 5.4, -0.25, 0.001, 4000000, this.int(1000) / 100]);
  }
  optional<K extends string>(name: K): { [P in K]?: number } {
    return this.chance(0.4) ? {} : ({ [name]: this.number() } as { [P in K]?: number });
  }
}
