import { expect, test } from 'vitest';
import type { TraceRow } from '../../../../shared/ipc/instruments.ts';
import { chosenPieces, type Way } from './pieces.ts';

const piece = (id: string, direction: Way, text: string, note = ''): TraceRow => ({
  id,
  at: '2026-11-22T08:00:00.000Z',
  direction,
  text,
  mark: 'frame',
  note,
  tone: 'plain',
  message: null,
});
const rows = [
  piece('1', 'in', '\u0005'),
  piece('2', 'out', '\u0006'),
  piece('3', 'in', '\u00021R|1|^^^K\r\u000300\r\n'),
  piece('4', 'event', '', 'line lost: reset'),
  piece('5', 'event', '', 'frame'),
];
const all = new Set<Way>(['in', 'out', 'event']);
const ids = (found: readonly TraceRow[]) => found.map((row) => row.id);

test('what is shown is chosen by way, and a mark that says nothing more is left out', () => {
  expect(ids(chosenPieces(rows, all, ''))).toEqual(['1', '2', '3', '4']);
  expect(ids(chosenPieces(rows, new Set<Way>(['in']), ''))).toEqual(['1', '3']);
  expect(ids(chosenPieces(rows, new Set<Way>(['event']), ''))).toEqual(['4']);
});

test('a search finds text, control characters by name, and notes, regardless of case', () => {
  expect(ids(chosenPieces(rows, all, '^^k'))).toEqual(['3']);
  expect(ids(chosenPieces(rows, all, '<enq>'))).toEqual(['1']);
  expect(ids(chosenPieces(rows, all, ' Reset '))).toEqual(['4']);
  expect(ids(chosenPieces(rows, all, 'chloride'))).toEqual([]);
});
