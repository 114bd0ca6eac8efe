import { expect, it } from 'vitest';
import { patientDoc } from '../replication/testing.ts';
import { isOnePerson } from './specimen-state.ts';

const into: Record<string, string> = { a: 'b', b: 'c', c: '', d: 'c', e: '', x: 'y', y: 'x', lost: 'gone' };
const read = async (id: string) => {
  const mergedInto = into[id];
  return mergedInto === undefined ? undefined : patientDoc(1, { id, mergedInto });
};

it.each([
  ['a', 'c', true],
  ['c', 'a', true],
  ['a', 'd', true],
  ['a', 'e', false],
  ['x', 'y', true],
  ['x', 'a', false],
  ['lost', 'lost', true],
  ['lost', 'gone', false],
  ['', '', false],
])(
  'of records merged a → b → c, d → c, and x and y into each other, %s and %s are one person: %s',
  async (a, b, same) => {
    expect(await isOnePerson(read, a, b)).toBe(same);
  },
);
