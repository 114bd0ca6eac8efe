/** Whether a message names another patient than the one its specimen is from. */
import type { PatientDoc } from '../documents/patient.ts';
import { fold } from './names.ts';

/** Who a message says a specimen is from, as sent. */
export interface NamedPatient {
  ids: readonly string[];
  family: string;
  given: string;
}

type Known = Pick<PatientDoc, 'identifier' | 'familyName' | 'givenName' | 'transliteration'>;

/** Words devices print where they know no name. */
const NO_NAME = new Set([
  'unknown',
  'anonymous',
  'anon',
  'noname',
  'no',
  'name',
  'patient',
  'none',
  'na',
  'n',
  'a',
  'null',
]);

/** Shortest beginning by which a name that a device cut off is recognised. */
const CUT_NAME = 4;

/**
 * True only when everything says so: an identifier was sent, none of those sent is one we know, a name was sent, and no part of either family name
 * stands in the other name. A device that sends the specimen's number as patient, leaves the name out or prints "unknown", cuts it off, swaps
 * family and given name, or writes it without accents names nobody else.
 * @param numbers what else a device may send in place of an identifier: the numbers of specimen and requisition
 */
export function namesAnotherPatient(
  sent: NamedPatient | undefined,
  patient: Known,
  numbers: readonly string[],
): boolean {
  if (sent === undefined) return false;
  const known = new Set([patient.identifier, ...numbers].map(plain).filter((id) => id !== ''));
  const ids = sent.ids.map(plain).filter((id) => id !== '');
  if (ids.length === 0 || ids.some((id) => known.has(id))) return false;
  const sentNames = words(`${sent.family} ${sent.given}`);
  const ours = words(`${patient.familyName} ${patient.givenName} ${patient.transliteration}`);
  if (sentNames.every((word) => NO_NAME.has(word)) || ours.length === 0) return false;
  const families = [...words(patient.familyName), ...words(patient.transliteration.split(',')[0] ?? '')];
  const sentFamily = words(sent.family);
  const shared = (left: readonly string[], right: readonly string[]) =>
    left.some((one) => right.some((other) => sameWord(one, other)));
  return !shared(sentFamily.length === 0 ? sentNames : sentFamily, ours) && !shared(families, sentNames);
}

/** An identifier without blanks, signs and leading zeros, in capitals. */
function plain(id: string): string {
  return id
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^0+(?=.)/, '');
}

function words(name: string): string[] {
  return fold(name)
    .split(' ')
    .filter((word) => word !== '');
}

function sameWord(left: string, right: string): boolean {
  if (left === right) return true;
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  return short.length >= CUT_NAME && long.startsWith(short);
}
