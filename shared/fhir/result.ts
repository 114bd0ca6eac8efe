import type { Extension, Observation, ObservationReferenceRange, Quantity } from 'fhir/r4';
import type { ResultDoc } from '../documents/index.ts';
import type { UsedRange } from '../documents/result.ts';
import { lossless } from './mapping.ts';
import {
  becauseFrom,
  becauseTo,
  codeOf,
  concept,
  docIdOf,
  docIdOrAbsent,
  fieldBoolean,
  fieldNumber,
  fieldsOf,
  fieldText,
  fieldTexts,
  group,
  groupsOf,
  identifierOf,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  some,
  wordsOf,
} from './parts.ts';
import { SYSTEM } from './systems.ts';
import { quantityUnit, valueFrom, valueTo } from './value.ts';

const statuses = ['preliminary', 'final', 'corrected', 'cancelled', 'entered-in-error'] as const;
const verdicts = ['held', 'ready', 'blocked', 'released', 'rejected'] as const;

/**
 * ResultDoc and FHIR Observation. Whatever is not released goes as `preliminary` (section 4, V2). The version it replaces, the
 * reasons and the instrument's flags are extensions; the range that was used is stored with it (V4).
 */
export const resultMapping = lossless<ResultDoc, Observation>(
  (doc, context) => {
    const { extension: valueExtension, ...value } = valueTo(doc.value);
    return {
      resourceType: 'Observation',
      meta: ourMeta(context),
      extension: [
        ...valueExtension,
        ...resultFields(doc),
        ...previousTo(doc.previous),
        ...becauseTo(doc.because),
      ].concat(
        doc.replacesId === ''
          ? []
          : { ...group('replaces', []), valueReference: refer(context, 'results', doc.replacesId) },
      ),
      identifier: [
        ourId(doc.id),
        ...(doc.sourceKey === '' ? [] : [{ system: SYSTEM.sourceKey, value: doc.sourceKey }]),
      ],
      basedOn: [refer(context, 'orders', doc.orderId) ?? {}],
      status: sentStatus(doc),
      category: [
        { coding: [{ system: SYSTEM.category, code: 'laboratory' }] },
        { coding: [{ system: SYSTEM.serviceSection, code: 'LAB' }] },
      ],
      code: testConcept(doc.loinc, doc.testCode, doc.testName),
      subject: refer(context, 'patients', doc.patientId),
      effectiveDateTime: some(doc.effectiveTime),
      issued: some(doc.verifiedTime),
      performer: doc.operator === '' ? [] : [{ display: doc.operator }],
      ...value,
      interpretation: [concept(SYSTEM.interpretation, doc.interpretation) ?? {}],
      note: doc.comment === '' ? [] : [{ text: doc.comment }],
      specimen: refer(context, 'specimens', doc.specimenId),
      device: refer(context, 'instruments', doc.instrumentId),
      referenceRange: doc.range === null ? [] : [rangeTo(doc.range, doc.value.unit)],
    };
  },
  (resource, context, local) => {
    const replaces = groupsOf(resource, 'replaces')[0]?.valueReference;
    return {
      ...local,
      patientId: docIdOf(context, 'patients', resource.subject),
      specimenId: docIdOf(context, 'specimens', resource.specimen),
      accessionIdentifier: fieldText(resource, 'accession'),
      orderId: docIdOf(context, 'orders', resource.basedOn?.[0]),
      requisition: fieldText(resource, 'requisition'),
      testCode: localCode(resource),
      testName: wordsOf(resource.code),
      loinc: codeOf(resource.code, SYSTEM.loinc),
      version: fieldNumber(resource, 'version') ?? 1,
      replacesId: docIdOrAbsent(context, 'results', replaces, 'Observation'),
      current: fieldBoolean(resource, 'current') ?? true,
      status: oneOf(
        fieldText(resource, 'result-status') || knownStatus(resource.status),
        statuses,
        'preliminary',
      ),
      value: valueFrom(resource),
      interpretation: oneOf(
        resource.interpretation?.[0]?.coding?.[0]?.code,
        ['', 'N', 'L', 'H', 'LL', 'HH', 'A'],
        '',
      ),
      range: rangeFrom(resource.referenceRange?.[0]),
      verdict: oneOf(
        fieldText(resource, 'verdict'),
        verdicts,
        ['final', 'corrected'].includes(knownStatus(resource.status)) ? 'released' : 'held',
      ),
      because: becauseFrom(resource),
      ruleSetVersion: fieldNumber(resource, 'rule-set-version') ?? 0,
      flags: fieldTexts(resource, 'instrument-flag'),
      previous: previousFrom(groupsOf(resource, 'previous')[0]),
      instrumentId: docIdOrAbsent(context, 'instruments', resource.device, 'Device'),
      operator: resource.performer?.[0]?.display ?? '',
      effectiveTime: instantOf(resource.effectiveDateTime ?? resource.effectiveInstant),
      measuredTime: fieldText(resource, 'measured-time'),
      postedTime: fieldText(resource, 'posted-time'),
      enteredBy: fieldText(resource, 'entered-by'),
      verifiedBy: fieldText(resource, 'verified-by'),
      verifiedTime: instantOf(resource.issued),
      comment: (resource.note ?? []).map((note) => note.text).join('\n'),
      sourceKey: identifierOf(resource.identifier, SYSTEM.sourceKey),
      messageId: fieldText(resource, 'message-id'),
    };
  },
);

