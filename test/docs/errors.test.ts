import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';

const CODE = String.raw`'([a-z][a-zA-Z]*\.[a-zA-Z][a-zA-Z-]*)'`;
/** Ways an error gets its code: a property `code` (also by a condition), the first argument of a function that makes an error, or the key of its sentences. */
const USES = [
  new RegExp(String.raw`\bcode:\s*${CODE}`, 'g'),
  new RegExp(String.raw`\bcode:[^,;{}]*\?\s*${CODE}\s*:\s*${CODE}`, 'g'),
  new RegExp(String.raw`\b(?:refuse|refused|fault|stop|[a-zA-Z]*Error)\(\s*${CODE}`, 'g'),
  new RegExp(String.raw`${CODE}:\s*\{\s*what:`, 'g'),
];

function sources(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[/\\]preview[/\\]|testing|fixture/.test(file));
}

function codesIn(text: string): string[] {
  return USES.flatMap((use) => [...text.matchAll(use)].flatMap((match) => match.slice(1)));
}

/** Codes the programs use, with the files that use them. `internal` stands for everything without a code of its own. */
function usedCodes(): Map<string, string[]> {
  const used = new Map<string, string[]>([['internal', ['shared/errors.ts']]]);
  for (const file of ['main', 'shared', 'renderer', 'preload'].flatMap(sources)) {
    for (const code of codesIn(readFileSync(file, 'utf8'))) used.set(code, [...(used.get(code) ?? []), file]);
  }
  return used;
}

function documented(): string[] {
  const text = readFileSync(join(projectRoot, 'docs', 'errors.md'), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1]!);
}

test('the forms in which errors get their code are all found', () => {
  expect(codesIn("{ code: 'a.one', what")).toEqual(['a.one']);
  expect(codesIn("code: ready ? 'a.one' : 'a.two',")).toEqual(['a.one', 'a.two']);
  expect(codesIn("throw refuse(\n  'a.one',\n 'x.y z')")).toEqual(['a.one']);
  expect(codesIn("  'a.one': {\n    what: 'x',")).toEqual(['a.one']);
  expect(codesIn("command('result.release', {})")).toEqual([]);
});

test('every error code is documented once, with all three sentences', () => {
  const known = documented();
  const missing = [...usedCodes()].filter(([code]) => !known.includes(code));
  expect(missing).toEqual([]);
  expect(known.filter((code, at) => known.indexOf(code) !== at)).toEqual([]);
  const text = readFileSync(join(projectRoot, 'docs', 'errors.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.filter((row) => row.split(/ +\| /).some((cell) => cell.replace(/[|\s]/g, '') === ''))).toEqual(
    [],
  );
  expect(rows.filter((row) => row.split(/ +\| /).length !== 4)).toEqual([]);
});

test('no documented code is stale', () => {
  const used = usedCodes();
  expect(documented().filter((code) => !used.has(code))).toEqual([]);
});
