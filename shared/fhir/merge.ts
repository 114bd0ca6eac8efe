import { isObject, type Json, sameJson } from './json.ts';
import { copyWithNumbers } from './numbers.ts';

/**
 * Writes our changes into a resource as it came from a server, and nothing else.
 *
 * @param original the resource as received, with everything in it
 * @param before what our mapping makes of the document read from `original`
 * @param now what our mapping makes of the document as it is
 * @returns `original` with exactly the difference between `before` and `now` applied; the inputs are not changed
 */
export function applyChanges(original: Json, before: Json, now: Json): Json {
  const out: Json = copyWithNumbers(original);
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (sameJson(before[key], now[key])) continue;
    const merged = mergeValue(original[key], before[key], now[key]);
    if (merged === undefined) delete out[key];
    else out[key] = merged;
  }
  return out;
}

function mergeValue(original: unknown, before: unknown, now: unknown): unknown {
  if (original === undefined) return now;
  if (isObject(original) && isObject(before) && isObject(now)) {
    const merged = applyChanges(original, before, now);
    return Object.keys(merged).length === 0 ? undefined : merged;
  }
  if (Array.isArray(original) && (before === undefined || Array.isArray(before))) {
    if (now !== undefined && !Array.isArray(now)) return now;
    const merged = mergeList(original, before ?? [], now ?? []);
    return merged.length === 0 ? undefined : merged;
  }
  return now;
}

/** Lists: an item of ours is found again as it was or by its key, an original by what it shares with what we made of it. */
function mergeList(original: unknown[], before: unknown[], now: unknown[]): unknown[] {
  if (![...original, ...before, ...now].every(isObject)) return now;
  const was = before as Json[];
  const origin = matchOriginals(original as Json[], was);
  const earlier = matchEarlier(was, now as Json[]);
  const out: (Json | undefined)[] = [...(original as Json[])];
  was.forEach((_, index) => {
    const place = origin[index];
    if (place !== undefined && !earlier.includes(index)) out[place] = undefined;
  });
  const added: Json[] = [];
  (now as Json[]).forEach((item, index) => {
    const from = earlier[index];
    const old = from === undefined ? undefined : was[from];
    if (from === undefined || old === undefined) {
      added.push(item);
      return;
    }
    if (sameJson(old, item)) return;
    const place = origin[from];
    const kept = place === undefined ? undefined : out[place];
    if (place === undefined || kept === undefined) added.push(item);
    else out[place] = applyChanges(kept, old, item);
  });
  return [...out.filter((item) => item !== undefined), ...added];
}

/** For each item of `now` the place in `before` of what it was: the same item, else the next one of the same key. */
function matchEarlier(before: Json[], now: Json[]): (number | undefined)[] {
  const free = new Set(before.keys());
  const take = (test: (item: Json) => boolean): number | undefined => {
    const found = [...free].find((index) => test(before[index] ?? {}));
    if (found !== undefined) free.delete(found);
    return found;
  };
  const exact = now.map((item) => take((other) => sameJson(other, item)));
  return now.map((item, index) => exact[index] ?? take((other) => keyOf(other) === keyOf(item)));
}

/** For each item of `before` the place of the original it was read from, if there is one. */
function matchOriginals(original: Json[], before: Json[]): (number | undefined)[] {
  const taken = new Set<number>();
  return before.map((item) => {
    let best: number | undefined;
    let bestScore = 0;
    original.forEach((candidate, index) => {
      if (taken.has(index) || !mayBeSame(candidate, item)) return;
      const score = sharedLeaves(candidate, item);
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    });
    if (best !== undefined) taken.add(best);
    return best;
  });
}

function mayBeSame(a: Json, b: Json): boolean {
  return a.url === b.url && (a.system === undefined || a.system === b.system);
}

function sharedLeaves(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    return b.reduce(
      (sum: number, item) => sum + Math.max(0, ...a.map((other) => sharedLeaves(other, item))),
      0,
    );
  }
  if (isObject(a) && isObject(b)) {
    return Object.entries(b).reduce((sum, [key, value]) => sum + sharedLeaves(a[key], value), 0);
  }
  return a !== undefined && a === b ? 1 : 0;
}

/** What an item of a list we built is known by, when its content changes. */
function keyOf(item: Json): string {
  const key =
    item.url ?? item.system ?? item.definitionCanonical ?? item.reference ?? item.use ?? item.category ?? '';
  return String(key);
}
