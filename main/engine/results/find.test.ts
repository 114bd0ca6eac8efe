import { describe, expect, it } from 'vitest';
import type { ResultDoc } from '../../../shared/documents/index.ts';
import { resultDoc } from '../replication/testing.ts';
import { standingOf } from './find.ts';

const waiting = { verdict: 'ready', status: 'preliminary', verifiedBy: '', verifiedTime: '' } as const;
const own = (id: string, more: Partial<ResultDoc> = {}) => resultDoc(1, 0, { id, ...waiting, ...more });
const elsewhere = (id: string, more: Partial<ResultDoc> = {}) =>
  own(id, { extra: { madeAt: 'A1' }, ...more });

describe('the version a new value replaces', () => {
  it('is the one that stands', () => {
    expect(standingOf([])).toBeUndefined();
    expect(standingOf([own('1', { current: false })])).toBeUndefined();
    expect(standingOf([own('1', { current: false }), elsewhere('2')])?.id).toBe('2');
  });

  it('is the own one of this station where another station entered one too, so that the question stays where it was asked', () => {
    expect(standingOf([elsewhere('1'), own('2')])?.id).toBe('2');
    expect(standingOf([own('1'), elsewhere('2')])?.id).toBe('1');
  });

  it('R12 is a released one before all: that is corrected, never replaced by a new entry', () => {
    const released = { verdict: 'released', status: 'final' } as const;
    expect(standingOf([own('1'), elsewhere('2', released)])?.id).toBe('2');
    expect(standingOf([elsewhere('1'), own('2', released)])?.id).toBe('2');
  });
});
