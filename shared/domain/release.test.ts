import { describe, expect, it } from 'vitest';
import { decideRelease, type ReleaseInput } from './release.ts';

const ready = {
  verdict: 'ready' as const,
  status: 'final' as const,
  current: true,
  value: { text: '4.2', kind: 'quantity' as const, number: 4.2, unit: 'mmol/L' },
  interpretation: 'N' as const,
  enteredBy: '',
  testName: 'Potassium',
};
const input: ReleaseInput = {
  by: 'ml',
  comment: '',
  criticalCalled: false,
  specimen: { status: 'received' },
  separationOfDuties: true,
};
type Change = { result?: Record<string, unknown>; input?: Partial<ReleaseInput> };
const decide = (change: Change) =>
  decideRelease({ ...ready, ...change.result }, { ...input, ...change.input });

describe('release (V5, V3)', () => {
  it('lets a ready result go', () => {
    expect(decide({})).toMatchObject({ allowed: true, criticalCallPending: false });
  });

  it('does not while somebody works on its specimen at another station, and says who', () => {
    const claimed = { station: 'B2', name: 'Sam Okafor' };
    expect(decide({ input: { claimed, comment: 'seen' } })).toMatchObject({
      allowed: false,
      why: 'Its specimen is being worked on at B2 by Sam Okafor: take it over first.',
    });
    expect(decide({ input: { claimed: null } })).toMatchObject({ allowed: true });
  });

  it('W13 never releases a blocked result, not even with a comment', () => {
    expect(decide({ result: { verdict: 'blocked' }, input: { comment: 'please' } })).toMatchObject({
      allowed: false,
      why: 'Quality control blocks it.',
    });
  });

  it('releases a held result only with a comment', () => {
    expect(decide({ result: { verdict: 'held' } })).toMatchObject({ allowed: false });
    expect(decide({ result: { verdict: 'held' }, input: { comment: '  ' } }).allowed).toBe(false);
    expect(decide({ result: { verdict: 'held' }, input: { comment: 'Haemolysed, called' } }).allowed).toBe(
      true,
    );
  });

  it('V5 who entered or reran it may not release it where the laboratory says so', () => {
    expect(decide({ result: { enteredBy: 'ml' } })).toMatchObject({
      allowed: false,
      why: 'Who entered it may not release it.',
    });
    expect(decide({ result: { enteredBy: 'ml' }, input: { separationOfDuties: false } }).allowed).toBe(true);
    expect(decide({ result: { enteredBy: 'jk' } }).allowed).toBe(true);
    expect(decide({ input: { rerunBy: 'ml' } }).allowed).toBe(false);
  });

  it('V3 a critical value may go out, its call stays pending until recorded', () => {
    const critical = { verdict: 'held', interpretation: 'HH' };
    expect(decide({ result: critical }).allowed).toBe(false);
    expect(decide({ result: critical, input: { comment: 'calling now' } })).toMatchObject({
      allowed: true,
      criticalCallPending: true,
    });
    expect(decide({ result: critical, input: { comment: 'called', criticalCalled: true } })).toMatchObject({
      allowed: true,
      criticalCallPending: false,
    });
  });

  it('refuses what is gone, replaced, empty, waiting for a rerun, or without specimen or person', () => {
    const refused: Change[] = [
      { result: { verdict: 'released' } },
      { result: { verdict: 'rejected' } },
      { result: { current: false } },
      { result: { status: 'cancelled' } },
      { result: { status: 'entered-in-error' } },
      { result: { value: { text: '', kind: 'empty', unit: '' } } },
      { input: { specimen: null } },
      { input: { specimen: { status: 'rejected' } } },
      { input: { rerunOpen: true } },
      { input: { by: '' } },
    ];
    for (const change of refused) {
      const decision = decide(change);
      expect(decision.allowed, JSON.stringify(change)).toBe(false);
      if (!decision.allowed) expect(decision.why).not.toBe('');
    }
  });

  it('names everything that stands against it', () => {
    const decision = decide({ result: { verdict: 'held', enteredBy: 'ml' } });
    expect(decision).toMatchObject({
      allowed: false,
      why: 'It is held: a comment is needed. Who entered it may not release it.',
    });
  });
});
