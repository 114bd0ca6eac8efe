/** A JSON object. */
export type Json = Record<string, unknown>;

/** True for a JSON object that is not an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; none where it is no list. For what others wrote, which may be shaped in any way. */
export function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Equal as JSON: the order of keys and absent against `undefined` make no difference. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!sameJson(a[key], b[key])) return false;
  }
  return true;
}

/** The same without `undefined`, `null`, empty objects and empty arrays: FHIR allows none of them. What has none of them is not copied. */
export function tidy<T>(value: T): T {
  const kept = clean(value);
  if (kept !== undefined) return kept as T;
  return (Array.isArray(value) ? [] : isObject(value) ? {} : value) as T;
}

/** What is left of a value; undefined when nothing is. Written for speed: everything that is sent goes through here. */
function clean(value: unknown): unknown {
  if (typeof value !== 'object') return value;
  if (value === null) return undefined;
  return Array.isArray(value) ? cleanList(value) : cleanObject(value as Json);
}

function cleanList(list: unknown[]): unknown[] | undefined {
  let out: unknown[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const item = list[at];
    const kept = clean(item);
    if (out === undefined && (kept === undefined || kept !== item)) out = list.slice(0, at);
    if (kept !== undefined) out?.push(kept);
  }
  const left = out ?? list;
  return left.length === 0 ? undefined : left;
}

function cleanObject(from: Json): Json | undefined {
  const keys = Object.keys(from);
  let out: Json | undefined;
  let left = 0;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string;
    const item = from[key];
    const kept = clean(item);
    if (out === undefined && (kept === undefined || kept !== item)) {
      out = {};
      for (const before of keys.slice(0, at)) out[before] = from[before];
    }
    if (kept === undefined) continue;
    left += 1;
    if (out !== undefined) out[key] = kept;
  }
  return left === 0 ? undefined : (out ?? from);
}
