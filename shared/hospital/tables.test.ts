import { expect, test } from 'vitest';
import { orderStatus, priorityOf, sexOf, wishOf } from './tables.ts';

test.each([
  ['A', 'active'],
  ['IP', 'active'],
  ['SC', 'active'],
  ['CM', 'completed'],
  ['CA', 'revoked'],
  ['DC', 'revoked'],
  ['RP', 'revoked'],
  ['ER', 'entered-in-error'],
  ['HD', 'on-hold'],
  ['ip ', 'active'],
  ['', null],
  ['ZZ', null],
])('section 4: ORC-5 %s is %s', (code, status) => {
  expect(orderStatus(code)).toBe(status);
});

test.each([
  ['NW', '', { kind: 'new', status: 'active' }],
  ['NW', 'SC', { kind: 'new', status: 'active' }],
  ['nw', 'HD', { kind: 'new', status: 'on-hold' }],
  ['NW', 'CA', null],
  ['NW', 'CM', null],
  ['NW', 'ZZ', null],
  ['CA', '', { kind: 'cancel', status: 'revoked' }],
  ['CA', 'CA', { kind: 'cancel', status: 'revoked' }],
  ['CA', 'ER', { kind: 'cancel', status: 'entered-in-error' }],
  ['DC', 'DC', { kind: 'cancel', status: 'revoked' }],
  ['XO', '', { kind: 'change' }],
  ['RP', 'IP', { kind: 'change' }],
  ['HD', '', { kind: 'hold' }],
  ['RL', '', { kind: 'resume' }],
  ['SC', 'CA', { kind: 'cancel', status: 'revoked' }],
  ['SC', 'ER', { kind: 'cancel', status: 'entered-in-error' }],
  ['SC', 'HD', { kind: 'hold' }],
  ['SC', 'IP', { kind: 'resume' }],
  ['SC', 'CM', null],
  ['SC', '', null],
  ['RO', '', null],
  ['', '', null],
])('section 4: ORC-1 %s with ORC-5 "%s" asks for %j', (control, status, wish) => {
  expect(wishOf(control, status)).toEqual(wish);
});

test.each([
  ['S', 'stat'],
  ['stat', 'stat'],
  ['A', 'asap'],
  ['R', 'routine'],
  ['', 'routine'],
  ['T', 'urgent'],
  ['U', 'urgent'],
  ['P', 'routine'],
  ['X9', null],
])('M7 priority %s is %s', (code, priority) => {
  expect(priorityOf(code)).toBe(priority);
});

test.each([
  ['M', 'male'],
  ['f', 'female'],
  ['O', 'other'],
  ['A', 'other'],
  ['U', 'unknown'],
  ['', 'unknown'],
])('PID-8 %s is %s', (code, sex) => {
  expect(sexOf(code)).toBe(sex);
});
