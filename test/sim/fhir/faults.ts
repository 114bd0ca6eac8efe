import { type Chance, FAULT_NAMES, type FaultName, type Switches } from './switches.ts';

/** What a fault may be narrowed by. */
export interface Target {
  method: string;
  type: string | undefined;
}

/** Decides by seeded chance or by count which requests a fault meets, and counts the hits. */
export class Faults {
  readonly hits: Record<string, number> = {};
  private readonly chances = new Map<FaultName, { chance: Chance; seen: number; used: number }>();
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Takes over changed chances; counting starts anew for those. */
  update(changed: Partial<Switches>): void {
    for (const name of FAULT_NAMES) {
      const chance = changed[name];
      if (chance !== undefined) this.chances.set(name, { chance, seen: 0, used: 0 });
    }
  }

  /** Does the fault strike this time? */
  strikes(name: FaultName, target: Target): boolean {
    const rule = this.chances.get(name);
    if (rule === undefined || rule.chance === 0) return false;
    const chance = typeof rule.chance === 'number' ? { probability: rule.chance } : rule.chance;
    if (chance.methods !== undefined && !chance.methods.includes(target.method)) return false;
    if (chance.types !== undefined && !chance.types.includes(target.type ?? '')) return false;
    rule.seen += 1;
    if (rule.seen <= (chance.skip ?? 0) || rule.used >= (chance.count ?? Number.POSITIVE_INFINITY))
      return false;
    if (this.random() >= (chance.probability ?? 1)) return false;
    rule.used += 1;
    this.hits[name] = (this.hits[name] ?? 0) + 1;
    return true;
  }

  /** A number in [0, 1), the same row for the same seed (mulberry32). */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

/** A quota of writes in a fixed window, as rate limiters of real servers count it. */
export class Quota {
  private readonly now: () => number;
  private windowStart = 0;
  private used = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Charges `cost` writes; false when they no longer fit into the window (then nothing is charged). */
  charge(limit: Switches['quota'], cost: number): boolean {
    if (limit === null) return true;
    this.roll(limit.windowSeconds);
    if (this.used + cost > limit.writes) return false;
    this.used += cost;
    return true;
  }

  /** The `RateLimit` header: writes left and seconds until the window starts anew. */
  header(limit: NonNullable<Switches['quota']>): string {
    this.roll(limit.windowSeconds);
    const seconds = Math.ceil((this.windowStart + limit.windowSeconds * 1000 - this.now()) / 1000);
    return `"fhirInteractions";r=${limit.writes - this.used};t=${Math.max(1, seconds)}`;
  }

  private roll(windowSeconds: number): void {
    if (this.now() - this.windowStart >= windowSeconds * 1000) {
      this.windowStart = this.now();
      this.used = 0;
    }
  }
}
