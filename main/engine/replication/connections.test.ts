import type { Bundle } from 'fhir/r4';
import { describe, expect, it } from 'vitest';
import { startedBehind } from '../../../test/sim/fhir/behind.ts';
import type { Between } from '../../../test/sim/fhir/between.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import type { Switches } from '../../../test/sim/fhir/switches.ts';
import { resourcesFrom } from '../../../test/sim/laboratory/fhir.ts';
import { laboratory } from '../../../test/sim/laboratory/index.ts';
import type { ReplicationConfig } from './contract.ts';
import { type Scene as AnyScene, orderDoc, patientDoc, putCase } from './testing.ts';

/** What happens between a station and its server: packed answers, connections that end between two requests, searches that break off. */

const CASES = 4;
type Scene = AnyScene<FhirServer> & { between: Between };

async function begin(
  options: { switches?: Partial<Switches>; config?: Partial<ReplicationConfig> } = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: 5, switches: options.switches ?? {} });
  return startedBehind(server, { config: options.config ?? {} });
}

function fill(of: Scene): void {
  for (let n = 0; n < CASES; n += 1) putCase(of.store, n, 2);
  of.replication.wake();
}

const drained = (of: Scene) => of.until(async () => (await of.store.countQueued()) === 0);
const once = {
  duplicates: [],
  resources: { Patient: CASES, Observation: 2 * CASES, DiagnosticReport: CASES, Provenance: CASES },
};
const said = (of: Scene) => of.replication.events().map(({ text }) => text);

/** A whole round of fetching that begins after this. */
async function round(of: Scene): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    const { lastSyncAt } = of.replication.status();
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > lastSyncAt);
  }
}

describe('answers that come packed although nobody asked for it', () => {
  it.each(['gzip', 'deflate', 'br'] as const)('(%s) are read', async (packing) => {
    const of = await begin();
    of.between.packing = packing;
    fill(of);
    await drained(of);
    expect(of.server.stats()).toMatchObject(once);
    of.server.control.put({ ...of.server.control.all('Patient')[0]!, maritalStatus: { text: 'widowed' } });
    await of.until(() => JSON.stringify(of.store.all('patients')).includes('widowed'));
  });
});

describe('a connection that ends between two requests', () => {
  /** Breaks the first of each request that is asked, before the server hears of it. */
  const breaksFirst = (of: Scene, which: (method: string) => boolean): (() => number) => {
    const seen = new Set<string>();
    of.between.instead = ({ method, path, body }) => {
      const key = `${method} ${path} ${body.length}`;
      if (!which(method) || seen.has(key)) return undefined;
      seen.add(key);
      return { status: 0, headers: {}, text: '' };
    };
    return () => seen.size;
  };

  it('does not take the line away where something was only read: it is asked once more', async () => {
    const of = await begin();
    const broken = breaksFirst(of, (method) => method === 'GET');
    fill(of);
    await drained(of);
    await round(of);
    expect(broken()).toBeGreaterThan(5);
    expect(said(of)).not.toContain('No answer. Working here.');
    expect(of.server.stats()).toMatchObject(once);
  });

  it('while something is sent is no refusal and makes nothing twice', async () => {
    const of = await begin();
    const broken = breaksFirst(of, (method) => method !== 'GET');
    fill(of);
    await drained(of);
    expect(broken()).toBeGreaterThan(0);
    expect(of.server.stats()).toMatchObject(once);
    expect(said(of).filter((text) => text.startsWith('1 refused'))).toEqual([]);
    expect(of.store.all('tasks')).toEqual([]);
  });
});

