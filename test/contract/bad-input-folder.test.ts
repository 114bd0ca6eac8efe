import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';

/** A folder that fills while nobody looked: everything is taken, in order, once, and the line says how much waits. */

let bench: BadBench | undefined;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  await bench?.stop();
  bench = undefined;
  for (const clean of cleanUps.splice(0).reverse()) await clean();
});

const FILES = 300;
const TUBES = FILES / 15;

test(`a folder full of ${FILES} files is worked off, each file once, and the line says how many wait`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'levey-folder-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  bench = await startBadBench({
    instruments: [
      { id: 'CSV1', profile: 'generic-csv', on: false, transport: { kind: 'folder', path: folder } },
    ],
  });
  const tubes: string[] = [];
  for (let n = 0; n < TUBES; n += 1) tubes.push(await receivedTube(bench.tech, ['LYTES']));
  for (let n = 0; n < FILES; n += 1) {
    const name = `r${String(n).padStart(5, '0')}.csv`;
    const minute = new Date(Date.UTC(2026, 6, 1, 0, n)).toISOString().slice(0, 19).replace('T', ' ');
    writeFileSync(
      join(folder, name),
      `specimen,test,value,unit,flag,status,measured,operator\r\n${tubes[n % TUBES]},NA,${1000 + n},mmol/L,,F,${minute},kim\r\n`,
    );
  }
  mkdirSync(join(folder, 'not a file.csv'));
  await bench.tech.command('instrument.switch', { instrumentId: 'T1.CSV1', on: true });
  await bench.tech.rows('instruments.lines', {}, ([row]) => / \d+ waiting/.test(row?.health ?? ''), 60_000);
  const { store } = bench.engine.bench;
  const posted = () =>
    store.journal.messages('T1.CSV1', FILES + 10).filter((one) => one.state === 'posted').length;
  await expect.poll(posted, { timeout: 500_000, interval: 250 }).toBe(FILES);
  await expect.poll(() => readdirSync(join(folder, 'archive')).length, { timeout: 60_000 }).toBe(FILES);
  expect(readdirSync(folder).filter((name) => name.endsWith('.csv'))).toEqual(['not a file.csv']);
  const values = (await store.find('results', { selector: {} })).map((doc) => Number(doc.value.text));
  expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: FILES }, (_, n) => 1000 + n));
  const [row] = await bench.tech.rows('instruments.lines', {}, ([one]) => one?.state === 'ready', 30_000);
  expect(row).toMatchObject({ problem: null, health: `watching ${folder}` });
}, 600_000);