/** A test's code: LOINC where there is one, and the catalogue's. */
export function testConcept(loinc: string, code: string, name: string) {
  return {
    coding: [
      ...(loinc === '' ? [] : [{ system: SYSTEM.loinc, code: loinc }]),
      ...(code === '' ? [] : [{ system: SYSTEM.catalog, code }]),
    ],
    text: some(name),
  };
}

/** Status at the server: never more than `preliminary` before release. */
function sentStatus(doc: ResultDoc): Observation['status'] {
  const waiting = doc.verdict === 'held' || doc.verdict === 'ready' || doc.verdict === 'blocked';
  return waiting && (doc.status === 'final' || doc.status === 'corrected') ? 'preliminary' : doc.status;
}

function knownStatus(status: string): string {
  return status === 'amended' ? 'corrected' : status;
}

function localCode(resource: Observation): string {
  const own = codeOf(resource.code, SYSTEM.catalog);
  const other = resource.code?.coding?.find((coding) => coding.system !== SYSTEM.loinc)?.code;
  return own || other || '';
}

function resultFields(doc: ResultDoc): Extension[] {
  return fieldsOf({
    accession: doc.accessionIdentifier,
    requisition: doc.requisition,
    version: doc.version,
    current: doc.current,
    'result-status': sentStatus(doc) === doc.status ? '' : doc.status,
    verdict: doc.verdict,
    'rule-set-version': doc.ruleSetVersion,
    'instrument-flag': doc.flags,
    'measured-time': doc.measuredTime,
    'posted-time': doc.postedTime,
    'entered-by': doc.enteredBy,
    'verified-by': doc.verifiedBy,
    'message-id': doc.messageId,
  });
}

function previousTo(previous: ResultDoc['previous']): Extension[] {
  if (previous === null) return [];
  const { resultId, text, number, at, delta } = previous;
  return [group('previous', fieldsOf({ 'result-id': resultId, text, number, at, delta }))];
}

function previousFrom(of: Extension | undefined): ResultDoc['previous'] {
  if (of === undefined) return null;
  const number = fieldNumber(of, 'number');
  return {
    resultId: fieldText(of, 'result-id'),
    text: fieldText(of, 'text'),
    ...(number === undefined ? {} : { number }),
    at: fieldText(of, 'at'),
    delta: fieldText(of, 'delta'),
  };
}

function rangeTo(range: UsedRange, unit: string): ObservationReferenceRange {
  const bound = (value: number | undefined): Quantity | undefined =>
    value === undefined ? undefined : { value, ...quantityUnit(unit) };
  const bare = range.low === undefined && range.high === undefined && range.text === '';
  return {
    extension: fieldsOf({
      'critical-low': range.criticalLow,
      'critical-high': range.criticalHigh,
      'empty-text': bare ? true : undefined,
    }),
    low: bound(range.low),
    high: bound(range.high),
    appliesTo: range.appliesTo === '' ? [] : [{ text: range.appliesTo }],
    text: bare ? 'no range' : some(range.text),
  };
}

function rangeFrom(of: ObservationReferenceRange | undefined): UsedRange | null {
  if (of === undefined) return null;
  const criticalLow = fieldNumber(of, 'critical-low');
  const criticalHigh = fieldNumber(of, 'critical-high');
  return {
    ...(of.low?.value === undefined ? {} : { low: of.low.value }),
    ...(of.high?.value === undefined ? {} : { high: of.high.value }),
    text: fieldBoolean(of, 'empty-text') ? '' : (of.text ?? ''),
    appliesTo: wordsOf(of.appliesTo?.[0]),
    ...(criticalLow === undefined ? {} : { criticalLow }),
    ...(criticalHigh === undefined ? {} : { criticalHigh }),
  };
}
