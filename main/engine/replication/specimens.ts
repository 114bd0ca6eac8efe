import type { Specimen } from 'fhir/r4';
import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { DocOf, OrderDoc, SpecimenDoc } from '../../../shared/documents/index.ts';
import { type Json, sameJson } from '../../../shared/fhir/json.ts';
import { type AnyResource, type Local, localOf, withFilled } from '../../../shared/fhir/mapping.ts';
import { isAbsent } from '../../../shared/fhir/parts.ts';
import { isForeignSpecimen } from '../../../shared/fhir/specimen.ts';
import type { Links } from './links.ts';
import type { AnyDoc, ReplicationReader } from './port.ts';
import { readResource } from './read.ts';
import type { Verdict } from './reconcile.ts';

/** How this station takes specimens that were made elsewhere. */
export interface SpecimenRules {
  /** `scan`: a person receives it; `onArrival`: it counts as received as soon as the server says it is available. */
  receive: 'scan' | 'onArrival';
  /** Code of this station: who received it on arrival. */
  station: string;
  now: () => Date;
}

const urgency = ['routine', 'urgent', 'asap', 'stat'] as const;

/** The specimen in a resource, with what its orders and the catalogue add. @param here the document here, if there is one */
export async function readSpecimen(
  reader: ReplicationReader,
  links: Links,
  resource: AnyResource,
  local: Local,
  here: SpecimenDoc | undefined,
  rules: SpecimenRules,
): Promise<SpecimenDoc> {
  const context = await links.reading(reader, resource);
  const read = readResource('specimens', resource, context, local) as unknown as SpecimenDoc;
  const completed = await completeSpecimen(reader, resource as Specimen, read, here, rules);
  return withFilled(read, completed, resource, ['status', 'receivedTime', 'receivedBy']);
}

/**
 * Fills what a specimen resource does not say. Of another system's: requisition, tests and priority from its orders, of the tests only
 * those its type is for when the catalogue knows the type; type, container and cap from the catalogue. Of any: the reason of a rejection
 * without one, and the receipt where the station receives on arrival.
 */
export async function completeSpecimen(
  reader: ReplicationReader,
  resource: Specimen,
  read: SpecimenDoc,
  here: SpecimenDoc | undefined,
  rules: SpecimenRules,
): Promise<SpecimenDoc> {
  const stated = withReason(resource, arrived(read, here, rules));
  if (!isForeignSpecimen(resource)) return stated;
  const orders: OrderDoc[] = [];
  for (const id of read.orderIds) {
    const order = isAbsent(id) ? undefined : await reader.byId('orders', id);
    if (order !== undefined) orders.push(order);
  }
  return fromOrders(resource, stated, orders, await reader.catalog());
}

function fromOrders(
  resource: Specimen,
  read: SpecimenDoc,
  orders: readonly OrderDoc[],
  catalog: readonly CatalogDoc[],
): SpecimenDoc {
  const patients = new Set(orders.map((order) => order.patientId));
  const [only = ''] = patients.size === 1 ? patients : [];
  const patientId = read.patientId || (resource.subject === undefined ? only : '');
  const own = orders.filter(
    (order) =>
      order.patientId === patientId && order.status !== 'revoked' && order.status !== 'entered-in-error',
  );
  const codes = [read.typeCode, ...(resource.type?.coding ?? []).map((coding) => coding.code ?? '')];
  const type = codes
    .flatMap((code) => catalog.find((entry) => entry.kind === 'specimenType' && entry.code === code) ?? [])
    .at(0);
  const typeOf = new Map(catalog.filter((e) => e.kind === 'test').map((e) => [e.code, e.specimenType]));
  const fits = (code: string): boolean =>
    type === undefined || [undefined, '', type.code].includes(typeOf.get(code));
  return {
    ...read,
    patientId,
    requisition: read.requisition || (own.find((order) => order.requisition !== '')?.requisition ?? ''),
    testCodes: [...new Set(own.flatMap((order) => order.testCodes))].filter(fits),
    priority: [read.priority, ...own.map((order) => order.priority)].reduce((a, b) =>
      urgency.indexOf(b) > urgency.indexOf(a) ? b : a,
    ),
    typeCode: type?.code ?? read.typeCode,
    typeDisplay: read.typeDisplay || (type?.name ?? ''),
    container: read.container || (type?.container ?? ''),
    cap: read.cap || (type?.cap ?? ''),
  };
}

/** A station that receives on arrival takes what is available as received; that is its own view and not told to the server. */
function arrived(read: SpecimenDoc, here: SpecimenDoc | undefined, rules: SpecimenRules): SpecimenDoc {
  if (rules.receive !== 'onArrival' || read.status !== 'expected') return read;
  const before = here?.status === 'received' ? here : undefined;
  return {
    ...read,
    status: 'received',
    receivedTime: before?.receivedTime ?? rules.now().toISOString(),
    receivedBy: before?.receivedBy ?? rules.station,
  };
}

