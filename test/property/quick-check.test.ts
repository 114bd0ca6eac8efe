import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CollectionName, collectionNames, documentShapes } from '../../shared/documents/index.ts';
import { quickCheck } from '../../shared/documents/quick-check.ts';
import { Random } from '../fuzz/random.ts';
import { laboratory } from '../sim/laboratory/index.ts';

const SEED = 20261123;
const ROUNDS = 20_000;

type Doc = Record<string, unknown>;

const odd: readonly unknown[] = [
  ...[undefined, null, '', ' ', 'x', 'x'.repeat(40), 'x'.repeat(300), 'final', 'held', 'male', 'pass'],
  ...['2026-07-29T06:42:05.118Z', '2026-07-29', '2026-07-29T06:42:05.1181Z', '29.07.2026'],
  ...[0, 1, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 10n],
  ...[true, false, [], [1], ['x'], [undefined], {}, { text: 'x' }, { a: 1 }, new Date(0), new Map(), () => 1],
  ...[[{ rule: 'a', outcome: 'pass', inputs: {}, text: '' }], [{ rule: 'a', outcome: 'maybe', inputs: {} }]],
];

const shapes: readonly z.ZodType[] = [
  z.string(),
  z.string().min(1).max(5),
  z.string().length(1),
  z.string().regex(/^x+$/),
  z.string().regex(/x/g),
  z.string().trim().min(1),
  z.string().toLowerCase(),
  z.email(),
  z.iso.datetime(),
  z.number(),
  z.number().int().positive(),
  z.number().min(0).max(1),
  z.int(),
  z.int32(),
  z.number().multipleOf(2),
  z.boolean(),
  z.bigint(),
  z.date(),
  z.null(),
  z.undefined(),
  z.unknown(),
  z.literal(['x', 1, null]),
  z.enum(['x', 'final']),
  z.enum({ a: 0, b: 'x' }),
  z.string().nullable(),
  z.string().optional(),
  z.string().exactOptional(),
  z.string().default('x'),
  z.string().nonoptional(),
  z.string().refine((text) => text === 'x'),
  z.string().transform((text) => text.length),
  z.coerce.number(),
  z.union([z.number(), z.literal('')]),
  z.xor([z.number(), z.unknown()]),
  z.intersection(z.object({ a: z.number() }), z.object({ b: z.number() })),
  z.array(z.string()).max(0),
  z.array(z.number()),
  z.tuple([z.number()]),
  z.object({ a: z.number() }),
  z.object({ a: z.number().optional(), text: z.string().exactOptional() }),
  z.object({ a: z.unknown() }),
  z.strictObject({ a: z.number().optional() }),
  z.looseObject({ a: z.number() }),
  z.object({ a: z.number() }).catchall(z.string()),
  z.object({ a: z.number().optional() }).refine(() => false),
  z.record(z.string(), z.number()),
  z.record(z.enum(['a', 'text']), z.unknown()),
  z.record(z.string().max(1), z.unknown()),
  z.partialRecord(z.enum(['a']), z.number()),
  z.map(z.string(), z.string()),
  z.custom((value) => value === 'x'),
  z.custom(() => 1),
  z.never(),
];

/** Documents of the demo laboratory, by collection. */
function examples(): [CollectionName, Doc][] {
  const lab = laboratory({ day: '2026-11-23', patients: 20, requisitions: 20 });
  const found: [CollectionName, Doc][] = [];
  for (const doc of lab.catalog) found.push(['catalog', doc]);
  for (const doc of lab.patients) found.push(['patients', doc]);
  for (const doc of lab.orders) found.push(['orders', doc]);
  for (const past of lab.history(120)) {
    for (const doc of past.orders) found.push(['orders', doc]);
    for (const doc of past.specimens) found.push(['specimens', doc]);
    for (const doc of past.results) found.push(['results', doc]);
    for (const doc of past.tasks) found.push(['tasks', doc]);
    found.push(['reports', past.report]);
  }
  return found;
}

/** A copy with something else in one place, at any depth; what is in the list of odd values may be there, or nothing. */
function changed(random: Random, value: unknown): unknown {
  const inner = typeof value === 'object' && value !== null && !random.once(5) ? Object.keys(value) : [];
  if (inner.length === 0) return odd[random.int(odd.length)];
  const key = random.pick(inner);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...(value as Doc) };
  const of = copy as Record<string, unknown>;
  if (random.once(10)) delete of[key];
  else of[key] = changed(random, of[key]);
  return copy;
}

describe('the quick look at shapes', () => {
  it('knows the documents of every collection of the demo laboratory', () => {
    for (const [collection, doc] of examples()) {
      expect(documentShapes[collection].safeParse(doc).success, collection).toBe(true);
      expect(quickCheck(documentShapes[collection])(doc), collection).toBe(true);
    }
  });

  it('lets nothing through that the shape of a collection refuses', () => {
    const random = new Random(SEED);
    const all = examples();
    const quick = new Map(collectionNames.map((name) => [name, quickCheck(documentShapes[name])]));
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const [collection, doc] = random.pick(all);
      const other = changed(random, doc);
      const taken = documentShapes[collection].safeParse(other).success;
      if (!taken) refused += 1;
      if (quick.get(collection)?.(other) === true)
        expect(taken, `seed ${SEED}, round ${round}: ${collection}`).toBe(true);
    }
    expect(refused).toBeGreaterThan(ROUNDS / 10);
  });

  it('lets nothing through that any shape of zod refuses, also such as it does not know', () => {
    for (const shape of shapes) {
      const quick = quickCheck(shape);
      for (const value of odd)
        if (quick(value)) expect(shape.safeParse(value).success, shape._zod.def.type).toBe(true);
    }
  });
});
