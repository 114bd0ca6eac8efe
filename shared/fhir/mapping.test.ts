import type { Observation } from 'fhir/r4';
import { describe, expect, it } from 'vitest';
import { type DocOf, documentShapes } from '../documents/index.ts';
import { catalogFromFhir, catalogToFhir } from './catalog.ts';
import type { CatalogResource } from './catalog-sets.ts';
import { controlMapping } from './control.ts';
import { instrumentMapping } from './instrument.ts';
import { type Json, sameJson } from './json.ts';
import { lotMapping } from './lot.ts';
import { type AnyResource, conditionalReference, type Local, localOf, type Mapping } from './mapping.ts';
import { readJson } from './numbers.ts';
import { orderMapping } from './order.ts';
import { patientMapping } from './patient.ts';
import { Random } from './random.ts';
import { reportMapping } from './report.ts';
import { resultMapping } from './result.ts';
import { catalogEntry, sampleMakers } from './samples.ts';
import { settingMapping } from './setting.ts';
import { specimenMapping } from './specimen.ts';
import { taskMapping } from './task.ts';

const SEED = Number(process.env.SEED ?? 20260729);
const ROUNDS = 60;

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

/** Numbers that say more by how they are written than a JavaScript number keeps. */
const PRECISE = ['5.40', '1.0', '100.00', '1e2', '-7.10', '0.0', '-0.0', '1.5E+3', '0.00000010'].concat(
  ...['12345678901234567890', '0.12345678901234567890', '-0', '3.000000000000000000'],
);

/**
 * A resource as the text of a server that writes numbers so: in elements Levey does not know, and every decimal it knows with one more zero. Numbers
 * that are to be whole stay as they are.
 */
function precise(resource: AnyResource, r: Random): string {
  const strangeOne = strange(resource) as unknown as Json;
  const marks: string[] = [];
  const mark = (): string => {
    marks.push(r.of(PRECISE));
    return `#${marks.length - 1}#`;
  };
  const foreign = () => ({
    url: 'http://other.example/precise',
    extension: [
      { url: 'a', valueDecimal: mark() },
      { url: 'b', valueQuantity: { value: mark(), unit: 'mg', low: mark() } },
      { url: 'c', valueString: 'says 5.40, 1.0, and [2.50]' },
    ],
  });
  strangeOne.extension = [...((strangeOne.extension as Json[] | undefined) ?? []), foreign()];
  strangeOne.contained = [
    { resourceType: 'Observation', id: 'c', list: [mark(), mark()], component: [{ value: mark() }] },
  ];
  for (const name of ['code', 'collection', 'valueQuantity']) {
    const part = strangeOne[name];
    if (typeof part !== 'object' || part === null) continue;
    const known = ((part as Json).extension as Json[] | undefined) ?? [];
    strangeOne[name] = { ...part, extension: [...known, foreign()] };
  }
  return JSON.stringify(strangeOne)
    .replaceAll(/"#(\d+)#"/g, (_, index: string) => marks[Number(index)] ?? '')
    .replaceAll(/"(value|low|high|valueDecimal)":(-?\d+\.\d+)(?=[,}])/g, '"$1":$20');
}

/** JSON with every number as the text it is written as. */
const asWritten = (text: string): unknown =>
  (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, (_, value, { source }) =>
    typeof value === 'number' ? `number ${source}` : value,
  );
/** JSON text with its keys in order, for comparing sets. */
const inOrder = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
type Reviver = (key: string, value: unknown, context: { source: string }) => unknown;

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

    it('writes every number it did not change as the server wrote it: 5.40 is not 5.4', () => {
      const r = new Random(SEED + 3);
      for (let round = 0; round < ROUNDS; round += 1) {
        const doc = kind.make(r);
        const text = precise(kind.mapping.to(doc, to), r);
        const read = kind.mapping.from(readJson(text) as R, from, localOf(doc));
        // As the store keeps it and gives it back.
        const stored = JSON.parse(JSON.stringify(read)) as D;
        expect(asWritten(JSON.stringify(kind.mapping.to(stored, to)))).toEqual(asWritten(text));
        const edited = JSON.stringify(kind.mapping.to(kind.edit(stored), to));
        const touched = differences(asWritten(text), asWritten(edited));
        expect(touched.length).toBeGreaterThan(0);
        for (const path of touched) expect(path).toMatch(kind.touches);
        // Everybody but the server sees plain numbers.
        expect(structuredClone(kind.mapping.to(stored, to))).toEqual(
          JSON.parse(JSON.stringify(JSON.parse(text))),
        );
      }
    });
  });
}

