/** The patient of a message among those of the station: found by identifier, changed only when name and birth date are the same. */
import { newBase } from '../../../shared/documents/common.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import { nameKeyOf } from '../../../shared/domain/names.ts';
import { otherIn, type SentPatient, updated } from '../../../shared/hospital/patient.ts';
import type { Bench } from '../bench.ts';
import type { Reader, Writer } from '../store/store.ts';
import type { Held } from './hold.ts';

const AT_ID = { segment: 'PID', sequence: 1, field: 3 };

/** Who it is: a known patient, nobody yet (undefined), or a case for a person. */
export type Found = { ok: true; patient: PatientDoc | undefined } | { ok: false; held: Held };

/**
 * Looks for the patient of a message; never by name, and never one that was merged away.
 * @param system of the hospital's numbers, see {@link systemOf}
 */
export async function findPatient(reader: Reader, sent: SentPatient, system: string): Promise<Found> {
  const known = await reader.find('patients', { selector: { identifier: { $eq: sent.identifier } } });
  const [patient, second] = known.filter((one) => one.mergedInto === '');
  const held = (why: string, patientId = '', location = AT_ID): Found => ({
    ok: false,
    held: { reason: 'hospitalPatient', why, location, patientId },
  });
  if (second !== undefined) return held('Several patients have this identifier here.');
  const theirs = patient?.identifierSystem ?? '';
  if (patient !== undefined && system !== '' && theirs !== '' && theirs !== system)
    return held('The identifier is a number of another system here.', patient.id);
  if (patient === undefined) {
    return known[0] === undefined
      ? { ok: true, patient: undefined }
      : held('The patient with this identifier was merged into another one here.', known[0].id);
  }
  const other = otherIn(patient, sent);
  if (other.length === 0) return { ok: true, patient };
  const what = other.join(' and ');
  return held(`The patient with this identifier has another ${what} here.`, patient.id, {
    ...AT_ID,
    field: other.includes('name') ? 5 : 7,
  });
}

/** The system of the hospital's patient numbers; '' when the station file names none. */
export function systemOf(bench: Bench): string {
  return bench.station.hospital?.identifierSystem ?? '';
}

/** Puts a new patient, or what the message adds to a known one, within a unit of work. */
export function putPatient(
  bench: Bench,
  unit: Writer,
  at: string,
  known: PatientDoc | undefined,
  sent: SentPatient,
  ward: string,
): PatientDoc {
  const change = known === undefined ? undefined : updated(known, sent, ward);
  if (known !== undefined && change === undefined) return known;
  const next: PatientDoc =
    known === undefined
      ? {
          ...newBase(bench.newId(), at, 'queued'),
          ...sent,
          identifierSystem: systemOf(bench),
          ward,
          mergedInto: '',
          nameKey: '',
        }
      : { ...known, ...change };
  const patient = { ...next, nameKey: nameKeyOf(next) };
  unit.put('patients', patient);
  return patient;
}
