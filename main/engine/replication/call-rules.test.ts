import { expect, it } from 'vitest';
import type { TaskDoc } from '../../../shared/documents/index.ts';
import { newTask } from '../../../shared/documents/task.ts';
import { callsOf } from '../../../shared/domain/critical-call.ts';
import { reconcileCall } from './call-rules.ts';
import type { Verdict } from './reconcile.ts';

const AT = '2026-07-29T06:00:00.000Z';
const due = newTask('call-1', AT, 'criticalCall', { sourceKey: 'call:res-1', resultId: 'res-1' });
const sent = (doc: TaskDoc): TaskDoc => ({ ...doc, sync: { ...doc.sync, sentChange: doc.change } });

function called(station: string, to: string, at = AT): TaskDoc {
  const payload = { to, readBack: true, note: '', by: `T. ${station}`, at, station };
  const resolution = `Called ${to}, read back.`;
  return { ...due, change: 2, status: 'done', resolution, resolvedBy: 'p-1', resolvedAt: at, payload };
}

const outcome = (verdict: Verdict | undefined): { kind: string; to: string[]; change: number } => {
  if (verdict === undefined || verdict.kind === 'conflict') return { kind: 'none', to: [], change: 0 };
  const doc = verdict.doc as unknown as TaskDoc;
  return { kind: verdict.kind, to: callsOf(doc).map((one) => one.to), change: doc.change };
};

it('V3 takes a call recorded elsewhere over one that is due here', () => {
  expect(outcome(reconcileCall(sent(due), called('A1', 'Sr Byrne')))).toEqual({
    ...{ kind: 'take', to: ['Sr Byrne'], change: 1 },
  });
});

it('V3 sends the call recorded here over one that is due at the server', () => {
  expect(outcome(reconcileCall(called('B2', 'Dr Nolan'), due))).toEqual({
    ...{ kind: 'send', to: ['Dr Nolan'], change: 2 },
  });
});

it('V3 never lets a recorded call become due again: it is sent once more, as a change', () => {
  expect(outcome(reconcileCall(sent(called('B2', 'Dr Nolan')), due))).toEqual({
    ...{ kind: 'send', to: ['Dr Nolan'], change: 3 },
  });
});

it('V3 keeps both of two calls, the one at the server first, and sends nothing that is there already', () => {
  const here = called('B2', 'Dr Nolan', '2026-07-29T06:01:00.000Z');
  const there = called('A1', 'Sr Byrne', '2026-07-29T06:05:00.000Z');
  const verdict = reconcileCall(here, there);
  expect(outcome(verdict)).toEqual({ kind: 'send', to: ['Sr Byrne', 'Dr Nolan'], change: 3 });
  const both = (verdict as { doc: unknown }).doc as TaskDoc;
  expect(outcome(reconcileCall(sent(there), both))).toMatchObject({ kind: 'take' });
  expect(outcome(reconcileCall(here, both))).toMatchObject({ kind: 'take', to: ['Sr Byrne', 'Dr Nolan'] });
  const third = called('C3', 'Sr Walsh');
  expect(outcome(reconcileCall(third, both)).to).toEqual(['Sr Byrne', 'Dr Nolan', 'Sr Walsh']);
});

it('leaves a call that is due on both sides, and every other task, to their fields', () => {
  expect(reconcileCall(due, due)).toBeUndefined();
  expect(reconcileCall({ ...due, kind: 'rerun', status: 'done' }, { ...due, kind: 'rerun' })).toBeUndefined();
});
