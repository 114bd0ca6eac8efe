import { expect, it } from 'vitest';
import { toldOnce } from './problems.ts';

it('what several lines have to say of one full disk is told once', () => {
  const full = { what: 'The disk is full.', todo: 'Free space.' };
  const line = { id: 'line:B2.UA1', what: 'Another program is listening.', todo: 'End it.' };
  const problems = [{ id: 'journal:B2.CHEM1', ...full }, line, { id: 'journal:B2.HEM1', ...full }];
  expect(toldOnce(problems).map(({ id }) => id)).toEqual(['journal:B2.CHEM1', 'line:B2.UA1']);
  expect(toldOnce([line, { ...line, todo: 'Choose another port.' }])).toHaveLength(2);
});
