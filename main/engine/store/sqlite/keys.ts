import { getIndexableStringMonad, getSchemaByObjectPath, type RxDocumentData, type RxJsonSchema } from 'rxdb';

/** One index of a collection: its RxDB fields, the (quoted) column that holds its key, and the function that makes the key. */
export interface IndexColumn {
  name: string;
  fields: string[];
  column: string;
  signature: string;
  /** True for RxDB's own index by time of change, which nothing here reads: no new table gets it, one that has it keeps it. */
  spare: boolean;
  /** The key, to be bound with {@link BOUND_KEY}. */
  keyOf(document: RxDocumentData<unknown>): string | Uint8Array;
}

/** SQL of a bound key: most are bound as text, which is cheaper than making bytes of it. */
export const BOUND_KEY = 'CAST(? AS BLOB)';

/** The time of a document's last change: RxDB's own field. */
export const CHANGED_AT = '_meta.lwt';
const NOT_ASCII = /[^\x00-\x7f]/;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Encodes an RxDB index string so that SQLite's byte order (memcmp) equals JavaScript's string order (by UTF-16 code unit).
 * Every code unit is written on its own the way UTF-8 writes a character of that number, surrogates too (CESU-8): one byte for
 * ASCII, two up to U+07FF, three above. Plain UTF-8 would sort astral characters above U+FFFF, RxDB's upper bound, and lose rows.
 */
export function encodeKey(text: string): Uint8Array {
  if (!NOT_ASCII.test(text)) return Buffer.from(text, 'latin1');
  const bytes = Buffer.allocUnsafe(text.length * 3);
  let end = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[end++] = unit;
    } else if (unit < 0x800) {
      bytes[end++] = 0xc0 | (unit >> 6);
      bytes[end++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[end++] = 0xe0 | (unit >> 12);
      bytes[end++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes.subarray(0, end);
}

/** What {@link encodeKey} gives, as a text where its UTF-8 is the same: everywhere but for surrogates. */
function boundKey(text: string): string | Uint8Array {
  return SURROGATE.test(text) ? encodeKey(text) : text;
}

/** The indexes of a filled RxDB schema, in a stable order. */
export function indexColumns<T>(schema: RxJsonSchema<RxDocumentData<T>>): IndexColumn[] {
  const indexes = (schema.indexes ?? []) as unknown as readonly (readonly string[])[];
  return indexes.map((fields) => {
    const asString = getIndexableStringMonad(schema, [...fields]) as (document: unknown) => string;
    const name = fields.join(',');
    return {
      name,
      fields: [...fields],
      column: `"k:${name.replaceAll('"', '')}"`,
      signature: JSON.stringify(fields.map((field) => keyShape(schema, field))),
      spare: fields[0] === CHANGED_AT,
      keyOf: (document) => boundKey(asString(document)),
    };
  });
}

/** What of a field's schema decides the form of its key. When it changes the column has to be filled anew. */
function keyShape<T>(schema: RxJsonSchema<RxDocumentData<T>>, field: string): unknown[] {
  const part = getSchemaByObjectPath(schema, field);
  return [field, part.type, part.maxLength, part.minimum, part.maximum, part.multipleOf];
}
