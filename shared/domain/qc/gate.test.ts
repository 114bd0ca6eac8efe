import { describe, expect, it } from 'vitest';
import { judgeGate, type LevelState } from './gate.ts';

const now = '2026-07-29T08:00:00.000Z';
const level = (
  state: NonNullable<LevelState['last']>['state'],
  more: Partial<LevelState> = {},
): LevelState => ({
  name: 'Level 1',
  last: {
    state,
    at: '2026-07-29T05:31:00.000Z',
    rules: state === 'rejected' || state === 'warning' ? ['1-3s'] : [],
  },
  dueTime: '2026-07-29T14:00:00.000Z',
  ...more,
});
const override = {
  by: 'J. Sup',
  at: '2026-07-29T07:00:00.000Z',
  until: '2026-07-29T12:00:00.000Z',
  reason: 'Outlier of a damaged vial; repeat in control on HEM2.',
};

describe('W13 the gate', () => {
  it.each([
    ['in control opens', [level('inControl'), level('inControl')], 'in', false],
    ['a warning does not block', [level('inControl'), level('warning')], 'warning', false],
    ['one rejected level blocks', [level('inControl'), level('rejected')], 'rejected', true],
    [
      'W10 one that cannot be evaluated blocks',
      [level('inControl'), level('notEvaluable')],
      'notEvaluable',
      true,
    ],
    ['overdue blocks', [level('inControl', { dueTime: now })], 'overdue', true],
    ['one never measured blocks', [level('inControl', { last: null })], 'overdue', true],
    [
      'rejected is said before overdue',
      [level('rejected'), level('inControl', { dueTime: now })],
      'rejected',
      true,
    ],
    ['without a schedule nothing is overdue', [level('inControl', { dueTime: '' })], 'in', false],
    ['no control set up is not in control, and does not block', [], 'none', false],
  ] as const)('%s', (_name, levels, state, blocks) => {
    const found = judgeGate({ now, levels, override: null });
    expect([found.state, found.blocks]).toEqual([state, blocks]);
    expect(found.because.some((one) => one.outcome === 'block')).toBe(blocks);
  });

  it('without controls nothing passes: no release by rules alone', () => {
    const { because } = judgeGate({ now, levels: [], override: null });
    expect(because.map((one) => one.outcome)).toEqual(['note']);
  });

  it('an override opens it, is shown, and ends by itself', () => {
    const input = { levels: [level('rejected')], override };
    const during = judgeGate({ now, ...input });
    expect([during.state, during.blocks]).toEqual(['rejected', false]);
    expect(during.because.map((one) => [one.rule, one.outcome])).toEqual([
      ['qc', 'warn'],
      ['qc.override', 'warn'],
    ]);
    expect(judgeGate({ now: override.until, ...input }).blocks).toBe(true);
    expect(judgeGate({ now: '2026-07-29T06:59:59.999Z', ...input }).blocks).toBe(true);
  });

  it('says which rule at which level, in words', () => {
    const found = judgeGate({ now, levels: [level('rejected'), level('inControl')], override: null });
    expect(found.text).toBe('1-3s at Level 1');
  });
});
