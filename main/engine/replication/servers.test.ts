import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { LeveyError } from '../../../shared/errors.ts';
import { claimingConditionalCreates } from '../../../test/sim/fhir/behind.ts';
import { createFhirServer, type FhirServer, type FhirServerOptions } from '../../../test/sim/fhir/server.ts';
import type { Switches } from '../../../test/sim/fhir/switches.ts';
import type { ServerAuth } from './auth.ts';
import type { ReplicationConfig } from './contract.ts';
import { MemoryStore } from './memory-store.ts';
import { type Scene as AnyScene, begin as beginScene, instrumentDoc, putCase } from './testing.ts';

/** Servers that lack something, lie about it, or do not let this station in. */

const CASES = 4;
type Scene = AnyScene<FhirServer> & { problems: (string | null)[]; last: () => LeveyError | null };

let current: Scene | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

async function begin(
  options: { server?: FhirServerOptions; config?: (server: FhirServer) => Partial<ReplicationConfig> } = {},
): Promise<Scene> {
  const server = await createFhirServer({ seed: 5, ...options.server });
  const problems: (string | null)[] = [];
  let last: LeveyError | null = null;
  const scene = beginScene(server, new MemoryStore(), {
    config: options.config?.(server) ?? {},
    onProblem: (problem) => {
      last = problem;
      problems.push(problem?.code ?? null);
    },
  });
  current = Object.assign(scene, { problems, last: () => last });
  return current;
}

function fill(of: Scene): void {
  of.store.change('instruments', instrumentDoc());
  for (let n = 0; n < CASES; n += 1) putCase(of.store, n, 2);
  of.replication.wake();
}

const drained = (of: Scene) => async () => (await of.store.countQueued()) === 0;

function expectAllOnce(of: Scene): void {
  expect(of.server.stats()).toMatchObject({
    duplicates: [],
    resources: {
      Device: 1,
      ...{ Patient: CASES, ServiceRequest: CASES, Specimen: CASES, Observation: 2 * CASES },
      ...{ DiagnosticReport: CASES, Provenance: CASES },
    },
  });
}

/** Everything is still here and waits; nothing counts as refused. */
function expectNothingLost(of: Scene): void {
  for (const name of ['patients', 'orders', 'specimens', 'results', 'reports'] as const)
    for (const doc of of.store.all(name)) expect(doc.syncState).toBe('queued');
}

describe('a server that cannot do everything', () => {
  const lost: Partial<Switches> = { lostAnswer: { count: 5, methods: ['POST'] } };
  const lacks: [string, Partial<Switches>, string][] = [
    ['batches', { batches: false }, 'noBatch'],
    ['batches and transactions', { batches: false, transactions: false }, 'noBundle'],
    ['conditional creates', { conditionalCreate: 'refused' }, 'noCondition'],
    ['conditional creates, and ignores the condition', { conditionalCreate: 'ignored' }, 'noCondition'],
    [
      'bundles or conditional creates',
      { batches: false, transactions: false, conditionalCreate: 'ignored' },
      'noBundle',
    ],
  ];
  it.each(lacks)(
    'without %s gets everything once, also when answers are lost',
    async (_, switches, lacking) => {
      const of = await begin({ server: { switches: { ...switches, ...lost } } });
      fill(of);
      await of.until(drained(of));
      expect(of.server.stats().faults.lostAnswer).toBe(5);
      expect(of.replication.status().adaptations.map(({ kind }) => kind)).toContain(lacking);
      expectAllOnce(of);
    },
  );

  it('that says it creates conditionally and does not gets everything once, also when answers are lost', async () => {
    const server = await createFhirServer({ seed: 5, switches: { conditionalCreate: 'ignored', ...lost } });
    const url = await claimingConditionalCreates(server.url);
    const of = beginScene(server, new MemoryStore(), { config: { url } });
    current = Object.assign(of, { problems: [], last: () => null });
    fill(current);
    await of.until(drained(current));
    expect(of.replication.status().adaptations).toEqual([]);
    expect(server.stats().faults.lostAnswer).toBe(5);
    expectAllOnce(current);
  });

  it('that takes only small requests gets smaller ones', async () => {
    const of = await begin({ server: { switches: { maxBodyBytes: 25_000 } } });
    fill(of);
    await of.until(drained(of));
    expectAllOnce(of);
    for (const doc of of.store.all('results')) expect(doc.syncState).toBe('onServer');
  });

  it('that does not take one record for its size: it is parked and explained, the others go, and it can be sent later', async () => {
    const of = await begin({ server: { switches: { maxResourceBytes: 30_000 } } });
    of.store.pdfs.set('rep-1', new Uint8Array(60_000).fill(65));
    fill(of);
    of.store.pdfs.set('rep-1', new Uint8Array(60_000).fill(65));
    await of.until(drained(of));
    const report = (await of.store.byId('reports', 'rep-1'))!;
    expect(report.syncState).toBe('refused');
    expect(report.sync.why).toMatch(/does not take a record as large as this one \(\d\d kB\)/);
    expect(of.server.stats().resources.DiagnosticReport).toBe(CASES - 1);
    await of.server.control.set({ maxResourceBytes: null });
    await of.replication.retry('reports', 'rep-1', { command: 'sync.retry', actor: 'person-1' });
    await of.until(async () => (await of.store.byId('reports', 'rep-1'))?.syncState === 'onServer');
    expectAllOnce(of);
  });
});

