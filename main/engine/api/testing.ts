import { newBase } from '../../../shared/documents/common.ts';
import type { DocOf, PatientDoc, ResultDoc, SpecimenDoc, TaskDoc } from '../../../shared/documents/index.ts';
import { newMapping } from '../../../shared/documents/instrument.ts';
import { newTask } from '../../../shared/documents/task.ts';
import { createLog } from '../log.ts';

/** A log that keeps its lines. */
export function memoryLog() {
  const lines: string[] = [];
  const clock = { now: () => new Date(Date.UTC(2026, 10, 22)) };
  return { lines, log: createLog(clock, (line) => lines.push(line)) };
}

export const at = '2026-11-22T07:00:00.000Z';

export function patientDoc(id: string, identifier: string, more: Partial<PatientDoc> = {}): PatientDoc {
  return {
    ...newBase(id, at, 'queued'),
    identifier,
    identifierSystem: 'urn:hospital:mrn',
    familyName: 'Łukasiewicz',
    givenName: 'Zoë',
    transliteration: '',
    sex: 'female',
    birthDate: '1980-05-17',
    ward: '4B',
    mergedInto: '',
    nameKey: 'lukasiewicz zoe',
    ...more,
  };
}

export function orderDoc(id: string, patientId: string, requisition: string): DocOf<'orders'> {
  return {
    ...newBase(id, at, 'queued'),
    requisition,
    patientId,
    catalogCode: 'BMP',
    display: 'Basic metabolic panel',
    testCodes: ['K'],
    priority: 'routine',
    status: 'active',
    authoredOn: at,
    requester: 'Dr. Ito',
    ward: '4B',
    note: '',
    origin: 'station',
  };
}

export function specimenDoc(
  id: string,
  patientId: string,
  requisition: string,
  accession: string,
): SpecimenDoc {
  return {
    ...newBase(id, at, 'queued'),
    accessionIdentifier: accession,
    requisition,
    patientId,
    orderIds: [],
    testCodes: ['K'],
    priority: 'routine',
    typeCode: 'SER',
    typeDisplay: 'Serum',
    container: '',
    cap: 'gold',
    tubeIndex: 1,
    tubeCount: 1,
    status: 'received',
    collectedTime: at,
    collector: 'A. Nurse',
    receivedTime: at,
    receivedBy: 'tech',
    labelState: 'printed',
    label: { printer: '', queuedAt: '', printedAt: at, attempts: 1, why: '', maybePrinted: false, copies: 1 },
    conditionCode: '',
    conditionText: '',
  };
}

export function resultDoc(
  id: string,
  specimen: SpecimenDoc,
  orderId: string,
  more: Partial<ResultDoc> = {},
): ResultDoc {
  return {
    ...newBase(id, at, 'queued'),
    patientId: specimen.patientId,
    specimenId: specimen.id,
    accessionIdentifier: specimen.accessionIdentifier,
    orderId,
    requisition: specimen.requisition,
    testCode: 'K',
    testName: 'Potassium',
    loinc: '2823-3',
    version: 1,
    replacesId: '',
    current: true,
    status: 'final',
    value: { text: '5.40', kind: 'quantity', number: 5.4, unit: 'mmol/L' },
    interpretation: 'H',
    range: { low: 3.5, high: 5.1, text: '3.5–5.1', appliesTo: '' },
    verdict: 'held',
    because: [],
    ruleSetVersion: 1,
    flags: [],
    previous: null,
    instrumentId: 'CHEM1',
    operator: '',
    effectiveTime: at,
    measuredTime: at,
    postedTime: at,
    enteredBy: '',
    verifiedBy: '',
    verifiedTime: '',
    comment: '',
    sourceKey: `source-${id}`,
    messageId: 'm1',
    ...more,
  };
}

export function exceptionDoc(id: string, more: Partial<TaskDoc> = {}): TaskDoc {
  return newTask(id, at, 'exception', {
    reason: 'unknownSpecimen',
    summary: 'No specimen 99 is known here.',
    instrumentId: 'CHEM1',
    messageId: 'm2',
    sentTest: 'K+',
    sentSpecimen: '99',
    sentValue: '4.10',
    sentUnit: 'mmol/L',
    sourceKey: `source-${id}`,
    ...more,
  });
}

export function controlDoc(id: string): DocOf<'controls'> {
  return {
    ...newBase(id, at, 'queued'),
    instrumentId: 'CHEM1',
    testCode: 'K',
    material: 'Level check',
    lot: 'L7',
    level: '1',
    lotId: '',
    runId: 'r1',
    value: { text: '4.0', kind: 'quantity', number: 4, unit: 'mmol/L' },
    target: { id: 't1', mean: '3.9', sd: '0.25' },
    z: 0.4,
    state: 'inControl',
    hits: [],
    excluded: null,
    reviews: [],
    because: [],
    measuredTime: at,
    effectiveTime: at,
    postedTime: at,
    operator: '',
    sourceKey: `source-${id}`,
    messageId: 'm3',
  };
}

export function instrumentDoc(id: string): DocOf<'instruments'> {
  return {
    ...newBase(id, at, 'queued'),
    name: 'Chemistry 1',
    profileId: 'generic-astm',
    manufacturer: 'Acme',
    model: 'C100',
    serialNumber: '1',
    active: true,
    ...newMapping(),
  };
}

export function panelDoc(id: string): DocOf<'catalog'> {
  return {
    ...newBase(id, at, 'queued'),
    kind: 'panel',
    code: 'BMP',
    name: 'Basic metabolic panel',
    active: true,
    loinc: '',
    unit: '',
    decimals: 0,
    section: 'Chemistry',
    order: 1,
    specimenType: 'SER',
    ranges: [],
    delta: null,
    autoverify: false,
    members: ['K'],
    container: '',
    cap: '',
    handling: '',
    drawOrder: 0,
  };
}

export function reportDoc(id: string, patientId: string, requisition: string): DocOf<'reports'> {
  return {
    ...newBase(id, at, 'queued'),
    requisition,
    patientId,
    title: 'Laboratory report',
    version: 1,
    replacesId: '',
    current: true,
    state: 'waiting',
    status: 'final',
    priority: 'routine',
    orderIds: [],
    specimenIds: [],
    resultIds: [],
    conclusion: '',
    sendBackReason: '',
    correctionReason: '',
    signature: null,
    issuedTime: '',
    readyTime: at,
  };
}
