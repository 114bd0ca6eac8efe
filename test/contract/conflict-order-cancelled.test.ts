import type { ServiceRequest } from 'fhir/r4';
import { afterEach, expect, test } from 'vitest';
import { resultDoc } from '../../main/engine/replication/testing.ts';
import { type Conflict, conflict, DECIDER } from './conflict-fixture.ts';

/** An order cancelled at the server while this station runs it, and one cancelled here while another station goes on. */

let of: Conflict | undefined;
afterEach(async () => {
  await of?.end();
  of = undefined;
});

const order = (at: Conflict) => at.store.all('orders')[0]!;
const there = (at: Conflict) => at.there<ServiceRequest>('ServiceRequest', order(at).serverId);
const measured = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;

test('an order cancelled at the server while it runs: what was measured is kept and held for a person, with the reason', async () => {
  of = await conflict();
  // Nothing of it is released yet.
  for (const doc of of.store.all('results')) of.store.change('results', { ...doc, ...measured });
  await of.plug();
  await of.unplug();
  of.store.change('results', resultDoc(1, 1, { testCode: 'K', ...measured }));
  of.put({ ...there(of), status: 'revoked' });
  await of.plug();
  expect(order(of)).toMatchObject({ status: 'revoked', syncState: 'onServer' });
  for (const result of of.store.all('results')) {
    expect(result).toMatchObject({ verdict: 'held', current: true, syncState: 'onServer' });
    expect(result.because[0]).toMatchObject({ rule: 'orderCancelled', outcome: 'hold' });
  }
  expect(of.server.stats().resources.Observation).toBe(2);
  expect(of.replication.events().map((event) => event.text)).toContain(
    'Order cancelled at the server: REQ-1 GLU',
  );
  expect(of.store.all('tasks')).toEqual([]);
});

test('an order cancelled at the server after its result was released: nothing is withdrawn by itself, a person is asked', async () => {
  of = await conflict();
  of.put({ ...there(of), status: 'revoked' });
  await of.until(() => order(of!).status === 'revoked');
  await of.plug();
  expect(of.store.all('results')[0]).toMatchObject({ verdict: 'released', current: true });
  expect(of.store.all('reports')[0]).toMatchObject({ state: 'signed', syncState: 'onServer' });
  expect(of.store.all('tasks')).toMatchObject([
    { kind: 'conflict', reason: 'cancelledAfterRelease', status: 'open' },
  ]);
  await of.replication.decide('orders', order(of).id, [], DECIDER);
  await of.plug();
  expect(order(of)).toMatchObject({ status: 'revoked', syncState: 'onServer' });
  expect(of.store.all('tasks')[0]).toMatchObject({ status: 'done', resolvedBy: 'ml' });
});

test('an order deleted at the server while it runs: a person is asked, and what was measured is held as for one that was cancelled', async () => {
  of = await conflict();
  for (const doc of of.store.all('results')) of.store.change('results', { ...doc, ...measured });
  await of.plug();
  of.server.control.remove('ServiceRequest', order(of).serverId);
  await of.until(() => order(of!).syncState === 'conflict');
  await of.plug();
  expect(order(of)).toMatchObject({ status: 'revoked', syncState: 'conflict' });
  const [result] = of.store.all('results');
  expect(result).toMatchObject({ verdict: 'held', current: true, syncState: 'onServer' });
  expect(result!.because[0]).toMatchObject({ rule: 'orderCancelled', outcome: 'hold' });
  expect(of.store.all('tasks')).toMatchObject([{ reason: 'deletedAtServer', status: 'open' }]);
});

test('an order cancelled here is not lost when somebody else changes it at the server', async () => {
  of = await conflict();
  await of.unplug();
  of.store.change('orders', { ...order(of), status: 'revoked', note: 'Ward asked' });
  of.put({ ...there(of), priority: 'stat' });
  await of.plug();
  expect(order(of)).toMatchObject({
    status: 'revoked',
    priority: 'stat',
    note: 'Ward asked',
    syncState: 'onServer',
  });
  expect(there(of)).toMatchObject({ status: 'revoked', priority: 'stat', note: [{ text: 'Ward asked' }] });
});

test('an order cancelled here and completed at another station meanwhile: a person decides', async () => {
  of = await conflict();
  await of.unplug();
  of.store.change('orders', { ...order(of), status: 'revoked' });
  of.put({ ...there(of), status: 'completed' });
  await of.plug();
  expect(order(of)).toMatchObject({ status: 'revoked', syncState: 'conflict' });
  expect(there(of).status).toBe('completed');
  expect(of.store.all('tasks')).toMatchObject([
    { kind: 'conflict', summary: 'Cancelled here; completed at the server' },
  ]);
  await of.replication.decide('orders', order(of).id, ['status'], DECIDER);
  await of.plug();
  expect(there(of).status).toBe('revoked');
  expect(order(of)).toMatchObject({ status: 'revoked', syncState: 'onServer' });
});
