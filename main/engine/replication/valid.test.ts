import { afterEach, describe, expect, it } from 'vitest';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import { type AnyResource, conditionalReference, type Replicated } from '../../../shared/fhir/mapping.ts';
import { Random } from '../../../shared/fhir/random.ts';
import { sampleMakers } from '../../../shared/fhir/samples.ts';
import { officialFaults } from '../../../test/sim/fhir/official.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { MemoryStore } from './memory-store.ts';
import { begin, instrumentDoc, putCase, resultDoc, type Scene } from './testing.ts';
import { faultOf } from './valid.ts';

const SEED = Number(process.env.SEED ?? 7);

function samples(rounds: number): AnyResource[] {
  const random = new Random(SEED);
  return Object.entries(sampleMakers).flatMap(([collection, make]) =>
    Array.from({ length: rounds }, () =>
      resourcesOf(collection as Replicated, make(random), {
        station: 'B2',
        reference: conditionalReference,
      }),
    ).flat(),
  );
}

/** Paths of all values inside. */
function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const own = path.length === 0 ? [] : [path];
  return [...own, ...Object.entries(value).flatMap(([key, child]) => paths(child, [...path, key]))];
}

function spoiled(resource: AnyResource, path: (string | number)[], value: unknown): AnyResource {
  const copy = structuredClone(resource);
  let parent = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  parent[path.at(-1) ?? ''] = value;
  return copy;
}

const result1 = {
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'K' },
  subject: { reference: 'Patient/17' },
  issued: '2026-07-29T06:12:00.000Z',
  valueQuantity: { value: 5.4, unit: 'mmol/L' },
};

describe('the check before sending', () => {
  it('lets everything through that the records of every kind become', () => {
    expect(samples(60).flatMap((resource) => faultOf(resource) ?? [])).toEqual([]);
  });

  it.each([
    [{ status: 'done' }, 'Observation.status has the unknown code “done”'],
    [{ code: undefined }, 'Observation.code is missing'],
    [
      { subject: { reference: 'undefined' } },
      'Observation.subject.reference is not a reference: “undefined”',
    ],
    [{ subject: { reference: 'Patient/' } }, 'Observation.subject.reference is not a reference: “Patient/”'],
    [{ issued: '2026-07-29' }, 'Observation.issued is not a time: “2026-07-29”'],
    [{ effectiveDateTime: 'now' }, 'Observation.effectiveDateTime is not a time: “now”'],
    [{ valueQuantity: { value: Number.NaN } }, 'Observation.valueQuantity.value is not a number'],
    [{ valueQuantity: { value: '5.4' } }, 'Observation.valueQuantity.value is not a number'],
    [{ note: [] }, 'Observation.note is an empty list'],
    [{ note: [{ text: '' }] }, 'Observation.note[0].text is empty'],
    [{ note: [null] }, 'Observation.note[0] has no value'],
    [{ method: {} }, 'Observation.method is empty'],
  ])('%j is told as: %s', (more, words) => {
    expect(faultOf({ ...result1, ...more } as AnyResource)).toBe(words);
  });

  it('gives back what the server itself has wrong, and tells only what is new', () => {
    const known = { ...result1, note: [{ text: '' }] };
    expect(faultOf(known as AnyResource, known)).toBeUndefined();
    expect(faultOf({ ...known, status: 'x' } as AnyResource, known)).toContain('status');
  });

  it('looks at what it does not know as far as it can', () => {
    expect(faultOf({ resourceType: 'Media' })).toBeUndefined();
    expect(faultOf({ resourceType: 'Media', id: '' })).toBe('Media.id is empty');
  });

  it('says nothing against a resource the official definitions accept, and finds most of what they refuse', () => {
    const random = new Random(SEED);
    let refused = 0;
    let found = 0;
    for (const resource of samples(6)) {
      const all = paths(resource).filter(([first]) => first !== 'resourceType' && first !== 'id');
      for (let round = 0; round < 4; round += 1) {
        const path = random.of(all);
        const bad = spoiled(
          resource,
          path,
          random.of(['', null, {}, [], Number.NaN, 'nonsense', '2026-13-01']),
        );
        const official = officialFaults(JSON.parse(JSON.stringify(bad)));
        const own = faultOf(bad);
        if (own !== undefined) expect(official, `${own} seed ${SEED} ${JSON.stringify(bad)}`).not.toEqual([]);
        refused += Number(official.length > 0);
        found += Number(official.length > 0 && own !== undefined);
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(found / refused).toBeGreaterThan(0.6);
  });
});

describe('a record that is not valid FHIR', () => {
  let scene: Scene<FhirServer> | undefined;
  afterEach(async () => {
    await scene?.end();
    scene = undefined;
  });

  it.each(['batch', 'single'] as const)(
    'is refused with words before it is sent (%s), what needs it waits, the others go, and mended it goes too',
    async (bundling) => {
      const switches = bundling === 'batch' ? {} : { batches: false, transactions: false };
      scene = begin(await createFhirServer({ switches }), new MemoryStore());
      const { store, server } = scene;
      store.change('instruments', instrumentDoc());
      for (let n = 0; n < 3; n += 1) putCase(store, n);
      store.change('results', resultDoc(1, 0, { effectiveTime: '2026-13-29T05:30:00.000Z' }));
      scene.replication.wake();
      await scene.until(async () => (await store.byId('results', 'res-1-0'))?.syncState === 'refused');
      const { why } = (await store.byId('results', 'res-1-0'))!.sync;
      expect(why).toBe(
        'Not sent, it is not valid FHIR: Observation.effectiveDateTime is not a time: “2026-13-29T05:30:00.000Z”',
      );
      await scene.until(() => server.stats().resources.DiagnosticReport === 2);
      expect((await store.byId('reports', 'rep-1'))?.syncState).toBe('queued');
      expect(server.stats()).toMatchObject({ resources: { Observation: 2 }, invalid: 0, duplicates: [] });
      store.change('results', resultDoc(1));
      scene.replication.wake();
      await scene.until(async () => (await store.countQueued()) === 0);
      expect(server.stats()).toMatchObject({
        resources: { Observation: 3, DiagnosticReport: 3 },
        duplicates: [],
      });
    },
  );
});
