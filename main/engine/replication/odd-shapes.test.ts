import type { Bundle } from 'fhir/r4';
import { expect, it } from 'vitest';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { CANONICAL } from '../../../shared/fhir/systems.ts';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Between } from '../../../test/sim/fhir/between.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { resourcesFrom } from '../../../test/sim/laboratory/fhir.ts';
import { laboratory } from '../../../test/sim/laboratory/index.ts';
import { fetchedInOrder, typeOf } from './kinds.ts';
import { isSameRecord } from './same-record.ts';
import { orderDoc, patientDoc, putCase, reportDoc, resultDoc, type Scene, specimenDoc } from './testing.ts';

/** Resources of other systems with an element that is not shaped as it should be: they hold up no other, and nothing is taken from them by half. */

type Behind = Scene<FhirServer> & { between: Between };

/** A station and a server; what is put into `odd` by type and id is given in place of what the server has. */
async function begin(): Promise<Behind & { odd: Map<string, Resource> }> {
  const of = await startedBehind(await createFhirServer({ seed: 5 }), { config: { pageSize: 50 } });
  const odd = new Map<string, Resource>();
  of.between.answer = (passing) => {
    if (!passing.text.includes('"searchset"')) return passing;
    const bundle = JSON.parse(passing.text) as Bundle;
    for (const entry of bundle.entry ?? []) {
      const { resource } = entry;
      const instead = odd.get(`${resource?.resourceType}/${resource?.id}`);
      if (instead !== undefined) entry.resource = { ...instead, meta: resource?.meta } as typeof resource;
    }
    return { ...passing, text: JSON.stringify(bundle) };
  };
  return Object.assign(of, { odd });
}

const said = (of: Behind) => of.replication.events().map(({ text }) => text);
const drained = (of: Behind) => of.until(async () => (await of.store.countQueued()) === 0);
const caseOf = (n: number): Resource[] =>
  resourcesFrom({
    patients: [patientDoc(n)],
    orders: [orderDoc(n)],
    specimens: [specimenDoc(n)],
    results: [resultDoc(n)],
    reports: [reportDoc(n)],
  });
const values: readonly unknown[] = [7, 'x', {}, [null], [[]], { coding: {} }, [{ reference: {} }], null];

it('any element of any resource: all that come with it are fetched', async () => {
  const of = await begin();
  const types = fetchedInOrder.map((kind) => typeOf[kind]);
  const whole = caseOf(1);
  for (const resource of whole.filter(({ resourceType }) => types.includes(resourceType))) {
    for (const name of Object.keys(resource)) {
      if (['resourceType', 'id', 'meta'].includes(name)) continue;
      for (const value of values) {
        const id = `odd-${of.odd.size}`;
        of.odd.set(`${resource.resourceType}/${id}`, { ...resource, id, [name]: value });
        whole.push({ ...resource, id });
      }
    }
  }
  of.server.control.load(whole);
  of.server.control.load(caseOf(2));
  await of.until(() => of.store.all('reports').some(({ id }) => id === 'rep-2'));
  for (const [kind, id] of [
    ['patients', 'pat-2'],
    ['orders', 'ord-2'],
    ['specimens', 'spe-2'],
    ['results', 'res-2-0'],
  ] as const)
    expect(of.store.all(kind).map((doc) => doc.id)).toContain(id);
  expect(said(of).some((text) => text.startsWith('1 cannot be used here: Specimen/odd-'))).toBe(true);
  expect(said(of).filter((text) => text.startsWith('Sync failed'))).toEqual([]);
});

it.each([{ name: {} }, { name: [null] }, { identifier: [null] }, { meta: { tag: {} } }])(
  'what says which record it is (%j): it is not taken for the one that was here, and nothing breaks',
  (odd) => {
    const there = { resourceType: 'Patient', id: '1', ...odd } as unknown as AnyResource;
    expect(isSameRecord('patients', patientDoc(1), there)).toBe(false);
  },
);

it.each([
  ['ActivityDefinition', { observationResultRequirement: {} }],
  ['PlanDefinition', { action: [{ definitionCanonical: `${CANONICAL}ActivityDefinition/%zz` }] }],
  ['SpecimenDefinition', { typeTested: [null] }],
])(
  'a definition of the catalogue (%s %o): it stays as it was, that is said, and all else goes on',
  async (type, odd) => {
    const of = await begin();
    const { catalog } = laboratory({ day: '2026-07-29' });
    of.server.control.load(resourcesFrom({ catalog }));
    const one = of.server.control.all(type).at(-1)!;
    of.odd.set(`${type}/${one.id}`, { ...one, ...odd });
    putCase(of.store, 1);
    of.replication.wake();
    await drained(of);
    await of.until(() => said(of).some((text) => text.includes(`${type}/${one.id}`)));
    expect(of.store.all('catalog')).toEqual([]);
    expect(of.replication.status().state).toBe('online');
    of.odd.clear();
    of.server.control.put({ ...one, description: 'mended' });
    await of.until(() => of.store.all('catalog').length > 10);
  },
);
