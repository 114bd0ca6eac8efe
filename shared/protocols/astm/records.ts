/**
 * Records of LIS02-A2 (ASTM E1394), read from the bytes of one message. Nothing is dropped: every record keeps its bytes, unknown
 * types included (R7), and what is odd is reported beside the records, never repaired in silence. Rules R1, R2, R7, R10, R11.
 */
import { fromBinary, toBinary } from './bytes.ts';
import { type Charset, type CharsetName, charset } from './charset.ts';
import { type Delimiters, readDelimiters, unescapeText } from './escape.ts';

/** What stands between two field delimiters. */
export interface AstmField {
  /** decoded, escapes not resolved: what a person sees on the wire */
  raw: string;
  /** R11: `empty` = not given, `delete` = `""`, else `value` */
  given: 'empty' | 'delete' | 'value';
  /** repeats of components, escapes resolved */
  repeats: string[][];
}

export type RecordKind =
  | 'header'
  | 'patient'
  | 'order'
  | 'result'
  | 'comment'
  | 'query'
  | 'terminator'
  | 'manufacturer'
  | 'scientific'
  | 'other';

export interface AstmRecord {
  /** position in the message, 0-based */
  index: number;
  kind: RecordKind;
  /** the type letter as sent */
  type: string;
  /** R2: H 0, P Q 1, O 2, R 3; C, M, S and unknown one below what they follow */
  level: number;
  /** field 2, when it is a number */
  sequence: number | null;
  /** index of the record this one belongs to; null for H and for records whose parent is missing */
  parent: number | null;
  /** the record's bytes without its CR */
  bytes: Uint8Array;
  /** fields[0] is the type; LIS02 counts from 1: use {@link field} */
  fields: AstmField[];
}

export interface RecordProblem {
  rule: 'R1' | 'R2' | 'R7' | 'R10' | 'R11';
  /** index of the record, null for the message */
  record: number | null;
  text: string;
}

export interface AstmMessage {
  /** null when the message has no readable header: then no record could be taken apart */
  delimiters: Delimiters | null;
  records: AstmRecord[];
  /** R11: false without L record */
  complete: boolean;
  problems: RecordProblem[];
}

const KINDS: Record<string, RecordKind> = {
  H: 'header',
  P: 'patient',
  O: 'order',
  R: 'result',
  C: 'comment',
  Q: 'query',
  L: 'terminator',
  M: 'manufacturer',
  S: 'scientific',
};

const LEVELS: Partial<Record<RecordKind, number>> = {
  header: 0,
  patient: 1,
  order: 2,
  result: 3,
  query: 1,
  terminator: 0,
};

/** `charset` is a built-in name or the engine's own. Default latin1, which loses nothing. */
export interface DecodeOptions {
  charset?: CharsetName | Charset;
}

/**
 * Decodes a received text into its messages: one per H record, usually exactly one. Text in front of the first H comes as a
 * message without delimiters whose records are kept raw.
 * @param text the joined frame texts, records ended by CR (a stray LF behind it is tolerated)
 */
export function decodeMessages(text: Uint8Array, options: DecodeOptions = {}): AstmMessage[] {
  const set = resolve(options.charset);
  const records = toBinary(text)
    .split('\r')
    .map((record) => record.replace(/^\n+/, ''))
    .filter((record) => record !== '');
  const groups: string[][] = [];
  for (const record of records) {
    if (record.startsWith('H') || groups.length === 0) groups.push([]);
    groups.at(-1)?.push(record);
  }
  return groups.map((group) => decodeGroup(group, set));
}

/** {@link decodeMessages} for a text known to hold one message; more or none is an error of the caller and throws `RangeError`. */
export function decodeMessage(text: Uint8Array, options: DecodeOptions = {}): AstmMessage {
  const messages = decodeMessages(text, options);
  const [only] = messages;
  if (only === undefined || messages.length !== 1) {
    throw new RangeError(`Expected one message, found ${messages.length}`);
  }
  return only;
}

function resolve(set: CharsetName | Charset | undefined): Charset {
  return typeof set === 'object' ? set : charset(set ?? 'latin1');
}

function decodeGroup(group: string[], set: Charset): AstmMessage {
  const problems: RecordProblem[] = [];
  const delimiters = readDelimiters(group[0] ?? '');
  if (delimiters === null) {
    problems.push({ rule: 'R1', record: 0, text: 'No readable header record: the delimiters are unknown.' });
  }
  const records = group.map((binary, index) => readRecord(binary, index, delimiters, set));
  linkParents(records, problems);
  const complete = records.at(-1)?.kind === 'terminator';
  if (!complete)
    problems.push({ rule: 'R11', record: null, text: 'No L record: the message is incomplete.' });
  return { delimiters, records, complete, problems };
}

