import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DocOf } from '../../../shared/documents/index.ts';
import { catalogFromFhir } from '../../../shared/fhir/catalog.ts';
import type { CatalogResource } from '../../../shared/fhir/catalog-sets.ts';
import { localOf } from '../../../shared/fhir/mapping.ts';
import { orderMapping } from '../../../shared/fhir/order.ts';
import { patientMapping } from '../../../shared/fhir/patient.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import { loadBundle } from '../fhir/load.ts';
import { createFhirServer, type FhirServer } from '../fhir/server.ts';
import { call } from '../fhir/testing.ts';
import { analysers, laboratory, resourcesFrom } from './index.ts';

const lab = laboratory({ day: '2026-07-29' });
const resources = lab.resources();
let server: FhirServer;

beforeAll(async () => {
  server = await createFhirServer({ now: () => Date.UTC(2026, 6, 29, 5) });
  loadBundle(server, resources);
});
afterAll(() => server.stop());

const count = async (query: string): Promise<number | undefined> =>
  (await call('GET', `${server.url}/${query}`)).body.total;

it('is loaded into the central server: patients, orders and the four kinds of definitions', async () => {
  expect(await count('Patient?_summary=count')).toBe(200);
  expect(await count('ServiceRequest?_summary=count')).toBe(lab.orders.length);
  expect(await count('ObservationDefinition?_summary=count')).toBe(30);
  expect(await count('ActivityDefinition?_summary=count')).toBe(30);
  expect(await count('PlanDefinition?_summary=count')).toBe(38);
  expect(await count('SpecimenDefinition?_summary=count')).toBe(3);
  const order = lab.orders[0];
  expect(await count(`ServiceRequest?requisition=${order?.requisition}&_summary=count`)).toBe(
    lab.orders.filter((one) => one.requisition === order?.requisition).length,
  );
  expect(await count(`ServiceRequest?subject=Patient/${order?.patientId}&_summary=count`)).toBeGreaterThan(0);
});

it('is understood again: the resources give the very same documents', () => {
  const docId = (_: string, reference: string): string => reference.split('/').at(-1) ?? '';
  const of = (type: string) => resources.filter((one) => one.resourceType === type);
  const read = <D extends { id: string }>(
    list: readonly D[],
    type: string,
    from: (r: never, local: D) => D,
  ): D[] => list.map((doc) => from(of(type).find((one) => one.id === doc.id) as never, doc));
  expect(
    read(lab.patients, 'Patient', (r, doc) => patientMapping.from(r, { docId }, localOf(doc))).map(
      withoutExtra,
    ),
  ).toEqual(lab.patients);
  expect(
    read(lab.orders, 'ServiceRequest', (r, doc) => orderMapping.from(r, { docId }, localOf(doc))).map(
      withoutExtra,
    ),
  ).toEqual(lab.orders);
  const definitions = resources.filter((one) => one.resourceType.endsWith('Definition')) as CatalogResource[];
  const entries = catalogFromFhir(definitions, ({ kind, code }) => {
    const doc = lab.catalog.find((one) => one.kind === kind && one.code === code);
    if (doc === undefined) throw new Error(`no ${kind} ${code}`);
    return localOf(doc);
  });
  const byId = (a: DocOf<'catalog'>, b: DocOf<'catalog'>): number => (a.id < b.id ? -1 : 1);
  expect(entries.map(withoutExtra).sort(byId)).toEqual([...lab.catalog].sort(byId));
});

it('maps a past requisition as well', () => {
  const [past] = [...lab.history(40)];
  if (past === undefined) throw new Error('no history');
  const { orders, specimens, results, report, tasks } = past;
  const types = resourcesFrom({ orders, specimens, results, reports: [report], tasks }).map(
    (one) => one.resourceType,
  );
  expect(types.filter((one) => one === 'Observation')).toHaveLength(results.length);
  expect(types.filter((one) => one === 'Specimen')).toHaveLength(specimens.length);
  expect(types).toContain('DiagnosticReport');
  expect(types).toContain('Provenance');
});

it('is measured by the demo analysers: every test by one, with the same LOINC code and unit', () => {
  const tests = new Map(lab.catalog.filter((one) => one.kind === 'test').map((one) => [one.code, one]));
  const measured = analysers.flatMap(({ profile, section }) => {
    const found = builtinProfile(profile);
    if (found === undefined) throw new Error(`no profile ${profile}`);
    for (const line of found.tests) {
      const test = tests.get(line.test);
      expect([line.test, line.loinc, line.unit, section]).toEqual([
        test?.code,
        test?.loinc,
        test?.unit,
        test?.section,
      ]);
    }
    return found.tests.map((line) => line.test);
  });
  expect(measured.sort()).toEqual([...tests.keys()].sort());
});

function withoutExtra<D extends { extra?: unknown }>(doc: D): Omit<D, 'extra'> {
  const { extra: _, ...rest } = doc;
  return rest;
}
