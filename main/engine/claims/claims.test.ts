import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLAIM_MS, type Claim } from '../../../shared/domain/claims.ts';
import { createFhirServer, type FhirServer } from '../../../test/sim/fhir/server.ts';
import { FhirClient } from '../replication/client.ts';
import { realTimers } from '../timers.ts';
import { Claims } from './claims.ts';

/** Two stations and the claims between them; the server's clock is in the hand of the test, each station has its own. */
const SKEW_MS = 5 * 3_600_000;
let server: FhirServer;
let at: number;
const lost: [Claim, Claim][] = [];
const sam = { id: 'person-okafor', name: 'Sam Okafor' };
const maja = { id: 'person-lindqvist', name: 'Maja Lindqvist' };

beforeEach(async () => {
  at = Date.parse('2026-07-29T08:00:00.000Z');
  lost.length = 0;
  server = await createFhirServer({ seed: 1, now: () => at });
});
afterEach(() => server.stop());

function station(code: string, skewMs = 0) {
  const now = () => new Date(at + skewMs);
  const claims = new Claims({
    station: code,
    now,
    changed: () => undefined,
    lost: (mine, theirs) => lost.push([mine, theirs]),
  });
  const real = new FhirClient({
    url: server.url,
    auth: { kind: 'none' },
    clock: { now },
    timers: realTimers,
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  });
  // The simulated server's Date header is the machine's: here it is the time of the test.
  const client = {
    async request(...of: Parameters<FhirClient['request']>) {
      const { status, body } = await real.request(...of);
      return { status, body, headers: new Headers({ date: new Date(at).toUTCString() }) };
    },
  };
  return { claims, sync: () => claims.exchange(client), end: () => real.close() };
}

test('what is worked on at one station is shown at the other with who and since when, until it is given back', async () => {
  const [a, b] = [station('A1'), station('B2', SKEW_MS)];
  a.claims.take('specimens', 'tube-1', sam);
  await a.sync();
  await b.sync();
  expect(b.claims.elsewhere('specimens', 'tube-1')).toMatchObject({
    station: 'A1',
    name: 'Sam Okafor',
    since: '2026-07-29T08:00:00.000Z',
  });
  expect(a.claims.elsewhere('specimens', 'tube-1')).toBeUndefined();
  expect(b.claims.elsewhere('specimens', 'tube-2')).toBeUndefined();
  at += 1_000;
  a.claims.give('specimens', 'tube-1');
  await a.sync();
  await b.sync();
  expect(b.claims.of('specimens', 'tube-1')).toBeUndefined();
  expect(server.stats().resources.Task).toBe(1);
  await Promise.all([a.end(), b.end()]);
});

test('of two stations that take one thing while they cannot see each other the first at the server has it; the other is told', async () => {
  const [a, b] = [station('A1'), station('B2', -SKEW_MS)];
  a.claims.take('reports', 'case-1', sam);
  b.claims.take('reports', 'case-1', maja);
  await b.sync();
  at += 1_000;
  await a.sync();
  await a.sync();
  expect(lost).toMatchObject([
    [
      { station: 'A1', name: 'Sam Okafor' },
      { station: 'B2', name: 'Maja Lindqvist' },
    ],
  ]);
  expect(a.claims.of('reports', 'case-1')).toMatchObject({ station: 'B2' });
  expect(b.claims.elsewhere('reports', 'case-1')).toBeUndefined();
  expect(server.stats().duplicates).toEqual([]);
  await Promise.all([a.end(), b.end()]);
});

test('a claim can be taken over: the one who had it learns by whom', async () => {
  const [a, b] = [station('A1'), station('B2')];
  a.claims.take('specimens', 'tube-1', sam);
  await a.sync();
  await b.sync();
  at += 1_000;
  expect(b.claims.take('specimens', 'tube-1', maja, true)).toMatchObject({ station: 'A1' });
  await b.sync();
  await a.sync();
  expect(lost).toMatchObject([[{ station: 'A1' }, { station: 'B2', name: 'Maja Lindqvist' }]]);
  expect(a.claims.elsewhere('specimens', 'tube-1')).toMatchObject({ station: 'B2' });
  await Promise.all([a.end(), b.end()]);
});

test('a claim of a station that is gone ends by itself by the clock of the server, whatever the clocks of the stations say', async () => {
  const [a, b] = [station('A1', -SKEW_MS), station('B2', SKEW_MS)];
  a.claims.take('specimens', 'tube-1', sam);
  await a.sync();
  await b.sync();
  at += CLAIM_MS - 2_000;
  await b.sync();
  expect(b.claims.elsewhere('specimens', 'tube-1')).toMatchObject({ station: 'A1' });
  at += 3_000;
  expect(b.claims.elsewhere('specimens', 'tube-1')).toBeUndefined();
  b.claims.take('specimens', 'tube-1', maja);
  await b.sync();
  await a.sync();
  expect(a.claims.elsewhere('specimens', 'tube-1')).toMatchObject({ station: 'B2' });
  await Promise.all([a.end(), b.end()]);
});

test('a claim that is worked on is renewed before it ends', async () => {
  const [a, b] = [station('A1'), station('B2')];
  a.claims.take('specimens', 'tube-1', sam);
  await a.sync();
  for (let minute = 0; minute < 9; minute += 1) {
    at += 60_000;
    a.claims.take('specimens', 'tube-1', sam);
    await a.sync();
  }
  await b.sync();
  expect(b.claims.elsewhere('specimens', 'tube-1')).toMatchObject({ station: 'A1' });
  await Promise.all([a.end(), b.end()]);
});

test('a claim nobody works on any more is given back by its own station', async () => {
  const [a, b] = [station('A1'), station('B2')];
  a.claims.take('specimens', 'tube-1', sam);
  await a.sync();
  at += CLAIM_MS + 1_000;
  await a.sync();
  await b.sync();
  expect(a.claims.of('specimens', 'tube-1')).toBeUndefined();
  expect(b.claims.of('specimens', 'tube-1')).toBeUndefined();
  await Promise.all([a.end(), b.end()]);
});
