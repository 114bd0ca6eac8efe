/** The message of an exception as it was journalled, with the place of the record and of the field that the exception is about. */
import type { TaskDoc } from '../../../shared/documents/task.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import type { Profile } from '../../../shared/profiles/profile.ts';
import { toBinary } from '../../../shared/protocols/astm/bytes.ts';
import type { Bench } from '../bench.ts';
import { journalledMessage } from '../instruments/reading.ts';
import { placesOf } from '../instruments/tools/places.ts';
import { profileOf } from './profile-of.ts';

export interface Raw {
  /** latin1, one character per byte */
  raw: string;
  /** the record, and the field at fault within it or its order record; both ends 0 when it is not one field */
  from: number;
  to: number;
  fault: { from: number; to: number };
  /** `R 3`, `OBX 2`; '' when there is none */
  record: string;
  told: string;
}

/** What a reason is about. */
const subjects: Readonly<Record<string, 'test' | 'unit' | 'status' | 'specimen'>> = {
  unknownTest: 'test',
  notOrdered: 'test',
  unitMismatch: 'unit',
  unmappedStatus: 'status',
  cancelledByInstrument: 'status',
  unknownSpecimen: 'specimen',
  qcNotRecognised: 'specimen',
  patientOrControl: 'specimen',
  notReceived: 'specimen',
  specimenRejected: 'specimen',
};

/** Where these stand in R and O records, counted from 1 with the type as the first field (R5, R6). */
const astmFields = { test: 3, unit: 5, status: 9, specimen: 3 } as const;

interface Line {
  text: string;
  from: number;
  to: number;
}

/** The message and its places; empty when the exception has no message, or the journal does not show it. */
export async function rawOf(bench: Bench, task: TaskDoc): Promise<Raw> {
  const none = { from: 0, to: 0 };
  const empty: Raw = { raw: '', ...none, fault: none, record: '', told: 'none' };
  if (bench.hospital.has(task.instrumentId)) {
    const { bytes, told } = bench.hospital.bytesOf(task);
    // An order that waits for a person was taken into the journal, but the hospital was told that it is not placed.
    const answered = told === 'accepted' ? 'error' : told;
    return { ...empty, raw: toBinary(bytes), to: bytes.length, told: answered };
  }
  const { journal } = bench.store;
  const message = task.messageId === '' ? undefined : journal.message(task.messageId);
  if (message === undefined) return empty;
  const profile = await profileOf(bench, task.instrumentId);
  if (profile === undefined) return { ...empty, told: message.told };
  const found = journalledMessage(journal, task.messageId, profile);
  const raw = found === undefined ? '' : toBinary(found.text);
  const whole = { ...empty, raw, to: raw.length, told: message.told };
  const places = (task.payload.result as CanonicalResult | undefined)?.records;
  if (places === undefined) return whole;
  const lineAt = linesOf(raw, profile, task);
  const result = lineAt(places.result);
  if (result === undefined) return whole;
  const subject = subjects[task.reason];
  const order = subject === 'specimen' && places.order !== null ? lineAt(places.order) : undefined;
  const separator = separatorOf(lineAt(places.header ?? 0)?.text ?? '', profile);
  const [type = '', number = ''] = separator === '' ? [] : result.text.split(separator);
  return {
    ...whole,
    from: result.from,
    to: result.to,
    fault: subject === undefined ? none : fieldAt(order ?? result, subject, separator, profile),
    record: `${type} ${number}`.trim(),
  };
}

/** Messages looked through for the one an exception is of. */
const MOST_MESSAGES = 200;

/** Records, segments or lines as the interpreters count them, in the message of several that has the result of the exception. */
function linesOf(raw: string, { protocol }: Profile, task: TaskDoc): (index: number) => Line | undefined {
  const places = placesOf(raw, protocol);
  const index = (task.payload.result as CanonicalResult).records.result;
  const lineOf = (message: number, record: number): Line | undefined => {
    const { from, to } = places(message, record);
    return to === 0 ? undefined : { text: raw.slice(from, to), from, to };
  };
  for (let message = 0; message < MOST_MESSAGES; message += 1) {
    const text = lineOf(message, index)?.text ?? '';
    if (text.includes(task.sentTest) && text.includes(task.sentValue) && text !== '')
      return (record) => lineOf(message, record);
  }
  return (record) => lineOf(0, record);
}

/** R1, M2: the byte after the header's name separates fields; '' where lines have none of their own. */
function separatorOf(header: string, { protocol }: Profile): string {
  if (protocol === 'astm') return header.charAt(1) || '|';
  return protocol === 'hl7' ? header.charAt(3) || '|' : '';
}

function fieldAt(
  line: Line,
  subject: keyof typeof astmFields,
  separator: string,
  profile: Profile,
): { from: number; to: number } {
  const field = fieldNumber(line, subject, profile);
  const none = { from: 0, to: 0 };
  if (field === null || separator === '') return none;
  const cut = line.text.split(separator);
  const text = cut[field - 1] ?? '';
  if (text === '') return none;
  const from = line.from + cut.slice(0, field - 1).reduce((n, part) => n + part.length + 1, 0);
  return { from, to: from + text.length };
}

/** Number of a field in its line, the name counted as the first; null when it stands elsewhere. */
function fieldNumber(line: Line, subject: keyof typeof astmFields, profile: Profile): number | null {
  if (profile.protocol === 'astm') return astmFields[subject];
  if (profile.protocol !== 'hl7') return null;
  const { test, unit, status, specimen } = profile.dialect;
  const places = { test, unit: [unit], status: [status], specimen }[subject];
  for (const place of places) {
    const [, segment, number] = /^([A-Z][A-Z0-9]{2})-(\d+)/.exec(place) ?? [];
    if (segment !== undefined && line.text.startsWith(segment)) return Number(number) + 1;
  }
  return null;
}
