import { afterEach, expect, test } from 'vitest';
import { MemoryStore } from '../../main/engine/replication/memory-store.ts';
import { begin, type Scene } from '../../main/engine/replication/testing.ts';
import { isObject } from '../../shared/fhir/json.ts';
import { Random } from '../../shared/fhir/random.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { catalog as demoCatalog } from '../sim/laboratory/catalog.ts';
import { resourcesFrom } from '../sim/laboratory/fhir.ts';
import { foreignOrder, foreignPatient, foreignResult, foreignSpecimen } from './untouched-resources.ts';

/** What another system wrote is read, one field of it is edited here and it is written back: nothing else of it is changed. */

const SEED = Number(process.env.SEED ?? 20261122);
const ROUNDS = Number(process.env.ROUNDS ?? 25);

let current: Scene<FhirServer> | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

/** Paths at which two JSON values differ, `name[0].family`; a list that is longer differs at its new items. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, at) => differences(before[at], after[at], `${path}[${at}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) =>
      differences(before[name], after[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

interface Edit {
  collection: 'patients' | 'orders' | 'specimens' | 'results';
  type: string;
  /** Field of the document, its new value. */
  field: string;
  value: unknown;
  /** Where the resource may differ afterwards. */
  allowed: RegExp;
}

const EXTENSION = /^extension(\[\d+\]|$)/;
const edits: Edit[] = [
  {
    collection: 'patients',
    type: 'Patient',
    field: 'birthDate',
    value: '1977-07-07',
    allowed: /^birthDate$/,
  },
  {
    collection: 'patients',
    type: 'Patient',
    field: 'familyName',
    value: 'NEW',
    allowed: /^name\[0\]\.family$/,
  },
  { collection: 'patients', type: 'Patient', field: 'ward', value: '3C', allowed: EXTENSION },
  {
    collection: 'patients',
    type: 'Patient',
    field: 'identifier',
    value: 'NEW-1',
    allowed: /^identifier\[0\]\.value$/,
  },
  { collection: 'orders', type: 'ServiceRequest', field: 'status', value: 'revoked', allowed: /^status$/ },
  {
    collection: 'orders',
    type: 'ServiceRequest',
    field: 'note',
    value: 'call 5',
    allowed: /^note\[0\]\.text$/,
  },
  {
    collection: 'specimens',
    type: 'Specimen',
    field: 'collectedTime',
    value: '2026-07-29T05:55:00.000Z',
    allowed: /^collection\.collectedDateTime$/,
  },
  {
    collection: 'specimens',
    type: 'Specimen',
    field: 'collector',
    value: 'M. L.',
    allowed: /^collection\.collector(\.display|\.reference)?$/,
  },
  {
    collection: 'results',
    type: 'Observation',
    field: 'comment',
    value: 'seen',
    allowed: /^note\[0\]\.text$/,
  },
];

test.each([0, 1])(
  'a field edited here changes nothing else of a resource another system made (round %i)',
  async (round) => {
    const seed = SEED + round;
    const random = new Random(seed);
    const server = await createFhirServer({ seed });
    const day = '2026-07-29T05:00:00.000Z';
    const catalog = demoCatalog(day);
    const loinc = catalog.find((entry) => entry.kind === 'test' && entry.loinc !== '')?.loinc ?? '';
    server.control.load(resourcesFrom({ catalog }));
    const given: Resource[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const made = [
        foreignPatient(random, n),
        foreignOrder(random, n),
        foreignSpecimen(random, n),
        foreignResult(random, n, loinc),
      ];
      given.push(...(made as unknown as Resource[]));
    }
    server.control.load(given);
    const of = begin(server, new MemoryStore(), { seed });
    current = of;
    await of.until(
      () => of.store.all('results').length === ROUNDS && of.replication.status().lastSyncAt !== '',
    );
    const before = new Map(
      given.map((one) => [
        `${one.resourceType}/${one.id}`,
        server.control.read(one.resourceType, one.id ?? ''),
      ]),
    );
    const edited = new Map<string, Edit>();
    for (const collection of ['patients', 'orders', 'specimens', 'results'] as const) {
      for (const doc of of.store.all(collection)) {
        const edit = random.of(edits.filter((one) => one.collection === collection));
        if (random.chance(0.1)) continue;
        edited.set(`${edit.type}/${doc.serverId}`, edit);
        of.store.change(collection, { ...doc, [edit.field]: edit.value } as never);
      }
    }
    of.replication.wake();
    await of.until(async () => (await of.store.countQueued()) === 0);
    const wrong: string[] = [];
    for (const [key, was] of before) {
      const [type = '', id = ''] = key.split('/');
      const { meta: metaBefore, ...rest } = was;
      const { meta: metaAfter, ...now } = server.control.read(type, id);
      const { versionId: _v, lastUpdated: _l, ...kept } = metaBefore ?? {};
      const { versionId: _v2, lastUpdated: _l2, ...keptNow } = metaAfter ?? {};
      const edit = edited.get(key);
      const found = differences({ meta: kept, ...rest }, { meta: keptNow, ...now });
      for (const path of found)
        if (edit === undefined || !edit.allowed.test(path)) wrong.push(`${key} (${edit?.field}): ${path}`);
      if (edit !== undefined && found.length === 0) wrong.push(`${key}: ${edit.field} did not arrive`);
    }
    expect(wrong.slice(0, 12), `seed ${seed}`).toEqual([]);
    expect(edited.size).toBeGreaterThan(2 * ROUNDS);
    expect(of.store.all('tasks')).toEqual([]);
    expect(server.control.takeInvalid()).toEqual([]);
  },
);
