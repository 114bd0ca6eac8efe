import type { Attachment, DiagnosticReport, Extension, Provenance } from 'fhir/r4';
import type { ReportDoc } from '../documents/index.ts';
import { tidy } from './json.ts';
import { lossless, type Mapping, type ToContext } from './mapping.ts';
import { carryNumbers } from './numbers.ts';
import {
  docIdOf,
  docIdsOf,
  docIdsOrAbsent,
  fieldBoolean,
  fieldNumber,
  fieldsOf,
  fieldText,
  group,
  groupsOf,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  referAll,
  some,
  wordsOf,
} from './parts.ts';
import { SYSTEM } from './systems.ts';

const plainMapping = lossless<ReportDoc, DiagnosticReport>(
  (doc, context) => ({
    resourceType: 'DiagnosticReport',
    meta: ourMeta(context),
    extension: [
      ...fieldsOf({
        requisition: doc.requisition,
        version: doc.version,
        current: doc.current,
        'report-state': doc.state,
        'report-status': sentStatus(doc) === doc.status ? '' : doc.status,
        priority: doc.priority,
        'send-back-reason': doc.sendBackReason,
        'correction-reason': doc.correctionReason,
        'ready-time': doc.readyTime,
      }),
      ...signatureTo(doc.signature),
      ...(doc.replacesId === ''
        ? []
        : [{ ...group('replaces', []), valueReference: refer(context, 'reports', doc.replacesId) }]),
    ],
    identifier: [ourId(doc.id)],
    basedOn: referAll(context, 'orders', doc.orderIds),
    status: sentStatus(doc),
    category: [{ coding: [{ system: SYSTEM.serviceSection, code: 'LAB' }] }],
    code: { coding: [{ system: SYSTEM.loinc, code: '11502-2' }], text: some(doc.title) },
    subject: refer(context, 'patients', doc.patientId),
    issued: some(doc.issuedTime),
    specimen: referAll(context, 'specimens', doc.specimenIds),
    result: referAll(context, 'results', doc.resultIds),
    conclusion: some(doc.conclusion),
  }),
  (resource, context, local) => ({
    ...local,
    requisition: fieldText(resource, 'requisition'),
    patientId: docIdOf(context, 'patients', resource.subject),
    title: resource.code?.text ?? wordsOf(resource.code),
    version: fieldNumber(resource, 'version') ?? 1,
    replacesId: docIdOf(context, 'reports', groupsOf(resource, 'replaces')[0]?.valueReference),
    current: fieldBoolean(resource, 'current') ?? true,
    state: oneOf(
      fieldText(resource, 'report-state'),
      ['incomplete', 'waiting', 'sentBack', 'signed'],
      resource.status === 'final' || resource.status === 'corrected' ? 'signed' : 'incomplete',
    ),
    status: oneOf(
      fieldText(resource, 'report-status') || (resource.status === 'amended' ? 'corrected' : resource.status),
      ['registered', 'partial', 'final', 'corrected'],
      'registered',
    ),
    priority: fieldText(resource, 'priority'),
    orderIds: docIdsOf(context, 'orders', resource.basedOn),
    specimenIds: docIdsOf(context, 'specimens', resource.specimen),
    resultIds: docIdsOrAbsent(context, 'results', resource.result, 'Observation'),
    conclusion: resource.conclusion ?? '',
    sendBackReason: fieldText(resource, 'send-back-reason'),
    correctionReason: fieldText(resource, 'correction-reason'),
    signature: signatureFrom(groupsOf(resource, 'signature')[0]),
    issuedTime: instantOf(resource.issued),
    readyTime: fieldText(resource, 'ready-time'),
  }),
);

/**
 * ReportDoc and FHIR DiagnosticReport of one requisition, without its PDF (see {@link withPdf}) and with its signature as an extension,
 * so that the report alone is complete; {@link signatureProvenance} says the same in FHIR's own terms. Unsigned is never `final` (C4).
 */
export const reportMapping: Mapping<ReportDoc, DiagnosticReport> = {
  to: plainMapping.to,
  from(resource, context, local) {
    // The PDF is an attachment of the document, never part of it.
    const { presentedForm, ...rest } = resource;
    const others = presentedForm?.filter((item) => item.contentType !== 'application/pdf') ?? [];
    const without = others.length === 0 ? rest : { ...rest, presentedForm: others };
    return plainMapping.from(carryNumbers(resource, without), context, local);
  },
};

function sentStatus(doc: ReportDoc): DiagnosticReport['status'] {
  const done = doc.status === 'final' || doc.status === 'corrected';
  return done && doc.state !== 'signed' ? 'preliminary' : doc.status;
}

function signatureTo(signature: ReportDoc['signature']): Extension[] {
  if (signature === null) return [];
  const { personId, name, at, meaning, contentHash } = signature;
  return [
    group('signature', fieldsOf({ 'person-id': personId, name, at, meaning, 'content-hash': contentHash })),
  ];
}

function signatureFrom(of: Extension | undefined): ReportDoc['signature'] {
  if (of === undefined) return null;
  return {
    personId: fieldText(of, 'person-id'),
    name: fieldText(of, 'name'),
    at: fieldText(of, 'at'),
    meaning: fieldText(of, 'meaning'),
    contentHash: fieldText(of, 'content-hash'),
  };
}

/** A report with its PDF (base64) as the first `presentedForm`. */
export function withPdf(report: DiagnosticReport, pdf: { base64: string; title: string }): DiagnosticReport {
  const form: Attachment = { contentType: 'application/pdf', data: pdf.base64, title: pdf.title };
  const others = report.presentedForm?.filter((item) => item.contentType !== form.contentType) ?? [];
  return { ...report, presentedForm: [form, ...others] };
}

/**
 * The signature of a report as Provenance (C4): who, when, meaning, and the SHA-256 of the signed content. It has no identifier in R4,
 * so it carries a tag `urn:levey:id` for {@link identitySearch}. Absent when the report is not signed.
 */
export function signatureProvenance(doc: ReportDoc, context: ToContext): Provenance | undefined {
  const { signature } = doc;
  if (signature === null) return undefined;
  const who = { identifier: { system: SYSTEM.person, value: signature.personId }, display: signature.name };
  return tidy({
    resourceType: 'Provenance',
    meta: ourMeta(context, { system: SYSTEM.id, code: doc.id }),
    target: [{ reference: context.reference('reports', doc.id) }],
    occurredDateTime: signature.at,
    recorded: signature.at,
    reason: [{ text: some(signature.meaning) }],
    agent: [{ type: { coding: [{ system: SYSTEM.participation, code: 'verifier' }] }, who }],
    signature: [
      {
        extension: fieldsOf({ 'content-hash': signature.contentHash }),
        type: [
          {
            system: SYSTEM.signatureType,
            code: '1.2.840.10065.1.12.1.5',
            display: 'Verification Signature',
          },
        ],
        when: signature.at,
        who,
      },
    ],
  });
}
