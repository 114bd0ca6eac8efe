import { expect, test } from 'vitest';
import { readRange, startRange } from './range.ts';

const now = new Date('2026-11-22T12:00:00.000Z');

test('the last messages are a whole number up to 5 000', () => {
  expect(readRange({ ...startRange, last: '20' }, now)).toEqual({
    ok: true,
    which: { kind: 'last', last: 20 },
  });
  for (const last of ['', '0', '-1', '1.5', '5001', 'all'])
    expect(readRange({ ...startRange, last }, now)).toEqual({ ok: false, field: 'last' });
});

test('two times become instants; without an end it is now, and an end before its beginning is refused', () => {
  const from = '2026-11-22T06:30';
  const between = { ...startRange, by: 'between', from } as const;
  expect(readRange(between, now)).toEqual({
    ok: true,
    which: { kind: 'between', from: new Date(from).toISOString(), to: now.toISOString() },
  });
  expect(readRange({ ...between, to: '2026-11-22T06:30' }, now)).toEqual({ ok: false, field: 'to' });
  expect(readRange({ ...between, from: '' }, now)).toEqual({ ok: false, field: 'from' });
});
