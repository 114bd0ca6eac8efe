import { expect, it, onTestFinished } from 'vitest';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer } from '../../../test/sim/fhir/server.ts';
import type { Beside } from './kinds.ts';
import { putCase } from './testing.ts';

/** What other parts of the engine take over is followed as replication's own records are. */

const DAY_MS = 86_400_000;

/** An observation of a kind of its own, which the search for results finds too. */
function marked(id: string): Resource {
  return {
    resourceType: 'Observation',
    id,
    meta: { tag: [{ system: SYSTEM.kind, code: 'MARKED' }] },
    status: 'final',
    category: [{ coding: [{ system: SYSTEM.category, code: 'laboratory' }] }],
    code: { text: 'Marked' },
  } as unknown as Resource;
}

/** Definition of a test. */
function defined(name: string): Resource {
  return {
    resourceType: 'ObservationDefinition',
    id: name,
    code: { coding: [{ system: SYSTEM.catalog, code: name }], text: name },
  } as unknown as Resource;
}

/** Follows the observations that {@link marked} makes. @param taken ids as they are taken */
function following(taken: string[]): Beside {
  return {
    ...{ name: 'marked', what: 'Observation (marked)', type: 'Observation', days: 10 },
    filter: `&_tag=${encodeURIComponent(`${SYSTEM.kind}|MARKED`)}`,
    take: async (resources) => {
      taken.push(...resources.map(({ id }) => id ?? ''));
      return resources.length;
    },
  };
}

it('a resource that is found in two ways is taken in both, once, as far back as it was asked for; of another server too, and its catalogue whole', async () => {
  let age = 0;
  const at = async <T>(days: number, work: () => T): Promise<T> => {
    age = days * DAY_MS;
    const done = work();
    age = 0;
    return done;
  };
  const options = { now: () => Date.now() - age };
  const server = await createFhirServer({ seed: 5, ...options });
  const taken: string[] = [];
  await at(11, () => server.control.put(marked('long-ago')));
  await at(9, () => server.control.put(marked('ago')));
  const of = await startedBehind(server, { beside: [following(taken)], config: { historyDays: 3 } });
  putCase(of.store, 1);
  of.replication.wake();
  await of.until(async () => taken.length > 0 && (await of.store.countQueued()) === 0);
  server.control.put(marked('now'));
  server.control.put(defined('NOW'));
  await of.until(() => taken.includes('now') && of.store.all('catalog').length > 0);
  expect(taken).toEqual(['ago', 'now']);

  const other = await createFhirServer({ seed: 6, ...options });
  onTestFinished(() => other.stop());
  await at(60, () => other.control.put(defined('OLD')));
  await at(9, () => other.control.put(marked('ago-elsewhere')));
  of.between.server = other.url;
  await of.until(() => taken.includes('ago-elsewhere'));
  await of.until(() => of.store.all('catalog').some(({ code }) => code === 'OLD'));
});

it('is looked for in the middle of a long first load too', async () => {
  const LOADED = 60;
  const server = await createFhirServer({ seed: 5, switches: { maxCount: 2, slowMs: 10 } });
  server.control.load(
    Array.from({ length: LOADED }, (_, n) => ({
      resourceType: 'Patient',
      id: `p-${n}`,
      identifier: [{ system: 'urn:mrn', value: `M${n}` }],
      name: [{ use: 'official', family: `Doyle ${n}` }],
    })),
  );
  const taken: string[] = [];
  const of = await startedBehind(server, { beside: [following(taken)] });
  const loaded = () => of.store.all('patients').length;
  await of.until(() => loaded() > 0);
  server.control.put(marked('meanwhile'));
  await of.until(() => taken.includes('meanwhile'));
  expect(loaded()).toBeLessThan(LOADED);
  await of.until(() => loaded() === LOADED && of.replication.status().firstLoad === null);
});
