/** Writing HL7 v2 (M1, M2, M5, M6): from plain values to bytes. Every value is escaped; segments end with CR and nothing else. */
import { type EncodePort, encodeText, encodingOf } from './charset.ts';
import { encodingCharacters, type Hl7Delimiters, mayDelimit, USUAL_HL7_DELIMITERS } from './delimiters.ts';
import { escapeHl7 } from './escape.ts';

/** A component to send: one value, or its sub-components. */
export type OutComponent = string | number | null | undefined | readonly string[];

/**
 * A field to send: a value, components, or repeats. `null`, `undefined` and '' = not given, `{ delete: true }` = `""`, `{ raw }` =
 * copied from a received message with the same delimiters, not escaped again.
 */
export type OutHl7Field =
  | string
  | number
  | null
  | undefined
  | readonly OutComponent[]
  | { repeats: readonly (string | number | readonly OutComponent[])[] }
  | { delete: true }
  | { raw: string };

/**
 * A segment to send. The position is the number of the field, as HL7 counts: `['OBX', 1, 'NM', ...]`. In MSH, FHS and BHS the
 * positions 1 and 2 are the delimiters; what stands there is not looked at.
 */
export type OutSegment = readonly [id: string, ...fields: OutHl7Field[]];

/** A segment from numbered fields, for long and sparse ones: `outSegment('OBX', { 1: 1, 2: 'NM', 11: 'F' })`. */
export function outSegment(id: string, fields: Readonly<Record<number, OutHl7Field>>): OutSegment {
  const out: [string, ...OutHl7Field[]] = [id];
  for (const [number, value] of Object.entries(fields)) out[Number(number)] = value;
  return Array.from(out, (value) => value ?? null) as [string, ...OutHl7Field[]];
}

export interface EncodeHl7Options {
  delimiters?: Hl7Delimiters;
  /** as MSH-18 names it; written into an MSH-18 that is left empty, unless it is ASCII. Default ASCII. */
  charset?: string;
  /** encodings that are not built in */
  encode?: EncodePort;
  /** line breaks inside values: `\.br\` (default) or hexadecimal */
  lineBreaks?: 'br' | 'hex';
}

/** A value that the character set cannot carry. */
export interface LostCharacters {
  /** position of the segment in the list */
  segment: number;
  id: string;
  field: number;
  /** the characters that were sent as `?` */
  characters: string[];
}

export interface EncodedHl7 {
  text: string;
  bytes: Uint8Array;
  /** empty when every character went through; else the caller decides whether the message may be sent (M6) */
  lost: LostCharacters[];
}

/**
 * Encodes segments, each ended by CR, without trailing delimiters (M1).
 * @throws {RangeError} for delimiters that cannot divide or are the same, a segment name that is none, `raw` with control characters, a number that is not finite, or a
 *   character set that is neither built in nor known to the port
 */
export function encodeHl7(segments: readonly OutSegment[], options: EncodeHl7Options = {}): EncodedHl7 {
  const delimiters = options.delimiters ?? USUAL_HL7_DELIMITERS;
  checkDelimiters(delimiters);
  const name = options.charset ?? 'ASCII';
  const encoding = encodingOf(name);
  if (encoding === null) throw new RangeError(`Unknown character set: ${name}`);
  const toBytes = (text: string): { bytes: Uint8Array; lost: string[] } => {
    const out = encodeText(encoding, text, options.encode);
    if (out === null) throw new RangeError(`The character set ${name} cannot be written here`);
    return out;
  };
  const lost: LostCharacters[] = [];
  const lines = segments.map((given, index) => {
    const segment = withCharset(given, name, encoding);
    const [id] = segment;
    if (!/^[A-Z][A-Z0-9]{2}$/.test(id)) throw new RangeError(`Not the name of a segment: ${id}`);
    const header = id === 'MSH' || id === 'FHS' || id === 'BHS';
    const parts = [header ? `${id}${delimiters.field}${encodingCharacters(delimiters)}` : id];
    for (let number = header ? 3 : 1; number < segment.length; number += 1) {
      const text = encodeField(segment[number], delimiters, options);
      parts.push(text);
      const characters = /^[\x20-\x7e]*$/.test(text) ? [] : toBytes(text).lost;
      if (characters.length > 0) lost.push({ segment: index, id, field: number, characters });
    }
    while (parts.length > 1 && parts.at(-1) === '') parts.pop();
    return `${parts.join(delimiters.field)}\r`;
  });
  const text = lines.join('');
  return { text, bytes: toBytes(text).bytes, lost };
}

function withCharset(segment: OutSegment, name: string, encoding: string): OutSegment {
  const given = segment[18];
  if (
    segment[0] !== 'MSH' ||
    encoding === 'ascii' ||
    !(given === undefined || given === null || given === '')
  )
    return segment;
  const fields: [string, ...OutHl7Field[]] = [...segment];
  while (fields.length < 18) fields.push(null);
  fields[18] = name;
  return fields;
}

function checkDelimiters(delimiters: Hl7Delimiters): void {
  const { field, component, repeat, subcomponent, truncation } = delimiters;
  const all = [field, component, repeat, delimiters.escape, subcomponent];
  if (truncation !== '') all.push(truncation);
  if (new Set(all).size !== all.length || !all.every(mayDelimit)) {
    throw new RangeError(
      'Five different delimiters are needed, none of them a letter, digit, quote or space',
    );
  }
}

function encodeField(value: OutHl7Field, delimiters: Hl7Delimiters, options: EncodeHl7Options): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return numeral(value);
  if (typeof value === 'string') return escapeHl7(value, delimiters, options);
  if ('raw' in value) {
    if (/[\x00-\x1f\x7f]/.test(value.raw)) throw new RangeError('A raw field holds control characters');
    return value.raw;
  }
  if ('delete' in value) return '""';
  if (!('repeats' in value)) return encodeComponents(value, delimiters, options);
  return value.repeats
    .map((one) =>
      typeof one === 'object'
        ? encodeComponents(one, delimiters, options)
        : encodeField(one, delimiters, options),
    )
    .join(delimiters.repeat);
}

function encodeComponents(
  values: readonly OutComponent[],
  delimiters: Hl7Delimiters,
  options: EncodeHl7Options,
): string {
  return joinTrimmed(
    values.map((value) => {
      if (value === null || value === undefined) return '';
      if (typeof value === 'number') return numeral(value);
      if (typeof value === 'string') return escapeHl7(value, delimiters, options);
      return joinTrimmed(
        value.map((one) => escapeHl7(one, delimiters, options)),
        delimiters.subcomponent,
      );
    }),
    delimiters.component,
  );
}

function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`Not a number to send: ${value}`);
  return String(value);
}

function joinTrimmed(parts: string[], by: string): string {
  while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  return parts.join(by);
}
