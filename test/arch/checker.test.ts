import { describe, expect, test } from 'vitest';
import { checkExcuses, checkPurity, checkRawIpc } from './bans.ts';
import { checkImports, describe as inWords } from './rules.ts';
import { treeOf } from './source-tree.ts';

const imports = (files: Record<string, string>): string[] => checkImports(treeOf(files)).map(inWords);
const purity = (text: string): string[] =>
  checkPurity(treeOf({ 'shared/x.ts': text })).map(({ rule }) => rule);

describe('the import checker', () => {
  test('lets a repository pass that keeps the rules', () => {
    expect(
      imports({
        'shared/a.ts':
          "import { z } from 'zod';\nimport type { Patient } from 'fhir/r4';\nexport { b } from './b.ts';",
        'shared/b.ts': 'export const b = 1;',
        'shared/a.test.ts': "import { test } from 'vitest';\nimport { readFileSync } from 'node:fs';",
        'main/engine/x.ts':
          "import Database from 'better-sqlite3-multiple-ciphers';\nimport '../../shared/a.ts';",
        'main/shell/x.ts': "import { app } from 'electron';\nimport '../../shared/a.ts';",
        'preload/index.ts': "import { ipcRenderer } from 'electron';\nimport '../shared/b.ts';",
        'renderer/features/one/x.tsx':
          "import React from 'react';\nimport '../../ui/y.ts';\nimport '../../../shared/b.ts';",
        'renderer/ui/y.ts': 'export {};',
        'build/x.ts': "import 'vite';\nimport '../shared/b.ts';",
      }),
    ).toEqual([]);
  });

  test('finds node in shared, through a chain, and names the chain', () => {
    const found = imports({
      'renderer/main.tsx': "import './data/a.ts';",
      'renderer/data/a.ts': "export * from '../../shared/b.ts';",
      'shared/b.ts': "import { c } from './c.ts';",
      'shared/c.ts': "import { readFileSync } from 'node:fs';",
    });
    expect(found).toContain('shared must not load node:fs: shared/c.ts -> node:fs');
    expect(
      found.some((text) => text.startsWith('renderer must not load node:fs') && text.includes('shared/c.ts')),
    ).toBe(true);
  });

  test.each([
    [
      'a builtin without its prefix',
      'shared/x.ts',
      "import fs from 'fs/promises';",
      'shared must not load fs/promises',
    ],
    ['a package in shared', 'shared/x.ts', "import { Subject } from 'rxjs';", 'shared must not load rxjs'],
    [
      'a value out of a types package',
      'shared/x.ts',
      "import { Patient } from 'fhir/r4';",
      'shared must not load fhir/r4',
    ],
    [
      'electron in the engine',
      'main/engine/x.ts',
      "import { app } from 'electron';",
      'engine must not load electron',
    ],
    [
      'electron in the engine, as a type',
      'main/engine/x.ts',
      "import type { App } from 'electron';",
      'engine must not load electron',
    ],
    [
      'electron in the engine, in a type position',
      'main/engine/x.ts',
      "let a: import('electron').App;",
      'engine must not load electron',
    ],
    [
      'electron by a dynamic import',
      'main/engine/x.ts',
      "await import('electron');",
      'engine must not load electron',
    ],
    [
      'electron by require',
      'main/engine/x.ts',
      "require('electron/main');",
      'engine must not load electron/main',
    ],
    ['an import nobody can follow', 'shared/x.ts', 'await import(name);', 'shared must not load (computed)'],
    [
      'a native module in the shell',
      'main/shell/x.ts',
      "import 'serialport';",
      'shell must not load serialport',
    ],
    [
      'node in the preload',
      'preload/x.ts',
      "import { join } from 'node:path';",
      'preload must not load node:path',
    ],
    [
      'node in the window',
      'renderer/x.ts',
      "import { join } from 'node:path';",
      'renderer must not load node:path',
    ],
    [
      'electron in the window',
      'renderer/x.ts',
      "import { shell } from 'electron';",
      'renderer must not load electron',
    ],
    [
      'the store in the window',
      'renderer/x.ts',
      "import { createRxDatabase } from 'rxdb';",
      'renderer must not load rxdb',
    ],
  ])('finds %s', (_name, path, text, rule) => {
    expect(imports({ [path]: text })).toEqual([`${rule}: ${path} -> ${rule.split(' ').at(-1)}`]);
  });

  test.each([
    ['shell to engine', 'main/shell/x.ts', '../engine/y.ts', 'main/engine/y.ts'],
    ['engine to shell', 'main/engine/x.ts', '../shell/y.ts', 'main/shell/y.ts'],
    ['window to engine', 'renderer/x.ts', '../main/engine/y.ts', 'main/engine/y.ts'],
    ['preload to shell', 'preload/x.ts', '../main/shell/y.ts', 'main/shell/y.ts'],
    ['shared to engine', 'shared/x.ts', '../main/engine/y.ts', 'main/engine/y.ts'],
    ['engine to build', 'main/engine/x.ts', '../../build/y.ts', 'build/y.ts'],
  ])('finds %s, and types do not excuse it', (_name, from, specifier, target) => {
    for (const text of [
      `import '${specifier}';`,
      `import type { Y } from '${specifier}';`,
      `export * from '${specifier}';`,
    ]) {
      const found = imports({ [from]: text, [target]: 'export {};' });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(new RegExp(`must not import ${target}: ${from} -> ${target}$`));
    }
  });

  test('finds product code that imports tests', () => {
    expect(imports({ 'main/engine/x.ts': "import '../../test/sim/y.ts';" })[0]).toMatch(
      /engine must not import tests/,
    );
    expect(imports({ 'shared/x.ts': "import './y.test.ts';" })[0]).toMatch(/shared must not import tests/);
  });

  test('finds one feature in another, and a feature under the common parts', () => {
    expect(imports({ 'renderer/features/one/x.ts': "import '../two/y.ts';" })).toEqual([
      'feature one must not import feature two: renderer/features/one/x.ts -> renderer/features/two/y.ts',
    ]);
    expect(imports({ 'renderer/ui/x.ts': "import '../features/two/y.ts';" })).toHaveLength(1);
    expect(imports({ 'renderer/data/x.ts': "import '../features/two/y.ts';" })).toHaveLength(1);
  });

  test('finds a relative import without its extension', () => {
    expect(imports({ 'shared/x.ts': "import './y';" })).toContain(
      'a relative import needs its file extension: shared/x.ts -> ./y',
    );
  });

  test('does not take words in comments and strings for imports', () => {
    expect(
      imports({
        'shared/x.ts': "// import 'node:fs'\nexport const text = \"import 'node:fs'; require('fs')\";",
      }),
    ).toEqual([]);
  });

  test('refuses what it cannot parse', () => {
    expect(() => treeOf({ 'shared/x.ts': 'import {' })).toThrow(/shared\/x\.ts cannot be parsed/);
  });
});

