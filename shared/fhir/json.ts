/** A JSON object. */
export type Json = Record<string, unknown>;

/** True for a JSON object that is not an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

/** A copy without `undefined`, `null`, empty objects and empty arrays: FHIR allows none of them. */
export function tidy<T>(value: T): T {
  const kept = clean(value);
  if (kept !== undefined) return kept as T;
  return (Array.isArray(value) ? [] : isObject(value) ? {} : value) as T;
}

/** What is left of a value; undefined when nothing is. Written for speed: everything that is sent goes through here. */
function clean(value: unknown): unknown {
  if (typeof value !== 'object') return value;
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    const out: unknown[] = [];
    for (const item of value) {
      const kept = clean(item);
      if (kept !== undefined) out.push(kept);
    }
    return out.length === 0 ? undefined : out;
  }
  const from = value as Json;
  let out: Json | undefined;
  for (const key of Object.keys(from)) {
    const kept = clean(from[key]);
    if (kept === undefined) continue;
    out ??= {};
    out[key] = kept;
  }
  return out;
}
