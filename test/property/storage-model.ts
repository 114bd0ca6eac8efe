import {
  createRevision,
  type FilledMangoQuery,
  fillWithDefaultSettings,
  normalizeMangoQuery,
  prepareQuery,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb';
import { attachmentDigest } from '../../main/engine/store/sqlite/audit.ts';

/** What the storage proof writes: every kind of field RxDB can index, and some it cannot. */
export interface Sample {
  id: string;
  /** Always there, without control characters or trailing blanks, as all indexed text of Levey's documents. */
  s: string;
  /** Often missing. */
  o?: string;
  n: number;
  f?: number;
  b?: boolean;
  list?: unknown[];
  nested?: { x?: string; y?: unknown };
  free?: unknown;
}

export type StoredSample = RxDocumentData<Sample>;

export const sampleSchema = fillWithDefaultSettings<Sample>({
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 12 },
    s: { type: 'string', maxLength: 8 },
    o: { type: 'string', maxLength: 8 },
    n: { type: 'integer', minimum: -20, maximum: 20, multipleOf: 1 },
    f: { type: 'number', minimum: -5, maximum: 5, multipleOf: 0.01 },
    b: { type: 'boolean' },
    list: { type: 'array' },
    nested: { type: 'object', properties: { x: { type: 'string', maxLength: 8 } } },
    free: {},
  },
  required: ['id', 's', 'n'],
  indexes: [['s'], ['n'], ['n', 's'], ['s', 'n'], ['b', 'n'], ['o'], ['f'], ['nested.x']],
  attachments: {},
} as unknown as RxJsonSchema<Sample>);

/** Small, fast, seeded generator (mulberry32). */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** Characters at which byte orders differ: astral ones sort below U+E000..U+FFFF in JavaScript and above them in UTF-8. */
const CHARACTERS = [
  'a',
  'b',
  'B',
  'z',
  '~',
  'é',
  'Ω',
  '\u07ff',
  '\u0800',
  '漢',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\ufffe',
  '😀',
  '𝒜',
  '\u{10ffff}',
  '0',
  '9',
  "'",
  '"',
  '\\',
  '%',
  '_',
];

export function text(random: Random, longest = 4): string {
  let out = '';
  const length = random.below(longest + 1);
  for (let i = 0; i < length; i++) out += random.pick(CHARACTERS);
  return random.chance(0.1) && out.length > 1 ? `${out.slice(0, 1)} ${out.slice(1)}`.trim() : out;
}

/** As {@link text}, but never empty and well-formed: a document id. */
export function idText(random: Random, ids: number): string {
  const number = random.below(ids);
  const own = new Random(number * 7919 + 1);
  return `${own.pick(['a', 'é', '漢', '😀', '\ue000', 'Z', '~'])}${number}`;
}

/** Text that may also hold control characters, trailing blanks, U+FFFF and lone surrogates, for fields that are not sorted backwards. */
function wildText(random: Random): string {
  if (random.chance(0.7)) return text(random);
  return random.pick(['a ', ' a', '\ta', 'a\u0000', '\uffff', 'a\uffff', '\ud83d', 'x\udc00y', '\n', 'null']);
}

export function anyValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 1 ? 5 : 7);
  if (kind === 0) return wildText(random);
  if (kind === 1) return random.below(10) - 5;
  if (kind === 2) return random.chance(0.5);
  if (kind === 3) return null;
  if (kind === 4) return (random.below(1000) - 500) / 100;
  if (kind === 5) return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
  return { x: anyValue(random, depth + 1), y: anyValue(random, depth + 1) };
}

export function sample(random: Random, id: string): Sample {
  const document: Sample = { id, s: text(random), n: random.below(41) - 20 };
  if (random.chance(0.5)) document.o = wildText(random);
  if (random.chance(0.6)) document.f = (random.below(1001) - 500) / 100;
  if (random.chance(0.6)) document.b = random.chance(0.5);
  if (random.chance(0.6)) document.list = Array.from({ length: random.below(4) }, () => anyValue(random, 1));
  if (random.chance(0.5)) {
    document.nested = {};
    if (random.chance(0.7)) document.nested.x = wildText(random);
    if (random.chance(0.5)) document.nested.y = anyValue(random);
  }
  if (random.chance(0.5)) document.free = anyValue(random);
  return document;
}

