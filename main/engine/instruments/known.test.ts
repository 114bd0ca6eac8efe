import { expect, test } from 'vitest';
import { isSameMeasurement, type Measured } from './known.ts';

const measured = (over: Partial<Measured> = {}): Measured => ({
  instrumentId: 'A1.CHEM1',
  messageId: '12',
  measuredTime: '2026-11-22T08:00:00.000Z',
  accessionIdentifier: '26326A10004C',
  testCode: 'NA',
  value: { kind: 'quantity', text: '140', number: 140, unit: 'mmol/L' },
  flags: [],
  because: [],
  ...over,
});
test('M4 what one analyser sent to both its stations is one measurement', () => {
  expect(isSameMeasurement(measured(), measured({ instrumentId: 'B2.CHEM9' }))).toBe(true);
  expect(isSameMeasurement(measured(), measured({ instrumentId: 'Device/0b7f' }))).toBe(true);
});

test('R12 two analysers of a bench that give the same value in the same second have measured twice', () => {
  expect(isSameMeasurement(measured(), measured({ instrumentId: 'A1.LAW1' }))).toBe(false);
});

test('another time, value or specimen is another measurement, and so is one without a time or typed by a person', () => {
  const there = { instrumentId: 'B2.CHEM9' };
  for (const over of [
    { measuredTime: '2026-11-22T08:00:01.000Z' },
    { accessionIdentifier: '26326A10005D' },
    { value: { ...measured().value, text: '140.0' } as Measured['value'] },
    { messageId: '' },
  ]) {
    expect(isSameMeasurement(measured(), measured({ ...there, ...over }))).toBe(false);
  }
  const timeless = measured({ measuredTime: '' });
  expect(isSameMeasurement(timeless, { ...timeless, ...there })).toBe(false);
});
