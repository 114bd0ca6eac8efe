import { describe, expect, it } from 'vitest';
import { type DocOf, documentShapes } from '../documents/index.ts';
import { catalogFromFhir, catalogToFhir } from './catalog.ts';
import { controlMapping } from './control.ts';
import { instrumentMapping } from './instrument.ts';
import { type Json, sameJson } from './json.ts';
import { lotMapping } from './lot.ts';
import { type AnyResource, conditionalReference, type Local, localOf, type Mapping } from './mapping.ts';
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
