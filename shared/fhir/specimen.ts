import type { Specimen } from 'fhir/r4';
import type { SpecimenDoc } from '../documents/index.ts';
import { lossless } from './mapping.ts';
import {
  codeOf,
  concept,
  docIdOf,
  docIdsOrAbsent,
  fieldNumber,
  fieldsOf,
  fieldText,
  fieldTexts,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  ownDocId,
  refer,
  referAll,
  some,
  wordsOf,
} from './parts.ts';
import { SYSTEM } from './systems.ts';

type Status = SpecimenDoc['status'];

const toStatus = {
  expected: 'available',
  received: 'available',
  rejected: 'unsatisfactory',
  disposed: 'unavailable',
} as const;

/**
 * SpecimenDoc and FHIR Specimen, without the label, which is only this station's: reading gives none, the caller keeps its own. Why it is
 * not acceptable is `condition` with a v2-0490 code (C1, C6). A specimen of another system ({@link isForeignSpecimen}) carries neither tests,
 * requisition nor tubes: the caller fills them from its orders and the catalogue.
 */
export const specimenMapping = lossless<SpecimenDoc, Specimen>(
  (doc, context) => ({
    resourceType: 'Specimen',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({
        'specimen-state':
          derivedStatus(toStatus[doc.status], doc.receivedTime) === doc.status ? '' : doc.status,
        requisition: doc.requisition,
        'test-code': doc.testCodes,
        priority: doc.priority,
        'tube-index': doc.tubeIndex,
        'tube-count': doc.tubeCount,
        'received-by': doc.receivedBy,
      }),
    ],
    identifier: [ourId(doc.id)],
    accessionIdentifier:
      doc.accessionIdentifier === ''
        ? undefined
        : { system: SYSTEM.accession, value: doc.accessionIdentifier },
    status: toStatus[doc.status],
    type: concept(SYSTEM.specimenType, doc.typeCode, doc.typeDisplay),
    subject: refer(context, 'patients', doc.patientId),
    receivedTime: some(doc.receivedTime),
    request: referAll(context, 'orders', doc.orderIds),
    collection: {
      collector: doc.collector === '' ? undefined : { display: doc.collector },
      collectedDateTime: some(doc.collectedTime),
    },
    container: [{ extension: fieldsOf({ cap: doc.cap }), description: some(doc.container) }],
    condition: [concept(SYSTEM.rejectReason, doc.conditionCode, doc.conditionText) ?? {}],
  }),
  (resource, context, local) => {
    const receivedTime = instantOf(resource.receivedTime);
    return {
      ...local,
      accessionIdentifier: numberOf(resource),
      requisition: fieldText(resource, 'requisition'),
      patientId: docIdOf(context, 'patients', resource.subject),
      orderIds: docIdsOrAbsent(context, 'orders', resource.request, 'ServiceRequest'),
      testCodes: fieldTexts(resource, 'test-code'),
      priority: oneOf(fieldText(resource, 'priority'), ['routine', 'urgent', 'asap', 'stat'], 'routine'),
      typeCode: codeOf(resource.type, SYSTEM.specimenType, true),
      typeDisplay: wordsOf(resource.type),
      container: resource.container?.[0]?.description ?? '',
      cap: fieldText(resource.container?.[0], 'cap'),
      tubeIndex: fieldNumber(resource, 'tube-index') ?? 1,
      tubeCount: fieldNumber(resource, 'tube-count') ?? 1,
      status: oneOf(
        fieldText(resource, 'specimen-state'),
        ['expected', 'received', 'rejected', 'disposed'],
        derivedStatus(resource.status, receivedTime),
      ),
      collectedTime: instantOf(
        resource.collection?.collectedDateTime ?? resource.collection?.collectedPeriod?.end,
      ),
      collector: resource.collection?.collector?.display ?? '',
      receivedTime,
      receivedBy: fieldText(resource, 'received-by'),
      labelState: 'none',
      label: noLabel(),
      conditionCode: codeOf(resource.condition?.[0], SYSTEM.rejectReason, true),
      conditionText: wordsOf(resource.condition?.[0]),
    };
  },
);

/** The number on the tube: the accession number, else the first identifier that is not ours. Blanks around it are not part of it. */
function numberOf(resource: Specimen): string {
  const accession = resource.accessionIdentifier?.value?.trim() ?? '';
  if (accession !== '') return accession;
  const others = (resource.identifier ?? []).filter((item) => item.system !== SYSTEM.id);
  return others.map((item) => item.value?.trim() ?? '').find((value) => value !== '') ?? '';
}

/** True for a specimen that another system made: neither a station of ours nor one of our numbers. */
export function isForeignSpecimen(resource: Specimen): boolean {
  return ownDocId(resource) === '' && resource.accessionIdentifier?.system !== SYSTEM.accession;
}

/** A label nobody asked for yet. */
function noLabel(): SpecimenDoc['label'] {
  return { printer: '', queuedAt: '', printedAt: '', attempts: 0, why: '', maybePrinted: false, copies: 0 };
}

function derivedStatus(status: Specimen['status'], receivedTime: string): Status {
  if (status === 'unsatisfactory' || status === 'entered-in-error') return 'rejected';
  if (status === 'unavailable') return 'disposed';
  return receivedTime === '' ? 'expected' : 'received';
}
