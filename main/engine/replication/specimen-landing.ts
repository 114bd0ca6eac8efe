import type { Specimen } from 'fhir/r4';
import type { ResultDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { isObject } from '../../../shared/fhir/json.ts';
import { isAbsent } from '../../../shared/fhir/parts.ts';
import { isForeignSpecimen } from '../../../shared/fhir/specimen.ts';
import { heldBySpecimen, isOnePerson } from '../results/specimen-state.ts';
import { type Dispute, raise } from './conflicts.ts';
import type { ReplicationUnit } from './port.ts';

/**
 * What follows here when the server's side of a specimen was taken over: results not yet released of a rejected one are held, the report of
 * its requisition and the count of its tubes are brought up to date, and where something contradicts a person is asked: results
 * of a rejected one are released, its number is on another specimen too, or an order it is for belongs to another patient.
 * @param before the document as it was here; undefined for a new one @param after as it was put in this unit
 */
export async function landSpecimen(
  unit: ReplicationUnit,
  before: SpecimenDoc | undefined,
  after: SpecimenDoc,
  at: string,
  newId: () => string,
): Promise<string> {
  let results: ResultDoc[] = [];
  if (before !== undefined && before.status !== 'rejected' && after.status === 'rejected') {
    results = await unit.resultsOf(before.accessionIdentifier);
    for (const held of heldBySpecimen(results, after.conditionCode, after.conditionText)) {
      unit.putChanged('results', held);
    }
  }
  await numberTubes(unit, after.requisition);
  const now = (await unit.byId('specimens', after.id)) ?? after;
  const dispute = await contradiction(unit, before, now, results);
  if (dispute !== undefined) await raise(unit, 'specimens', now, dispute, at, newId);
  for (const requisition of new Set([before?.requisition ?? '', after.requisition])) {
    if (requisition !== '') await unit.refreshReport(requisition);
  }
  return dispute?.why ?? '';
}

async function contradiction(
  unit: ReplicationUnit,
  before: SpecimenDoc | undefined,
  after: SpecimenDoc,
  held: readonly ResultDoc[],
): Promise<Dispute | undefined> {
  const dispute = (reason: Dispute['reason'], why: string): Dispute => ({
    reason,
    why,
    there: after,
    versionId: after.sync.versionId,
    alike: true,
  });
  if (held.some((result) => result.current && result.verdict === 'released')) {
    return dispute('rejectedAfterRelease', 'Rejected at the server; results of it are released here');
  }
  if (before?.accessionIdentifier !== after.accessionIdentifier && after.accessionIdentifier !== '') {
    const all = await unit.specimensByNumber(after.accessionIdentifier);
    if (all.some((other) => other.id !== after.id)) {
      return dispute('numberTwice', `The number ${after.accessionIdentifier} is on two specimens`);
    }
  }
  const known = before !== undefined && before.patientId === after.patientId ? before.orderIds : [];
  const patient = (id: string) => unit.byId('patients', id);
  for (const id of after.orderIds) {
    if (known.includes(id) || isAbsent(id)) continue;
    const order = await unit.byId('orders', id);
    if (order === undefined || order.patientId === after.patientId) continue;
    if (!(await isOnePerson(patient, after.patientId, order.patientId))) {
      return dispute('otherPatient', 'It is for an order of another patient');
    }
  }
  return undefined;
}

/** Counts the tubes of a requisition; those another system made come after ours, in the order of their numbers. */
async function numberTubes(unit: ReplicationUnit, requisition: string): Promise<void> {
  if (requisition === '') return;
  const all = await unit.specimensOf(requisition);
  const foreign = all.filter(isForeign);
  foreign.sort((a, b) => (a.accessionIdentifier < b.accessionIdentifier ? -1 : 1));
  foreign.forEach((specimen, index) => {
    const tubeIndex = all.length - foreign.length + index + 1;
    if (specimen.tubeIndex === tubeIndex && specimen.tubeCount === all.length) return;
    unit.put('specimens', { ...specimen, tubeIndex, tubeCount: all.length });
  });
}

function isForeign(doc: SpecimenDoc): boolean {
  const original = doc.extra?.Specimen;
  return isObject(original) && isForeignSpecimen(original as unknown as Specimen);
}