check({
  name: 'patients',
  make: sampleMakers.patients,
  mapping: patientMapping,
  edit: (doc) => {
    const changed = { ...doc, birthDate: '2001-02-03', ward: 'changed' };
    return changed;
  },
  touches: /^\.(birthDate|extension.*)$/,
});
check({
  name: 'orders',
  make: sampleMakers.orders,
  mapping: orderMapping,
  edit: (doc) => ({ ...doc, note: 'please call' }),
  touches: /^\.note/,
});
check({
  name: 'specimens',
  make: sampleMakers.specimens,
  mapping: specimenMapping,
  edit: (doc) => ({ ...doc, collector: 'somebody new' }),
  touches: /^\.collection/,
});
check({
  name: 'results',
  make: sampleMakers.results,
  mapping: resultMapping,
  edit: (doc) => ({ ...doc, comment: 'hemolysed, repeat' }),
  touches: /^\.note/,
});
check({
  name: 'controls',
  make: sampleMakers.controls,
  mapping: controlMapping,
  edit: (doc) => ({ ...doc, operator: 'somebody new' }),
  touches: /^\.performer/,
});
check({
  name: 'lots',
  make: sampleMakers.lots,
  mapping: lotMapping,
  edit: (doc) => ({ ...doc, expiresOn: '2031-05-06' }),
  touches: /^\.instance/,
});
check({
  name: 'settings',
  make: sampleMakers.settings,
  mapping: settingMapping,
  edit: (doc) => ({ ...doc, value: ['another'] }),
  touches: /^\.extension/,
});
check({
  name: 'instruments',
  make: sampleMakers.instruments,
  mapping: instrumentMapping,
  edit: (doc) => ({ ...doc, serialNumber: 'SN-new' }),
  touches: /^\.serialNumber/,
});
check({
  name: 'reports',
  make: sampleMakers.reports,
  mapping: reportMapping,
  edit: (doc) => ({ ...doc, conclusion: 'see comment' }),
  touches: /^\.conclusion/,
});
check({
  name: 'tasks',
  make: sampleMakers.tasks,
  mapping: taskMapping,
  edit: (doc) => ({ ...doc, summary: 'another summary' }),
  touches: /^\.description/,
});

it('R12 shows the value of another system with the digits it was written with, and gives it back untouched', () => {
  const of = (value: string): string =>
    JSON.stringify({
      ...{ resourceType: 'Observation', id: '9', status: 'final' },
      ...{ code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }] } },
      valueQuantity: { value: 'N', unit: 'mmol/L' },
    }).replace('"N"', value);
  const local = localOf(sampleMakers.results(new Random(SEED)));
  const shown = (value: string) =>
    resultMapping.from(readJson(of(value)) as Observation, from, local).value.text;
  expect(['5.40', '0.0', '-1.50', '100', '1e2', '5.4'].map(shown)).toEqual([
    '5.40',
    '0.0',
    '-1.50',
    '100',
    '100',
    '5.4',
  ]);
  const read = resultMapping.from(readJson(of('5.40')) as Observation, from, local);
  const stored = JSON.parse(JSON.stringify(read)) as typeof read;
  const written = JSON.stringify(resultMapping.to({ ...stored, comment: 'seen' }, to));
  expect(differences(asWritten(of('5.40')), asWritten(written))).toEqual(['.id', '.note']);
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

  it('writes every number of the definitions that it did not change as the server wrote it', () => {
    const r = new Random(SEED + 4);
    for (let round = 0; round < ROUNDS; round += 1) {
      const docs = sets(r);
      const here = byCode(docs);
      const texts = docs.flatMap((doc) => catalogToFhir(doc, to)).map((item) => precise(item, r));
      const received = texts.map((text) => readJson(text) as CatalogResource);
      const read = catalogFromFhir(received, ({ kind, code }) => localOf(here.get(`${kind} ${code}`)!));
      const stored = JSON.parse(JSON.stringify(read)) as DocOf<'catalog'>[];
      const again = stored.flatMap((doc) => catalogToFhir(doc, to)).map((item) => JSON.stringify(item));
      expect(new Set(again.map(asWritten).map(inOrder))).toEqual(new Set(texts.map(asWritten).map(inOrder)));
      const test = stored.find((doc) => doc.code === 'GLU')!;
      const edited = catalogToFhir({ ...test, decimals: test.decimals + 1 }, to);
      const before = catalogToFhir(test, to);
      const touched = edited.flatMap((item, index) =>
        differences(asWritten(JSON.stringify(before[index])), asWritten(JSON.stringify(item))),
      );
      expect(touched).toEqual(['.quantitativeDetails.decimalPrecision']);
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
