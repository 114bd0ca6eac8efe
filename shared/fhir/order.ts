import type { ServiceRequest } from 'fhir/r4';
import type { OrderDoc } from '../documents/index.ts';
import { lossless } from './mapping.ts';
import {
  codeOf,
  concept,
  docIdOf,
  fieldsOf,
  fieldText,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  some,
  wordsOf,
} from './parts.ts';
import { SYSTEM } from './systems.ts';

/**
 * OrderDoc and FHIR ServiceRequest. `code` holds the catalogue's code; the tests an order stands for are `orderDetail`. An order of
 * another system carries none: the caller fills `testCodes` from the catalogue.
 */
export const orderMapping = lossless<OrderDoc, ServiceRequest>(
  (doc, context) => ({
    resourceType: 'ServiceRequest',
    meta: ourMeta(context),
    extension: fieldsOf({ origin: doc.origin === 'station' ? 'station' : '' }),
    identifier: [ourId(doc.id)],
    requisition: doc.requisition === '' ? undefined : { system: SYSTEM.requisition, value: doc.requisition },
    status: doc.status,
    intent: 'order',
    priority: doc.priority,
    code: concept(SYSTEM.catalog, doc.catalogCode, doc.display),
    orderDetail: doc.testCodes.flatMap((code) => concept(SYSTEM.catalog, code) ?? []),
    subject: refer(context, 'patients', doc.patientId) ?? {},
    authoredOn: doc.authoredOn,
    requester: doc.requester === '' ? undefined : { display: doc.requester },
    locationCode: doc.ward === '' ? [] : [{ text: doc.ward }],
    note: doc.note === '' ? [] : [{ text: doc.note }],
  }),
  (resource, context, local) => ({
    ...local,
    requisition: requisitionOf(resource),
    patientId: docIdOf(context, 'patients', resource.subject),
    catalogCode: codeOf(resource.code, SYSTEM.catalog, true),
    display: resource.code?.text ?? wordsOf(resource.code),
    testCodes: (resource.orderDetail ?? []).flatMap((item) => codeOf(item, SYSTEM.catalog) || []),
    priority: oneOf(resource.priority, ['routine', 'urgent', 'asap', 'stat'], 'routine'),
    status: oneOf(
      resource.status,
      ['draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error'],
      'on-hold',
    ),
    authoredOn: instantOf(resource.authoredOn) || instantOf(resource.meta?.lastUpdated) || local.createdAt,
    requester: resource.requester?.display ?? '',
    ward: wordsOf(resource.locationCode?.[0]),
    note: (resource.note ?? []).map((item) => item.text).join('\n'),
    origin: oneOf(fieldText(resource, 'origin'), ['server', 'station'], 'server'),
  }),
);

/** Group number: `requisition`, else the placer's number, else any other number of the order. */
function requisitionOf(resource: ServiceRequest): string {
  const others = resource.identifier?.filter((item) => item.system !== SYSTEM.id) ?? [];
  const placer = others.find((item) => codeOf(item.type, SYSTEM.identifierType) === 'PLAC');
  return some(resource.requisition?.value ?? '') ?? placer?.value ?? others[0]?.value ?? '';
}