describe('what an answer says when something failed', () => {
  const odd: [string, unknown][] = [
    ['no issue', { resourceType: 'OperationOutcome' }],
    ['an issue that is no list', { resourceType: 'OperationOutcome', issue: { code: 'invalid' } }],
    ['nothing in an issue', { resourceType: 'OperationOutcome', issue: [null] }],
    ['a text that is none', { resourceType: 'OperationOutcome', issue: [{ details: { text: 17 } }] }],
  ];
  it.each(odd)('with %s refuses that record alone', async (_, outcome) => {
    const of = await begin();
    of.between.answer = (passing) => {
      if (passing.method !== 'POST' || !passing.text.includes('"batch-response"')) return passing;
      const bundle = JSON.parse(passing.text) as Bundle;
      const entry = bundle.entry?.map((one) =>
        JSON.stringify(one).includes('ServiceRequest')
          ? { response: { status: '422', outcome } as NonNullable<typeof one.response> }
          : one,
      );
      return { ...passing, text: JSON.stringify({ ...bundle, entry }) };
    };
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await drained(of);
    of.store.change('orders', orderDoc(1));
    of.store.change('patients', patientDoc(2));
    of.replication.wake();
    await of.until(() => of.store.all('orders')[0]?.syncState === 'refused');
    await drained(of);
    expect(of.store.all('orders')[0]?.sync.why).not.toBe('');
    expect(of.store.all('patients').every(({ syncState }) => syncState === 'onServer')).toBe(true);
    expect(said(of)).not.toContain('No answer. Working here.');
    of.between.answer = (passing) => passing;
  });
});

describe('the search for what was deleted', () => {
  it('of a server that does not know it takes nothing for seen: what came in just then is fetched', async () => {
    const of = await begin({ switches: { deletedSearch: 'ignored' } });
    fill(of);
    await drained(of);
    await round(of);
    const [patient] = of.store.all('patients');
    let came = '';
    of.between.instead = ({ path }) => {
      if (came === '' && path.includes('ServiceRequest?_deleted')) {
        came = 'REQ-NEW';
        of.server.control.put({
          resourceType: 'ServiceRequest',
          status: 'active',
          intent: 'order',
          requisition: { value: came },
          code: { coding: [{ code: 'GLU' }], text: 'Glucose' },
          subject: { reference: `Patient/${patient?.serverId}` },
        });
      }
      return undefined;
    };
    await of.until(() => came !== '');
    await round(of);
    expect(of.store.all('orders').map(({ requisition }) => requisition)).toContain('REQ-NEW');
  });

  it('that breaks off on its second page begins again: nothing on the pages after it is passed over', async () => {
    const of = await begin({ config: { pageSize: 2 } });
    fill(of);
    await drained(of);
    await round(of);
    let breaks = 0;
    of.between.instead = ({ path }) => {
      // The second page: whatever the cursor is called, it is more than what was asked for at first.
      if (!path.includes('_deleted=true') || !/cursor|offset/.test(path) || breaks >= 2) return undefined;
      breaks += 1;
      const text = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"expired"}]}';
      return { status: 410, headers: { 'content-type': 'application/fhir+json' }, text };
    };
    for (const { serverId } of of.store.all('patients')) of.server.control.remove('Patient', serverId);
    await of.until(() => of.store.all('patients').every(({ syncState }) => syncState === 'conflict'));
    expect(breaks).toBe(2);
  });
});

