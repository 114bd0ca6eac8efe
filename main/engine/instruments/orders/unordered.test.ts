import { expect, test } from 'vitest';
import { builtinProfile } from '../../../../shared/profiles/builtin.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import { isGiven, type OrderedLine, unorderedTests } from './unordered.ts';

const profile = (id: string, tests: readonly string[]): Profile => {
  const found = builtinProfile(id)!;
  return { ...found, tests: found.tests.filter((one) => tests.includes(one.test)) };
};
const line = (name: string, mode: OrderedLine['mode'], of: Profile): OrderedLine => ({
  name,
  isOpen: true,
  mode,
  profile: of,
});
const architect = profile('abbott-architect', ['TSH', 'FT4']);
const law = profile('generic-law', ['TSH']);

test('names the lines that measure a test and have no order code for it, unless another line can be told or is told nothing', () => {
  expect([...unorderedTests([line('ARCH1', 'both', architect), line('ARCH2', 'query', architect)])]).toEqual([
    ['TSH', ['ARCH1', 'ARCH2']],
    ['FT4', ['ARCH1', 'ARCH2']],
  ]);
  expect([...unorderedTests([line('ARCH1', 'both', architect), line('LAW1', 'query', law)])]).toEqual([
    ['FT4', ['ARCH1']],
  ]);
  expect([...unorderedTests([line('ARCH1', 'none', architect), line('ARCH2', 'both', architect)])]).toEqual(
    [],
  );
});

test('a line takes what it measures and has a code for, or what is chosen on it by hand, while it is open', () => {
  expect(isGiven(line('LAW1', 'query', law), 'TSH')).toBe(true);
  expect(isGiven(line('LAW1', 'query', law), 'FT4')).toBe(false);
  expect(isGiven(line('ARCH1', 'query', architect), 'TSH')).toBe(false);
  expect(isGiven(line('ARCH1', 'none', architect), 'TSH')).toBe(true);
  expect(isGiven({ ...line('LAW1', 'query', law), isOpen: false }, 'TSH')).toBe(false);
});
