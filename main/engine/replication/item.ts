import { type AnyResource, identitySearch, type Replicated } from '../../../shared/fhir/mapping.ts';
import { readJson } from '../../../shared/fhir/numbers.ts';
import type { AnyDoc } from './port.ts';
import { faultOf } from './valid.ts';
import { isNamed } from './versions.ts';

/** What a bundle has around each resource, in bytes. */
const AROUND = 300;

/** What there is to know of a resource that is to be sent. */
export interface Sending {
  collection: Replicated;
  /** The document as it was read: its `change` is what is sent. */
  doc: AnyDoc;
  /** As it goes: with its id, for an update. */
  resource: AnyResource;
  /** Server id to update; empty to create. */
  serverId: string;
  /** Version the update is guarded by; empty where it is not known. */
  versionId: string;
  /** False for a second resource of the document: Provenance, ActivityDefinition … */
  main: boolean;
  /** True when the document is at the server as a whole once this and the items beside it are. */
  completes: boolean;
}

/** One resource to be sent, as {@link Sending} tells it, but as text: hundreds on their way as objects would be much to carry along. */
export class Item implements Sending {
  readonly collection: Replicated;
  readonly doc: AnyDoc;
  readonly main: boolean;
  readonly completes: boolean;
  readonly resourceType: string;
  /** The resource as JSON in UTF-8. */
  readonly json: Buffer;
  /** What is not valid FHIR in it; undefined when nothing is. */
  readonly fault: string | undefined;
  readonly serverId: string;
  readonly versionId: string;
  /** Created without a condition: the server refuses conditions, and was asked whether it is there already. */
  plain = false;

  /** @param json the resource as JSON in UTF-8 */
  constructor(sending: Sending, json: Buffer) {
    const { resource, doc } = sending;
    this.collection = sending.collection;
    this.doc = doc;
    this.main = sending.main;
    this.completes = sending.completes;
    this.resourceType = resource.resourceType;
    this.json = json;
    this.fault = faultOf(resource, doc.extra?.[resource.resourceType]);
    this.serverId = sending.serverId;
    this.versionId = sending.versionId;
  }

  /** Length in a bundle, about. */
  get bytes(): number {
    return this.json.length + AROUND;
  }

  /** Read from its JSON anew. */
  get resource(): AnyResource {
    return readJson(this.json.toString('utf8')) as AnyResource;
  }
}

/** The main resource of a document. */
export function sendingOf(
  collection: Replicated,
  doc: AnyDoc,
  resource: AnyResource,
  completes: boolean,
): Sending {
  const { serverId, sync } = doc;
  const { versionId } = sync;
  const sent = withId(resource, serverId);
  return { collection, doc, resource: sent, serverId, versionId, main: true, completes };
}

/** A resource with its id at the server, where it has one. */
export function withId(resource: AnyResource, id: string): AnyResource {
  return id === '' ? resource : { ...resource, id };
}

/** The HTTP request an item is, as a bundle entry has it. */
export function requestOf(of: Item): {
  method: 'POST' | 'PUT';
  url: string;
  ifNoneExist?: string;
  ifMatch?: string;
} {
  const { resourceType } = of;
  if (of.serverId === '') {
    if (of.plain) return { method: 'POST', url: resourceType };
    return { method: 'POST', url: resourceType, ifNoneExist: identitySearch(resourceType, of.doc.id) };
  }
  const guard = isNamed(of.versionId) ? { ifMatch: `W/"${of.versionId}"` } : {};
  return { method: 'PUT', url: `${resourceType}/${of.serverId}`, ...guard };
}