describe('a search at which the server fails while it answers all others', () => {
  const fails = (of: Scene, which: RegExp) => {
    of.between.instead = ({ method, path }) =>
      method === 'GET' && which.test(path)
        ? { status: 500, headers: { 'content-type': 'text/plain' }, text: 'timeout in data base' }
        : undefined;
  };
  const stranger = (of: Scene, value = 'X-1') =>
    of.server.control.put({
      resourceType: 'Patient',
      id: value === 'X-1' ? 'stranger' : value,
      identifier: [{ system: 'urn:mrn', value }],
      name: [{ family: 'Stranger' }],
    });

  it.each([
    ['the results', /Observation\?_sort/],
    ['what was deleted', /Observation\?_deleted/],
    ['how many there are', /_summary=count/],
    ['the catalogue', /ObservationDefinition\?_sort/],
  ])('(%s) holds up neither what is sent nor what else is fetched', async (_, which) => {
    const of = await begin({ config: { pageSize: 2 } });
    fails(of, which);
    // The first load is over, or as far as it comes: from then on nothing is sent before it is known what is new.
    await of.until(() => said(of).some((text) => /No answer|First load/.test(text)));
    await of.restart();
    fill(of);
    stranger(of);
    await drained(of);
    await of.until(() => of.store.all('patients').some(({ identifier }) => identifier === 'X-1'));
    await of.until(() => of.replication.status().state === 'online');
    expect(of.server.stats()).toMatchObject({
      ...once,
      resources: { ...once.resources, Patient: CASES + 1 },
    });
  });

  it('keeps this station from being in step: the window names the last time it was, until the search is carried out', async () => {
    const of = await begin();
    await round(of);
    fails(of, /ServiceRequest\?_sort/);
    await of.until(() => said(of).some((text) => text.startsWith('ServiceRequest cannot be fetched')));
    const { lastSyncAt } = of.replication.status();
    // Each comes with a round of its own.
    for (const value of ['X-1', 'X-2']) {
      stranger(of, value);
      await of.until(() => of.store.all('patients').some(({ identifier }) => identifier === value));
    }
    expect(of.replication.status()).toMatchObject({ state: 'online', lastSyncAt });
    of.between.instead = () => undefined;
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > lastSyncAt);
  });

  it('is said, and carried out as soon as the server can', async () => {
    const of = await begin();
    fails(of, /ServiceRequest\?_sort/);
    stranger(of);
    of.server.control.put({
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      requisition: { value: 'REQ-LATE' },
      code: { coding: [{ code: 'GLU' }], text: 'Glucose' },
      subject: { reference: 'Patient/stranger' },
    });
    await of.until(() => said(of).some((text) => text.startsWith('ServiceRequest cannot be fetched')));
    expect(of.replication.status().firstLoad).not.toBeNull();
    of.between.instead = () => undefined;
    of.replication.now();
    await of.until(() => of.store.all('orders').some(({ requisition }) => requisition === 'REQ-LATE'));
    await of.until(() => of.replication.status().firstLoad === null);
  });

  it('is the whole server where it fails at every search: the line is away, and comes back by itself', async () => {
    const of = await begin();
    fails(of, /\?/);
    await of.until(() => said(of).some((text) => text.startsWith('DiagnosticReport cannot be fetched')));
    await of.until(() => of.replication.status().state === 'offline');
    expect(of.replication.status()).toMatchObject({ lastSyncAt: '' });
    stranger(of);
    of.between.instead = () => undefined;
    await of.until(() => of.store.all('patients').some(({ identifier }) => identifier === 'X-1'));
  });
});

it('a definition of the catalogue that may not be read holds up nothing: it is said, and all else goes on', async () => {
  const of = await begin();
  const { catalog } = laboratory({ day: '2026-07-29' });
  of.server.control.load(resourcesFrom({ catalog }));
  of.between.instead = ({ path }) =>
    path.includes('/ActivityDefinition?')
      ? {
          status: 403,
          headers: { 'content-type': 'application/fhir+json' },
          text: '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden"}]}',
        }
      : undefined;
  fill(of);
  await drained(of);
  await round(of);
  expect(of.server.stats()).toMatchObject(once);
  expect(said(of)).toContain('ActivityDefinition cannot be fetched: forbidden');
  of.between.instead = () => undefined;
  of.replication.now();
  await of.until(() => of.store.all('catalog').length > 10);
});

describe('a resource that is not what it says it is', () => {
  const odd = { resourceType: 'Patient', id: 'odd', identifier: { system: 'urn:mrn', value: 'ODD' } };

  it('is said and passed over: those that come with it are fetched', async () => {
    const of = await begin();
    const patient = {
      resourceType: 'Patient',
      id: 'whole',
      identifier: [{ system: 'urn:mrn', value: 'WHOLE' }],
    };
    of.between.answer = (passing) => ({
      ...passing,
      text: passing.text
        .replaceAll('"value":"ODD"}]', '"value":"ODD"}')
        .replaceAll(
          '"identifier":[{"system":"urn:mrn","value":"ODD"}',
          '"identifier":{"system":"urn:mrn","value":"ODD"}',
        ),
    });
    of.server.control.load([
      { ...odd, identifier: [odd.identifier] },
      { ...patient, name: [{ family: 'Whole' }] },
    ]);
    await of.until(() => of.store.all('patients').some(({ identifier }) => identifier === 'WHOLE'));
    expect(said(of).some((text) => text.startsWith('1 cannot be used here: Patient/odd'))).toBe(true);
    fill(of);
    await drained(of);
    expect(of.store.all('patients').some(({ identifier }) => identifier === 'ODD')).toBe(false);
  });
});
