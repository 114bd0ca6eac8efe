import { expect, test } from 'vitest';
import { builtinProfile } from '../../../../shared/profiles/builtin.ts';
import { previewOf } from './preview.ts';

/** The preview says of a message what posting makes of it: it is read by the same door. */

const profile = builtinProfile('generic-astm')!;
const options = { timeZone: 'Europe/Dublin', testName: () => 'Glucose' };
const message = (values: readonly string[], at: string) =>
  Buffer.from(
    [
      'H|\\^&|||DEV',
      'P|1',
      'O|1|A1||^^^GLU',
      ...values.map((value, i) => `R|${i + 1}|^^^GLU|${value}|mmol/L||||F||||${at}`),
      'L|1|N',
      '',
    ].join('\r'),
  );

test('M4 a message that was refused is shown as one', () => {
  const text = message(['5.4'], '20260729064205');
  const refused = { hold: true, text: 'The instrument was told that this message is not taken.' };
  expect(previewOf({ text, told: 'refused' }, profile, options).problems).toEqual([refused]);
  expect(previewOf({ text }, profile, options).problems).toEqual([]);
});

test('R10 R12 times that are not certain and several values of one test are shown with what is said of them', () => {
  const text = message(['5.4', '9.8'], '20261025012000');
  const { results } = previewOf({ text, at: '2026-10-25T00:30:00.000Z' }, profile, options);
  expect(results.map((one) => [one.measuredAt, one.problems.map((problem) => problem.text)])).toEqual([
    ['2026-10-25T00:20:00.000Z', ['The message has several values of this test: 5.4 mmol/L, 9.8 mmol/L.']],
    ['2026-10-25T00:20:00.000Z', ['The message has several values of this test: 5.4 mmol/L, 9.8 mmol/L.']],
  ]);
  const [doubtful] = previewOf({ text }, profile, options).results;
  expect(doubtful?.problems[0]?.text).toMatch(/^The clocks were put back: its time came twice\./);
});
