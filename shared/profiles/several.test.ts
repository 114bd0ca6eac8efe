import { expect, test } from 'vitest';
import { builtinProfile } from './builtin.ts';
import { readMessages } from './read.ts';
import { tellSeveral } from './several.ts';

/** What is told of each result of a message. @param orders specimen, action and results (test, value, unit, status) of each order */
function told(...orders: [specimen: string, action: string, ...results: string[]][]): string[] {
  const records = orders.flatMap(([specimen, action, ...results], n) => [
    `O|${n + 1}|${specimen}||^^^GLU|||||||${action}`,
    ...results.map((one, i) => {
      const [code, value, unit = '', status = 'F'] = one.split(' ');
      return `R|${i + 1}|^^^${code}|${value}|${unit}||||${status}`;
    }),
  ]);
  const text = ['H|\\^&|||DEV', 'P|1', ...records, 'L|1|N', ''].join('\r');
  const [message] = readMessages(Buffer.from(text), builtinProfile('generic-astm')!);
  return tellSeveral(message!).results.map(({ problems }) =>
    problems
      .filter((one) => one.code === 'severalValues')
      .map((one) => `${one.severity} ${one.text}`)
      .join(),
  );
}

test('R12 values of one test on one specimen that differ are told on each of them, in the order they came', () => {
  const said = 'notice The message has several values of this test: 5.4 mmol/L, >30 mmol/L.';
  expect(told(['A1', 'N', 'GLU 5.4 mmol/L', 'NA 140 mmol/L'], ['A1', 'N', 'GLU >30 mmol/L'])).toEqual([
    said,
    '',
    said,
  ]);
  const answer = 'notice The message has several values of this test: 12.3 [IU]/L, REACTIVE.';
  expect(told(['A1', 'N', 'HBS 12.3 [IU]/L', 'HBS REACTIVE [IU]/L'])).toEqual([answer, answer]);
});

test('the same value again, other specimens, controls and what was cancelled tell nothing', () => {
  const nothing = ['', ''];
  expect(told(['A1', 'N', 'GLU 5.4 mmol/L', 'GLU 5.4 mmol/L'])).toEqual(nothing);
  expect(told(['A1', 'N', 'GLU 5.4 mmol/L'], ['A2', 'N', 'GLU 9.8 mmol/L'])).toEqual(nothing);
  expect(told(['A1', 'Q', 'GLU 5.4 mmol/L', 'GLU 9.8 mmol/L'])).toEqual(nothing);
  expect(told(['A1', 'N', 'GLU 5.4 mmol/L', 'GLU 9.8 mmol/L X'])).toEqual(nothing);
});
