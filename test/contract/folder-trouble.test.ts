import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { type BadBench, lineOf, receivedTube, startBadBench } from './bad-input-fixture.ts';

/** A watched folder that goes away while the whole engine runs: said on the line and the strip, and everything that waits is read when it is back. */

let home: string;
let folder: string;
let bench: BadBench;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'levey-share-'));
  folder = join(home, 'results');
  mkdirSync(folder);
  bench = await startBadBench({
    instruments: [{ id: 'CSV1', profile: 'generic-csv', transport: { kind: 'folder', path: folder } }],
  });
});

afterEach(async () => {
  await bench.stop();
  rmSync(bench.at.directory, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

const line = (check: (row: LineRow) => boolean) => lineOf(bench.tech, check);
const results = (n: number) =>
  bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === n, 30_000);
const csv = (tube: string, code: string, value: string) =>
  `specimen,test,value,unit,flag,status,measured,operator\n${tube},${code},${value},mmol/L,,F,2026-07-29 06:42:05,kim\n`;

test('a share that is gone for a while: named at once, a person is told what is safe, and its files are posted when it is back', async () => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  writeFileSync(join(folder, 'a.csv'), csv(tube, 'NA', '140'));
  await results(1);
  const away = join(home, 'away');
  renameSync(folder, away);
  const gone = await line((row) => row.problem !== null);
  expect(gone).toMatchObject({
    state: 'failed',
    problem: {
      code: 'instrument.noFolder',
      what: expect.stringContaining(folder),
      safe: expect.stringContaining('Nothing was lost'),
      todo: expect.stringContaining('share'),
    },
  });
  const [strip] = await bench.tech.rows('strip', {}, ([one]) => (one?.problems.length ?? 0) > 0);
  expect(strip!.problems).toMatchObject([{ code: 'instrument.noFolder' }]);
  writeFileSync(join(away, 'b.csv'), csv(tube, 'K', '4.1'));
  renameSync(away, folder);
  expect((await results(2)).map((one) => one.valueText).sort()).toEqual(['140', '4.1']);
  await line((row) => row.problem === null && row.state === 'ready');
  await expect
    .poll(() => readdirSync(join(folder, 'archive')).map((name) => name.slice(-5)), { timeout: 30_000 })
    .toEqual(['a.csv', 'b.csv']);
}, 120_000);
