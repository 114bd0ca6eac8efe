import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { authorityRecord } from './display.ts';
import { answersQuickly, downloadBase, FALLBACK, pinnedVersion, verifySha256 } from './electron-runtime.ts';
import { isNode24 } from './node24.ts';
import { projectRoot } from './paths.ts';
import { BuildError } from './say.ts';
import { missingFrom } from './system-packages.ts';
import { countsOf, failuresOf } from './test.ts';

describe('the Electron to run', () => {
  test('a package with another content is refused, with both checksums and what to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'levey-sha-'));
    try {
      const file = join(folder, 'zip');
      await writeFile(file, 'abc');
      const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      await expect(verifySha256(file, abc, 'it')).resolves.toBeUndefined();
      const refused = verifySha256(file, FALLBACK.sha256, FALLBACK.package);
      await expect(refused).rejects.toBeInstanceOf(BuildError);
      await expect(refused).rejects.toThrow(new RegExp(`expected SHA-256 ${FALLBACK.sha256}, got ${abc}`));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('the pinned version is the one of package.json', async () => {
    const { default: description } = await import('../package.json', { with: { type: 'json' } });
    expect(pinnedVersion()).toBe(description.devDependencies.electron);
  });

  test('a host that answers is used; one that fails, is not there, or keeps silent is not', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/silent') return;
      response.statusCode = request.url === '/good' ? 200 : 503;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await answersQuickly(`${base}/good`, 5_000)).toBe(true);
    expect(await answersQuickly(`${base}/broken`, 5_000)).toBe(false);
    expect(await answersQuickly(`${base}/silent`, 50)).toBe(false);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await answersQuickly(`${base}/good`, 5_000)).toBe(false);
  });

  test('a mirror can be named', () => {
    expect(downloadBase({ ELECTRON_MIRROR: 'https://mirror.example/' })).toBe('https://mirror.example/');
    expect(downloadBase({})).toMatch(/^https:\/\//);
  });
});

test('system packages: what is not installed is missing, and new names of old libraries count', () => {
  const query = [
    'xvfb\tinstall ok installed',
    'unzip\tdeinstall ok config-files',
    'libgtk-3-0t64\tinstall ok installed',
    'libcups2:amd64\tinstall ok installed',
    '',
  ].join('\n');
  expect(missingFrom(['xvfb', 'unzip', 'libgtk-3-0', 'libcups2', 'socat'], query)).toEqual([
    'unzip',
    'socat',
  ]);
});

test('an X authority record: family, empty address and number, name and cookie, with lengths before them', () => {
  const record = authorityRecord(Uint8Array.from({ length: 16 }, (_, index) => index));
  expect(record.toString('hex')).toBe(
    `ffff00000000${'0012'}${Buffer.from('MIT-MAGIC-COOKIE-1').toString('hex')}0010000102030405060708090a0b0c0d0e0f`,
  );
});

test.each([
  ['v24.21.0\n', true],
  ['v20.20.2', false],
  ['v240.1.0', false],
  ['', false],
])('%j is Node 24: %s', (version, is) => {
  expect(isNode24(version)).toBe(is);
});

test('a test file that cannot be loaded counts as a failure, and every failure is named', () => {
  const passed = { status: 'passed', fullName: 'adds' };
  const failed = {
    status: 'failed',
    fullName: 'sums takes',
    failureMessages: ['\u001b[31mexpected 1\u001b[39m\nat sums.test.ts:3'],
  };
  const file = (name: string) => join(projectRoot, name);
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      { name: file('a.test.ts'), status: 'failed', message: 'No such import', assertionResults: [] },
      { name: file('b/sums.test.ts'), status: 'failed', assertionResults: [passed, failed] },
      { name: file('c.test.ts'), status: 'passed', assertionResults: [passed] },
    ],
  };
  expect(countsOf(report)).toEqual({ passed: 5, failed: 2, skipped: 0 });
  expect(failuresOf(report)).toEqual([
    'a.test.ts\n    No such import',
    'b/sums.test.ts > sums takes\n    expected 1\n    at sums.test.ts:3',
  ]);
});
