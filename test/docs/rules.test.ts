import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';

/**
 * The rules of the field that the product follows, as docs/protocols and the docstrings number them. Each has at least one test whose title names
 * it, so that the reason of a test and the proof of a rule can be found by the number.
 */
const RULES = {
  link: numbered('L', 19),
  records: numbered('R', 12),
  hl7: numbered('M', 9),
  qc: numbered('W', 14),
  verification: numbered('V', 5),
  labels: numbered('B', 2),
  regulation: numbered('C', 5),
};
/** IHE Laboratory Analytical Workflow, as analyser manager. */
const LAW = /\bLAW\b/;

function numbered(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);
}

/** Titles of tests and of groups of tests: the first argument of `test`, `it` and `describe`, also behind `.each` with a table. */
const TITLE =
  /\b(?:test|it|describe)(?:\.\w+)?\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
const TABLE_TITLE =
  /^\s*\]?[\w.()]*\)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/gm;

/** Names of cases in a table, where a title takes them in with `$name`. */
const CASE_NAME = /\bname:\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/g;

/** The titles in a test file. */
function titlesIn(text: string): string[] {
  return [TITLE, TABLE_TITLE, ...(text.includes('$name') ? [CASE_NAME] : [])].flatMap((form) =>
    [...text.matchAll(form)].map((match) => match[1] ?? match[2] ?? match[3] ?? ''),
  );
}

/** The rules a title names: `L12 R11 …`, `W3: …`, also as a span, `L1-L4`. */
function rulesIn(title: string): string[] {
  const spans = [...title.matchAll(/\b([A-Z])(\d{1,2})-\1(\d{1,2})\b/g)].flatMap(([, letter, from, to]) =>
    numbered(letter!, Number(to)).slice(Number(from) - 1),
  );
  return [...spans, ...[...title.matchAll(/\b[LRMWVBC]\d{1,2}\b/g)].map(([rule]) => rule)];
}

function allTitles(): string[] {
  return ['main', 'shared', 'renderer', 'preload', 'test', 'build'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(test|e2e)\.tsx?$/.test(entry.name))
      .filter((entry) => !(entry.parentPath.endsWith('docs') && entry.name === 'rules.test.ts'))
      .flatMap((entry) => titlesIn(readFileSync(join(entry.parentPath, entry.name), 'utf8'))),
  );
}

const titles = allTitles();
const named = new Set(titles.flatMap(rulesIn));

test('titles and the rules in them are found in every form', () => {
  const text = [
    "test('L12 M4 once', () => {",
    "it.each(disks)(\n  'R2 of a table: $name',",
    'test.each([\n  [1],\n])("W3 behind a table", () => {',
    "describe('V1-V3 a group', () => {",
    "{ name: 'W7 a case', n: 1 },",
    "const x = f('L9 no title');",
  ].join('\n');
  const found = titlesIn(text).flatMap(rulesIn);
  expect(found.sort()).toEqual(['L12', 'M4', 'R2', 'V1', 'V1', 'V2', 'V3', 'V3', 'W3', 'W7']);
  expect(rulesIn('ORU^R01 and OUL^R22 of 30 OBX')).not.toContain('R1');
});

test.each(Object.entries(RULES))('every rule of the %s has a test that names it', (_, rules) => {
  expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
});

test('IHE LAW has tests that name it', () => {
  expect(titles.filter((title) => LAW.test(title)).length).toBeGreaterThan(3);
});

test('no test names a rule that does not exist', () => {
  const known = new Set<string>(Object.values(RULES).flat());
  // R01, R22, R30 … are triggers of HL7 messages; C6 to C8 are rules whose features are tested by what they show.
  const odd = [...named].filter((rule) => !known.has(rule) && !/^(R\d0|R0\d|R[2-9]\d|C[678])$/.test(rule));
  expect(odd).toEqual([]);
});
