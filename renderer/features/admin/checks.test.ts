import { expect, test } from 'vitest';
import { pinIsRight } from '../../ui/pin.tsx';
import { secretIsRight, sinceText, sizeText, usernameIsRight } from './checks.ts';

test('sizes are decimal and short', () => {
  expect([880_640, 1_234_567, 45_678_901, 3_400_000_000].map(sizeText)).toEqual([
    '881 kB',
    '1.2 MB',
    '46 MB',
    '3.4 GB',
  ]);
});

test('the time since the start counts days apart', () => {
  const from = '2026-07-27T03:35:00.000Z';
  expect(sinceText(from, new Date('2026-07-29T06:42:59.000Z'))).toEqual({ days: 2, clock: '03:07' });
  expect(sinceText(from, new Date('2026-07-27T03:34:00.000Z'))).toEqual({ days: 0, clock: '00:00' });
});

test('C4: what the engine refuses is not sent to it', () => {
  expect([secretIsRight('nine char'), secretIsRight('ten chars!')]).toEqual([false, true]);
  expect([pinIsRight('123'), pinIsRight('1234'), pinIsRight('123456789'), pinIsRight('12a4')]).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect([usernameIsRight(''), usernameIsRight('m lindqvist'), usernameIsRight('lindqvist')]).toEqual([
    false,
    false,
    true,
  ]);
});