describe('the bans', () => {
  test.each([
    ['const t = Date.now();', 'Date.now'],
    ["const t = Date['now']();", 'Date.now'],
    ['const now = Date.now;', 'Date.now'],
    ['const t = new Date();', 'new Date()'],
    ['const t = Date();', 'Date()'],
    ['const r = Math.random();', 'Math.random'],
    ['setTimeout(() => undefined, 1);', 'setTimeout'],
    ["void fetch('x');", 'fetch'],
    ['const e = process.env;', 'process'],
    ['const e = { ...process };', 'process'],
    ['const o = { process };', 'process'],
    ['const x = (globalThis as Record<string, unknown>)["process"];', 'globalThis'],
    ['const id = crypto.randomUUID();', 'crypto'],
    ['const b = Buffer.from("a");', 'Buffer'],
    ['console.log(1);', 'console'],
  ])('find %s in shared/', (text, use) => {
    expect(purity(text)).toContain(`shared must not use ${use}`);
  });

  test.each([
    'const d = new Date("2026-01-01T00:00:00.000Z");',
    'const d = new Date(at);',
    'export function run(process: () => void) { process(); }',
    'const x = { process: 1, fetch: 2 }; x.process; x.fetch;',
    'interface A { window: string; now(): Date }',
    'const { document } = order; document.id;',
    'const d = clock.now();',
    '// Date.now() and process.env\nexport const text = "Math.random()";',
  ])('let pass: %s', (text) => {
    expect(purity(text)).toEqual([]);
  });

  test('look at shared/ only, and not at its tests', () => {
    const text = 'Date.now();';
    expect(checkPurity(treeOf({ 'main/engine/x.ts': text, 'shared/x.test.ts': text }))).toEqual([]);
  });

  test('find raw ipc outside the contract files', () => {
    const text = "import { ipcMain, ipcRenderer } from 'electron'; ipcMain.handle('x', () => ipcRenderer);";
    expect(checkRawIpc(treeOf({ 'main/shell/other.ts': text })).map(({ rule }) => rule)).toEqual([
      'ipcMain is for main/shell/ipc.ts alone',
      'ipcRenderer is for preload/index.ts alone',
    ]);
    expect(checkRawIpc(treeOf({ 'main/shell/ipc.ts': "import { ipcMain } from 'electron';" }))).toEqual([]);
  });

  test('find excuses and tests that do not run', () => {
    const found = (path: string, text: string): string[] =>
      checkExcuses(treeOf({ [path]: text })).map(({ rule }) => rule);
    expect(found('shared/x.ts', `// ${'@ts-' + 'ignore'}\nexport {};`)).toHaveLength(1);
    expect(found('shared/x.ts', `// ${'TO' + 'DO'}: later\nexport {};`)).toHaveLength(1);
    expect(found('shared/x.ts', "export const text = 'mastodon';")).toEqual([]);
    expect(found('shared/x.test.ts', `${'test.sk' + 'ip'}('a', () => {});`)).toEqual([
      'no skipped test: every test runs',
    ]);
    expect(found('shared/x.test.ts', `${'describe.on' + 'ly'}('a', () => {});`)).toEqual([
      'no test that keeps others from running: every test runs',
    ]);
    expect(found('shared/x.test.ts', `${'it.fa' + 'ils'}('a', () => {});`)).toEqual([
      'no test that may fail: every test holds',
    ]);
    expect(found('shared/x.test.ts', "test('a', () => {});")).toEqual([]);
  });
});
