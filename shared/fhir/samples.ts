import { newSync } from '../documents/common.ts';
import type { DocOf } from '../documents/index.ts';
import { newMapping } from '../documents/instrument.ts';
import { orderTime } from '../domain/qc/run.ts';
import { emptyOverlay } from '../profiles/overlay.ts';
import type { Local, Replicated } from './mapping.ts';
import { nameKeyOf } from './patient.ts';
import type { Random } from './random.ts';

function local(r: Random): Local {
  const at = r.instant();
  return {
    id: r.id(),
    createdAt: at,
    updatedAt: r.instant(),
    change: r.int(9) + 1,
    syncState: r.of(['queued', 'onServer', 'conflict']),
    serverId: r.maybeId(),
    sync: newSync(at),
  };
}

function value(r: Random): DocOf<'results'>['value'] {
  const unit = r.of(['mmol/L', '10*9/L', '']);
  const kind = r.of(['quantity', 'string', 'empty'] as const);
  if (kind === 'empty') return { text: r.of(['', '-----']), kind, unit };
  if (kind === 'string') return { text: r.of(['negative', '***.**', '']), kind, unit };
  const comparator = r.of(['<', '<=', '>', '>='] as const);
  const withComparator = r.chance(0.4) ? { comparator } : {};
  return { text: r.of(['5.40', '>500', '0,7', '']), kind, ...r.optional('number'), ...withComparator, unit };
}

function because(r: Random): DocOf<'results'>['because'] {
  return Array.from({ length: r.int(3) }, () => ({
    rule: r.of(['delta', 'V4', 'qc']),
    outcome: r.of(['pass', 'hold', 'block', 'warn', 'note'] as const),
    inputs: Object.fromEntries(Array.from({ length: r.int(3) }, (_, i) => [`in${i}`, r.text()])),
    text: r.text(),
  }));
}

const priority = ['routine', 'urgent', 'asap', 'stat'] as const;

function patient(r: Random): DocOf<'patients'> {
  const name = {
    identifier: r.of(['', '5120 9934', 'MRN-1']),
    familyName: r.text(),
    givenName: r.text(),
    transliteration: r.text(),
  };
  return {
    ...local(r),
    ...name,
    identifierSystem: r.of(['', 'urn:mrn']),
    sex: r.of(['male', 'female', 'other', 'unknown']),
    birthDate: r.of(['', '1988', '1988-04', '1988-04-12']),
    ward: r.text(),
    mergedInto: r.maybeId(),
    nameKey: nameKeyOf(name),
  };
}

function order(r: Random): DocOf<'orders'> {
  return {
    ...local(r),
    requisition: r.of(['', 'REQ-88120417']),
    patientId: r.id(),
    catalogCode: r.of(['BMP', 'GLU']),
    display: r.text(),
    testCodes: r.ids(),
    priority: r.of(priority),
    status: r.of(['draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error']),
    authoredOn: r.instant(),
    requester: r.text(),
    ward: r.text(),
    note: r.text(),
    origin: r.of(['server', 'station']),
  };
}

function specimen(r: Random): DocOf<'specimens'> {
  return {
    ...local(r),
    accessionIdentifier: r.of(['', 'B2A0000438X7']),
    requisition: r.of(['', 'REQ-1']),
    patientId: r.maybeId(),
    orderIds: r.ids(),
    testCodes: r.ids(),
    priority: r.of(priority),
    typeCode: r.of(['SER', 'EDTA', '']),
    typeDisplay: r.text(),
    container: r.text(),
    cap: r.of(['gold', 'lavender', '']),
    tubeIndex: r.int(4),
    tubeCount: r.int(4),
    status: r.of(['expected', 'received', 'rejected', 'disposed']),
    collectedTime: r.maybeInstant(),
    collector: r.text(),
    receivedTime: r.maybeInstant(),
    receivedBy: r.text(),
    labelState: 'none',
    label: { printer: '', queuedAt: '', printedAt: '', attempts: 0, why: '', maybePrinted: false, copies: 0 },
    conditionCode: r.of(['', 'RI', 'RN']),
    conditionText: r.text(),
  };
}

