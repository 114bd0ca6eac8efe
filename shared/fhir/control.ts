import type { Observation } from 'fhir/r4';
import { ControlDoc } from '../documents/control.ts';
import { orderTime } from '../domain/qc/run.ts';
import { lossless } from './mapping.ts';
import {
  becauseFrom,
  becauseTo,
  codeOf,
  concept,
  docIdOf,
  fieldJson,
  fieldNumber,
  fieldsOf,
  fieldText,
  identifierOf,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  some,
} from './parts.ts';
import { SYSTEM } from './systems.ts';
import { valueFrom, valueTo } from './value.ts';

/** ControlDoc and FHIR Observation with a Device as subject, never a Patient (section 4), tagged `urn:levey:kind|QC`. */
export const controlMapping = lossless<ControlDoc, Observation>(
  (doc, context) => {
    const { extension, ...value } = valueTo(doc.value);
    return {
      resourceType: 'Observation',
      meta: ourMeta(context, { system: SYSTEM.kind, code: 'QC' }),
      extension: [
        ...extension,
        ...fieldsOf({
          material: doc.material,
          lot: doc.lot,
          level: doc.level,
          'lot-id': doc.lotId,
          'run-id': doc.runId,
          target: doc.target === null ? undefined : JSON.stringify(doc.target),
          hits: doc.hits.length === 0 ? undefined : JSON.stringify(doc.hits),
          excluded: doc.excluded === null ? undefined : JSON.stringify(doc.excluded),
          reviews: doc.reviews.length === 0 ? undefined : JSON.stringify(doc.reviews),
          'control-state': doc.state,
          z: doc.z ?? undefined,
          'posted-time': doc.postedTime,
          'message-id': doc.messageId,
        }),
        ...becauseTo(doc.because),
      ],
      identifier: [
        ourId(doc.id),
        ...(doc.sourceKey === '' ? [] : [{ system: SYSTEM.sourceKey, value: doc.sourceKey }]),
      ],
      status: 'final',
      category: [{ coding: [{ system: SYSTEM.category, code: 'laboratory' }] }],
      code: concept(SYSTEM.catalog, doc.testCode) ?? {},
      subject: refer(context, 'instruments', doc.instrumentId),
      effectiveDateTime: some(doc.measuredTime),
      performer: doc.operator === '' ? [] : [{ display: doc.operator }],
      ...value,
    };
  },
  (resource, context, local) => ({
    ...local,
    instrumentId: docIdOf(context, 'instruments', resource.subject),
    testCode: codeOf(resource.code, SYSTEM.catalog, true),
    material: fieldText(resource, 'material'),
    lot: fieldText(resource, 'lot'),
    level: fieldText(resource, 'level'),
    lotId: fieldText(resource, 'lot-id'),
    runId: fieldText(resource, 'run-id'),
    target: fieldJson(resource, 'target', ControlDoc.shape.target, null),
    hits: fieldJson(resource, 'hits', ControlDoc.shape.hits, []),
    excluded: fieldJson(resource, 'excluded', ControlDoc.shape.excluded, null),
    reviews: fieldJson(resource, 'reviews', ControlDoc.shape.reviews, []),
    value: valueFrom(resource),
    z: fieldNumber(resource, 'z') ?? null,
    state: oneOf(
      fieldText(resource, 'control-state'),
      ['inControl', 'warning', 'rejected', 'notEvaluated', 'excluded'],
      'notEvaluated',
    ),
    because: becauseFrom(resource),
    measuredTime: instantOf(resource.effectiveDateTime),
    effectiveTime: orderTime(instantOf(resource.effectiveDateTime), fieldText(resource, 'posted-time')),
    postedTime: fieldText(resource, 'posted-time'),
    operator: resource.performer?.[0]?.display ?? '',
    sourceKey: identifierOf(resource.identifier, SYSTEM.sourceKey),
    messageId: fieldText(resource, 'message-id'),
  }),
);

/** True for an Observation that is a QC result. */
export function isControl(resource: Observation): boolean {
  return resource.meta?.tag?.some((tag) => tag.system === SYSTEM.kind && tag.code === 'QC') ?? false;
}
