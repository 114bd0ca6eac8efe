import { describe, expect, it } from 'vitest';
import type { OrderDoc } from '../../../shared/documents/index.ts';
import { land } from './landing.ts';
import { MemoryStore } from './memory-store.ts';
import { orderStatus } from './order-rules.ts';
import type { AnyDoc } from './port.ts';
import { orderDoc } from './testing.ts';

const at = '2026-07-29T07:00:00.000Z';

/** Requisitions whose report is brought up to date when the server's side of an order was taken over. */
async function refreshed(before: Partial<OrderDoc>, after: Partial<OrderDoc>): Promise<string[]> {
  const store = new MemoryStore();
  const [was, now] = [orderDoc(1, before), orderDoc(1, after)] as unknown as [AnyDoc, AnyDoc];
  const found: string[] = [];
  await store.write({ command: 'sync', actor: 'server' }, (unit) => {
    const noting = { ...unit, refreshReport: async (requisition: string) => void found.push(requisition) };
    return land(noting, 'orders', was, now, at, () => 'new');
  });
  return found;
}

describe('an order that another station changed', () => {
  it('is not judged anew because another station says that it is done, or not: stations that know different results would go on for ever', async () => {
    expect(await refreshed({ status: 'active' }, { status: 'completed' })).toEqual([]);
    expect(await refreshed({ status: 'completed' }, { status: 'active' })).toEqual([]);
  });

  it('brings its report up to date when other tests are asked for, or none any more', async () => {
    expect(await refreshed({ testCodes: ['K'] }, { testCodes: ['K', 'NA'] })).toEqual(['REQ-1']);
    expect(await refreshed({ status: 'completed' }, { status: 'revoked' })).toEqual(['REQ-1']);
    expect(await refreshed({ status: 'revoked' }, { status: 'active' })).toEqual(['REQ-1']);
  });
});

describe('the status of an order that differs', () => {
  const unsent = (status: OrderDoc['status']) => ({ ...orderDoc(1, { status }), change: 2 });
  const base = orderDoc(1);

  it('is the server’s, but for a cancellation that was not sent yet; where it was completed there, a person decides', () => {
    expect(orderStatus(unsent('completed'), orderDoc(1, { status: 'active' }), base)).toBe('server');
    expect(orderStatus(unsent('revoked'), orderDoc(1, { status: 'active' }), base)).toBe('here');
    expect(orderStatus(unsent('revoked'), orderDoc(1, { status: 'completed' }), base)).toBe('person');
    expect(orderStatus(unsent('revoked'), orderDoc(1, { status: 'revoked' }), base)).toBe('server');
  });
});
