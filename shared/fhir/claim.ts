import type { Task } from 'fhir/r4';
import { type Claim, type Claimable, claimable, claimKey } from '../domain/claims.ts';
import { codeOf, concept, identifierOf, instantOf, oneOf } from './parts.ts';
import { SYSTEM } from './systems.ts';

/** System of the identifier of a claim: one per thing that can be claimed, whoever holds it. */
export const CLAIM_SYSTEM = 'urn:levey:claim';
/** Code of the Tasks that are claims. */
export const CLAIM_CODE = 'claim';

/** Search that finds the claim of a record, for a conditional create. */
export function claimSearch(key: string): string {
  return `identifier=${encodeURIComponent(`${CLAIM_SYSTEM}|${key}`)}`;
}

/** A claim as FHIR Task: its owner is the station with the person, its focus the record by our identifier. @param held false when it was given back
 * @param told when the server is told, an instant: without it a renewal would be no new version, and the server's stamp would stay */
export function claimToTask(claim: Claim, held: boolean, told: string): Task {
  return {
    resourceType: 'Task',
    meta: { tag: [{ system: SYSTEM.station, code: claim.station }] },
    identifier: [{ system: CLAIM_SYSTEM, value: claimKey(claim.collection, claim.docId) }],
    status: held ? 'in-progress' : 'completed',
    intent: 'order',
    code: concept(SYSTEM.taskKind, CLAIM_CODE),
    focus: { identifier: { system: SYSTEM.id, value: claim.docId } },
    executionPeriod: { start: claim.since },
    lastModified: told,
    owner: { identifier: { system: SYSTEM.station, value: claim.station }, display: claim.name },
    requester: { identifier: { system: SYSTEM.person, value: claim.personId }, display: claim.name },
  };
}

/** The claim in a Task; undefined for any other. */
export function claimFromTask(task: Task): { claim: Claim; held: boolean } | undefined {
  if (codeOf(task.code, SYSTEM.taskKind) !== CLAIM_CODE) return undefined;
  const [collection = '', docId = ''] = identifierOf(task.identifier, CLAIM_SYSTEM).split('/');
  if (!(claimable as readonly string[]).includes(collection) || docId === '') return undefined;
  return {
    claim: {
      collection: oneOf(collection, claimable, 'specimens') as Claimable,
      docId,
      station: task.owner?.identifier?.value ?? '',
      personId: task.requester?.identifier?.value ?? '',
      name: task.owner?.display ?? '',
      since: instantOf(task.executionPeriod?.start),
    },
    held: task.status === 'in-progress',
  };
}
