import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUILTIN_PROFILES } from '../../shared/profiles/builtin.ts';
import { PROFILE_PAGE, PROFILE_SCHEMA_FILE, pageWithTable, profileSchemaText } from './profile-docs.ts';

const page = readFileSync(PROFILE_PAGE, 'utf8');

test('docs/instruments/profile.schema.json is the schema of the code', () => {
  expect(JSON.parse(readFileSync(PROFILE_SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(profileSchemaText()));
});

test('the page lists every profile as it is', () => {
  // The formatter pads the cells.
  const bare = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
  expect(bare(page)).toBe(bare(pageWithTable(page)));
  for (const { id } of BUILTIN_PROFILES) expect(bare(page)).toContain(`| \`${id}\` |`);
});

test('every field of a profile is explained in docs/instruments/README.md', () => {
  const names = new Set<string>();
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) names.add(name);
      collect(value);
    }
  };
  collect(JSON.parse(profileSchemaText()));
  expect(names.size).toBeGreaterThan(60);
  expect([...names].filter((name) => !page.includes(`\`${name}\``) && !page.includes(`.${name}\``))).toEqual(
    [],
  );
});
