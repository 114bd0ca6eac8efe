import { expect, test } from 'vitest';
import { newBase } from '../../../shared/documents/common.ts';
import type { AnyDoc } from './port.ts';
import { targetsOf } from './qc-merge.ts';
import { reconcile } from './reconcile.ts';

const at = '2026-07-29T06:42:05.118Z';
const review = (id: string, time: string) => ({ id, kind: 'comment', code: '', text: id, by: 'p', at: time });
const control = (more: object): AnyDoc =>
  ({
    ...newBase('c1', at, 'onServer'),
    sync: { ...newBase('c1', at, 'onServer').sync, sentChange: 1 },
    reviews: [],
    excluded: null,
    state: 'rejected',
    ...more,
  }) as AnyDoc;

test('W12 what two stations say about a control is put together, in the order of time, and sent where the server lacks it', () => {
  const here = control({ change: 2, reviews: [review('b', '2026-07-29T07:00:00.000Z')] });
  const there = control({ reviews: [review('a', '2026-07-29T06:00:00.000Z')] });
  const verdict = reconcile('controls', here, there, undefined);
  expect(verdict).toMatchObject({ kind: 'send', doc: { reviews: [{ id: 'a' }, { id: 'b' }] } });
  expect(reconcile('controls', control({}), there, undefined)).toMatchObject({
    kind: 'take',
    doc: { reviews: [{ id: 'a' }] },
  });
});

test('W12 an exclusion at the server is taken, one made here since is kept', () => {
  const excluded = { reason: 'wrong vial', by: 'p', at };
  expect(reconcile('controls', control({}), control({ excluded }), undefined)).toMatchObject({
    kind: 'take',
    doc: { excluded },
  });
  expect(reconcile('controls', control({ change: 2, excluded }), control({}), undefined)).toMatchObject({
    kind: 'send',
    doc: { excluded },
  });
});

test('W14 a target approved at either station is approved, and none is lost', () => {
  const target = {
    ...{ id: 't1', testCode: 'NA', instrumentId: '', kind: 'fixed' as const, mean: '140', sd: '2', unit: '' },
    ...{ points: 0, fromTime: at, setBy: 'p', setTime: at, approvedBy: '', approvedTime: '' as const },
  };
  const other = { ...target, id: 't2', setTime: '2026-07-30T06:42:05.118Z' };
  const merged = targetsOf([target], [{ ...target, approvedBy: 's', approvedTime: at }, other]);
  expect(merged.map((one) => [one.id, one.approvedBy])).toEqual([
    ['t1', 's'],
    ['t2', ''],
  ]);
});
