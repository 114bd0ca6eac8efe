import type { Bundle, Specimen } from 'fhir/r4';
import { newSync } from '../../../shared/documents/common.ts';
import {
  type AnyResource,
  type Local,
  type Replicated,
  resourceTypes,
} from '../../../shared/fhir/mapping.ts';
import type { AnyDoc } from './port.ts';

/** Type and server id of a resource. */
export function keyOf(resource: AnyResource): string {
  return `${resource.resourceType}/${resource.id ?? ''}`;
}

/** The station's part of a record that came from the server. */
export function freshLocal(id: string, serverId: string, now: Date): Local {
  const at = now.toISOString();
  return { id, createdAt: at, updatedAt: at, change: 1, syncState: 'onServer', serverId, sync: newSync(at) };
}

/**
 * True where what belongs to a record besides may still have to go, although nothing of its own is left: the Provenance of a report, the
 * Communication of a call. It stays in the queue, and the next slice of sending looks.
 * @param before the record as it was here @param taken as the server has it
 */
export function hasMore(collection: Replicated, before: AnyDoc, taken: AnyDoc): boolean {
  if (resourceTypes[collection].length === 1) return false;
  const waits = before.syncState !== 'onServer' && before.syncState !== 'local';
  return waits || taken.change !== before.change || before.change !== before.sync.sentChange;
}

/** The resources of a type in a page. */
export function resourcesIn(page: Bundle, type: string): AnyResource[] {
  return (page.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === type && resource.id !== undefined ? [resource as AnyResource] : [],
  );
}

/** References to the orders of a specimen. */
export function requestsOf(resource: AnyResource): string[] {
  return ((resource as Specimen).request ?? []).flatMap((item) => item.reference ?? []);
}

/** True for what reading a resource throws that is not shaped as its type is, or has a time or an address in it that is none. */
export function isMalformed(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof URIError;
}

/** A deleted resource is shown with nothing but its id and meta. */
export function isTombstone(resource: AnyResource): boolean {
  return Object.keys(resource).every((name) => ['resourceType', 'id', 'meta'].includes(name));
}

/** The later of two instants as the server writes them; an empty one is the earliest, and `b` counts as that where it is no instant. */
export function later(a: string, b: string): string {
  const isInstant = !Number.isNaN(Date.parse(b));
  return isInstant && (a === '' || Date.parse(b) > Date.parse(a)) ? b : a;
}
