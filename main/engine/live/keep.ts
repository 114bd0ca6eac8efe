/** One in so many of what is kept is forgotten when there is too much of it. */
const PART = 8;

/** Puts a value behind all others of a cache; when it is full, the ones put first are forgotten: what is on a screen was mostly put lately. */
export function keepNewest<V>(cache: Map<string, V>, id: string, value: V, most: number): void {
  cache.delete(id);
  if (cache.size >= most) {
    let left = Math.ceil(most / PART);
    for (const oldest of cache.keys()) {
      if (left === 0) break;
      left -= 1;
      cache.delete(oldest);
    }
  }
  cache.set(id, value);
}
