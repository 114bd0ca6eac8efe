import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../build/paths.ts';
import { BUILTIN_PROFILES } from '../../shared/profiles/builtin.ts';
import { Profile } from '../../shared/profiles/profile.ts';

const folder = join(projectRoot, 'docs', 'instruments');

/** Where editors find the JSON Schema of instrument profiles. */
export const PROFILE_SCHEMA_FILE = join(folder, 'profile.schema.json');

/** The page that lists the profiles, and the lines between which its table stands. */
export const PROFILE_PAGE = join(folder, 'README.md');
const [BEGIN, END] = ['<!-- profiles: begin -->', '<!-- profiles: end -->'];

/** The JSON Schema of a profile, as text: what a person writes, so fields with a default are optional. */
export function profileSchemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(Profile, { io: 'input' });
  return `${JSON.stringify({ $schema, title: 'Levey instrument profile', ...schema }, null, 2)}\n`;
}

/** What a profile can do with orders, in the words of the page. */
function ways(profile: Profile): string {
  const { query, download } = profile.capabilities;
  if (query) return download ? 'asks, takes unasked' : 'asks';
  return download ? 'takes unasked' : 'none';
}

/** The table of all profiles, as the page has it. */
export function profileTable(): string {
  const rows = BUILTIN_PROFILES.map((profile) => {
    const { title, edition } = profile.source;
    const source = edition === '' ? title : `${title}; ${edition}`;
    const named = profile.name.includes(profile.manufacturer.split(' ')[0] ?? '');
    const name = named ? profile.name : `${profile.manufacturer} ${profile.name}`;
    const cells = [`\`${profile.id}\``, name, profile.protocol, profile.section, ways(profile), source];
    return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  });
  const head = '| profile | device | protocol | section | orders | written from |';
  return [head, '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** The page with today's table. @throws Error when the page has lost the marks around it. */
export function pageWithTable(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/instruments/README.md has lost the marks of its table');
  return `${page.slice(0, from)}${BEGIN}\n\n${profileTable()}\n\n${page.slice(to)}`;
}

/** `npx node test/docs/profile-docs.ts` writes the schema and the table anew after a change of shared/profiles. */
if (import.meta.main) {
  writeFileSync(PROFILE_SCHEMA_FILE, profileSchemaText());
  writeFileSync(PROFILE_PAGE, pageWithTable(readFileSync(PROFILE_PAGE, 'utf8')));
}
