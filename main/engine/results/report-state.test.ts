import { describe, expect, it } from 'vitest';
import type { CollectionName, OrderDoc, ReportDoc, ResultDoc } from '../../../shared/documents/index.ts';
import { Random } from '../../../test/fuzz/random.ts';
import { orderDoc, resultDoc, specimenDoc } from '../replication/testing.ts';
import type { Writer } from '../store/store.ts';
import { currentReport, refreshAfterPosting, refreshReport } from './report-state.ts';

const AT = '2026-07-29T07:00:00.000Z';
const REQUISITION = 'REQ-1';
const TESTS = ['NA', 'K', 'GLU', 'CREA'];
const SEED = 20261123;
const ROUNDS = 300;
const STEPS = 25;

/** A store with what a report is made of, as a unit of work sees it. */
class Records {
  readonly docs = new Map<string, Map<string, Record<string, unknown>>>();
  finds = 0;

  of<T>(collection: CollectionName): T[] {
    return [...(this.docs.get(collection)?.values() ?? [])] as T[];
  }

  put<T extends { id: string }>(collection: CollectionName, doc: T): void {
    const docs = this.docs.get(collection) ?? new Map<string, Record<string, unknown>>();
    this.docs.set(collection, docs.set(doc.id, { ...doc }));
  }

  async find(
    collection: CollectionName,
    query: { selector: Record<string, { $eq: string }> },
  ): Promise<unknown[]> {
    this.finds += 1;
    return this.of<Record<string, unknown>>(collection).filter((doc) =>
      Object.entries(query.selector).every(([field, { $eq }]) => doc[field] === $eq),
    );
  }

  get unit(): Writer {
    return this as unknown as Writer;
  }
}

function begun(): Records {
  const records = new Records();
  for (const order of [
    orderDoc(1, { testCodes: ['NA', 'K'] }),
    orderDoc(2, { testCodes: ['GLU', 'CREA'], requisition: REQUISITION }),
  ])
    records.put('orders', order);
  for (const specimen of [
    specimenDoc(1, { testCodes: ['NA', 'K', 'CREA'] }),
    specimenDoc(2, { testCodes: ['GLU'], requisition: REQUISITION }),
  ])
    records.put('specimens', specimen);
  return records;
}

const live = (order: OrderDoc) => order.status === 'active' || order.status === 'completed';

/** What a new result would be, and what it would replace; undefined where posting would not append one. */
function next(records: Records, random: Random, n: number): [ResultDoc, ResultDoc | undefined] | undefined {
  const testCode = random.pick(TESTS);
  const order = records.of<OrderDoc>('orders').find((one) => live(one) && one.testCodes.includes(testCode));
  if (order === undefined) return undefined;
  const specimen = testCode === 'GLU' ? 2 : 1;
  const standing = records.of<ResultDoc>('results').find((one) => one.testCode === testCode && one.current);
  if (standing?.verdict === 'released') return undefined;
  const verdict = random.pick(['held', 'ready', 'blocked', 'released'] as const);
  const doc = resultDoc(specimen, n, {
    testCode,
    orderId: order.id,
    requisition: order.requisition,
    verdict,
    status: verdict === 'released' ? 'final' : 'preliminary',
  });
  return [doc, standing];
}

/** Something people do with what was posted: release, reject, withdraw, cancel an order, sign, send back. */
function decided(records: Records, random: Random): (to: Records) => void {
  const reports = records.of<ReportDoc>('reports');
  const report = reports.find((one) => one.current);
  if (random.once(3) && report?.state === 'waiting') {
    const state = random.pick(['signed', 'sentBack'] as const);
    return (to) => to.put('reports', { ...report, state });
  }
  if (random.once(6)) {
    const order = random.pick(records.of<OrderDoc>('orders'));
    const status = random.pick(['revoked', 'active'] as const);
    return (to) => to.put('orders', { ...order, status });
  }
  const standing = records.of<ResultDoc>('results').filter((one) => one.current);
  if (standing.length === 0) return () => undefined;
  const one = random.pick(standing);
  const verdict = random.pick(['released', 'rejected', 'held'] as const);
  const status = verdict === 'released' ? random.pick(['final', 'entered-in-error'] as const) : 'preliminary';
  return (to) => to.put('results', { ...one, verdict, status });
}

describe('the report of a requisition after posting', () => {
  it('is the same whether it was made again or not', async () => {
    let spared = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED, round);
      const [quick, full] = [begun(), begun()];
      for (let step = 0; step < STEPS; step++) {
        const found = random.once(3) ? undefined : next(full, random, step);
        if (found === undefined) {
          const change = decided(full, random);
          for (const records of [quick, full]) {
            change(records);
            await refreshReport(records.unit, REQUISITION, AT);
          }
        } else {
          const [doc, standing] = found;
          for (const records of [quick, full]) {
            if (standing !== undefined) records.put('results', { ...standing, current: false });
            records.put('results', doc);
          }
          quick.finds = 0;
          await refreshAfterPosting(quick.unit, REQUISITION, AT, [doc]);
          if (quick.finds === 1) spared += 1;
          await refreshReport(full.unit, REQUISITION, AT);
        }
        for (const collection of ['orders', 'reports'] as const)
          expect(quick.of(collection), `seed ${SEED}, round ${round}, step ${step}`).toEqual(
            full.of(collection),
          );
      }
    }
    expect(spared).toBeGreaterThan(ROUNDS);
  });

  it('is made again with the first result of a specimen it does not know', async () => {
    const records = begun();
    await refreshReport(records.unit, REQUISITION, AT);
    records.put('specimens', specimenDoc(3, { testCodes: ['CREA'], requisition: REQUISITION }));
    const held = resultDoc(3, 0, { testCode: 'CREA', orderId: 'ord-2', verdict: 'held' });
    records.put('results', held);
    await refreshAfterPosting(records.unit, REQUISITION, AT, [held]);
    expect((await currentReport(records.unit, REQUISITION))?.specimenIds).toContain('spe-3');
  });

  it('an order that was completed elsewhere stays so until a result of it is here that is not released', async () => {
    const records = begun();
    const statusOf = (n: number) =>
      records.of<OrderDoc>('orders').find((one) => one.id === `ord-${n}`)?.status;
    records.put(
      'orders',
      orderDoc(2, { testCodes: ['GLU', 'CREA'], requisition: REQUISITION, status: 'completed' }),
    );
    const result = (testCode: string, verdict: 'released' | 'held') =>
      records.put(
        'results',
        resultDoc(1, 1, { testCode, orderId: 'ord-2', requisition: REQUISITION, verdict }),
      );
    const after: unknown[] = [];
    for (const step of [() => undefined, () => result('CREA', 'released'), () => result('CREA', 'held')]) {
      step();
      await refreshReport(records.unit, REQUISITION, AT);
      after.push([statusOf(1), statusOf(2)]);
    }
    expect(after).toEqual([
      ['active', 'completed'],
      ['active', 'completed'],
      ['active', 'active'],
    ]);
  });
});
