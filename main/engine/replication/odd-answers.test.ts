import type { Bundle } from 'fhir/r4';
import { describe, expect, it } from 'vitest';
import type { LeveyError } from '../../../shared/errors.ts';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Between, Passing } from '../../../test/sim/fhir/between.ts';
import type { Resource } from '../../../test/sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import type { Switches } from '../../../test/sim/fhir/switches.ts';
import type { ReplicationConfig } from './contract.ts';
import { type Scene as AnyScene, instrumentDoc, patientDoc, putCase } from './testing.ts';

/** Answers that are not what was asked for: of proxies, of servers behind them, and of servers that do not keep to the standard. */

const CASES = 6;
type Scene = AnyScene<FhirServer> & { between: Between; problems: string[] };

async function begin(
  options: { switches?: Partial<Switches>; config?: Partial<ReplicationConfig> } = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: 5, switches: options.switches ?? {} });
  const problems: string[] = [];
  const told = (problem: LeveyError | null) => void (problem !== null && problems.push(problem.code));
  const scene = await startedBehind(server, {
    config: options.config ?? {},
    onProblem: told,
    onNotice: (_, problem) => told(problem),
  });
  return Object.assign(scene, { problems });
}

function fill(of: Scene): void {
  of.store.change('instruments', instrumentDoc());
  for (let n = 0; n < CASES; n += 1) putCase(of.store, n, 2);
  of.replication.wake();
}

const drained = (of: Scene) => of.until(async () => (await of.store.countQueued()) === 0);

/** Each record is at the server once, and the id known here is that of the resource that carries its identifier. */
function expectEachItsOwn(of: Scene): void {
  expect(of.server.stats()).toMatchObject({
    duplicates: [],
    resources: { Patient: CASES, Observation: 2 * CASES, DiagnosticReport: CASES, Provenance: CASES },
  });
  const types = { patients: 'Patient', orders: 'ServiceRequest', specimens: 'Specimen' } as const;
  const all = { ...types, results: 'Observation', reports: 'DiagnosticReport' } as const;
  for (const [name, type] of Object.entries(all)) {
    for (const doc of of.store.all(name as keyof typeof all)) {
      expect(doc.syncState).toBe('onServer');
      expect(JSON.stringify(of.server.control.read(type, doc.serverId).identifier)).toContain(`"${doc.id}"`);
    }
  }
  for (const result of of.server.control.all('Observation')) {
    const [, n] = /"res-(\d+)-\d"/.exec(JSON.stringify(result.identifier)) ?? [];
    const { reference } = result.subject as { reference: string };
    expect(reference).toBe(
      `Patient/${of.store.all('patients').find((doc) => doc.id === `pat-${n}`)?.serverId}`,
    );
  }
  expect(of.store.all('tasks')).toEqual([]);
}

/** Changes the entries of the answers to batches that write. */
function entries(change: (all: NonNullable<Bundle['entry']>) => NonNullable<Bundle['entry']>) {
  return (passing: Passing): Passing => {
    if (passing.method !== 'POST' || !passing.text.includes('"Bundle"')) return passing;
    const bundle = JSON.parse(passing.text) as Bundle;
    const all = bundle.entry ?? [];
    if (!all.some(({ response }) => response?.status?.startsWith('201'))) return passing;
    return { ...passing, text: JSON.stringify({ ...bundle, entry: change(all) }) };
  };
}

describe('an answer to a batch', () => {
  it('that lacks an entry in the middle gives no record the id of another', async () => {
    const of = await begin();
    let times = 0;
    of.between.answer = entries((all) => {
      times += 1;
      return times <= 6 && all.length > 2 ? all.filter((_, index) => index !== 1) : all;
    });
    fill(of);
    await drained(of);
    expect(times).toBeGreaterThan(0);
    expectEachItsOwn(of);
  });

  it('whose entries come in another order gives no record the id of another', async () => {
    const of = await begin();
    let times = 0;
    of.between.answer = entries((all) => {
      times += 1;
      return times <= 6 ? all.toReversed() : all;
    });
    fill(of);
    await drained(of);
    expect(times).toBeGreaterThan(0);
    expectEachItsOwn(of);
  });

  it('whose entries come in another order is noticed also where all are of one type, and records then go one by one', async () => {
    const of = await begin();
    of.between.answer = entries((all) => all.toReversed());
    for (let n = 0; n < CASES; n += 1) of.store.change('patients', patientDoc(n));
    of.replication.wake();
    await drained(of);
    fill(of);
    await drained(of);
    expectEachItsOwn(of);
  });

  it('that is cut off although it says 200 is no answer: everything is there once', async () => {
    const of = await begin();
    let times = 0;
    of.between.answer = (passing) => {
      if (passing.method !== 'POST' || times >= 4) return passing;
      times += 1;
      return { ...passing, text: passing.text.slice(0, passing.text.length / 2) };
    };
    fill(of);
    await drained(of);
    expect(times).toBe(4);
    expectEachItsOwn(of);
  });

  it.each(['401', '408', '425'])('in which entries are %s refuses no record', async (status) => {
    const of = await begin();
    let times = 0;
    of.between.answer = entries((all) => {
      times += 1;
      return times > 3 ? all : all.map((one, index) => (index % 2 === 0 ? one : { response: { status } }));
    });
    fill(of);
    await drained(of);
    expectEachItsOwn(of);
  });
});

