import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';

interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>;
}

const lock = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as Lock;

test('the lock file knows every optional package of other platforms: npm ci refuses it otherwise', () => {
  const missing: string[] = [];
  for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const found = Object.keys(lock.packages).some((other) => other.endsWith(`node_modules/${name}`));
      if (!found) missing.push(`${path} wants ${name}`);
    }
  }
  expect(missing).toEqual([]);
});

test('the lock file names no registry: each laboratory has its own', () => {
  const named = Object.entries(lock.packages).filter(
    ([, entry]) => entry.resolved?.startsWith('http') === true,
  );
  expect(named.map(([path]) => path)).toEqual([]);
});
