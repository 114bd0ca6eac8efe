import { describe, expect, it } from 'vitest';
import { newSync } from '../documents/common.ts';
import { type DocOf, documentShapes } from '../documents/index.ts';
import { catalogFromFhir, catalogToFhir } from './catalog.ts';
import { controlMapping } from './control.ts';
import { instrumentMapping } from './instrument.ts';
import { type Json, sameJson } from './json.ts';
import { type AnyResource, conditionalReference, type Local, localOf, type Mapping } from './mapping.ts';
import { orderMapping } from './order.ts';
import { nameKeyOf, patientMapping } from './patient.ts';
import { reportMapping } from './report.ts';
import { resultMapping } from './result.ts';
import { specimenMapping } from './specimen.ts';
import { taskMapping } from './task.ts';

const SEED = Number(process.env.SEED ?? 20260729);
const ROUNDS = 60;

/** Small seeded generator (mulberry32): the same documents for the same seed. */
class Random {
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
  return {
    ...local(r),
    instrumentId: r.id(),
    testCode: r.of(['ALB', 'GLU']),
    material: r.text(),
    lot: r.text(),
    level: r.of(['1', '2', '']),
    value: value(r),
    z: r.of([null, 0, -2.25, 3]),
    state: r.of(['inControl', 'warning', 'rejected', 'notEvaluated', 'excluded']),
    because: because(r),
    measuredTime: r.maybeInstant(),
    postedTime: r.maybeInstant(),
    operator: r.text(),
    sourceKey: r.maybeId(),
    messageId: r.maybeId(),
  };
}

