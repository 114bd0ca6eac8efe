import { expect, test } from 'vitest';
import { readRange, startRange } from './range.ts';

const now = new Date(2026, 10, 22, 12, 0);

test('the last messages are a whole number up to 5 000', () => {
  expect(readRange({ ...startRange, last: '20' }, now)).toEqual({
    ok: true,
    which: { kind: 'last', last: 20 },
  });
  for (const last of ['', '0', '-1', '1.5', '5001', 'all'])
    expect(readRange({ ...startRange, last }, now)).toEqual({ ok: false, field: 'last' });
});

test('two times become instants: of today, or with their day; without an end it is now', () => {
  const at = (hour: number, minute: number, day = 22) => new Date(2026, 10, day, hour, minute).toISOString();
  const between = (from: string, to: string) =>
    readRange({ ...startRange, by: 'between', from, to }, new Date(2026, 10, 22, 12, 0));
  expect(between('06:30', '7:05')).toEqual({
    ok: true,
    which: { kind: 'between', from: at(6, 30), to: at(7, 5) },
  });
  expect(between('2026-11-21 22:00', '')).toEqual({
    ok: true,
    which: { kind: 'between', from: at(22, 0, 21), to: at(12, 0) },
  });
  for (const from of ['', '24:00', '6.30', '2026-02-30 06:00', 'yesterday'])
    expect(between(from, '')).toEqual({ ok: false, field: 'from' });
  expect(between('06:30', '06:30')).toEqual({ ok: false, field: 'to' });
});
