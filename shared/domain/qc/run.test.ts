import { expect, test } from 'vitest';
import { runOf } from './run.ts';

const at = (time: string): string => `2026-07-29T${time}:00.000Z`;
const run = [
  { runId: 'r1', level: 'L1', at: at('05:30') },
  { runId: 'r1', level: 'L2', at: at('05:31') },
];

test('W11 levels measured together are one run', () => {
  expect(runOf([], { level: 'L1', at: at('05:30') }, 'new')).toBe('new');
  expect(runOf(run.slice(0, 1), { level: 'L2', at: at('05:31') }, 'new')).toBe('r1');
  expect(runOf(run, { level: 'L3', at: at('05:32') }, 'new')).toBe('r1');
});

test('W11 a repeat of a level begins a new run, however soon', () => {
  expect(runOf(run, { level: 'L1', at: at('05:32') }, 'new')).toBe('new');
});

test('W11 a level measured hours later begins a new run', () => {
  expect(runOf(run.slice(0, 1), { level: 'L2', at: at('09:30') }, 'new')).toBe('r1');
  expect(runOf(run.slice(0, 1), { level: 'L2', at: at('09:31') }, 'new')).toBe('new');
  expect(runOf(run.slice(0, 1), { level: 'L2', at: '' }, 'new')).toBe('new');
});