/** The next state of a document, with revision and time. */
export function nextState(
  random: Random,
  previous: StoredSample | undefined,
  document: Sample,
  deleted: boolean,
  lwt: number,
): StoredSample {
  return {
    ...document,
    _deleted: deleted,
    _attachments: deleted ? {} : { ...(previous?._attachments ?? {}) },
    _rev: createRevision(random.pick(['one', 'two']), previous as never),
    _meta: { lwt },
  } as StoredSample;
}

export function attachment(random: Random): { type: string; data: Blob; length: number; digest: string } {
  const bytes = Uint8Array.from({ length: random.below(64) }, () => random.below(256));
  const type = random.pick(['application/pdf', 'text/plain']);
  return { type, data: new Blob([bytes], { type }), length: bytes.length, digest: attachmentDigest(bytes) };
}

const FIELDS = ['id', 's', 'o', 'n', 'f', 'b', 'list', 'nested.x', 'nested.y', 'free'] as const;

function valueFor(random: Random, field: string): unknown {
  if (random.chance(0.1)) return anyValue(random, 1);
  if (field === 'id') return idText(random, 25);
  if (field === 'n') return random.below(51) - 25;
  if (field === 'f') return (random.below(1201) - 600) / 100;
  if (field === 'b') return random.chance(0.5);
  if (field === 's') return text(random);
  return anyValue(random, 1);
}

const TYPES = ['string', 'number', 'bool', 'array', 'object', 'null', 'int', 'double'];

/** One operator object for a field, over all Mango operators. */
export function condition(random: Random, field: string): Record<string, unknown> {
  const value = () => valueFor(random, field);
  switch (random.below(17)) {
    case 0:
      return { $eq: value() };
    case 1:
      return { $ne: value() };
    case 2:
      return { $gt: value() };
    case 3:
      return { $gte: value() };
    case 4:
      return { $lt: value() };
    case 5:
      return { $lte: value() };
    case 6:
      return { $gte: value(), $lt: value() };
    case 7:
      return { $gt: value(), $lte: value() };
    case 8:
      return { $in: Array.from({ length: random.below(4) }, value) };
    case 9:
      return { $nin: Array.from({ length: random.below(4) }, value) };
    case 10:
      return { $exists: random.chance(0.5) };
    case 11:
      return { $type: random.pick(TYPES) };
    case 12:
      return { $mod: [random.below(5) + 1, random.below(3)] };
    case 13:
      return { $regex: random.pick(['^a', 'b', '.z', '[0-9]', 'é|😀', '^.$']) };
    case 14:
      return { $not: condition(random, field) };
    case 15:
      return { $size: random.below(4) };
    default:
      return {
        $elemMatch: random.chance(0.5)
          ? { $gte: anyValue(random, 2) }
          : { x: { $exists: random.chance(0.5) } },
      };
  }
}

export function selector(random: Random, depth = 0): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const fields = random.below(3);
  for (let i = 0; i < fields; i++) {
    const field = random.pick(FIELDS);
    out[field] = condition(random, field);
  }
  if (depth < 2 && random.chance(0.3)) {
    const operator = random.pick(['$and', '$or', '$nor']);
    out[operator] = Array.from({ length: 1 + random.below(2) }, () => selector(random, depth + 1));
  }
  return out;
}

const SORTS: string[][] = [
  ['id'],
  ['s'],
  ['n'],
  ['n', 's'],
  ['s', 'n'],
  ['b', 'n'],
  ['o'],
  ['f'],
  ['nested.x'],
  ['_meta.lwt'],
];

/** A normalised query over not deleted documents, as RxDB hands it to a storage. */
export function query(random: Random): FilledMangoQuery<Sample> {
  const mango: Record<string, unknown> = { selector: random.chance(0.2) ? {} : selector(random) };
  if (random.chance(0.8)) {
    const fields = random.pick(SORTS);
    const direction = random.pick(['asc', 'desc', 'mixed']);
    const sort = fields.map((field, i) => ({
      [field]: direction === 'mixed' ? (i % 2 === 0 ? 'desc' : 'asc') : direction,
    }));
    if (direction === 'desc' && random.chance(0.4) && !fields.includes('id')) sort.push({ id: 'desc' });
    mango.sort = sort;
  }
  if (random.chance(0.4)) mango.limit = random.below(12);
  if (random.chance(0.3)) mango.skip = random.below(8);
  const normalized = normalizeMangoQuery(sampleSchema, mango as never);
  if (random.chance(0.9)) normalized.selector = { ...normalized.selector, _deleted: { $eq: false } } as never;
  return normalized;
}

export function prepared(normalized: FilledMangoQuery<Sample>) {
  return prepareQuery(sampleSchema, structuredClone(normalized));
}