function result(r: Random): DocOf<'results'> {
  const range = {
    ...r.optional('low'),
    ...r.optional('high'),
    text: r.of(['', '3.5–5.1', '< 32']),
    appliesTo: r.of(['', 'female, 18 to 120 y']),
    ...r.optional('criticalLow'),
    ...r.optional('criticalHigh'),
  };
  const previous = {
    resultId: r.id(),
    text: r.text(),
    ...r.optional('number'),
    at: r.instant(),
    delta: r.text(),
  };
  return {
    ...local(r),
    patientId: r.maybeId(),
    specimenId: r.maybeId(),
    accessionIdentifier: r.of(['', 'B2A0000438X7']),
    orderId: r.maybeId(),
    requisition: r.of(['', 'REQ-1']),
    testCode: r.of(['GLU', 'K']),
    testName: r.text(),
    loinc: r.of(['', '2345-7']),
    version: r.int(5),
    replacesId: r.maybeId(),
    current: r.chance(0.5),
    status: r.of(['preliminary', 'final', 'corrected', 'cancelled', 'entered-in-error']),
    value: value(r),
    interpretation: r.of(['', 'N', 'L', 'H', 'LL', 'HH', 'A']),
    range: r.chance(0.3) ? null : range,
    verdict: r.of(['held', 'ready', 'blocked', 'released', 'rejected']),
    because: because(r),
    ruleSetVersion: r.int(9),
    flags: r.chance(0.5) ? [] : ['H', 'lipemic', 'H'],
    previous: r.chance(0.5) ? null : previous,
    instrumentId: r.maybeId(),
    operator: r.text(),
    effectiveTime: r.maybeInstant(),
    measuredTime: r.maybeInstant(),
    postedTime: r.maybeInstant(),
    enteredBy: r.text(),
    verifiedBy: r.text(),
    verifiedTime: r.maybeInstant(),
    comment: r.text(),
    sourceKey: r.maybeId(),
    messageId: r.maybeId(),
  };
}

function control(r: Random): DocOf<'controls'> {
  const measuredTime = r.maybeInstant();
  const postedTime = r.maybeInstant();
  return {
    ...local(r),
    instrumentId: r.id(),
    testCode: r.of(['ALB', 'GLU']),
    material: r.text(),
    lot: r.text(),
    level: r.of(['1', '2', '']),
    lotId: r.maybeId(),
    runId: r.text(),
    value: value(r),
    target: r.of([null, { id: 't1', mean: '4.10', sd: '0.05' }]),
    hits: r.chance(0.5)
      ? [{ rule: '1-3s', action: 'reject', where: 'within', points: [{ id: r.id(), level: '1', z: 3.4 }] }]
      : [],
    excluded: r.of([null, { reason: 'wrong vial', by: 'p1', at: '2026-07-29T06:42:05.118Z' }]),
    reviews: r.chance(0.5)
      ? [
          {
            id: 'v1',
            kind: 'action',
            code: 'newVial',
            text: r.text(),
            by: 'p1',
            at: '2026-07-29T06:42:05.118Z',
          },
        ]
      : [],
    z: r.of([null, 0, -2.25, 3]),
    state: r.of(['inControl', 'warning', 'rejected', 'notEvaluated', 'excluded']),
    because: because(r),
    measuredTime,
    effectiveTime: orderTime(measuredTime, postedTime),
    postedTime,
    operator: r.text(),
    sourceKey: r.maybeId(),
    messageId: r.maybeId(),
  };
}

function lot(r: Random): DocOf<'lots'> {
  return {
    ...local(r),
    material: r.text() || 'Level',
    manufacturer: r.text(),
    lot: r.text(),
    level: r.of(['1', '2', 'L3']),
    expiresOn: r.of(['', '2027-03-31']),
    openedTime: r.maybeInstant(),
    openStabilityHours: r.of([null, 168, 0.5]),
    sentAs: ['QC-L1', 'C1'].slice(r.int(2)),
    state: r.of(['parallel', 'current', 'ended']),
    targets: r.chance(0.5)
      ? []
      : [
          {
            ...{
              id: 't1',
              testCode: 'GLU',
              instrumentId: r.maybeId(),
              kind: 'fixed',
              mean: '5.40',
              sd: '0.10',
            },
            ...{ unit: 'mmol/L', points: 0, fromTime: r.instant(), setBy: r.id(), setTime: r.instant() },
            ...{ approvedBy: r.maybeId(), approvedTime: r.maybeInstant() },
          },
        ],
  };
}

/** A setting that stations share. */
function setting(r: Random): DocOf<'settings'> {
  return {
    ...local(r),
    id: 'qc.events.T1.CHEM1',
    value: [{ id: r.id(), at: r.instant(), text: r.text(), breaksWindow: r.chance(0.5) }],
  };
}

function instrument(r: Random): DocOf<'instruments'> {
  const changes = r.int(3);
  const overlay = {
    ...emptyOverlay(),
    tests: Array.from({ length: changes }, (_, i) => ({
      code: `c${i}`,
      test: `T${r.int(9)}`,
      loinc: null,
      unit: r.chance(0.5) ? r.text() : null,
      sentUnits: [r.text()],
      factor: '1',
    })),
  };
  return {
    ...local(r),
    name: r.text(),
    profileId: r.text(),
    manufacturer: r.text(),
    model: r.text(),
    serialNumber: r.text(),
    active: r.chance(0.5),
    ...newMapping(),
    ...(changes === 0
      ? {}
      : { overlay, overlayVersion: changes, overlayBy: r.text(), overlayAt: r.instant() }),
  };
}

