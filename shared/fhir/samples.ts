import { newSync } from '../documents/common.ts';
import type { DocOf } from '../documents/index.ts';
import { newMapping } from '../documents/instrument.ts';
import { orderTime } from '../domain/qc/run.ts';
import { emptyOverlay } from '../profiles/overlay.ts';
import type { Local } from './mapping.ts';
import { nameKeyOf } from './patient.ts';

/** Small seeded generator (mulberry32): the same documents for the same seed. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(below: number): number {
    return Math.floor(this.next() * below);
  }
  of<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  text(): string {
    return this.of([
      '',
      'Ayşe',
      '田中 由美子',
      'a|b^c & <d>',
      'Ελένη',
      'x'.repeat(40),
      '𝔘',
      '> 5',
      'two words',
    ]);
  }
  id(): string {
    return `id-${this.int(1_000_000)}`;
  }
  maybeId(): string {
    return this.chance(0.3) ? '' : this.id();
  }
  ids(): string[] {
    return [...new Set(Array.from({ length: this.int(4) }, () => this.id()))];
  }
  instant(): string {
    return new Date(1_780_000_000_000 + this.int(1_000_000_000)).toISOString();
  }
  maybeInstant(): string {
    return this.chance(0.3) ? '' : this.instant();
  }
  number(): number {
    return this.of([0, 1, 5.4, -0.25, 0.001, 4000000, this.int(1000) / 100]);
  }
  optional<K extends string>(name: K): { [P in K]?: number } {
    return this.chance(0.4) ? {} : ({ [name]: this.number() } as { [P in K]?: number });
  }
}

export function local(r: Random): Local {
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

export function value(r: Random): DocOf<'results'>['value'] {
  const unit = r.of(['mmol/L', '10*9/L', '']);
  const kind = r.of(['quantity', 'string', 'empty'] as const);
  if (kind === 'empty') return { text: r.of(['', '-----']), kind, unit };
  if (kind === 'string') return { text: r.of(['negative', '***.**', '']), kind, unit };
  const comparator = r.of(['<', '<=', '>', '>='] as const);
  const withComparator = r.chance(0.4) ? { comparator } : {};
  return { text: r.of(['5.40', '>500', '0,7', '']), kind, ...r.optional('number'), ...withComparator, unit };
}

export function because(r: Random): DocOf<'results'>['because'] {
  return Array.from({ length: r.int(3) }, () => ({
    rule: r.of(['delta', 'V4', 'qc']),
    outcome: r.of(['pass', 'hold', 'block', 'warn', 'note'] as const),
    inputs: Object.fromEntries(Array.from({ length: r.int(3) }, (_, i) => [`in${i}`, r.text()])),
    text: r.text(),
  }));
}

const priority = ['routine', 'urgent', 'asap', 'stat'] as const;

export function patient(r: Random): DocOf<'patients'> {
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

export function order(r: Random): DocOf<'orders'> {
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

export function specimen(r: Random): DocOf<'specimens'> {
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

export function result(r: Random): DocOf<'results'> {
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

export function control(r: Random): DocOf<'controls'> {
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

export function lot(r: Random): DocOf<'lots'> {
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
export function setting(r: Random): DocOf<'settings'> {
  return {
    ...local(r),
    id: 'qc.events.T1.CHEM1',
    value: [{ id: r.id(), at: r.instant(), text: r.text(), breaksWindow: r.chance(0.5) }],
  };
}

export function instrument(r: Random): DocOf<'instruments'> {
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

export function report(r: Random): DocOf<'reports'> {
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

export function task(r: Random): DocOf<'tasks'> {
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
