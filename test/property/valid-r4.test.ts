import { expect, test } from 'vitest';
import { resourcesOf } from '../../shared/fhir/index.ts';
import { conditionalReference, type Replicated, replicated } from '../../shared/fhir/mapping.ts';
import { Random } from '../../shared/fhir/random.ts';
import { catalogEntry, sampleMakers } from '../../shared/fhir/samples.ts';
import { officialFaults } from '../sim/fhir/official.ts';
import { catalog } from '../sim/laboratory/catalog.ts';

/** Whatever a document holds, each resource made of it is valid by the official R4 definitions. */

const SEED = Number(process.env.SEED ?? 20261122);
const ROUNDS = Number(process.env.ROUNDS ?? 150);

const { catalog: _sets, ...makers } = sampleMakers;
const context = { station: 'B2', reference: conditionalReference };

function faultsOf(collection: Replicated, doc: unknown): string[] {
  return resourcesOf(collection, doc, context).flatMap((resource) =>
    officialFaults(resource as never).map((fault) => `${resource.resourceType} ${fault}`),
  );
}

test('every kind of record that goes to the server is covered', () => {
  expect(Object.keys(sampleMakers).sort()).toEqual([...replicated].sort());
});

test.each(Object.entries(makers))(
  '%s: every resource of a random document is valid R4',
  (collection, make) => {
    const random = new Random(SEED);
    const faults = new Map<string, unknown>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const doc = make(random);
      for (const fault of faultsOf(collection as Replicated, doc)) faults.set(fault, doc);
    }
    expect([...faults].slice(0, 5), `seed ${SEED}`).toEqual([]);
  },
);

test('catalog: every definition of a random test or panel, and of the demo catalogue, is valid R4', () => {
  const random = new Random(SEED);
  const faults = new Set<string>();
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    for (const kind of ['test', 'panel'] as const) {
      for (const fault of faultsOf('catalog', catalogEntry(random, kind, `C${round}`))) faults.add(fault);
    }
  }
  for (const entry of catalog('2026-07-29T06:00:00.000Z'))
    for (const fault of faultsOf('catalog', entry)) faults.add(fault);
  expect([...faults], `seed ${SEED}`).toEqual([]);
});
