import { expect, test } from 'vitest';
import { eqaStateOf, gradeEqa, scoreEqa, unsuccessful } from './eqa.ts';

const target = { mean: 100, sd: 4, low: null, high: null };

test('the limits of the scheme decide, and a result on a limit is acceptable', () => {
  const limits = { ...target, low: 92, high: 108 };
  expect(gradeEqa(108, limits, 1)).toMatchObject({ outcome: 'acceptable', sdi: 2, bias: 8 });
  expect(gradeEqa(108.1, limits, 50).outcome).toBe('unacceptable');
});

test('without limits TEa decides, without TEa the SDI', () => {
  expect(gradeEqa(110, target, 10).outcome).toBe('acceptable');
  expect(gradeEqa(110.1, target, 10).outcome).toBe('unacceptable');
  expect(gradeEqa(108, target, null)).toMatchObject({ outcome: 'acceptable', sdi: 2 });
  expect(gradeEqa(91.9, target, null).outcome).toBe('unacceptable');
});

test('what cannot be graded is not called acceptable, and nothing submitted is unacceptable', () => {
  expect(gradeEqa(100, { ...target, sd: 0 }, null).outcome).toBe('ungraded');
  expect(gradeEqa(5, { mean: 0, sd: null, low: null, high: null }, 10).outcome).toBe('ungraded');
  expect(gradeEqa(null, target, 10)).toMatchObject({
    outcome: 'unacceptable',
    text: 'No result was submitted.',
  });
});

test('four of five are satisfactory, three of five are not, ungraded ones do not count', () => {
  const a = 'acceptable' as const;
  const u = 'unacceptable' as const;
  expect(scoreEqa([a, a, a, a, u])).toEqual({ score: 0.8, outcome: 'satisfactory' });
  expect(scoreEqa([a, a, a, u, u]).outcome).toBe('unsatisfactory');
  expect(scoreEqa([a, 'ungraded', 'ungraded']).score).toBe(1);
  expect(scoreEqa(['ungraded'])).toEqual({ score: null, outcome: 'ungraded' });
});

test('two unsatisfactory events of the last three are unsuccessful performance', () => {
  expect(unsuccessful(['unsatisfactory', 'satisfactory', 'unsatisfactory'])).toBe(true);
  expect(unsuccessful(['unsatisfactory', 'unsatisfactory', 'satisfactory', 'satisfactory'])).toBe(false);
  expect(unsuccessful(['unsatisfactory', 'ungraded', 'unsatisfactory'])).toBe(true);
});

test('an event is due soon three days before, overdue the day after', () => {
  const event = { dueOn: '2026-11-25', submittedTime: '', gradedTime: '' };
  expect(eqaStateOf(event, '2026-11-21')).toBe('open');
  expect(eqaStateOf(event, '2026-11-22')).toBe('dueSoon');
  expect(eqaStateOf(event, '2026-11-25')).toBe('dueSoon');
  expect(eqaStateOf(event, '2026-11-26')).toBe('overdue');
  expect(eqaStateOf({ ...event, submittedTime: '2026-11-24T10:00:00.000Z' }, '2026-12-01')).toBe('submitted');
});
