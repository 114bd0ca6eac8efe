/** The catalogue by keyboard: tests, panels, specimen types, what each says, and where it comes from. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { laboratory } from '../sim/laboratory/index.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;

const { catalog } = laboratory({ day: '2026-07-29' });
const potassium = catalog.find((entry) => entry.kind === 'test' && entry.code === 'K')!;
const row = (code: string) => page.locator('.ag-row', { has: page.getByText(code, { exact: true }) });
const panel = () => page.getByRole('complementary', { name: 'Details' });
const poll = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 10_000 });

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 2 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(10_000);
  await signIn(bench, scene.people.technician);
  await page.keyboard.press('8');
  await row('NA').waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

test('a test with its ranges by age and sex, limits, delta, LOINC, UCUM and the instruments that measure it', async () => {
  await page.keyboard.press('F3');
  await page.keyboard.type('potassium', { delay: 45 });
  await poll(() => page.locator('.ag-row').count()).toBe(1);
  await page.keyboard.press('Enter');
  await panel().getByText('Potassium', { exact: true }).waitFor();
  const details = (await panel().textContent()) ?? '';
  expect(details).toContain(potassium.loinc);
  expect(details).toContain(`UCUM ${potassium.unit}`);
  expect(details).toContain('CHEM1');
  expect(details).toContain(
    `± ${potassium.delta?.limit} ${potassium.unit} in ${potassium.delta?.windowHours} h`,
  );
  expect(await panel().getByRole('row').count()).toBe(potassium.ranges.length + 1);
  const adult = potassium.ranges.at(-1)!;
  expect(details).toContain(`${adult.low}–${adult.high}`);
  expect(details).toContain(`< ${adult.criticalLow}, > ${adult.criticalHigh}`);
  expect(details).toContain('No central server is set in the station file.');
});

test('from a test to its panel and back to another test of it', async () => {
  await panel().getByRole('button', { name: /RENAL/ }).press('Enter');
  expect(await page.getByRole('radio', { name: /^Panels/ }).isChecked()).toBe(true);
  const renal = catalog.find((entry) => entry.kind === 'panel' && entry.code === 'RENAL')!;
  await panel().getByText('Panel RENAL').waitFor();
  expect(await panel().getByRole('listitem').count()).toBe(renal.members.length);
  await panel().getByRole('button', { name: /CREA/ }).press('Enter');
  await panel().getByText('Creatinine', { exact: true }).waitFor();
  await poll(() => page.locator('.ag-row').count()).toBeGreaterThan(20);
});

test('specimen types with cap, container and handling; the arrows move', async () => {
  await page.keyboard.press('Alt+3');
  const types = catalog.filter((entry) => entry.kind === 'specimenType');
  await poll(() => page.locator('.ag-row').count()).toBe(types.length);
  const first = (await panel().textContent()) ?? '';
  await page.keyboard.press('ArrowDown');
  await poll(async () => (await panel().textContent()) ?? '').not.toBe(first);
  const shown = types.find((entry) => entry.code === 'SER')!;
  await poll(async () => (await panel().textContent()) ?? '').toContain(shown.handling);
  await panel().getByText('Gold').waitFor();
});

test('what is not there is said, with where it may be; Escape shows all', async () => {
  await page.keyboard.press('F3');
  await page.keyboard.type('troponin', { delay: 45 });
  await page.getByText('Nothing here matches “troponin”.').waitFor();
  await page.getByText(/1 entry of another kind does/).waitFor();
  await page.keyboard.press('Alt+1');
  await row('TROP').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await row('NA').waitFor();
  expect(bench.errors).toEqual([]);
});