describe('a proxy whose server is being started anew', () => {
  const away = () => ({
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    text: '404 page not found\n',
  });

  it('and says 404 to everything is taken for a line without a server, not for a server that lost its records', async () => {
    const of = await begin();
    fill(of);
    await drained(of);
    const { lastSyncAt } = of.replication.status();
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > lastSyncAt);
    const { versions } = of.server.stats();
    const patient = of.store.all('patients')[0]!;
    let asked = 0;
    of.between.instead = () => {
      asked += 1;
      return away();
    };
    of.store.change('patients', { ...patient, ward: '9B' });
    of.store.change('patients', patientDoc(99));
    of.replication.wake();
    await of.until(() => of.replication.status().state === 'offline');
    await of.until(() => asked > 8);
    of.between.instead = () => undefined;
    of.replication.now();
    await drained(of);
    expect(of.problems).not.toContain('server.restored');
    expect(of.store.all('patients').every(({ syncState }) => syncState === 'onServer')).toBe(true);
    expect(of.store.all('tasks')).toEqual([]);
    expect(of.server.stats().versions).toBe(versions + 2);
  });
});

describe('a search whose next page', () => {
  const patients = (of: Scene) =>
    of.server.control.load(
      Array.from(
        { length: 45 },
        (_, n): Resource => ({
          resourceType: 'Patient',
          id: `there-${n}`,
          identifier: [{ system: 'urn:mrn', value: `there ${n}` }],
          name: [{ use: 'official', family: `N${n}` }],
        }),
      ),
    );
  const withNext =
    (change: (url: string) => string) =>
    (passing: Passing): Passing => {
      if (passing.method !== 'GET' || !passing.text.includes('"next"')) return passing;
      const bundle = JSON.parse(passing.text) as Bundle;
      const link = bundle.link?.map((one) =>
        one.relation === 'next' ? { ...one, url: change(one.url) } : one,
      );
      return { ...passing, text: JSON.stringify({ ...bundle, link }) };
    };
  const paged = { pageSize: 4 };

  it.each([
    ['names another host', (url: string) => url.replace(/^http:\/\/[^/]+/, 'http://inside.example.org:8080')],
    [
      'names another host and base',
      (url: string) => url.replace(/^http:\/\/[^/]+\/fhir\/R4/, 'http://inside.example.org:8080/hapi/fhir'),
    ],
    ['is named without a host', (url: string) => url.replace(/^http:\/\/[^/]+/, '')],
  ])('%s is read all the same, and nothing goes to that host', async (_, change) => {
    const of = await begin({ config: paged });
    of.between.answer = withNext(change);
    patients(of);
    of.replication.now();
    await of.until(() => of.store.all('patients').length === 45);
  });

  it('is at the base of another host, with its key alone, is read all the same', async () => {
    const of = await begin({ config: paged });
    const kept = new Map<string, string>();
    of.between.answer = withNext((url) => {
      const key = `k${kept.size}`;
      kept.set(key, url);
      return `http://inside.example.org:8080/hapi/fhir?_getpages=${key}`;
    });
    of.between.rewrite = (path) => {
      const url = kept.get(/^\/fhir\/R4\/?\?_getpages=(k\d+)$/.exec(path)?.[1] ?? '');
      return url === undefined ? path : url.replace(/^http:\/\/[^/]+/, '');
    };
    patients(of);
    of.replication.now();
    await of.until(() => of.store.all('patients').length === 45);
  });

  it('is the same page again does not go on for ever', async () => {
    const of = await begin({ config: paged });
    let pages = 0;
    of.between.answer = (passing) => {
      if (!passing.path.includes('Patient?') || !passing.path.includes('_sort')) return passing;
      pages += 1;
      return withNext(() => `${of.between.url}${passing.path.replace('/fhir/R4', '')}`)(passing);
    };
    patients(of);
    fill(of);
    await drained(of);
    expect(of.store.all('patients').length).toBeGreaterThan(CASES);
    const before = pages;
    const rounds = of.replication.status().lastSyncAt;
    await of.until(() => of.replication.status().lastSyncAt > rounds);
    expect(pages - before).toBeLessThan(30);
  });
});

describe('reading that is refused for a quota (429)', () => {
  it('is no sign that a record was deleted, or that nothing is there', async () => {
    const of = await begin();
    fill(of);
    await drained(of);
    const doc = of.store.all('patients')[0]!;
    // Changed on both sides in different fields: it has to be read, and what it was before.
    let refused = 0;
    of.between.instead = ({ method, path }) => {
      if (method !== 'GET' || !/Patient\/|Observation\/|_history/.test(path) || refused >= 3)
        return undefined;
      refused += 1;
      return { status: 429, headers: { 'content-type': 'application/fhir+json' }, text: '{}' };
    };
    const there = of.server.control.read('Patient', doc.serverId);
    of.server.control.put({ ...there, maritalStatus: { text: 'widowed' } });
    of.store.change('patients', { ...doc, ward: '9B' });
    of.replication.wake();
    await of.until(async () => refused === 3 && (await of.store.countQueued()) === 0);
    expect(of.store.all('tasks')).toEqual([]);
    expect(of.server.control.read('Patient', doc.serverId)).toMatchObject({
      maritalStatus: { text: 'widowed' },
    });
    expect(JSON.stringify(of.server.control.read('Patient', doc.serverId))).toContain('9B');
    expectEachItsOwn(of);
  });
});
