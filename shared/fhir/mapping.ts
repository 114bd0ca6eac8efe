import type { Sync, SyncState } from '../documents/common.ts';
import type { CollectionName } from '../documents/index.ts';
import { isObject, type Json, sameJson, tidy } from './json.ts';
import { applyChanges } from './merge.ts';
import { NUMBERS, numbersIn, withNumbers } from './numbers.ts';
import { SYSTEM } from './systems.ts';

/** What writing a resource needs to know. */
export interface ToContext {
  /** Code of this station, for the tag by which an echo is recognised. */
  station: string;
  /**
   * Reference to another record: `Patient/<server id>` when it is known, else {@link conditionalReference}, or `urn:uuid:…` inside
   * a transaction; empty when the server will never have it. `type` is given where a collection has several resource types.
   */
  reference(collection: CollectionName, docId: string, type?: string): string;
}

/** What reading a resource needs to know. */
export interface FromContext {
  /** Document id behind a relative reference such as `Patient/17`, or `undefined` when no record here has that server id. */
  docId(collection: CollectionName, reference: string): string | undefined;
}

/** The part of a document that is only this station's: never read from a resource. */
export interface Local {
  id: string;
  createdAt: string;
  updatedAt: string;
  change: number;
  syncState: SyncState;
  serverId: string;
  sync: Sync;
}

/** A resource as far as every kind has it. */
export interface AnyResource {
  resourceType: string;
  id?: string;
  meta?: { versionId?: string; lastUpdated?: string; tag?: { system?: string; code?: string }[] };
}

/** Both directions for one kind of document. */
export interface Mapping<D, R> {
  /** The resource of a document; what the server had besides is in it unchanged. Without `id`: the caller sets it for an update. */
  to(doc: D, context: ToContext): R;
  /** The document of a resource. Elements not modelled are kept in `extra`. */
  from(resource: R, context: FromContext, local: Local): D;
}

/**
 * Makes a lossless mapping of two plain ones.
 * @param build the resource as we would write it from nothing
 * @param parse the document as far as it is in the resource
 */
export function lossless<D extends Local & { extra?: Json | undefined }, R extends AnyResource>(
  build: (doc: D, context: ToContext) => R,
  parse: (resource: R, context: FromContext, local: Local) => D,
): Mapping<D, R> {
  const rebuild = (original: R, local: Local, context: ToContext, extra: Json = {}): R => {
    const absent = absentIn(extra);
    const docId = (_: CollectionName, reference: string) =>
      absent.includes(reference) ? undefined : reference;
    const doc = { ...parse(original, { docId }, local), ...filledIn(extra) };
    return tidy(build(doc, literal(context)));
  };
  return {
    to(doc, context) {
      const now = tidy(build(doc, context));
      const original = doc.extra?.[now.resourceType];
      if (!isObject(original)) return now;
      const written = withNumbers(original, numbersOf(doc.extra, now.resourceType));
      const before = rebuild(written as unknown as R, localOf(doc), context, doc.extra);
      return applyChanges(written, before as unknown as Json, now as unknown as Json) as unknown as R;
    },
    from(resource, context, local) {
      const absent = new Set<string>();
      const docId: FromContext['docId'] = (collection, reference) => {
        const id = context.docId(collection, reference);
        if (id === undefined) absent.add(reference);
        return id;
      };
      const doc = parse(resource, { docId }, local);
      const extra = keptOf(resource);
      const station = stationOf(resource) ?? '';
      const again = rebuild(resource, local, { station, reference: conditionalReference });
      if (absent.size === 0) {
        const same = extra[NUMBERS] === undefined && sameJson(extra[resource.resourceType], again);
        return same ? doc : { ...doc, extra };
      }
      return { ...doc, extra: { ...extra, [ABSENT]: [...absent] } };
    },
  };
}

/**
 * A document read from a resource and then completed with what follows from other records (the tests of an order, the requisition of a
 * specimen). What was filled in is remembered, so that it is not written into the resource as if somebody had changed it there.
 * @param acts fields that tell what was done here on reading it, such as the receipt of a specimen: these are written
 */
export function withFilled<D extends Local & { extra?: Json | undefined }>(
  read: D,
  completed: D,
  resource: AnyResource,
  acts: readonly (keyof D)[] = [],
): D {
  const [before, after] = [read, completed] as unknown as [Json, Json];
  const names = Object.keys(after).filter(
    (name) => name !== 'extra' && !acts.includes(name as keyof D) && !sameJson(before[name], after[name]),
  );
  if (names.length === 0) return completed;
  const filled = Object.fromEntries(names.map((name) => [name, after[name]]));
  return { ...completed, extra: { ...keptOf(resource), ...completed.extra, [FILLED]: filled } };
}

