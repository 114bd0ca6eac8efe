import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, CapabilityStatement, DetectedIssue, Observation, OperationOutcome } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '../bench.ts';
import { openStore } from '../store/open.ts';
import type { Store, Writer } from '../store/store.ts';
import { apiTypes } from './parameters.ts';
import { type ApiServer, startApiServer } from './server.ts';
import { startApi } from './start.ts';
import { storeSource } from './store-source.ts';
import {
  at,
  controlDoc,
  exceptionDoc,
  instrumentDoc,
  memoryLog,
  orderDoc,
  panelDoc,
  patientDoc,
  reportDoc,
  resultDoc,
  specimenDoc,
} from './testing.ts';

const TOKEN = 'a-long-random-token';
const clock = { now: () => new Date(at) };
const { log, lines } = memoryLog();
let folder: string;
let store: Store;
let api: ApiServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'api-'));
  store = await openStore({
    dataDir: folder,
    key: new Uint8Array(32).fill(7),
    clock,
    stationCode: 'A1',
  });
  await write(async (unit) => {
    unit.put('patients', patientDoc('pat-1', 'MRN-1'));
    unit.put('patients', patientDoc('pat-2', 'MRN-2', { updatedAt: '2026-11-22T07:00:01.000Z' }));
    unit.put('orders', orderDoc('ord-1', 'pat-1', 'REQ-1'));
    const specimen = specimenDoc('spec-1', 'pat-1', 'REQ-1', 'A100000001');
    unit.put('specimens', specimen);
    unit.put('instruments', instrumentDoc('CHEM1'));
    unit.put('results', resultDoc('res-held', specimen, 'ord-1'));
    unit.put('results', resultDoc('res-done', specimen, 'ord-1', { verdict: 'released', verifiedTime: at }));
    unit.put('controls', controlDoc('qc-1'));
    unit.put('reports', reportDoc('rep-1', 'pat-1', 'REQ-1'));
    unit.put('tasks', exceptionDoc('exc-1'));
    unit.put(
      'tasks',
      exceptionDoc('exc-2', { status: 'done', resolution: 'mapped', resolvedBy: 'tech', resolvedAt: at }),
    );
    unit.put(
      'tasks',
      exceptionDoc('call-1', { kind: 'criticalCall', patientId: 'pat-1', resultId: 'res-done' }),
    );
    unit.put('catalog', panelDoc('cat-1'));
  });
  const source = storeSource({ store, clock, station: 'A1', version: '1.2.3' });
  api = await startApiServer({ source, token: TOKEN, port: 0, log });
});
afterAll(async () => {
  await api.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

function write(work: (unit: Writer) => Promise<void>): Promise<void> {
  return store.write({ actor: 'test', command: 'test', station: 'A1', at }, work);
}

async function get<T>(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; body: T }> {
  const url = path.startsWith('http') ? path : `${api.url}/${path}`;
  const response = await fetch(url, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
  };
}

async function ids(query: string): Promise<(string | undefined)[]> {
  const { status, body } = await get<Bundle>(query);
  expect([query, status]).toEqual([query, 200]);
  return (body.entry ?? []).map((entry) => entry.resource?.id).sort();
}

test('the bearer token is needed for everything but metadata; nothing of a query is logged', async () => {
  for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
    const { status, headers, body } = await get<OperationOutcome>('Patient/pat-1', {
      headers: { authorization },
    });
    expect([status, body.resourceType, body.issue[0]?.code]).toEqual([401, 'OperationOutcome', 'login']);
    expect(headers.get('www-authenticate')).toContain('Bearer');
  }
  expect((await get('metadata', { headers: { authorization: '' } })).status).toBe(200);
  await get('Patient?identifier=MRN-1');
  expect(lines.join('')).not.toContain('MRN');
});

test('metadata lists the nine types with their parameters', async () => {
  const { body } = await get<CapabilityStatement>('metadata');
  expect([body.fhirVersion, body.software?.version]).toEqual(['4.0.1', '1.2.3']);
  expect(body.rest?.[0]?.resource?.map((item) => item.type)).toEqual([...apiTypes]);
  const observation = body.rest?.[0]?.resource?.find((item) => item.type === 'Observation');
  const names = observation?.searchParam?.map((item) => item.name);
  for (const name of [
    '_id',
    'identifier',
    'status',
    'code',
    'subject',
    'patient',
    'specimen',
    'device',
    'based-on',
  ]) {
    expect(names).toContain(name);
  }
});

test('read: id, version, time and references are the station’s; values keep their text', async () => {
  const { body, headers } = await get<Observation>('Observation/res-done');
  expect(body.id).toBe('res-done');
  expect(body.meta).toMatchObject({ versionId: '1', lastUpdated: at });
  expect(headers.get('etag')).toBe('W/"1"');
  expect([body.status, body.subject?.reference, body.specimen?.reference]).toEqual([
    'final',
    'Patient/pat-1',
    'Specimen/spec-1',
  ]);
  expect(JSON.stringify(body)).toContain('5.40');
  for (const path of [
    'Patient/pat-1',
    'ServiceRequest/ord-1',
    'Specimen/spec-1',
    'DiagnosticReport/rep-1',
    'Device/CHEM1',
  ]) {
    expect((await get<{ resourceType: string }>(path)).body.resourceType).toBe(path.split('/')[0]);
  }
  expect((await get('PlanDefinition/cat-1')).status).toBe(200);
  expect((await get('Task/exc-1')).status).toBe(200);
});

test('results held as exceptions are preliminary Observations with a DetectedIssue', async () => {
  expect(await ids('Observation?status=preliminary')).toEqual(['exc-1', 'res-held']);
  const { body: held } = await get<Observation>('Observation/exc-1');
  expect([held.status, held.code.text, held.valueString]).toEqual(['preliminary', 'K+', '4.10 mmol/L']);
  expect([held.specimen?.identifier?.value, held.device?.reference]).toEqual(['99', 'Device/CHEM1']);
  const { body: issue } = await get<DetectedIssue>('DetectedIssue/exc-1');
  expect([issue.status, issue.implicated?.[0]?.reference]).toEqual(['preliminary', 'Observation/exc-1']);
  expect(issue.detail).toBe('No specimen 99 is known here.');
  expect(await ids('DetectedIssue?status=preliminary')).toEqual(['exc-1']);
  expect(await ids('DetectedIssue')).toEqual(['exc-1', 'exc-2']);
  expect((await get('Observation/exc-2')).status).toBe(404);
  expect((await get('DetectedIssue/call-1')).status).toBe(404);
});

test('search by identifier, status, code, subject, patient, specimen, device, based-on, _id', async () => {
  expect(await ids('Patient?identifier=urn:hospital:mrn|MRN-1')).toEqual(['pat-1']);
  expect(await ids('Patient?identifier=urn:levey:id|pat-2')).toEqual(['pat-2']);
  expect(await ids('Patient?identifier=other|MRN-1')).toEqual([]);
  expect(await ids('Patient?_id=pat-1,pat-2,none')).toEqual(['pat-1', 'pat-2']);
  expect(await ids('ServiceRequest?patient=pat-1&status=active&code=BMP')).toEqual(['ord-1']);
  expect(await ids('ServiceRequest?identifier=urn:levey:requisition|REQ-1')).toEqual(['ord-1']);
  expect(await ids('ServiceRequest?patient=pat-2')).toEqual([]);
  expect(await ids('Specimen?accession=A100000001')).toEqual(['spec-1']);
  expect(await ids('Specimen?subject=Patient/pat-1')).toEqual(['spec-1']);
  expect(await ids(`Observation?subject=${api.url}/Patient/pat-1`)).toEqual(['res-done', 'res-held']);
  expect(await ids('Observation?patient=pat-1&status=final')).toEqual(['res-done']);
  expect(await ids('Observation?subject=Device/CHEM1')).toEqual(['qc-1']);
  expect(await ids('Observation?patient=CHEM1')).toEqual([]);
  expect(await ids('Observation?device=CHEM1')).toEqual(['exc-1', 'res-done', 'res-held']);
  expect(await ids('Observation?specimen=spec-1')).toEqual(['res-done', 'res-held']);
  expect(await ids('Observation?based-on=ServiceRequest/ord-1')).toEqual(['res-done', 'res-held']);
  expect(await ids('Observation?code=http://loinc.org|2823-3')).toEqual(['res-done', 'res-held']);
  expect(await ids('Observation?identifier=urn:levey:source-key|source-res-done')).toEqual(['res-done']);
  expect(await ids('DiagnosticReport?patient=pat-1')).toEqual(['rep-1']);
  expect(await ids('Task?status=requested')).toEqual(['call-1', 'exc-1']);
  expect(await ids('Task?patient=pat-1')).toEqual(['call-1']);
  expect(await ids('PlanDefinition?code=K&status=active')).toEqual(['cat-1']);
  expect(await ids('Device?status=active')).toEqual(['CHEM1']);
});

test('_lastUpdated with prefixes and precision', async () => {
  expect(await ids(`Patient?_lastUpdated=gt${at}`)).toEqual(['pat-2']);
  expect(await ids(`Patient?_lastUpdated=ge${at}`)).toEqual(['pat-1', 'pat-2']);
  expect(await ids(`Patient?_lastUpdated=le${at}`)).toEqual(['pat-1']);
  expect(await ids('Patient?_lastUpdated=2026-11-22T07:00:01Z')).toEqual(['pat-2']);
  expect(await ids('Patient?_lastUpdated=ge2026-11&_lastUpdated=lt2026-11-23')).toEqual(['pat-1', 'pat-2']);
});

test('paging follows next links over every document once, with many of one instant; total stays', async () => {
  await write(async (unit) => {
    for (let n = 0; n < 450; n += 1) {
      const more = {
        updatedAt: n < 430 ? '2026-11-21T00:00:00.000Z' : `2026-11-21T00:00:01.${n}Z`,
        ward: 'ICU',
      };
      unit.put('patients', patientDoc(`many-${String(n).padStart(3, '0')}`, `M-${n}`, more));
    }
  });
  const seen: string[] = [];
  let pages = 0;
  for (
    let next: string | undefined = 'Patient?_lastUpdated=lt2026-11-22&_count=100';
    next !== undefined;
    pages += 1
  ) {
    const { body }: { body: Bundle } = await get<Bundle>(next);
    expect([body.type, body.total]).toEqual(['searchset', 450]);
    expect(body.link?.[0]?.relation).toBe('self');
    seen.push(...(body.entry ?? []).map((entry) => String(entry.resource?.id)));
    next = body.link?.find((link) => link.relation === 'next')?.url;
  }
  expect([pages, seen.length, new Set(seen).size]).toEqual([5, 450, 450]);
  const all = await get<Bundle>('Patient?_count=99999');
  expect([all.body.total, all.body.entry?.length]).toEqual([452, 452]);
});

test('the total of a whole type counts what the type is made of', async () => {
  for (const [type, total] of Object.entries({
    Observation: 4,
    DetectedIssue: 2,
    PlanDefinition: 1,
    Task: 3,
    Device: 1,
  })) {
    const { body } = await get<Bundle>(`${type}?_count=1`);
    expect([type, body.total, body.entry?.length]).toEqual([type, total, 1]);
    expect(body.link?.some((link) => link.relation === 'next')).toBe(total > 1);
  }
});

test('a search that would look at too much goes on behind its next link and still finds everything', async () => {
  for (let block = 0; block < 7; block += 1) {
    await write(async (unit) => {
      for (let n = block * 500; n < (block + 1) * 500; n += 1) {
        const status = n % 1000 === 999 ? 'on-hold' : 'active';
        unit.put('orders', { ...orderDoc(`bulk-${n}`, 'pat-9', `R-${n}`), status });
      }
    });
  }
  const found: (string | undefined)[] = [];
  let pages = 0;
  for (let next: string | undefined = 'ServiceRequest?status=on-hold'; next !== undefined; pages += 1) {
    const { body }: { body: Bundle } = await get<Bundle>(next);
    found.push(...(body.entry ?? []).map((entry) => entry.resource?.id));
    next = body.link?.find((link) => link.relation === 'next')?.url;
  }
  expect([pages, found.sort()]).toEqual([2, ['bulk-1999', 'bulk-2999', 'bulk-999']]);
});

test('POST _search answers as GET does', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { body } = await get<Bundle>('Patient/_search', {
    method: 'POST',
    headers,
    body: 'identifier=MRN-2&_count=5',
  });
  expect([body.total, body.entry?.[0]?.resource?.id]).toEqual([1, 'pat-2']);
  expect(
    (await get('Patient/_search', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a=b' }))
      .status,
  ).toBe(415);
  expect(
    (await get('Patient/_search', { method: 'POST', headers, body: `_id=${'x'.repeat(70_000)}` })).status,
  ).toBe(413);
});

test('errors are OperationOutcomes that say what is wrong', async () => {
  const fault = async (path: string, init?: RequestInit) => {
    const { status, body } = await get<OperationOutcome>(path, init);
    expect(body.resourceType).toBe('OperationOutcome');
    return [status, body.issue[0]?.diagnostics];
  };
  expect(await fault('Patient/none')).toEqual([404, expect.stringContaining('Patient')]);
  expect(await fault('Unicorn')).toEqual([404, expect.stringContaining('the types are')]);
  expect((await fault('Patient/a/b'))[0]).toBe(404);
  expect(await fault('Patient?colour=red')).toEqual([400, expect.stringContaining('colour')]);
  for (const query of [
    '_count=x',
    '_count=0',
    '_lastUpdated=soon',
    'identifier=',
    'identifier=|',
    '_cursor=zz',
    '_sort=name',
    '_format=xml',
  ]) {
    expect(await fault(`Patient?${query}`)).toEqual([
      400,
      expect.stringContaining(query.split('=')[0] ?? ''),
    ]);
  }
  expect(await fault('Observation?subject=a b')).toEqual([400, expect.stringContaining('subject')]);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'POST'])
    expect((await fault('Patient/pat-1', { method }))[0]).toBe(405);
  expect((await get('Patient', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  expect((await fault(`Patient?_id=${'x'.repeat(9000)}`))[0]).toBe(414);
  const head = await get('Patient/pat-1', { method: 'HEAD' });
  expect([head.status, head.body]).toEqual([200, undefined]);
});

test('a foreign Host header is refused: no web page can reach the API under its own name', async () => {
  const { port } = new URL(api.url);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example', authorization: `Bearer ${TOKEN}` };
    const sent = request({ host: '127.0.0.1', port, path: '/fhir/Patient', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
  expect(status).toBe(403);
});

test('a request line that is no address is a bad request, not a fault of the station', async () => {
  const port = Number(new URL(api.url).port);
  const status = await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: 'http://[' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
  expect(status).toBe(400);
});

test('off by default; a bad token file or a port in use is a problem, not a failed start', async () => {
  const start = async (settings: Bench['station']['api']) => {
    const problems: Bench['problems'] = new Map();
    const hub = { changed: () => undefined };
    const bench = {
      station: { code: 'A1', api: settings },
      store,
      clock,
      log,
      problems,
      hub,
    } as unknown as Bench;
    return { problems, started: await startApi(bench, folder) };
  };
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'open'), TOKEN, { mode: 0o644 });
  const settings = { enabled: true, port: 0, tokenFile: 'token' };
  expect((await start(undefined)).started.url).toBe('');
  expect((await start({ ...settings, enabled: false })).started.url).toBe('');
  const on = await start(settings);
  expect((await get(`${on.started.url}/Patient/pat-1`)).status).toBe(200);
  const taken = await start({ ...settings, port: Number(new URL(on.started.url).port) });
  expect([taken.started.url, taken.problems.get('api')?.code]).toEqual(['', 'api.port']);
  expect((await start({ ...settings, tokenFile: 'open' })).problems.get('api')?.code).toBe('secret.tooOpen');
  await on.started.stop();
  await expect(fetch(`${on.started.url}/metadata`)).rejects.toThrow('fetch failed');
});
