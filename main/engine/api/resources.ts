import type { Observation } from 'fhir/r4';
import type { CatalogDoc, DocOf, TaskDoc } from '../../../shared/documents/index.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import { tidy } from '../../../shared/fhir/json.ts';
import {
  type AnyResource,
  isReplicated,
  type Replicated,
  resourceTypes,
  type ToContext,
} from '../../../shared/fhir/mapping.ts';
import { concept, fieldsOf, ourId, ourMeta, refer } from '../../../shared/fhir/parts.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { ApiType } from './parameters.ts';

/** Collections whose documents can be a resource of each type. */
export const collectionsOf: Record<ApiType, readonly Replicated[]> = {
  Patient: ['patients'],
  ServiceRequest: ['orders'],
  Specimen: ['specimens'],
  Observation: ['results', 'controls', 'tasks'],
  DiagnosticReport: ['reports'],
  Device: ['instruments'],
  Task: ['tasks'],
  DetectedIssue: ['tasks'],
  PlanDefinition: ['catalog'],
};

/** References of the API: the document id is the resource id. */
export function apiContext(station: string): ToContext {
  return {
    station,
    reference(collection, docId, type) {
      const main = type ?? (isReplicated(collection) ? resourceTypes[collection][0] : undefined);
      if (main === undefined) throw new Error(`${collection} have no resource type`);
      return `${main}/${docId}`;
    },
  };
}

/**
 * The resource of a type that a document stands for, or `undefined` when it stands for none of it. `id` is the document's,
 * `meta.versionId` its change counter, `meta.lastUpdated` its last change.
 */
export function resourceOf(
  type: ApiType,
  collection: Replicated,
  doc: DocOf<Replicated>,
  context: ToContext,
): AnyResource | undefined {
  if (type === 'PlanDefinition' && (doc as CatalogDoc).kind === 'specimenType') return undefined;
  const resource =
    type === 'Observation' && collection === 'tasks'
      ? heldObservation(doc as TaskDoc, context)
      : apiForm(type, resourcesOf(collection, doc, context), doc, context);
  if (resource === undefined) return undefined;
  const meta = { ...resource.meta, versionId: String(doc.change), lastUpdated: doc.updatedAt };
  const { resourceType, ...rest } = resource;
  return { resourceType, ...rest, id: doc.id, meta };
}

function apiForm(
  type: ApiType,
  resources: AnyResource[],
  doc: DocOf<Replicated>,
  context: ToContext,
): AnyResource | undefined {
  const found = resources.find((resource) => resource.resourceType === type);
  if (found === undefined || type !== 'DetectedIssue' || !isHeldMeasurement(doc as TaskDoc)) return found;
  const implicated = [{ reference: context.reference('results', doc.id) }];
  return Object.assign({ ...found }, { implicated });
}

/** An open exception that holds a measurement for which no result could be made: its test or specimen is not known. */
function isHeldMeasurement(doc: TaskDoc): boolean {
  return (
    doc.kind === 'exception' &&
    doc.status === 'open' &&
    doc.resultId === '' &&
    (doc.sentTest !== '' || doc.sentValue !== '')
  );
}

/**
 * A measurement held as an exception, as a preliminary Observation; it is there as long as it is held. Code, value and specimen are
 * as sent (R12), nothing is guessed; the DetectedIssue with the same id says why it is held.
 */
function heldObservation(doc: TaskDoc, context: ToContext): Observation | undefined {
  if (!isHeldMeasurement(doc)) return undefined;
  const sentSpecimen =
    doc.sentSpecimen === ''
      ? undefined
      : { identifier: { value: doc.sentSpecimen }, display: doc.sentSpecimen };
  return tidy({
    resourceType: 'Observation',
    meta: ourMeta(context),
    extension: fieldsOf({
      'held-reason': doc.reason,
      'sent-unit': doc.sentUnit,
      'message-id': doc.messageId,
    }),
    identifier: [
      ourId(doc.id),
      ...(doc.sourceKey === '' ? [] : [{ system: SYSTEM.sourceKey, value: doc.sourceKey }]),
    ],
    status: 'preliminary',
    category: [concept(SYSTEM.category, 'laboratory') ?? {}],
    code: { text: doc.sentTest === '' ? 'unknown' : doc.sentTest },
    subject: refer(context, 'patients', doc.patientId),
    specimen: refer(context, 'specimens', doc.specimenId) ?? sentSpecimen,
    device: refer(context, 'instruments', doc.instrumentId),
    ...(doc.sentValue === ''
      ? { dataAbsentReason: concept(SYSTEM.dataAbsent, 'unknown') }
      : { valueString: doc.sentUnit === '' ? doc.sentValue : `${doc.sentValue} ${doc.sentUnit}` }),
    note: doc.summary === '' ? [] : [{ text: doc.summary }],
  }) as Observation;
}