function instrument(r: Random): DocOf<'instruments'> {
  const overlay = Object.fromEntries(
    Array.from({ length: r.int(3) }, (_, i) => [
      `c${i}`,
      { testCode: r.text(), by: r.text(), at: r.instant() },
    ]),
  );
  return {
    ...local(r),
    name: r.text(),
    profileId: r.text(),
    manufacturer: r.text(),
    model: r.text(),
    serialNumber: r.text(),
    active: r.chance(0.5),
    overlay,
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

function catalogEntry(r: Random, kind: DocOf<'catalog'>['kind'], code: string): DocOf<'catalog'> {
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

const to = { station: 'B2', reference: conditionalReference };
const from = { docId: () => undefined };

/** What a server adds that Levey does not model, at places that differ from type to type. */
function strange(resource: AnyResource): AnyResource {
  const out = structuredClone(resource) as unknown as Json;
  out.text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' };
  out.contained = [{ resourceType: 'Basic', id: 'b', code: { text: 'x' } }];
  const foreign = { url: 'http://other.example/ext', valueString: 'kept' };
  out.extension = [
    foreign,
    ...((out.extension as Json[] | undefined) ?? []),
    { ...foreign, valueString: '2' },
  ];
  if (Array.isArray(out.identifier)) {
    const listed = out.identifier as Json[];
    out.identifier = [...listed, { system: 'http://other.example', value: '9', period: { start: '2020' } }];
  }
  if (Array.isArray(out.name)) {
    const names = out.name as Json[];
    out.name = [{ use: 'maiden', family: 'Old' }, ...names.map((name) => ({ ...name, prefix: ['Dr'] }))];
  }
  for (const name of ['code', 'type', 'subject', 'collection', 'valueQuantity', 'typeCollected']) {
    const part = out[name];
    if (typeof part === 'object' && part !== null)
      out[name] = {
        ...part,
        extension: [...(((part as Json).extension as Json[] | undefined) ?? []), foreign],
      };
  }
  return out as unknown as AnyResource;
}

/** Paths at which two JSON values differ. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (sameJson(a, b)) return [];
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, index) => differences(item, b[index], `${path}[${index}]`));
  }
  const objects = [a, b].every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  if (!objects) return [path];
  const [left, right] = [a as Json, b as Json];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    differences(left[key], right[key], `${path}.${key}`),
  );
}

interface Kind<D extends Local & { extra?: Json | undefined }, R extends AnyResource> {
  name: keyof typeof documentShapes;
  make: (r: Random) => D;
  mapping: Mapping<D, R>;
  /** An edit, and the only place in the resource it may touch. */
  edit: (doc: D) => D;
  touches: RegExp;
}

function check<D extends Local & { extra?: Json | undefined }, R extends AnyResource>(
  kind: Kind<D, R>,
): void {
  describe(`${kind.name} (seed ${SEED})`, () => {
    it('gives the same document back', () => {
      const r = new Random(SEED);
      for (let round = 0; round < ROUNDS; round += 1) {
        const doc = kind.make(r);
        documentShapes[kind.name].parse(doc);
        const wire = JSON.parse(JSON.stringify(kind.mapping.to(doc, to))) as R;
        expect(kind.mapping.from(wire, from, localOf(doc))).toEqual(doc);
      }
    });

    it('changes only what was edited in a resource with elements it does not know', () => {
      const r = new Random(SEED + 1);
      for (let round = 0; round < ROUNDS; round += 1) {
        const doc = kind.make(r);
        const received = strange(kind.mapping.to(doc, to)) as R;
        const read = kind.mapping.from(received, from, localOf(doc));
        expect(read.extra).toBeDefined();
        expect(kind.mapping.to(read, to)).toEqual(received);
        const edited = kind.edit(read);
        const written = kind.mapping.to(edited, to);
        const again = kind.mapping.from(written, from, localOf(doc));
        expect({ ...again, extra: 0 }).toEqual({ ...edited, extra: 0 });
        const touched = differences(received, written);
        expect(touched.length).toBeGreaterThan(0);
        for (const path of touched) expect(path).toMatch(kind.touches);
      }
    });
  });
}

check({
  name: 'patients',
  make: patient,
  mapping: patientMapping,
  edit: (doc) => {
    const changed = { ...doc, birthDate: '2001-02-03', ward: 'changed' };
    return changed;
  },
  touches: /^\.(birthDate|extension.*)$/,
});
check({
  name: 'orders',
  make: order,
  mapping: orderMapping,
  edit: (doc) => ({ ...doc, note: 'please call' }),
  touches: /^\.note/,
});
check({
  name: 'specimens',
  make: specimen,
  mapping: specimenMapping,
  edit: (doc) => ({ ...doc, collector: 'somebody new' }),
  touches: /^\.collection/,
});
check({
  name: 'results',
  make: result,
  mapping: resultMapping,
  edit: (doc) => ({ ...doc, comment: 'hemolysed, repeat' }),
  touches: /^\.note/,
});
check({
  name: 'controls',
  make: control,
  mapping: controlMapping,
  edit: (doc) => ({ ...doc, operator: 'somebody new' }),
  touches: /^\.performer/,
});
check({
  name: 'instruments',
  make: instrument,
  mapping: instrumentMapping,
  edit: (doc) => ({ ...doc, serialNumber: 'SN-new' }),
  touches: /^\.serialNumber/,
});
check({
  name: 'reports',
  make: report,
  mapping: reportMapping,
  edit: (doc) => ({ ...doc, conclusion: 'see comment' }),
  touches: /^\.conclusion/,
});
check({
  name: 'tasks',
  make: task,
  mapping: taskMapping,
  edit: (doc) => ({ ...doc, summary: 'another summary' }),
  touches: /^\.description/,
});

describe(`catalog (seed ${SEED})`, () => {
  const sets = (r: Random) => [
    catalogEntry(r, 'specimenType', 'SER'),
    catalogEntry(r, 'specimenType', 'EDTA'),
    catalogEntry(r, 'test', 'GLU'),
    catalogEntry(r, 'test', 'K'),
    catalogEntry(r, 'test', 'NA'),
    catalogEntry(r, 'panel', 'BMP'),
    catalogEntry(r, 'panel', 'ONE'),
  ];
  const byCode = (docs: DocOf<'catalog'>[]) => new Map(docs.map((doc) => [`${doc.kind} ${doc.code}`, doc]));

  it('gives the same entries back out of the set of definitions', () => {
    const r = new Random(SEED);
    for (let round = 0; round < ROUNDS; round += 1) {
      const docs = sets(r);
      for (const doc of docs) documentShapes.catalog.parse(doc);
      const here = byCode(docs);
      const wire = JSON.parse(JSON.stringify(docs.flatMap((doc) => catalogToFhir(doc, to))));
      const read = catalogFromFhir(wire, ({ kind, code }) => localOf(here.get(`${kind} ${code}`)!));
      expect(byCode(read)).toEqual(here);
    }
  });

  it('changes only what was edited in definitions with elements it does not know', () => {
    const r = new Random(SEED + 2);
    for (let round = 0; round < ROUNDS; round += 1) {
      const docs = sets(r);
      const here = byCode(docs);
      const received = docs
        .flatMap((doc) => catalogToFhir(doc, to))
        .map((item) => strange(item) as typeof item);
      const read = byCode(
        catalogFromFhir(received, ({ kind, code }) => localOf(here.get(`${kind} ${code}`)!)),
      );
      const test = read.get('test GLU')!;
      const parts = received.filter((item) => catalogToFhir(test, to).some((own) => sameJson(own, item)));
      expect(parts.map((item) => item.resourceType)).toEqual([
        'ObservationDefinition',
        'ActivityDefinition',
        'PlanDefinition',
      ]);
      const edited = catalogToFhir({ ...test, decimals: test.decimals + 1 }, to);
      expect(edited.flatMap((item, index) => differences(parts[index], item))).toEqual([
        '.quantitativeDetails.decimalPrecision',
      ]);
      const panel = read.get('panel BMP')!;
      const before = catalogToFhir(panel, to)[0];
      const after = catalogToFhir({ ...panel, members: [...panel.members, 'CL'] }, to)[0];
      expect(differences(before, after).every((path) => path.startsWith('.action'))).toBe(true);
    }
  });
});
