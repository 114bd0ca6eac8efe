import type { Replicated } from '../../../shared/fhir/mapping.ts';

/** Documents under way. */
export class Flying {
  private readonly ids = new Map<Replicated, Set<string>>();

  add(collection: Replicated, id: string): void {
    const ids = this.ids.get(collection);
    if (ids === undefined) this.ids.set(collection, new Set([id]));
    else ids.add(id);
  }

  delete(collection: Replicated, id: string): void {
    this.ids.get(collection)?.delete(id);
  }

  has(collection: Replicated, id: string): boolean {
    return this.ids.get(collection)?.has(id) === true;
  }

  /** How many of a collection are under way. */
  count(collection: Replicated): number {
    return this.ids.get(collection)?.size ?? 0;
  }
}

/** Pieces of work under way at once: each is first on the wire, then only has to be written down. */
export class Flights {
  /** Under way, written down or not. */
  open = 0;
  /** Not answered yet. */
  onWire = 0;
  /** How often something changed. */
  changes = 0;
  /** The first that failed. */
  fault: { error: unknown } | undefined;
  private readonly flights = new Set<Promise<void>>();
  private waiting: (() => void)[] = [];

  /** @param work calls `landed` when the server has answered */
  start(work: (landed: () => void) => Promise<void>): void {
    this.open += 1;
    this.onWire += 1;
    let wire = true;
    const landed = () => {
      if (!wire) return;
      wire = false;
      this.onWire -= 1;
      this.tell();
    };
    const flight = work(landed)
      .catch((error: unknown) => {
        this.fault ??= { error };
      })
      .finally(() => {
        landed();
        this.open -= 1;
        this.flights.delete(flight);
        this.tell();
      });
    this.flights.add(flight);
  }

  /** Resolves when one has been answered or written down, or {@link tell} is called. */
  change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves when none is under way. */
  async all(): Promise<void> {
    await Promise.all(this.flights);
  }

  /** Something is otherwise: whoever waits looks again. */
  tell(): void {
    this.changes += 1;
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
