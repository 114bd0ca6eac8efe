import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';

const pages = [
  ...readdirSync(projectRoot).map((name) => join(projectRoot, name)),
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true }).map((name) =>
    join(projectRoot, 'docs', String(name)),
  ),
].filter((file) => file.endsWith('.md'));

test('links between pages lead somewhere', () => {
  expect(pages.length).toBeGreaterThan(15);
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !existsSync(join(dirname(page), target)))
      .map((target) => `${relative(projectRoot, page)}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** Where a file named in a page may be: its paths are short where the page says which folder it speaks of. */
const bases = ['', 'main/engine', 'shared', 'shared/domain', 'shared/labels', 'docs'];

test('files that pages name by their path are there', () => {
  const gone = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/`((?:[a-z0-9-]+\/)+[A-Za-z0-9.-]+\.(?:tsx?|json|md))`/g)]
      .map((match) => match[1]!)
      .filter(
        (file) =>
          !file.startsWith('out/') && !bases.some((base) => existsSync(join(projectRoot, base, file))),
      )
      .map((file) => `${relative(projectRoot, page)}: ${file}`),
  );
  expect(gone).toEqual([]);
});
