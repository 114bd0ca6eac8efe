import { afterEach, beforeEach, expect, test } from 'vitest';
import { laboratory } from '../laboratory/index.ts';
import { loadBundle } from './load.ts';
import { createFhirServer, type FhirServer } from './server.ts';
import { allIds, call, idsOf, observation, patient } from './testing.ts';
import { validateResource } from './validate.ts';

let server: FhirServer;
let now = 0;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 22, 8, 0, 0);
  server = await createFhirServer({ now: () => now, switches: { validate: false } });
});
afterEach(() => server.stop());

const find = async (query: string) => idsOf(await call('GET', `${server.url}/${query}`)).sort();
const put = (resource: Parameters<typeof server.control.put>[0]) => String(server.control.put(resource).id);

test('tokens: system|code, code, |code, system|, alternatives, :not and :missing', async () => {
  const a = put(observation('1', { category: [{ coding: [{ system: 'urn:c', code: 'lab' }] }] }));
  const b = put({
    resourceType: 'Observation',
    identifier: [{ value: '1' }],
    status: 'preliminary',
    code: { text: 'K' },
  });
  expect(await find('Observation?identifier=urn:test|1')).toEqual([a]);
  expect(await find('Observation?identifier=1')).toEqual([a, b].sort());
  expect(await find('Observation?identifier=|1')).toEqual([b]);
  expect(await find('Observation?identifier=urn:test|')).toEqual([a]);
  expect(await find('Observation?status=preliminary,final')).toEqual([a, b].sort());
  expect(await find('Observation?status:not=final')).toEqual([b]);
  expect(await find('Observation?category:missing=true')).toEqual([b]);
  expect(await find('Observation?category=lab&code=http://loinc.org|2823-3&status=final')).toEqual([a]);
  expect(await find(`Observation?_id=${a},${b}`)).toEqual([a, b].sort());
});

test('references: by id, type, absolute address, and patient as a part of subject', async () => {
  const p = put(patient('1'));
  const order = put({
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${p}` },
  });
  const specimen = put({ resourceType: 'Specimen', subject: { reference: `Patient/${p}` } });
  const o = put(
    observation('1', {
      subject: { reference: `Patient/${p}` },
      specimen: { reference: `Specimen/${specimen}` },
      basedOn: [{ reference: `ServiceRequest/${order}` }],
    }),
  );
  const q = put(
    observation('2', { subject: { reference: 'Device/analyser' }, device: { reference: 'Device/analyser' } }),
  );
  for (const value of [p, `Patient/${p}`, `${server.url}/Patient/${p}`])
    expect(await find(`Observation?subject=${value}`)).toEqual([o]);
  expect(await find(`Observation?subject:Patient=${p}`)).toEqual([o]);
  expect(await find('Observation?patient=analyser')).toEqual([]);
  expect(await find('Observation?device=Device/analyser')).toEqual([q]);
  expect(await find(`Observation?specimen=${specimen}&based-on=ServiceRequest/${order}`)).toEqual([o]);
  expect(await find(`Observation?_id=${o}&_include=Observation:subject`)).toEqual([o, p].sort());
});

test('dates with prefixes and precision, strings without case and accents', async () => {
  const a = put({ ...patient('1'), birthDate: '1980-05-17', name: [{ family: 'Müller', given: ['Zoë'] }] });
  const b = put({ ...patient('2'), birthDate: '1990-01-01', name: [{ family: 'Muller-Lyer' }] });
  expect(await find('Patient?birthdate=1980')).toEqual([a]);
  expect(await find('Patient?birthdate=gt1980')).toEqual([b]);
  expect(await find('Patient?birthdate=ge1980-05-17&birthdate=lt1990-01-01')).toEqual([a]);
  expect(await find('Patient?name=mul')).toEqual([a, b].sort());
  expect(await find('Patient?given=zoe')).toEqual([a]);
  expect(await find('Patient?family:exact=Müller')).toEqual([a]);
  expect(await find('Patient?family:contains=LYER')).toEqual([b]);
  const order = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${a}` },
  };
  const c = put({
    ...order,
    authoredOn: '2026-11-20T08:00:00+02:00',
    occurrencePeriod: { start: '2026-11-21' },
  });
  expect(await find('ServiceRequest?authored=2026-11-20T06:00:00Z&occurrence=gt2026-12')).toEqual([c]);
});

