import { afterEach, describe, expect, it } from 'vitest';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import type { Switches } from '../../../test/sim/fhir/switches.ts';
import type { ReplicationConfig } from './contract.ts';
import { MemoryStore } from './memory-store.ts';
import {
  type Scene as AnyScene,
  begin as beginScene,
  instrumentDoc,
  patientDoc,
  putCase,
  reportDoc,
  resultDoc,
  specimenDoc,
} from './testing.ts';

type Scene = AnyScene<FhirServer>;

let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

async function begin(
  options: { server?: FhirServerOptions; config?: Partial<ReplicationConfig>; seed?: number } = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: options.seed ?? 1, ...options.server });
  current = beginScene(server, new MemoryStore(), options);
  return current;
}

const SEED = Number(process.env.SEED ?? 7);
const CASES = 12;
const RESULTS = 3;

function fill(of: Scene): void {
  of.store.change('instruments', instrumentDoc());
  for (let n = 0; n < CASES; n += 1) putCase(of.store, n, RESULTS);
  of.replication.wake();
}

const drained = (of: Scene) => async () => (await of.store.countQueued()) === 0;

/** Everything is there once, and every record says so. */
function expectAllOnce(of: Scene): void {
  const { resources, duplicates } = of.server.stats();
  expect(duplicates).toEqual([]);
  expect(resources).toEqual({
    Device: 1,
    Patient: CASES,
    ServiceRequest: CASES,
    Specimen: CASES,
    Observation: CASES * RESULTS,
    DiagnosticReport: CASES,
    Provenance: CASES,
  });
  for (const name of ['instruments', 'patients', 'orders', 'specimens', 'results', 'reports'] as const) {
    for (const doc of of.store.all(name)) {
      expect(doc).toMatchObject({ syncState: 'onServer', sync: { sentChange: doc.change, why: '' } });
      expect(doc.serverId).not.toBe('');
    }
  }
}