describe('a server of another version', () => {
  const versions: [string, Partial<Switches>][] = [
    ['that says so', { release: 'R5' }],
    ['by its own word', { claimedVersion: '3.0.2' }],
  ];
  it.each(versions)('%s gets nothing; everything waits and is explained', async (_, switches) => {
    const of = await begin({ server: { switches } });
    fill(of);
    await of.until(() => of.problems.includes('server.version'));
    expect(of.last()?.toPlain()).toMatchObject({ what: expect.stringMatching(/not R4/) });
    expectNothingLost(of);
    expect(of.server.stats().resources).toEqual({});
    await of.server.control.set({ release: 'R4', claimedVersion: null });
    of.replication.now();
    await of.until(drained(of));
    expect(of.last()).toBeNull();
    expectAllOnce(of);
  });

  it('that says it is R4 is known by what it gives', async () => {
    const of = await begin({
      server: { switches: { down: 'refuse', release: 'R5', claimedVersion: '4.0.1' } },
    });
    of.server.control.put({
      resourceType: 'Device',
      identifier: [{ system: 'urn:x', value: '1' }],
      deviceName: [{ name: 'X', type: 'user-friendly-name' }],
    });
    fill(of);
    await of.server.control.set({ down: 'no' });
    of.replication.now();
    await of.until(() => of.problems.includes('server.version'));
    expect(of.last()?.message).toMatch(/although it states 4\.0\.1/);
    expectNothingLost(of);
  });
});

describe('who the station is', () => {
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pairOf = (algorithm: 'RS384' | 'ES384') =>
    algorithm === 'RS384'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-384' });
  function backend(algorithm: 'RS384' | 'ES384') {
    const { publicKey, privateKey } = pairOf(algorithm);
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'bench-1', alg: algorithm, use: 'sig' };
    const server = { auth: { kind: 'smartBackend' as const, clientId: 'bench', keys: [key] } };
    const auth: ServerAuth = {
      ...{ kind: 'smartBackend', clientId: 'bench', privateKey: pem(privateKey) },
      ...{ keyId: 'bench-1', scope: 'system/*.*' },
    };
    return { server, auth };
  }

  it.each(['RS384', 'ES384'] as const)(
    'is proved by a private key (%s), the token endpoint found by discovery',
    async (algorithm) => {
      const { server, auth } = backend(algorithm);
      const of = await begin({ server, config: () => ({ auth }) });
      fill(of);
      await of.until(drained(of));
      expectAllOnce(of);
      expect(of.problems.filter((code) => code !== null)).toEqual([]);
    },
  );

  it('cannot be proved by a clock five hours off: said with how far, and nothing is lost', async () => {
    const { server, auth } = backend('ES384');
    const switches = { clockOffsetMs: 5 * 3_600_000 };
    const of = await begin({ server: { ...server, switches }, config: () => ({ auth }) });
    fill(of);
    await of.until(() => of.problems.includes('server.clock'));
    expect(of.last()?.message).toMatch(/5 h behind the server's/);
    expectNothingLost(of);
    await of.server.control.set({ clockOffsetMs: 0 });
    of.replication.now();
    await of.until(drained(of));
    expectAllOnce(of);
  });

  it('may not do what it asks for: a scope that only reads stops writing, is explained, and goes on when it is mended', async () => {
    const client = { kind: 'clientCredentials', clientId: 'bench', clientSecret: 's' } as const;
    const auth = { ...client, scope: 'system/*.read' };
    const config = (server: FhirServer) => ({
      auth: { ...client, tokenUrl: server.tokenUrl, scope: '' },
    });
    const of = await begin({ server: { auth }, config });
    fill(of);
    await of.until(() => of.problems.includes('server.scope'));
    expectNothingLost(of);
    await of.server.control.set({ auth: { ...client, scope: 'system/*.*' } });
    of.replication.now();
    await of.until(drained(of));
    expect(of.last()).toBeNull();
    expectAllOnce(of);
  });
});

describe('TLS', () => {
  const faults: [NonNullable<Switches['certificate']>, string][] = [
    ['expired', 'server.certificateExpired'],
    ['notYetValid', 'server.certificateExpired'],
    ['otherHost', 'server.certificateName'],
    ['otherAuthority', 'server.certificateUntrusted'],
  ];
  it.each(faults)('a certificate %s is never accepted and explained as %s', async (certificate, code) => {
    const config = (server: FhirServer) => ({ ca: server.caPem ?? '' });
    const of = await begin({ server: { tls: true, switches: { certificate } }, config });
    fill(of);
    await of.until(() => of.problems.includes(code));
    expectNothingLost(of);
    await of.server.control.set({ certificate: 'valid' });
    of.replication.now();
    await of.until(drained(of));
    expectAllOnce(of);
    expect(of.last()).toBeNull();
  });

  it("a laboratory's own authority is not trusted before its certificate is named", async () => {
    const of = await begin({ server: { tls: true } });
    fill(of);
    await of.until(() => of.problems.includes('server.certificateUntrusted'));
    await of.restart({ ca: of.server.caPem ?? '' });
    await of.until(drained(of));
    expectAllOnce(of);
  });
});
