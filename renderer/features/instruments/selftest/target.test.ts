import { expect, it } from 'vitest';
import { emptyTarget, targetOf } from './target.ts';

it('names whom the test is played to, or the field that is wrong', () => {
  expect(targetOf(emptyTarget)).toEqual({ kind: 'line' });
  const connect = { ...emptyTarget, kind: 'connect' as const };
  expect(targetOf(connect)).toBe('host');
  expect(targetOf({ ...connect, host: '10.0.0.7', port: '70000' })).toBe('port');
  expect(targetOf({ ...connect, host: ' 10.0.0.7 ', port: '5001' })).toEqual({
    kind: 'connect',
    host: '10.0.0.7',
    port: 5001,
  });
  expect(targetOf({ ...emptyTarget, kind: 'listen', port: '5001', peer: '10.0.0.7' })).toEqual({
    kind: 'listen',
    port: 5001,
    peer: '10.0.0.7',
  });
  const serial = { ...emptyTarget, kind: 'serial' as const };
  expect(targetOf(serial)).toBe('path');
  expect(targetOf({ ...serial, path: '/dev/ttyS0', baudRate: 'x' })).toBe('baudRate');
  expect(targetOf({ ...serial, path: '/dev/ttyS0' })).toEqual({
    kind: 'serial',
    path: '/dev/ttyS0',
    baudRate: 9600,
  });
});