function readRecord(binary: string, index: number, delimiters: Delimiters | null, set: Charset): AstmRecord {
  const fields =
    delimiters === null
      ? [readField(binary, { field: '\0', repeat: '\0', component: '\0', escape: '\0' }, set)]
      : splitFields(binary, index, delimiters, set);
  // Blanks and control characters in front of a record do not make it another one.
  const type = delimiters === null ? binary.charAt(0) : (fields[0]?.raw ?? '').replace(/[\0-\x20]/g, '');
  const sequence = fields[1]?.raw ?? '';
  return {
    index,
    kind: delimiters === null ? 'other' : (KINDS[type.toUpperCase()] ?? 'other'),
    type,
    level: 0,
    sequence: /^\d{1,9}$/.test(sequence) ? Number(sequence) : null,
    parent: null,
    bytes: fromBinary(binary),
    fields,
  };
}

function splitFields(binary: string, index: number, delimiters: Delimiters, set: Charset): AstmField[] {
  const parts = binary.split(delimiters.field);
  return parts.map((part, at) => {
    // H-2 holds the delimiters themselves and is never taken apart.
    if (index === 0 && at === 1) return { raw: part, given: 'value', repeats: [[part]] };
    return readField(part, delimiters, set);
  });
}

function readField(part: string, delimiters: Delimiters, set: Charset): AstmField {
  const raw = set.decode(part);
  if (part === '') return { raw, given: 'empty', repeats: [] };
  if (part === '""') return { raw, given: 'delete', repeats: [] };
  const repeats = part
    .split(delimiters.repeat)
    .map((repeat) =>
      repeat.split(delimiters.component).map((component) => set.decode(unescapeText(component, delimiters))),
    );
  return { raw, given: 'value', repeats };
}

/** R2: gives each record its level and parent, and reports orphans and broken numbering. */
function linkParents(records: AstmRecord[], problems: RecordProblem[]): void {
  const latest: (AstmRecord | null)[] = [null, null, null, null];
  let followed: AstmRecord | null = null;
  const counts = new Map<string, number>();
  for (const record of records) {
    const level = LEVELS[record.kind];
    if (level === undefined) {
      record.parent = followed?.index ?? null;
      record.level = followed === null ? 0 : followed.level + 1;
      continue;
    }
    record.level = level;
    if (record.kind !== 'header') {
      const parent: AstmRecord | null = latest[Math.max(0, level - 1)] ?? null;
      record.parent = parent?.index ?? null;
      if (parent === null) {
        problems.push({
          rule: 'R2',
          record: record.index,
          text: `${record.type} record without its parent.`,
        });
      }
    }
    latest[level] =
      record.kind === 'terminator' ? (latest[0] ?? null) : record.kind === 'query' ? null : record;
    latest.fill(null, level + 1);
    followed = record;
    if (record.parent === null) continue;
    const key = `${record.parent}:${record.type}`;
    const expected = (counts.get(key) ?? 0) + 1;
    counts.set(key, record.sequence ?? expected);
    if (record.sequence !== null && record.sequence !== expected) {
      problems.push({
        rule: 'R2',
        record: record.index,
        text: `${record.type} record number ${record.sequence} where ${expected} was expected.`,
      });
    }
  }
}

/** Field `number` of a record as LIS02 counts (1 is the type); an absent field reads as empty. */
export function field(record: AstmRecord, number: number): AstmField {
  return record.fields[number - 1] ?? { raw: '', given: 'empty', repeats: [] };
}

/** Component `component` (from 1) of repeat `repeat` (from 1) of a field, escapes resolved; absent reads as empty text. */
export function component(record: AstmRecord, number: number, component = 1, repeat = 1): string {
  return field(record, number).repeats[repeat - 1]?.[component - 1] ?? '';
}

/** A whole field as one text: components and repeats joined with the message's own delimiters, escapes resolved. */
export function fieldText(record: AstmRecord, number: number, delimiters: Delimiters): string {
  return field(record, number)
    .repeats.map((repeat) => repeat.join(delimiters.component))
    .join(delimiters.repeat);
}

/** A time as the instrument printed it (R10): its own local time, without zone. */
export interface LocalTime {
  text: string;
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`; null when the text is not such a time */
  local: string | null;
}

/** Reads `YYYYMMDD[HHMM[SS]]` (R10). Dates that do not exist give `local: null`; the text stays. */
export function parseTime(text: string): LocalTime {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/.exec(text.trim());
  if (match === null) return { text, local: null };
  const [, year = '', month = '', day = '', hour, minute = '00', second = '00'] = match;
  const days = daysInMonth(Number(year), Number(month));
  if (year === '0000' || Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days)
    return { text, local: null };
  if (hour === undefined) return { text, local: `${year}-${month}-${day}` };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return { text, local: null };
  return { text, local: `${year}-${month}-${day}T${hour}:${minute}:${second}` };
}

function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return leap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
