import { describe, expect, it } from 'vitest';
import {
  orderTransition,
  type ReportState,
  reportStatus,
  reportTransition,
  resultTransition,
  specimenTransition,
  type Transition,
} from './states.ts';

const result = (verdict: 'held' | 'ready' | 'blocked' | 'released' | 'rejected', current = true) => ({
  verdict,
  current,
});
const why = (t: Transition) => (t.allowed ? '' : t.why);

describe('states of an order', () => {
  it('is cancelled only while it has no result', () => {
    expect(orderTransition('active', 'revoked').allowed).toBe(true);
    expect(orderTransition('active', 'revoked', [result('rejected')]).allowed).toBe(true);
    expect(orderTransition('active', 'revoked', [result('held', false)]).allowed).toBe(true);
    expect(why(orderTransition('active', 'revoked', [result('held')]))).toContain('reject them first');
    expect(why(orderTransition('active', 'revoked', [result('released')]))).toContain('correct the result');
    expect(orderTransition('completed', 'entered-in-error', [result('released')]).allowed).toBe(false);
  });

  it('is completed when everything is decided', () => {
    expect(orderTransition('active', 'completed', [result('released'), result('rejected')]).allowed).toBe(
      true,
    );
    expect(orderTransition('active', 'completed', [result('released'), result('ready')]).allowed).toBe(false);
    expect(orderTransition('active', 'completed', []).allowed).toBe(false);
  });

  it('never comes back from cancelled', () => {
    for (const to of ['active', 'on-hold', 'completed', 'draft'] as const) {
      expect(orderTransition('revoked', to).allowed).toBe(false);
    }
    expect(orderTransition('active', 'active').allowed).toBe(false);
  });
});

describe('states of a specimen', () => {
  it('a receipt is taken back only while nothing was measured', () => {
    expect(specimenTransition('expected', 'received').allowed).toBe(true);
    expect(specimenTransition('received', 'expected').allowed).toBe(true);
    expect(specimenTransition('received', 'expected', { results: [result('rejected')] }).allowed).toBe(false);
  });

  it('is rejected with a reason and never comes back', () => {
    expect(specimenTransition('received', 'rejected').allowed).toBe(false);
    expect(specimenTransition('received', 'rejected', { reason: 'haemolysed' }).allowed).toBe(true);
    expect(why(specimenTransition('rejected', 'received'))).toContain('draw a new one');
    expect(specimenTransition('rejected', 'disposed').allowed).toBe(true);
    expect(specimenTransition('received', 'disposed', { results: [result('held')] }).allowed).toBe(false);
  });
});

describe('verdict of a result', () => {
  it('W13 never goes from blocked to released', () => {
    expect(resultTransition('blocked', 'released').allowed).toBe(false);
    expect(resultTransition('blocked', 'ready').allowed).toBe(true);
    expect(resultTransition('ready', 'released').allowed).toBe(true);
  });

  it('C3 released and rejected are final for a version', () => {
    for (const to of ['held', 'ready', 'blocked', 'rejected', 'released'] as const) {
      expect(resultTransition('released', to).allowed).toBe(false);
      expect(resultTransition('rejected', to).allowed).toBe(false);
    }
  });
});

describe('states of a report', () => {
  it('C4 signed is final', () => {
    const states: ReportState[] = ['incomplete', 'waiting', 'sentBack', 'signed'];
    for (const to of states) expect(reportTransition('signed', to).allowed).toBe(false);
    expect(states.filter((from) => reportTransition(from, 'signed').allowed)).toEqual(['waiting']);
  });

  it('is sent back with a reason', () => {
    expect(reportTransition('waiting', 'sentBack').allowed).toBe(false);
    expect(reportTransition('waiting', 'sentBack', { reason: 'Check potassium' }).allowed).toBe(true);
  });

  it('has the FHIR status of its state', () => {
    expect(reportStatus('incomplete', 1, 0)).toBe('registered');
    expect(reportStatus('waiting', 1, 4)).toBe('partial');
    expect(reportStatus('signed', 1, 4)).toBe('final');
    expect(reportStatus('signed', 2, 4)).toBe('corrected');
  });
});
