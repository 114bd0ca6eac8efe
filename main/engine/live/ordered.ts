interface Entry {
  at: string;
  id: string;
}

/** Ids in the order of a time. Adding at the newer end, which is the usual, costs next to nothing. */
export class Ordered {
  readonly #entries: Entry[] = [];

  /** Adds an id; one that is there already at this time stays once. */
  add(at: string, id: string): void {
    const place = this.#place(at, id);
    const there = this.#entries[place];
    if (there?.at === at && there.id === id) return;
    if (place === this.#entries.length) this.#entries.push({ at, id });
    else this.#entries.splice(place, 0, { at, id });
  }

  remove(at: string, id: string): void {
    const place = this.#place(at, id);
    const there = this.#entries[place];
    if (there?.at === at && there.id === id) this.#entries.splice(place, 1);
  }

  /** The newest ids from an instant, newest first, at most `limit`. */
  newest(limit: number, since = ''): string[] {
    const first = Math.max(this.#place(since, ''), this.#entries.length - limit);
    const ids: string[] = [];
    for (let at = this.#entries.length - 1; at >= first; at--) ids.push((this.#entries[at] as Entry).id);
    return ids;
  }

  /** How many there are from an instant. */
  count(since = ''): number {
    return this.#entries.length - this.#place(since, '');
  }

  /** Where an entry is or belongs. */
  #place(at: string, id: string): number {
    const last = this.#entries.at(-1);
    if (last === undefined || last.at < at || (last.at === at && last.id < id)) return this.#entries.length;
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle] as Entry;
      if (entry.at < at || (entry.at === at && entry.id < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