describe('push', () => {
  it('takes a wrong base address for a line without a server, never for a refusal of every record', async () => {
    const server = await createFhirServer({ seed: 1 });
    const of = beginScene(server, new MemoryStore(), { config: { url: `${server.url}/nothing/here` } });
    current = of;
    fill(of);
    await of.until(() => of.replication.status().why.includes('Check server.url in the station file'));
    expect(of.replication.status().state).toBe('offline');
    for (const doc of of.store.all('patients')) expect(doc.syncState).toBe('queued');
  });

  it('sends nothing before it is on the disk', async () => {
    const of = await begin();
    let onDisk: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => (onDisk = resolve));
    let waits = 0;
    of.store.settled = () => {
      waits += 1;
      return disk;
    };
    of.store.change('instruments', instrumentDoc());
    of.replication.wake();
    await of.until(() => waits > 0);
    // Time enough for a request to arrive.
    for (let n = 0; n < 10; n++) expect((await fetch(`${of.server.url}/metadata`)).status).toBe(200);
    expect(of.server.stats().resources).toEqual({});
    onDisk();
    await of.until(drained(of));
    expect(of.server.stats().resources).toEqual({ Device: 1 });
  });

  it('sends everything in dependency order, once, with the PDF and the signature', async () => {
    const of = await begin({ server: { switches: { validation: 'strict' } } });
    fill(of);
    await of.until(drained(of));
    expectAllOnce(of);
    const report = of.server.control.all('DiagnosticReport')[0];
    expect(report).toMatchObject({ status: 'final', presentedForm: [{ contentType: 'application/pdf' }] });
    const pdf = (report as { presentedForm?: { data: string }[] }).presentedForm?.[0]?.data ?? '';
    expect(Buffer.from(pdf, 'base64').toString()).toMatch(/^%PDF-1\.7 report \d+$/);
    const provenance = of.server.control.all('Provenance');
    const targets = provenance.map((item) => (item.target as { reference: string }[])[0]?.reference);
    const reports = of.server.control.all('DiagnosticReport').map((item) => `DiagnosticReport/${item.id}`);
    expect(targets.sort()).toEqual(reports.sort());
    const observation = of.server.control.all('Observation')[0];
    expect(observation?.subject).toMatchObject({ reference: expect.stringMatching(/^Patient\//) });
    expect(observation?.device).toMatchObject({ reference: expect.stringMatching(/^Device\//) });
    expect(of.replication.status()).toMatchObject({ state: 'online', minutesLeft: 0 });
    const texts = () => of.replication.events().map((event) => event.text);
    await of.until(() =>
      texts().includes(`Last sync: ${1 + CASES * (4 + RESULTS)} sent, 0 fetched, 0 refused`),
    );
  });

  const faults: [string, Partial<Switches>, Partial<ReplicationConfig>?][] = [
    ['answers are lost after the commit', { lostAnswer: { count: 6, methods: ['POST'] } }],
    [
      'answers are lost and everything goes alone',
      { lostAnswer: { probability: 0.1, count: 12 } },
      { bundling: 'single' },
    ],
    ['entries meet 409', { conflict: 0.3 }],
    ['entries meet 412 out of the blue', { precondition: { probability: 0.2, count: 40 } }],
    ['entries meet 429', { tooMany: { probability: 0.2, count: 30 } }],
    ['the server fails now and then', { error500: { count: 3 }, error503: { count: 3 } }],
    ['the server is slow beyond patience', { slowMs: 400, slow: { count: 3 } }, { timeoutMs: 150 }],
    [
      'transactions are rolled back by one bad entry',
      { conflict: { probability: 0.2, count: 10 } },
      { bundling: 'transaction' },
    ],
    [
      'transactions are not atomic',
      { nonAtomicTransactions: true, conflict: { probability: 0.2, count: 20 } },
      { bundling: 'transaction' },
    ],
    ['conditional writes overlap', { parallelConflicts: true }, { bundling: 'single' }],
    [
      'several faults come together',
      { lostAnswer: 0.1, conflict: 0.1, tooMany: 0.05, error503: 0.1, precondition: 0.05 },
    ],
  ];
  it.each(faults)(
    `arrives exactly once when %s (seed ${SEED})`,
    async (_, switches, config) => {
      const of = await begin({
        server: { switches },
        seed: SEED,
        ...(config === undefined ? {} : { config }),
      });
      fill(of);
      // What fails several times rests longer each time.
      await of.until(drained(of), 80_000);
      expect(
        Object.values(of.server.stats().faults).reduce((sum, hits) => sum + hits, 0),
      ).toBeGreaterThanOrEqual(switches.parallelConflicts === true ? 0 : 1);
      expectAllOnce(of);
    },
    90_000,
  );

  it('keeps working while the server is away and drains when it is back', async () => {
    const of = await begin({ server: { switches: { down: 'refuse' } } });
    fill(of);
    await of.until(
      () => of.replication.status().state === 'offline' && of.replication.status().nextTryAt !== '',
    );
    expect(of.replication.events().map((event) => event.text)).toContain('No answer. Working here.');
    expect(of.replication.status().offlineSince).not.toBe('');
    for (const down of ['hang', 'no'] as const) await of.server.control.set({ down });
    await of.until(drained(of));
    expectAllOnce(of);
    expect(of.replication.status()).toMatchObject({ state: 'online', offlineSince: '', nextTryAt: '' });
  });

  it('keeps to the quota without a single error in a record', async () => {
    const of = await begin({ server: { switches: { quota: { writes: 40, windowSeconds: 1 } } } });
    fill(of);
    await of.until(drained(of));
    expectAllOnce(of);
    expect(of.server.stats().answers['429'] ?? 0).toBe(0);
  });

  it('is in step when its last record used up the quota: with nothing to send it does not wait for the next window', async () => {
    const quota = { writes: 1, windowSeconds: 3_600 };
    const of = await begin({ server: { switches: { quota } } });
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await of.until(drained(of));
    const { lastSyncAt } = of.replication.status();
    of.replication.now();
    await of.until(() => of.replication.status().lastSyncAt > lastSyncAt);
    expect(of.server.stats().answers['429'] ?? 0).toBe(0);
  });

  it('finds after a restart what was sent without an answer, also when it was edited since', async () => {
    const of = await begin({ server: { switches: { lostAnswer: { count: 1, methods: ['POST'] } } } });
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await of.until(() => (of.server.stats().faults.lostAnswer ?? 0) === 1);
    await of.replication.stop();
    const [patient] = of.store.all('patients');
    of.store.change('patients', { ...patient!, ward: 'Emergency' });
    await of.restart();
    await of.until(drained(of));
    expect(of.server.stats()).toMatchObject({ duplicates: [], resources: { Patient: 1 } });
    expect(JSON.stringify(of.server.control.all('Patient')[0])).toContain('Emergency');
    expect(of.store.all('patients')[0]).toMatchObject({ syncState: 'onServer' });
    expect(of.store.all('tasks')).toEqual([]);
  });

  it('recognises its own update whose answer was lost', async () => {
    const of = await begin();
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await of.until(drained(of));
    await of.server.control.set({ lostAnswer: { count: 1, methods: ['POST'] } });
    of.store.change('patients', { ...of.store.all('patients')[0]!, ward: 'Emergency' });
    of.replication.wake();
    await of.until(drained(of));
    expect(of.server.stats().faults.lostAnswer).toBe(1);
    expect(of.store.all('patients')[0]).toMatchObject({ syncState: 'onServer', sync: { sentChange: 2 } });
    expect(of.store.all('tasks')).toEqual([]);
  });

  /** A report at the server whose next version gets there with the answer lost; the station then stops. */
  async function lostReport() {
    const of = await begin();
    putCase(of.store, 1);
    of.store.change('instruments', instrumentDoc());
    const report = () => of.store.all('reports')[0]!;
    of.store.change('reports', { ...report(), ...unsigned });
    of.replication.wake();
    await of.until(drained(of));
    await of.server.control.set({ lostAnswer: { count: 1, methods: ['POST'] } });
    of.store.change('reports', { ...report(), ...unsigned, state: 'waiting', status: 'partial' });
    of.replication.wake();
    await of.until(() => (of.server.stats().faults.lostAnswer ?? 0) === 1);
    await of.replication.stop();
    return { of, report };
  }
  const unsigned = { state: 'incomplete', status: 'registered', signature: null, issuedTime: '' } as const;

  it('recognises after a restart its own update whose answer was lost, also when it was signed since', async () => {
    const { of, report } = await lostReport();
    const { signature, issuedTime } = reportDoc(1);
    of.store.change('reports', { ...report(), state: 'signed', status: 'final', signature, issuedTime });
    await of.restart();
    await of.until(drained(of));
    expect(report()).toMatchObject({ syncState: 'onServer', state: 'signed' });
    expect(of.store.all('tasks')).toEqual([]);
    expect(of.server.control.all('DiagnosticReport')).toMatchObject([{ status: 'final' }]);
  });

  it("still sees somebody else's change that came after its own lost one", async () => {
    const { of, report } = await lostReport();
    const [there] = of.server.control.all('DiagnosticReport');
    of.server.control.put({ ...there!, conclusion: 'Not what was signed' });
    const { signature, issuedTime } = reportDoc(1);
    of.store.change('reports', { ...report(), state: 'signed', status: 'final', signature, issuedTime });
    await of.restart();
    await of.until(() => report().syncState === 'conflict');
    expect(of.store.all('tasks')).toMatchObject([{ kind: 'amendment', reason: 'signedChanged' }]);
  });

  it("says in the server's words why a record is refused; the others go, those that need it wait", async () => {
    const of = await begin({ server: { switches: { validation: 'strict' } } });
    of.store.change('instruments', instrumentDoc());
    putCase(of.store, 1);
    putCase(of.store, 2);
    const bad = of.store.all('specimens').find((item) => item.id === 'spe-1');
    of.store.change('specimens', {
      ...bad!,
      extra: { Specimen: { resourceType: 'Specimen', colour: 'straw' } },
    });
    of.replication.wake();
    await of.until(
      async () =>
        (await of.store.countQueued()) === 2 && of.store.all('reports')[1]?.syncState === 'onServer',
    );
    const refused = (await of.store.byId('specimens', 'spe-1'))!;
    expect(refused.syncState).toBe('refused');
    expect(refused.sync.why).toMatch(/colour/);
    expect((await of.store.byId('results', 'res-1-0'))?.syncState).toBe('queued');
    expect((await of.store.byId('results', 'res-2-0'))?.syncState).toBe('onServer');
    of.store.change('specimens', { ...refused, extra: undefined });
    of.replication.wake();
    await of.until(drained(of));
    expect(of.server.stats()).toMatchObject({
      duplicates: [],
      resources: { Specimen: 2, Observation: 2, DiagnosticReport: 2 },
    });
  });

  it('sends what is not released as preliminary (V2)', async () => {
    const of = await begin();
    of.store.change('patients', patientDoc(1));
    of.store.change('specimens', specimenDoc(1, { orderIds: [] }));
    of.store.change('results', resultDoc(1, 0, { verdict: 'held', orderId: '', instrumentId: '' }));
    of.replication.wake();
    await of.until(drained(of));
    expect(of.server.control.all('Observation')[0]).toMatchObject({ status: 'preliminary' });
  });

  it('leaves a record queued that changed while it was on its way', async () => {
    const of = await begin();
    of.store.change('patients', patientDoc(1));
    let once = true;
    of.store.beforeWrite = () => {
      const [patient] = of.store.all('patients');
      if (!once || of.server.stats().resources.Patient !== 1 || patient === undefined) return;
      once = false;
      of.store.change('patients', { ...patient, ward: 'ICU' });
    };
    of.replication.wake();
    await of.until(async () => !once && (await of.store.countQueued()) === 0);
    expect(JSON.stringify(of.server.control.all('Patient')[0])).toContain('ICU');
    expect(of.server.stats().versions).toBe(2);
  });

  it('gets a token, renews it before it expires and after the server dropped it', async () => {
    const auth = { clientId: 'bench', clientSecret: 's3cret:/?' };
    const of = await begin({ server: { auth: { ...auth, tokenSeconds: 1 } }, config: { url: '' } });
    const tokenUrl = of.server.tokenUrl;
    const credentials = { kind: 'clientCredentials' as const, tokenUrl, scope: '', ...auth };
    await of.restart({ url: of.server.url, auth: credentials });
    fill(of);
    await of.until(drained(of));
    of.server.control.expireTokens();
    of.store.change('patients', patientDoc(99));
    of.replication.wake();
    await of.until(drained(of));
    await of.until(() => (of.server.stats().requests.token ?? 0) >= 3);
    expect(of.server.stats().resources.Patient).toBe(CASES + 1);
  });

  it('is offline with the reason when the credentials are wrong', async () => {
    const of = await begin({ server: { auth: { clientId: 'a', clientSecret: 'b' } } });
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await of.until(
      () => of.replication.status().state === 'offline' && of.replication.status().why !== 'not asked yet',
    );
    expect(of.replication.events()[0]?.text).toBe('The server does not accept this station. Working here.');
  });

  it('does nothing while paused, and goes on afterwards', async () => {
    const of = await begin();
    await of.until(() => of.replication.status().state === 'online');
    of.replication.pause(true);
    expect(of.replication.status().state).toBe('paused');
    of.replication.pause(false);
    of.store.change('patients', patientDoc(1));
    of.replication.wake();
    await of.until(drained(of));
    expect(of.server.control.all('Patient')[0]?.meta).toMatchObject({
      tag: [{ system: SYSTEM.station, code: 'B2' }],
    });
  });
});
