/** The patient of a message (PID) and whether it is one that is known. Pure. */
import type { PatientDoc } from '../documents/patient.ts';
import { fold } from '../domain/names.ts';
import type { Hl7Segment } from '../protocols/hl7/segment.ts';
import { parseHl7Time } from '../protocols/hl7/times.ts';
import { sexOf } from './tables.ts';

/** What PID says. Empty: not given. */
export interface SentPatient {
  identifier: string;
  familyName: string;
  givenName: string;
  /** from a repeat of PID-5 in Latin letters (PID-5.8 A) beside one that is not */
  transliteration: string;
  /** `YYYY[-MM[-DD]]` */
  birthDate: string;
  sex: PatientDoc['sex'];
}

export interface IdentifierRules {
  identifierType: string;
  identifierAuthority: string;
}

/** Longest identifier that is kept. */
const ID_LENGTH = 32;

/**
 * Reads PID: the identifier is the repeat of PID-3 with the wanted type, or the only one when it has no type. Several different ones are not
 * decided here (a merge is not guessed).
 * @returns the patient, or why it cannot be taken; without patient data in the words
 */
export function patientOf(
  pid: Hl7Segment,
  rules: IdentifierRules,
): { ok: true; patient: SentPatient } | { ok: false; why: string } {
  const ids = identifiersOf(pid, rules);
  const [identifier = ''] = ids;
  if (ids.length > 1)
    return { ok: false, why: `PID-3 has several different numbers of the type ${rules.identifierType}.` };
  if (identifier === '')
    return { ok: false, why: `PID-3 has no number of the type ${rules.identifierType}.` };
  if (identifier.length > ID_LENGTH)
    return { ok: false, why: `The number in PID-3 has more than ${ID_LENGTH} characters.` };
  const names = Array.from({ length: pid.repeats(5) }, (_, n) => nameOf(pid, n + 1));
  const [name] = names.filter((one) => one.kind !== 'A').concat(names);
  if (name === undefined || name.family + name.given === '') return { ok: false, why: 'PID-5 has no name.' };
  const latin = names.find((one) => one.kind === 'A' && one !== name);
  const birth = dateOf(pid.value(7, 1));
  if (birth === null) return { ok: false, why: 'PID-7 is no date.' };
  return {
    ok: true,
    patient: {
      identifier,
      familyName: name.family,
      givenName: name.given,
      transliteration: latin === undefined ? '' : [latin.family, latin.given].filter(Boolean).join(', '),
      birthDate: birth,
      sex: sexOf(pid.value(8, 1)),
    },
  };
}

function identifiersOf(pid: Hl7Segment, rules: IdentifierRules): string[] {
  const all = Array.from({ length: pid.repeats(3) }, (_, n) => ({
    id: pid.value(3, 1, undefined, n + 1).trim(),
    authority: pid.value(3, 4, 1, n + 1).trim(),
    type: pid.value(3, 5, undefined, n + 1).trim(),
  })).filter((one) => one.id !== '');
  const { identifierType, identifierAuthority } = rules;
  const ours = all.filter(
    (one) =>
      one.type === identifierType &&
      (identifierAuthority === '' || one.authority === '' || one.authority === identifierAuthority),
  );
  const [only] = all;
  const taken = ours.length === 0 && all.length === 1 && only?.type === '' ? all : ours;
  return [...new Set(taken.map((one) => one.id))];
}

function nameOf(pid: Hl7Segment, repeat: number): { family: string; given: string; kind: string } {
  const part = (n: number, sub?: number) => pid.value(5, n, sub, repeat).trim();
  return {
    family: part(1, 1),
    given: [part(2), part(3)].filter(Boolean).join(' '),
    kind: part(8).toUpperCase(),
  };
}

/** A birth date as kept, '' when not given, null when it is none. */
function dateOf(text: string): string | null {
  if (text.trim() === '') return '';
  const { local } = parseHl7Time(text);
  return local === null ? null : local.slice(0, 10);
}

type Known = Pick<PatientDoc, 'familyName' | 'givenName' | 'transliteration' | 'birthDate' | 'sex' | 'ward'>;

/**
 * What of a known patient with the same identifier is another in the message: `name`, `birth date`; empty when it is the same person. Case,
 * accents and signs do not count; a birth date that is not given, or only less exact, is no other.
 */
export function otherIn(known: Known, sent: SentPatient): string[] {
  const name = (family: string, given: string) => fold(`${family} ${given}`);
  const theirs = name(sent.familyName, sent.givenName);
  const split =
    fold(known.familyName) === fold(sent.familyName) && fold(known.givenName) === fold(sent.givenName);
  const latin = known.transliteration !== '' && fold(known.transliteration) === theirs;
  const dates = known.birthDate.startsWith(sent.birthDate) || sent.birthDate.startsWith(known.birthDate);
  return [...(split || latin ? [] : ['name']), ...(dates ? [] : ['birth date'])];
}

/** A known patient with what the message adds: sex, ward, a more exact birth date, a transliteration. Undefined: nothing changes. */
export function updated(known: Known, sent: SentPatient, ward: string): Partial<PatientDoc> | undefined {
  const next = {
    sex: sent.sex === 'unknown' ? known.sex : sent.sex,
    ward: ward || known.ward,
    birthDate: sent.birthDate.length > known.birthDate.length ? sent.birthDate : known.birthDate,
    transliteration: known.transliteration || sent.transliteration,
  };
  const changed = (Object.keys(next) as (keyof typeof next)[]).some((key) => next[key] !== known[key]);
  return changed ? next : undefined;
}
