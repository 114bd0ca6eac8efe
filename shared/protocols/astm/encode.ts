/** Writing LIS02-A2 messages (R1, R8-R11): from plain values to bytes, every value escaped. */
import { fromBinary } from './bytes.ts';
import { type Charset, type CharsetName, charset } from './charset.ts';
import { type Delimiters, escapeText, USUAL_DELIMITERS } from './escape.ts';

/** A field to send: text, components, or repeats of components. `null` and '' = not given, `{ delete: true }` = `""` (R11). */
export type OutField =
  | string
  | number
  | null
  | undefined
  | string[]
  | { repeats: string[][] }
  | { delete: true };

/** A record to send; the first field is its type letter. */
export type OutRecord = readonly OutField[];

export interface EncodeOptions {
  delimiters?: Delimiters;
  charset?: CharsetName | Charset;
}

export interface Encoded {
  bytes: Uint8Array;
  /** characters the character set does not have; sent as `?` */
  lost: string[];
}

/**
 * Encodes records, each ended by CR. For the header give `['H', null, ...]`: its second field becomes the delimiters.
 * Trailing empty fields are left out.
 */
export function encodeMessage(records: readonly OutRecord[], options: EncodeOptions = {}): Encoded {
  const delimiters = options.delimiters ?? USUAL_DELIMITERS;
  const set = typeof options.charset === 'object' ? options.charset : charset(options.charset ?? 'latin1');
  const lost: string[] = [];
  const write = (text: string) =>
    escapeText(
      set.encode(text, (character) => lost.push(character)),
      delimiters,
    );
  const lines = records.map((record) => {
    const fields = record.map((value) => encodeField(value, delimiters, write));
    if (record[0] === 'H') fields[1] = delimiters.repeat + delimiters.component + delimiters.escape;
    while (fields.length > 1 && fields.at(-1) === '') fields.pop();
    return `${fields.join(delimiters.field)}\r`;
  });
  return { bytes: fromBinary(lines.join('')), lost };
}

function encodeField(value: OutField, delimiters: Delimiters, write: (text: string) => string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return write(value);
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return components(value, delimiters, write);
  if ('delete' in value) return '""';
  return value.repeats.map((repeat) => components(repeat, delimiters, write)).join(delimiters.repeat);
}

function components(
  values: readonly string[],
  delimiters: Delimiters,
  write: (text: string) => string,
): string {
  const all = values.map(write);
  while (all.length > 1 && all.at(-1) === '') all.pop();
  return all.join(delimiters.component);
}

/** One specimen's work for an instrument. Times as `YYYYMMDD[HHMMSS]`, codes as the instrument knows them. */
export interface AstmOrder {
  specimenId: string;
  codes: readonly string[];
  /** S, A, R, … as R5 field 6 */
  priority?: string;
  orderedAt?: string;
  collectedAt?: string;
  specimenType?: string;
  /** A add, C cancel, N new, Q treat as control; default N */
  action?: string;
  /** Q-3 of the query this answers, its components */
  echo?: readonly string[];
  patient?: { id?: string; familyName?: string; givenName?: string; birthDate?: string; sex?: string };
}

/** Who answers, and in which dialect. */
export interface AnswerOptions extends EncodeOptions {
  /** H-5 */
  sender: string;
  /** H-10 */
  receiver?: string;
  /** H-14, `YYYYMMDDHHMMSS` in the instrument's local time */
  time: string;
  /** all tests of a specimen as repeats of one O record, or one O record each; default `repeat` */
  testsPerOrder?: 'repeat' | 'each';
  /** O-26; default Q in the answer to a query (R9), O in a download */
  reportType?: string;
  /** where the code stands in O-5, from 1; default 4 */
  codeComponent?: number;
  /** what a device wants beyond LIS02-A2 in the answer to its query; see `dialect.answer` of a profile */
  answer?: AnswerForm;
}

/** How an answer looks for one kind of device (R9). */
export interface AnswerForm {
  /** H-11 */
  headerComment: readonly string[];
  /** where {@link AstmOrder.echo} goes: `O-3` whole, `O-4` what stands behind the specimen */
  echo: 'none' | 'O-3' | 'O-4';
  /** O-12, unless the order says */
  action: string;
  /** O-16, instead of the order's specimen type */
  descriptor?: string | undefined;
  /** O-26 */
  reportType: string;
  /** L-3 with work */
  terminator: string;
  /** `terminator`: a specimen without work is left out; else it comes as an order without tests, with this O-26 */
  nothing: string;
}

/**
 * Orders for an instrument (R9): H, per specimen P and O with field 26 = Q, L|1|F. With no specimen that has work the answer
 * is H, L|1|I: "no information available".
 */
export function encodeAnswer(orders: readonly AstmOrder[], options: AnswerOptions): Encoded {
  const { answer } = options;
  const whole = answer !== undefined && answer.nothing !== 'terminator';
  const work = orders.filter((order) => whole || order.codes.length > 0);
  const records: OutRecord[] = [header(options)];
  for (const [index, order] of work.entries()) {
    const patient = order.patient;
    const name = [patient?.familyName ?? '', patient?.givenName ?? ''];
    records.push(['P', index + 1, null, patient?.id, null, name, null, patient?.birthDate, patient?.sex]);
    for (const [at, codes] of groupCodes(order.codes, options.testsPerOrder ?? 'repeat').entries()) {
      records.push(orderRecord(at + 1, order, codes, options));
    }
  }
  records.push(['L', 1, work.length > 0 ? (answer?.terminator ?? 'F') : 'I']);
  return encodeMessage(records, options);
}

function groupCodes(codes: readonly string[], how: 'repeat' | 'each'): string[][] {
  return how === 'each' && codes.length > 0 ? codes.map((code) => [code]) : [[...codes]];
}

function orderRecord(sequence: number, order: AstmOrder, codes: string[], options: AnswerOptions): OutRecord {
  const blanks = Array.from({ length: (options.codeComponent ?? 4) - 1 }, () => '');
  const { answer } = options;
  const echo = order.echo ?? [];
  const named = echo.findIndex((one) => one.trim() === order.specimenId);
  const behind = answer?.echo === 'O-4' && named >= 0 ? echo.slice(named + 1) : null;
  const fields: OutField[] = ['O', sequence, order.specimenId, behind];
  if (answer?.echo === 'O-3' && named >= 0) fields[2] = [...echo];
  fields[4] = { repeats: codes.map((code) => [...blanks, code]) };
  fields[5] = order.priority ?? 'R';
  fields[6] = order.orderedAt;
  fields[7] = order.collectedAt;
  fields[11] = order.action ?? answer?.action ?? 'N';
  fields[15] = answer?.descriptor ?? order.specimenType;
  const nothing = answer !== undefined && codes.length === 0 ? answer.nothing : null;
  fields[25] = nothing ?? options.reportType ?? answer?.reportType ?? 'Q';
  return Array.from(fields, (value) => value ?? null);
}

function header(options: AnswerOptions): OutRecord {
  const fields: OutField[] = [
    'H',
    null,
    null,
    null,
    options.sender,
    null,
    null,
    null,
    null,
    options.receiver,
    [...(options.answer?.headerComment ?? [])],
  ];
  fields[11] = 'P';
  fields[12] = '1';
  fields[13] = options.time;
  return Array.from(fields, (value) => value ?? null);
}
