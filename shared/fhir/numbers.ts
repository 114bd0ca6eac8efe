import { isObject, type Json } from './json.ts';

/**
 * FHIR decimals are texts: 5.40 says more than 5.4, and what a server wrote has to be given back as it was. Numbers are JavaScript's here
 * nevertheless. How one was written that would be written otherwise stands beside it, by the object it is in: true where it is further inside.
 */
const written = new WeakMap<object, Record<string, string | true>>();

/** Key in `extra`: by resource type, how numbers of the resource are written, by path: `component/0/valueQuantity/value`. */
export const NUMBERS = 'numbers';

/** What JSON of ECMAScript 2026 has and the compiler's library does not list yet. */
interface SourceJson {
  parse(
    text: string,
    reviver: (this: object, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
}
const json = JSON as unknown as SourceJson;

/**
 * A number that may be written otherwise by us: with a zero at the end, an exponent, sixteen digits or more, minus zero, or too small for plain
 * digits. Wrong about some texts inside quotation marks, which costs time and nothing else.
 */
const PRECISE = /(?:":|[[,])\s*(?:-0[\s,\]}]|-?(?:\d+\.\d*0[\s,\]}]|\d[\d.]*[eE]|[\d.]{16,}|0\.0{6}))/;

/** Parses JSON, and remembers how numbers were written that would not be written so again. @throws SyntaxError */
export function readJson(text: string): unknown {
  if (!PRECISE.test(text)) return JSON.parse(text) as unknown;
  return json.parse(text, function (key, value, { source }) {
    if (typeof value === 'number' && source !== String(value) && source !== undefined)
      remember(this, key, source);
    else if (typeof value === 'object' && value !== null && written.has(value)) remember(this, key, true);
    return value;
  });
}

function remember(holder: object, key: string, how: string | true): void {
  const known = written.get(holder);
  if (known === undefined) written.set(holder, { [key]: how });
  else known[key] = how;
}

/** A number of an object that {@link readJson} or {@link withNumbers} gave, in plain digits: as many as it was written with. */
export function decimalText(holder: object, key: string): string {
  const how = written.get(holder)?.[key];
  if (typeof how === 'string' && /^-?\d+\.\d+$/.test(how)) return how;
  return String((holder as Json)[key]);
}

/** How numbers of a resource that {@link readJson} gave were written, by path; undefined when in the usual way. */
export function numbersIn(resource: object): Record<string, string> | undefined {
  if (!written.has(resource)) return undefined;
  const found: Record<string, string> = {};
  collect(resource, '', found);
  return found;
}

function collect(holder: object, path: string, found: Record<string, string>): void {
  for (const [key, how] of Object.entries(written.get(holder) ?? {})) {
    if (typeof how === 'string') found[path + key] = how;
    else collect((holder as Record<string, object>)[key] ?? {}, `${path}${key}/`, found);
  }
}

/**
 * The same resource, whose numbers `JSON.stringify` writes as they were. They stay numbers for everybody else. One that is another by now is
 * written in the usual way. Those directly in the resource are left: no type that is exchanged has a decimal there.
 * @param numbers by path, as {@link numbersIn} gave them; anything else is none
 */
export function withNumbers(resource: Json, numbers: unknown): Json {
  if (!isObject(numbers)) return resource;
  let out: unknown = resource;
  for (const [path, text] of Object.entries(numbers))
    if (typeof text === 'string') out = withNumber(out, path.split('/'), text);
  return out as Json;
}

function withNumber(value: unknown, [key = '', ...rest]: readonly string[], text: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const out = copyWithNumbers(value as Json);
  if (rest.length > 0) out[key] = withNumber(out[key], rest, text);
  else if (out[key] === Number(text)) {
    remember(out, key, text);
    Object.defineProperty(out, 'toJSON', { value: inWriting, configurable: true });
  }
  return out;
}

/** A copy of one object or list, which writes its numbers as that one does. */
export function copyWithNumbers<T extends Json | unknown[]>(value: T): T {
  return carryNumbers(value, (Array.isArray(value) ? [...value] : { ...value }) as T);
}

/** How the numbers of one object were written, told of a copy of it. @returns the copy */
export function carryNumbers<T extends object>(from: object, copy: T): T {
  const how = written.get(from);
  if (how === undefined) return copy;
  written.set(copy, { ...how });
  if (!Object.hasOwn(from, 'toJSON')) return copy;
  return Object.defineProperty(copy, 'toJSON', { value: inWriting, configurable: true });
}

/** What `JSON.stringify` writes of an object that has numbers in a writing of their own. */
function inWriting(this: Json | unknown[]): Json | unknown[] {
  const out = (Array.isArray(this) ? [...this] : { ...this }) as Json;
  for (const [key, text] of Object.entries(written.get(this) ?? {}))
    if (typeof text === 'string' && out[key] === Number(text)) out[key] = json.rawJSON(text);
  return out;
}
