import type { DocOf } from '../../../shared/documents/index.ts';
import { isObject, type Json, objectsIn } from '../../../shared/fhir/json.ts';
import type { AnyResource, Replicated } from '../../../shared/fhir/mapping.ts';
import { ownDocId } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { carries } from './answer-order.ts';
import type { AnyDoc } from './port.ts';

/** True for a resource that carries the identifier of another record of a station. */
export function isOfAnother(resource: AnyResource, docId: string): boolean {
  const own = ownDocId(resource as Parameters<typeof ownDocId>[0]);
  const isTagged = objectsIn(resource.meta?.tag).some(({ system, code }) => system === SYSTEM.id && code);
  return (own !== '' || isTagged) && !carries(resource, docId);
}

/**
 * Whether what a server has under the id of a record is that record. Ids say nothing when there is another server at the address: many servers
 * count theirs from 1, and a result would go to the patient of another hospital. What a station sent carries its identifier; what came from
 * elsewhere is known by what people know it by: record number, or name and birth date; requisition; number of the tube; test.
 * @param resource whole, or at least with what identifies it
 */
export function isSameRecord(collection: Replicated, doc: AnyDoc, resource: AnyResource): boolean {
  if (carries(resource, doc.id)) return true;
  if (isOfAnother(resource, doc.id)) return false;
  const there = resource as unknown as Json;
  const identifiers = objectsIn([there.identifier, there.requisition, there.accessionIdentifier].flat());
  const isNumbered = (number: string) => identifiers.some(({ value }) => value === number);
  const codes = objectsIn(isObject(there.code) ? there.code.coding : []).map(({ code }) => code);
  switch (collection) {
    case 'patients': {
      const { identifier, familyName, birthDate } = doc as unknown as DocOf<'patients'>;
      const isNamed = objectsIn(there.name).some(({ family }) => family === familyName);
      return isNumbered(identifier) || (isNamed && (there.birthDate ?? '') === birthDate);
    }
    case 'orders': {
      const { requisition } = doc as unknown as DocOf<'orders'>;
      return isNumbered(requisition) || identifiers.length === 0;
    }
    case 'specimens':
      return isNumbered((doc as unknown as DocOf<'specimens'>).accessionIdentifier);
    case 'results': {
      const { loinc, testCode } = doc as unknown as DocOf<'results'>;
      return codes.includes(loinc) || codes.includes(testCode);
    }
    default:
      return true;
  }
}