/** What `extra` keeps of a resource: all of it but for what only the server sets, and how its numbers are written. */
function keptOf(resource: AnyResource): Json {
  const numbers = numbersIn(resource);
  const original = { [resource.resourceType]: withoutServerPart(resource) };
  return numbers === undefined ? original : { ...original, [NUMBERS]: { [resource.resourceType]: numbers } };
}

/** How the numbers of a resource are written, out of `extra`; undefined when in the usual way. */
export function numbersOf(extra: Json | undefined, resourceType: string): unknown {
  const numbers = extra?.[NUMBERS];
  return isObject(numbers) ? numbers[resourceType] : undefined;
}

/** Key in `extra`: fields that were filled in here when the resource was read. */
const FILLED = 'filled';

function filledIn(extra: Json): Json {
  const filled = extra[FILLED];
  return isObject(filled) ? filled : {};
}

/** Key in `extra`: references to records that were not here when the resource was read. They stay in it as they are. */
const ABSENT = 'absent';

function absentIn(extra: Json): string[] {
  const list = extra[ABSENT];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function literal(context: ToContext): ToContext {
  return {
    station: context.station,
    reference: (collection, docId, type) =>
      /[/?:]/.test(docId) ? docId : context.reference(collection, docId, type),
  };
}

/** The station-local part of a document. */
export function localOf(doc: Local): Local {
  const { id, createdAt, updatedAt, change, syncState, serverId, sync } = doc;
  return { id, createdAt, updatedAt, change, syncState, serverId, sync };
}

/** A resource without what only the server sets: id, version, time. */
export function withoutServerPart(resource: AnyResource): Json {
  const { id: _id, meta, ...rest } = resource;
  const { versionId: _version, lastUpdated: _time, ...kept } = meta ?? {};
  return { ...rest, ...(Object.keys(kept).length > 0 ? { meta: kept } : {}) };
}

/** Code of the station that wrote a resource; `undefined` when none of ours did. */
export function stationOf(resource: AnyResource): string | undefined {
  return resource.meta?.tag?.find((tag) => tag.system === SYSTEM.station)?.code;
}

/** The resource types of each replicated collection, the main one first. */
export const resourceTypes = {
  patients: ['Patient'],
  instruments: ['Device'],
  catalog: ['ObservationDefinition', 'ActivityDefinition', 'PlanDefinition', 'SpecimenDefinition'],
  orders: ['ServiceRequest'],
  specimens: ['Specimen'],
  results: ['Observation'],
  lots: ['Substance'],
  controls: ['Observation'],
  reports: ['DiagnosticReport', 'Provenance'],
  tasks: ['Task', 'DetectedIssue', 'Communication'],
  // Only those that are shared; the others are local and never leave.
  settings: ['Basic'],
} as const;

/** Collections that go to the server, in the order in which records depend on each other. */
export const replicated = Object.keys(resourceTypes) as Replicated[];
export type Replicated = keyof typeof resourceTypes;

/** True for a collection that goes to the server. */
export function isReplicated(collection: string): collection is Replicated {
  return Object.hasOwn(resourceTypes, collection);
}

/** Search that finds our resource of a document: `identifier=…`, or the tag for Provenance, which has no identifier in R4. */
export function identitySearch(type: string, docId: string): string {
  const key = type === 'Provenance' ? '_tag' : 'identifier';
  return `${key}=${encodeURIComponent(`${SYSTEM.id}|${docId}`)}`;
}

/** Reference that the server resolves by our identifier: `Patient?identifier=urn:levey:id|…`. */
export function conditionalReference(collection: CollectionName, docId: string, type?: string): string {
  const first = type ?? (isReplicated(collection) ? resourceTypes[collection][0] : undefined);
  if (first === undefined) throw new Error(`${collection} are not sent to the server`);
  return `${first}?identifier=${SYSTEM.id}|${docId}`;
}

/** Document id in a reference made by {@link conditionalReference}; `undefined` for any other. */
export function conditionalDocId(reference: string): string | undefined {
  const mark = `?identifier=${SYSTEM.id}|`;
  const at = reference.indexOf(mark);
  return at < 0 ? undefined : reference.slice(at + mark.length);
}