function report(r: Random): DocOf<'reports'> {
  const signature = {
    personId: r.id(),
    name: 'M. Lindqvist',
    at: r.instant(),
    meaning: 'approved',
    contentHash: 'ab12',
  };
  return {
    ...local(r),
    requisition: r.of(['', 'REQ-1']),
    patientId: r.maybeId(),
    title: r.text(),
    version: r.int(4),
    replacesId: r.maybeId(),
    current: r.chance(0.5),
    state: r.of(['incomplete', 'waiting', 'sentBack', 'signed']),
    status: r.of(['registered', 'partial', 'final', 'corrected']),
    priority: r.of(['', 'stat']),
    orderIds: r.ids(),
    specimenIds: r.ids(),
    resultIds: r.ids(),
    conclusion: r.text(),
    sendBackReason: r.text(),
    correctionReason: r.text(),
    signature: r.chance(0.5) ? null : signature,
    issuedTime: r.maybeInstant(),
    readyTime: r.maybeInstant(),
  };
}

function task(r: Random): DocOf<'tasks'> {
  return {
    ...local(r),
    kind: r.of(['exception', 'criticalCall', 'conflict', 'amendment', 'rerun', 'newSpecimen']),
    status: r.of(['open', 'done', 'rejected']),
    reason: r.of(['', 'unknownTest']),
    summary: r.text(),
    instrumentId: r.maybeId(),
    messageId: r.maybeId(),
    sentTest: r.text(),
    sentSpecimen: r.text(),
    sentValue: r.text(),
    sentUnit: r.text(),
    patientId: r.maybeId(),
    specimenId: r.maybeId(),
    resultId: r.maybeId(),
    reportId: r.maybeId(),
    payload: r.chance(0.4) ? {} : { a: 1, b: [r.text(), null], c: { d: true } },
    sourceKey: r.maybeId(),
    resolution: r.text(),
    resolvedBy: r.text(),
    resolvedAt: r.maybeInstant(),
  };
}

/** A random entry of the catalogue, of a kind and code asked for. */
export function catalogEntry(r: Random, kind: DocOf<'catalog'>['kind'], code: string): DocOf<'catalog'> {
  const test = kind === 'test';
  const ranges = Array.from({ length: test ? r.int(4) : 0 }, () => ({
    sex: r.of(['male', 'female', 'any'] as const),
    ageLowDays: r.int(3) * 365,
    ageHighDays: 40000 + r.int(2),
    specimenType: r.of(['', 'SER']),
    ...r.optional('low'),
    ...r.optional('high'),
    ...r.optional('criticalLow'),
    ...r.optional('criticalHigh'),
  }));
  const rule = {
    kind: r.of(['absolute', 'percent', 'rate'] as const),
    limit: r.number(),
    windowHours: r.int(99),
  };
  return {
    ...local(r),
    kind,
    code,
    name: r.text() || code,
    active: r.chance(0.7),
    loinc: test ? r.of(['', '2345-7']) : '',
    unit: test ? r.of(['mmol/L', '']) : '',
    decimals: r.int(3),
    section: r.of(['', 'Chemistry']),
    order: r.int(50),
    specimenType: test ? r.of(['SER', 'EDTA', '']) : '',
    ranges,
    ...(test ? { ...r.optional('plausibleLow'), ...r.optional('plausibleHigh') } : {}),
    delta: test && r.chance(0.5) ? rule : null,
    autoverify: r.chance(0.5),
    members: kind === 'panel' ? ['GLU', 'K', 'NA'].slice(0, 1 + r.int(3)) : [],
    container: kind === 'specimenType' ? r.text() : '',
    cap: kind === 'specimenType' ? r.of(['', 'gold']) : '',
    handling: kind === 'specimenType' ? r.text() : '',
    drawOrder: kind === 'specimenType' ? r.int(9) : 0,
  };
}

/** Random documents of every kind that goes to the server. */
export const sampleMakers: { readonly [C in Replicated]: (random: Random) => DocOf<C> } = {
  patients: patient,
  instruments: instrument,
  orders: order,
  specimens: specimen,
  results: result,
  lots: lot,
  controls: control,
  reports: report,
  tasks: task,
  settings: setting,
  catalog: (random) => catalogEntry(random, random.of(['test', 'panel']), 'GLU'),
};