test('_lastUpdated gt ge lt le at the millisecond', async () => {
  const ids: string[] = [];
  for (let at = 0; at < 3; at += 1) {
    ids.push(put(patient(String(at))));
    now += 1;
  }
  const at = '2026-11-22T08:00:00.001Z';
  expect(await find(`Patient?_lastUpdated=gt${at}`)).toEqual([ids[2]]);
  expect(await find(`Patient?_lastUpdated=ge${at}`)).toEqual([ids[1], ids[2]].sort());
  expect(await find(`Patient?_lastUpdated=lt${at}`)).toEqual([ids[0]]);
  expect(await find(`Patient?_lastUpdated=le${at}`)).toEqual([ids[0], ids[1]].sort());
  const newest = await call('GET', `${server.url}/Patient?_sort=-_lastUpdated&_count=2`);
  expect(idsOf(newest)).toEqual([ids[2], ids[1]]);
});

test('cursor paging by ascending _lastUpdated meets every resource once, also when written meanwhile', async () => {
  const ids = server.control
    .load(Array.from({ length: 25 }, (_, at) => patient(String(at))))
    .map((item) => String(item.id));
  const url = `${server.url}/Patient?_sort=_lastUpdated&_count=10`;
  const first = await call('GET', url);
  expect(first.body.link?.find((link) => link.relation === 'next')?.url).toContain('_cursor=');
  expect((await allIds(url)).sort()).toEqual(ids.sort());
  now += 1000;
  const seen = idsOf(first).map(String);
  server.control.put({ ...server.control.read('Patient', String(seen[0])), active: true });
  const rest = await allIds(String(first.body.link?.find((link) => link.relation === 'next')?.url));
  expect(rest).toHaveLength(16);
  expect(new Set([...seen, ...rest]).size).toBe(25);
});

test('offset paging, _count silently capped at 1000, offset above 10 000 refused, totals on request', async () => {
  server.control.load(
    Array.from({ length: 1200 }, (_, at) =>
      patient(String(at), { gender: at % 2 === 0 ? 'male' : 'female' }),
    ),
  );
  const capped = await call('GET', `${server.url}/Patient?_count=5000`);
  expect([capped.body.entry?.length, capped.body.total]).toEqual([1000, undefined]);
  expect(capped.body.link?.[1]?.url).toContain('_offset=1000');
  expect(new Set(await allIds(`${server.url}/Patient?gender=male&_sort=-identifier&_count=250`)).size).toBe(
    600,
  );
  expect((await call('GET', `${server.url}/Patient?_offset=10001`)).status).toBe(400);
  expect((await call('GET', `${server.url}/Patient?gender=male&_total=accurate&_count=1`)).body.total).toBe(
    600,
  );
  expect((await call('GET', `${server.url}/Patient?gender=male&_summary=count`)).body.total).toBe(600);
});

test('_deleted=true lists deletions by the time they happened', async () => {
  const ids = server.control.load([patient('1'), patient('2'), patient('3')]).map((item) => String(item.id));
  now += 1000;
  server.control.remove('Patient', String(ids[1]));
  const since = new Date(now).toISOString();
  const gone = await call(
    'GET',
    `${server.url}/Patient?_deleted=true&_lastUpdated=ge${since}&_sort=_lastUpdated`,
  );
  expect(idsOf(gone)).toEqual([ids[1]]);
  expect(gone.body.entry?.[0]?.resource.meta?.lastUpdated).toBe(since);
  expect(await find('Patient')).toEqual([ids[0], ids[2]].sort());
  expect(await find('Patient?identifier=urn:test|2')).toEqual([]);
});

test('POST _search, tags and source, errors for unknown parameters and bad values', async () => {
  const id = put({
    ...patient('1'),
    meta: { tag: [{ system: 'urn:t', code: 'ours' }], source: 'urn:station:a' },
  });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(idsOf(await call('POST', `${server.url}/Patient/_search`, 'identifier=urn:test%7C1', form))).toEqual(
    [id],
  );
  expect(await find('Patient?_tag=urn:t|ours&_source=urn:station:a')).toEqual([id]);
  expect(await find('Patient?_tag:not=urn:t|ours')).toEqual([]);
  for (const query of [
    'colour=red',
    'birthdate=soon',
    '_count=many',
    '_lastUpdated=gtx',
    'identifier=',
    '_sort=colour',
    'gender:above=x',
  ]) {
    const reply = await call('GET', `${server.url}/Patient?${query}`);
    expect([query, reply.status, reply.body.resourceType]).toEqual([query, 400, 'OperationOutcome']);
  }
});

test('the demo laboratory passes strict checks and is found by its usual parameters', async () => {
  const resources = laboratory({ day: '2026-11-22' }).resources();
  for (const resource of resources) validateResource(resource, 'strict');
  loadBundle(server, resources);
  expect(server.stats().resources).toMatchObject({
    Patient: 200,
    PlanDefinition: 38,
    ObservationDefinition: 30,
  });
  expect(await find('PlanDefinition?context=LABOE&_count=100')).toHaveLength(38);
  expect(await find('ObservationDefinition?code=2823-3')).toHaveLength(1);
  expect(server.stats().duplicates).toEqual([]);
});
