import { fillWithDefaultSettings } from 'rxdb';
import { afterAll, describe, expect, it } from 'vitest';
import { documentDigest } from './audit.ts';
import { BOUND_KEY, encodeKey, type IndexColumn, indexColumns } from './keys.ts';
import { RawDatabaseClass, type SqlValue } from './raw.ts';
import { utf8 } from './utf8.ts';

const memory = new RawDatabaseClass(':memory:', {});
afterAll(() => memory.close());
const bytesOf = (sql: string, value: SqlValue) => {
  const stored = memory.prepare(`SELECT CAST(${sql} AS BLOB)`).pluck().get(value) as Uint8Array;
  return Buffer.from(stored).toString('hex');
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('keys of documents', () => {
  const schema = fillWithDefaultSettings<{ id: string; s: string }>({
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id: { type: 'string', maxLength: 4 }, s: { type: 'string', maxLength: 6 } },
    required: ['id', 's'],
    indexes: [['s']],
  });
  const column = indexColumns(schema)[0] as IndexColumn;

  it.each([
    ['ASCII', 'Na'],
    ['nothing', ''],
    ['a letter of Latin-1', 'é'],
    ['a dash', '3–5'],
    ['a Chinese character', '漢'],
    ['the highest unit', 'a\uffff'],
    ['a private character', '\ue000'],
    ['a NUL', 'a\u0000b'],
    ['a character of two units', '😀'],
    ['half a character', 'a\ud83d'],
    ['the other half', '\ude00a'],
  ])('are stored as encodeKey writes them, however they are bound: %s', (_name, s) => {
    const key = column.keyOf({ id: 'id', s, _deleted: false } as never);
    expect(bytesOf(BOUND_KEY, key)).toBe(hex(encodeKey(`0${s.padEnd(6)}id  `)));
  });
});

describe('utf8', () => {
  it.each([
    ['short', 'Na 3.5–5.1'],
    ['long, ASCII', 'sodium '.repeat(300)],
    ['long, Latin-1', 'größer '.repeat(300)],
    ['long, with a dash', `${'sodium '.repeat(300)}3.5–5.1`],
    ['long, of many scripts', 'Na–é漢😀\ue000\uffff\u0000'.repeat(200)],
    ['longer than what is kept for it', `${'x'.repeat(100_000)}–😀`],
  ])('gives the bytes that are stored, and digested: %s', (_name, text) => {
    const bytes = utf8(text);
    expect(hex(bytes)).toBe(Buffer.from(text, 'utf8').toString('hex'));
    expect(memory.prepare('SELECT CAST(? AS TEXT)').pluck().get(bytes)).toBe(text);
    expect(documentDigest(bytes)).toBe(documentDigest(text));
  });

  it('leaves what was bound before as it was', () => {
    const texts = ['a', 'b'].map((letter) => `${letter.repeat(2000)}–`);
    memory.exec('CREATE TABLE texts (data TEXT NOT NULL) STRICT');
    for (const text of texts) memory.prepare('INSERT INTO texts VALUES (CAST(? AS TEXT))').run(utf8(text));
    expect(memory.prepare('SELECT data FROM texts').pluck().all()).toEqual(texts);
  });
});
