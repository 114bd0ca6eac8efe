import type { SyncState } from '../../../shared/documents/common.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import { displayAge } from '../../../shared/domain/age.ts';
import { displayName } from '../../../shared/domain/names.ts';
import type { PatientRow } from '../../../shared/ipc/accession.ts';
import type { Bench } from '../bench.ts';

/** Names as they are shown, by the document they are in: lists make many rows of one patient. */
const names = new WeakMap<PatientDoc, string>();

/** The patient's name as the laboratory writes it, in its own script. */
export function nameOf(patient: PatientDoc): string {
  let name = names.get(patient);
  if (name === undefined) {
    name = displayName(patient).name;
    names.set(patient, name);
  }
  return name;
}

/** Age as shown (`61 y`, `2 d`) at an instant; empty when the birth date is unknown. */
export function ageOn(patient: PatientDoc, at: string): string {
  return displayAge(patient.birthDate, at);
}

/** Sex as one letter for a row; empty when unknown. */
export function sexLetter(sex: PatientDoc['sex']): string {
  return { male: 'M', female: 'F', other: 'X', unknown: '' }[sex];
}

export function patientRow(patient: PatientDoc, at: string): PatientRow {
  return {
    id: patient.id,
    identifier: patient.identifier,
    familyName: patient.familyName,
    givenName: patient.givenName,
    transliteration: patient.transliteration,
    sex: patient.sex,
    birthDate: patient.birthDate,
    age: ageOn(patient, at),
    ward: patient.ward,
    syncState: patient.syncState,
  };
}

/** Where a record is, as shown: without a central server nothing waits for one, it is simply here. */
export function placeOf(bench: Pick<Bench, 'station'>, doc: { syncState: SyncState }): SyncState {
  return doc.syncState === 'queued' && bench.station.server === undefined ? 'local' : doc.syncState;
}