function withReason(resource: Specimen, read: SpecimenDoc): SpecimenDoc {
  if (read.status !== 'rejected' || read.conditionCode !== '' || read.conditionText !== '') return read;
  const mistaken = resource.status === 'entered-in-error';
  return { ...read, conditionText: mistaken ? 'Entered in error at the server' : 'Rejected at the server' };
}

/** References of a specimen's resource to records that are not here yet: orders, and its patient. */
export function absentOf(resource: AnyResource, doc: SpecimenDoc): string[] {
  const { reference } = (resource as Specimen).subject ?? {};
  const patient = doc.patientId === '' && reference !== undefined ? [reference] : [];
  return [...patient, ...doc.orderIds.filter(isAbsent)];
}

const rank: Record<SpecimenDoc['status'], number> = { expected: 0, disposed: 1, received: 2, rejected: 3 };
const statusFields = ['status', 'receivedTime', 'receivedBy', 'conditionCode', 'conditionText'] as const;
const collectionFields = ['collectedTime', 'collector'] as const;
/** Kept as they are here: bookkeeping of this station. */
const keptFields = [
  'id',
  'createdAt',
  'updatedAt',
  'change',
  'syncState',
  'serverId',
  'sync',
  'labelState',
  'label',
  'tubeIndex',
  'tubeCount',
];

/**
 * The rules where a specimen is not the same here and at the server. Receipt and rejection here win over "expected"; a rejection wins over a
 * receipt on whichever side it is; of two receipts the one at the server stays. Collection as it was changed here is sent. All else is the
 * server's. A person decides where results hang on it: another patient or number for a measured specimen, or a rejected one that is
 * available again.
 * @param measured results of it are here @param base what both started from, if the server still knows it
 */
export function reconcileSpecimen(
  here: SpecimenDoc,
  there: SpecimenDoc,
  base: SpecimenDoc | undefined,
  measured: boolean,
): Verdict {
  const unsent = here.change !== here.sync.sentChange;
  const identity = (['patientId', 'accessionIdentifier'] as const).filter(
    (name) => here[name] !== there[name],
  );
  if (measured && identity.length > 0) {
    const what = identity.map((name) => (name === 'patientId' ? 'patient' : 'number')).join(' and ');
    return { kind: 'conflict', fields: identity, why: `Measured here; the server has another ${what}` };
  }
  const kept = Object.fromEntries(keptFields.map((name) => [name, (here as unknown as Json)[name]]));
  const merged: SpecimenDoc = { ...there, ...kept, extra: there.extra };
  let toSend = false;
  const keep = (names: readonly (keyof SpecimenDoc)[], send: boolean): void => {
    Object.assign(merged, partOf(here, names));
    toSend ||= send;
  };
  for (const name of collectionFields) {
    const changed = unsent && (base === undefined || base[name] !== here[name]);
    if (changed && here[name] !== there[name]) keep([name], true);
  }
  const same = (a: SpecimenDoc, b: SpecimenDoc) => sameJson(partOf(a, statusFields), partOf(b, statusFields));
  if (!same(here, there)) {
    const changedHere = unsent && (base === undefined || !same(base, here));
    const onlyHere = base !== undefined && same(base, there);
    const higher = rank[here.status] > rank[there.status];
    const bothRejected = here.status === 'rejected' && there.status === 'rejected';
    if (changedHere) {
      if (onlyHere || higher || bothRejected) keep(statusFields, true);
    } else if (here.status === 'rejected' && there.status !== 'rejected' && there.status !== 'disposed') {
      return { kind: 'conflict', fields: ['status'], why: 'Rejected here; available again at the server' };
    } else if (here.status === 'received' && there.status === 'expected' && measured) {
      keep(statusFields, false);
    }
  }
  return { kind: toSend ? 'send' : 'take', doc: merged as unknown as AnyDoc };
}

function partOf(doc: SpecimenDoc, names: readonly (keyof SpecimenDoc)[]): Json {
  return Object.fromEntries(names.map((name) => [name, doc[name]]));
}

/** The verdict on a specimen's resource that differs from what is here. @param base the version both started from, if it is known */
export async function specimenVerdict(
  reader: ReplicationReader,
  links: Links,
  here: DocOf<'specimens'>,
  there: SpecimenDoc,
  base: AnyResource | undefined,
  rules: SpecimenRules,
): Promise<Verdict> {
  const baseDoc =
    base === undefined ? undefined : await readSpecimen(reader, links, base, localOf(here), here, rules);
  const measured = (await reader.resultsOf(here.accessionIdentifier)).length > 0;
  return reconcileSpecimen(here, there, baseDoc, measured);
}
