import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { checkExcuses, checkPurity, checkRawIpc } from './bans.ts';
import { checkImports, describe as inWords, isTest } from './rules.ts';
import { readTree, type SourceTree } from './source-tree.ts';

const FOLDERS = ['main', 'renderer', 'preload', 'shared', 'build', 'test'];
const LONG = 400;
const TOO_LONG = 650;

describe('the repository keeps its own rules', () => {
  let tree: SourceTree;

  beforeAll(async () => {
    tree = await readTree(projectRoot, FOLDERS);
  });

  test('it was really read', () => {
    for (const part of [
      'shared/errors.ts',
      'preload/index.ts',
      'main/shell/index.ts',
      'build/electron-runtime.ts',
    ]) {
      expect(tree.has(part)).toBe(true);
    }
    expect(
      tree.get('main/shell/index.ts')?.imports.some(({ target }) => target === 'main/shell/station.ts'),
    ).toBe(true);
  });

  test('imports stay inside their part, all the way down', () => {
    expect(checkImports(tree).map(inWords)).toEqual([]);
  });

  test('shared/ is pure: no clock, chance, timers or I/O', () => {
    expect(checkPurity(tree).map(inWords)).toEqual([]);
  });

  test('raw ipc stands in the contract files only', () => {
    expect(checkRawIpc(tree).map(inWords)).toEqual([]);
  });

  test('there are no excuses in comments and no tests that do not run', () => {
    expect(checkExcuses(tree).map(inWords)).toEqual([]);
  });

  test('the top level is the agreed one', async () => {
    const allowed = new Set(
      (
        'main renderer preload shared build test docs .ci electron-builder.yml package.json package-lock.json README.md LICENSE CONTRIBUTING.md SECURITY.md ' +
        'CHANGELOG.md .gitignore .npmrc .editorconfig biome.json tsconfig.json tsconfig.base.json tsconfig.node.json ' +
        'tsconfig.shared.json tsconfig.shell.json tsconfig.renderer.json tsconfig.e2e.json vitest.config.ts vitest.e2e.config.ts ' +
        // Made on the spot and ignored by git.
        '.git node_modules out dist .cache coverage'
      ).split(' '),
    );
    const found = await readdir(projectRoot);
    expect(found.filter((name) => !allowed.has(name) && !name.endsWith('.log'))).toEqual([]);
  });

  test('files hold one idea each', () => {
    const lines = [...tree.values()]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .sort((a, b) => b.lines - a.lines);
    const long = lines.filter((file) => file.lines > LONG);
    console.log(
      `${lines.length} source files; longer than ${LONG} lines: ${long.map(({ path, lines: n }) => `${path} (${n})`).join(', ') || 'none'}`,
    );
    expect(lines.filter((file) => file.lines > TOO_LONG && !isTest(file.path))).toEqual([]);
  });
});
