import { describe, expect, it } from 'vitest';
import type { CollectionName, DocOf } from '../../shared/documents/index.ts';
import { accessionNumber, formatAccession } from '../../shared/domain/accession-number.ts';
import { specimenByNumber, specimensByNumber } from './accession-search.ts';
import { orderDoc, patientDoc, specimenDoc } from './replication/testing.ts';
import { orderFor } from './results/find.ts';
import type { Find, Reader } from './store/store.ts';

/** A reader over documents that understands `$eq` and limits. */
function readerOf(documents: Partial<{ [C in CollectionName]: DocOf<C>[] }>): Reader {
  const all = <C extends CollectionName>(name: C) => (documents[name] ?? []) as DocOf<C>[];
  return {
    async get(name, id) {
      return all(name).find((doc) => doc.id === id);
    },
    async getMany(name, ids) {
      return ids.flatMap((id) => all(name).find((doc) => doc.id === id) ?? []);
    },
    async find(name, { selector, limit }: Find) {
      const wanted = Object.entries(selector as Record<string, { $eq: unknown }>);
      return all(name)
        .filter((doc) => wanted.every(([key, { $eq }]) => (doc as Record<string, unknown>)[key] === $eq))
        .slice(0, limit);
    },
  };
}

const ours = accessionNumber({ date: '2026-07-29', stationCode: 'B2', sequence: 7 });
const foreign = 'WARD-26-000123456';

describe('a specimen by its number', () => {
  const reader = readerOf({
    specimens: [
      specimenDoc(1, { accessionIdentifier: ours }),
      specimenDoc(2, { accessionIdentifier: foreign }),
      specimenDoc(3, { accessionIdentifier: 'TWICE' }),
      specimenDoc(4, { accessionIdentifier: 'TWICE' }),
      specimenDoc(5, { accessionIdentifier: 'w'.repeat(32) }),
    ],
  });

  it.each([ours, formatAccession(ours).toLowerCase(), ` ${ours} `])(
    'finds ours written as "%s"',
    async (text) => {
      expect((await specimenByNumber(reader, text))?.id).toBe('spe-1');
    },
  );

  it.each([foreign, ` ${foreign}\t`])('finds another system\'s written as "%s"', async (text) => {
    expect((await specimenByNumber(reader, text))?.id).toBe('spe-2');
  });

  it.each([
    foreign.toLowerCase(),
    foreign.replaceAll('-', ''),
    foreign.slice(0, 16),
    `${foreign}7`,
    `${'w'.repeat(32)}w`,
    'w'.repeat(31),
    '',
    '  ',
  ])('guesses nothing for "%s"', async (text) => {
    expect(await specimenByNumber(reader, text)).toBeUndefined();
  });

  it('takes neither of two specimens with one number', async () => {
    expect(await specimenByNumber(reader, 'TWICE')).toBeUndefined();
    expect(await specimensByNumber(reader, 'TWICE')).toHaveLength(2);
  });
});

describe('the order a result is for', () => {
  const specimen = specimenDoc(1);
  const patients = [patientDoc(1), patientDoc(2)];
  const of = (order: DocOf<'orders'>, merged = '') =>
    orderFor(
      readerOf({ orders: [order], patients: patients.map((one) => ({ ...one, mergedInto: merged })) }),
      specimen,
      'GLU',
    );

  it("is one of the specimen's own patient, also after two records were merged", async () => {
    expect(await of(orderDoc(1))).toBeDefined();
    expect(await of(orderDoc(1, { patientId: 'pat-2' }))).toBeUndefined();
    expect(await of(orderDoc(1, { patientId: 'pat-2' }), 'pat-1')).toBeDefined();
    expect(await of(orderDoc(1, { patientId: 'gone' }))).toBeUndefined();
    expect(await of(orderDoc(1, { status: 'revoked' }))).toBeUndefined();
  });
});
