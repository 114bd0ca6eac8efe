/** The plan of controls, the month with its signature and report, and files, in the real window by keyboard: W1 to W9, W13, W14 and C4. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from './harness.ts';
import type { Scene } from './scenes/prepare.ts';
import { qcMorning } from './scenes/qc-morning.ts';
import { keysOf, openQc, type QcScreen } from './scenes/qc-screen.ts';

let screen: QcScreen | undefined;
let scene: Scene;
let bench: Bench;
let page: Page;
const folder = mkdtempSync(join(tmpdir(), 'levey-qc-month-'));

beforeAll(async () => {
  // The window's program may run as another user, who reads and writes here.
  chmodSync(folder, 0o777);
  screen = await openQc({ requisitions: 2, patients: 20, also: (_tech, engine) => qcMorning(engine) });
  ({ scene, bench, page } = screen);
});

afterAll(async () => {
  await screen?.close();
  rmSync(folder, { recursive: true, force: true });
});

const { press, type, dialog, place } = keysOf(() => page);
const row = (...words: string[]) =>
  words.reduce((rows, text) => rows.filter({ hasText: text }), page.locator('.ag-row'));

/** Every rejected control of the period that is shown gets its corrective action. */
async function actAll(): Promise<void> {
  const grid = page.getByRole('grid', { name: 'Month' });
  const panel = page.getByRole('complementary', { name: 'Period' });
  const open = () => grid.locator('.ag-row').filter({ hasText: /\d missing/ });
  for (let left = await open().count(); left > 0; left = await open().count()) {
    await open().first().click();
    await panel.getByText('No corrective action yet.').first().waitFor();
    const actions = await panel.getByText('No corrective action yet.').count();
    await press('F6');
    await dialog()
      .getByText(/What was done: /)
      .waitFor();
    await type('Calibrated, then in control.');
    await press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await expect
      .poll(() => panel.getByText('No corrective action yet.').count(), { timeout: 10_000 })
      .toBeLessThan(actions);
  }
}

/** The PIN into the dialog that asks for it: the period is signed, the one after it is not, and is shown. */
async function signPeriod(): Promise<void> {
  const panel = page.getByRole('complementary', { name: 'Period' });
  await dialog().getByLabel('PIN').focus();
  await type(scene.people.supervisor.pin);
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await panel.getByText('Signed by Márta Horváth').waitFor();
  await press('PageDown');
  await panel.getByText('Not signed yet.').waitFor();
  await row('Albumin').first().waitFor();
}

test('W1-W9 W14 a plan is edited with its power curve beside it, says what it would have changed, and needs a reason', async () => {
  await place('Rules');
  await page.getByRole('grid', { name: 'Rules' }).waitFor();
  await row('CHEM1').first().click();
  await press('F2');
  await dialog().getByText('Plan: Albumin on CHEM1').waitFor();
  await dialog().getByLabel('Total error allowed').focus();
  await type('7,5');
  await press('Tab');
  await type('RiliBÄK');
  await dialog()
    .getByText(/Sigma \d+\.\d, /)
    .waitFor();
  await press('F7');
  await dialog()
    .getByRole('img', { name: /Power curve/ })
    .waitFor();
  await expect
    .poll(() => dialog().getByRole('status', { name: 'Power' }).textContent(), { timeout: 20_000 })
    .toMatch(/A shift of \d\.\d\d SD has to be found: \d+ % \(in force \d+ %\)/);
  await dialog()
    .getByRole('status', { name: 'What would have changed' })
    .getByText(/Of the newest \d+ points/)
    .waitFor();
  await bench.screenshots('qc-plan');
  await dialog().getByLabel('7T', { exact: true }).selectOption({ label: 'warns' });
  await press('Enter');
  await dialog().getByText('Needed: the reason, in a few words').waitFor();
  await dialog().getByLabel('Reason for the change').focus();
  await type('Total error from the guideline');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  const panel = page.getByRole('complementary', { name: 'Plan' });
  await panel.getByText('7.5 %, RiliBÄK').waitFor();
  await panel.getByText('Total error from the guideline').waitFor();
  await panel.getByText(/Márta Horváth/).waitFor();
  await row('CHEM1', '7T (warns)', 'own').waitFor();
});

test('W14 lots come from a file whose faults are named line by line, and nothing of it is taken until it is mended', async () => {
  const file = join(folder, 'lots.csv');
  const head = 'material;lot;level;sentAs;expires';
  writeFileSync(file, `${head}\nTrop;T1;1;TROP-1;2031-02-03\nTrop;T2;2;;soon\n`);
  await bench.app.evaluate(({ dialog: asked }, path) => {
    asked.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, file);
  await place('Lots');
  await page.getByRole('grid', { name: 'Lots' }).waitFor();
  await press('Control+i');
  await dialog().getByText('Columns: material, lot, level, sentAs').waitFor();
  await press('Enter');
  const found = dialog().getByRole('status', { name: 'What the file says' });
  await found.getByText(/cannot be taken/).waitFor();
  await found.getByText('Line 3:').first().waitFor();
  writeFileSync(file, `${head}\nTrop;T1;1;TROP-1;2031-02-03\nTrop;T2;2;TROP-2;2031-02-03\n`);
  await press('Enter');
  await found.getByText('2 lines would be taken').waitFor();
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await row('Trop 2', 'T2', 'Parallel').waitFor();
});

test('W14 a rolling target comes from the window of the plan, waits for approval, and is refused from too few points since a break', async () => {
  await place('Rules');
  await page.getByRole('grid', { name: 'Rules' }).waitFor();
  await row('All tests').first().click();
  await press('F2');
  await dialog().getByLabel('Rolling targets from').fill('20');
  await dialog().getByLabel('Reason for the change').focus();
  await type('Three weeks of one run a day');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('complementary', { name: 'Plan' }).getByText('the newest 20 points').waitFor();
  await place('Lots');
  await page.getByRole('grid', { name: 'Lots' }).waitFor();
  const establish = async (test: string, instrument: string): Promise<void> => {
    await row(test).first().click();
    await press('F7');
    await dialog().getByLabel('Instrument').selectOption({ label: instrument });
    await dialog().getByLabel('From', { exact: true }).selectOption({ label: 'rolling points' });
    const from = dialog().getByRole('status', { name: 'Worked out from' });
    await from.getByText('the newest 20 points').waitFor();
    if (instrument === 'HEM1') await bench.screenshots('qc-rolling');
    await dialog()
      .getByRole('button', { name: /Work it out/ })
      .click();
  };
  // The chemistry analyser was calibrated five days ago.
  await establish('Sodium', 'CHEM1');
  await dialog()
    .getByText(/There are \d points in the newest 20 points since the last break/)
    .waitFor();
  await press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await establish('Haemoglobin', 'HEM1');
  await dialog().waitFor({ state: 'detached' });
  await page.locator('.lv-segment-label', { hasText: 'To approve' }).click();
  const waiting = row('Haemoglobin', 'rolling points').first();
  await waiting.click();
  const panel = page.getByRole('complementary', { name: 'Lot' });
  await panel.getByText(/^20, .* to .*, the newest 20 points$/).waitFor();
  await press('F8');
  await dialog().getByText('Approve the target of Haemoglobin?').waitFor();
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await waiting.waitFor({ state: 'detached' });
  await page.locator('.lv-segment-label', { hasText: 'In use' }).click();
  await row('Haemoglobin', 'HEM1', 'rolling points').first().click();
  await panel
    .getByText(/Márta Horváth/)
    .first()
    .waitFor();
});

test('C4 a month is reviewed, its rejections get their action, and the supervisor signs it with the PIN', async () => {
  await place('Month');
  const grid = page.getByRole('grid', { name: 'Month' });
  await grid.waitFor();
  await row('Albumin').first().waitFor();
  const panel = page.getByRole('complementary', { name: 'Period' });
  await panel.getByText('Not signed yet.').waitFor();
  await actAll();
  await press('F8');
  await dialog()
    .getByText(/Sign the controls of CHEM1, \d{4}-\d\d\?/)
    .waitFor();
  await type('0000');
  await press('Enter');
  await dialog().getByRole('alert').waitFor();
  await signPeriod();
  await press('F8');
  await page.getByText('This period has not ended').first().waitFor();
  await press('PageUp');
  await panel.getByText('Signed by Márta Horváth').waitFor();
});

test('C4 a week is reviewed and signed as a month is; the signature of each stands by itself', async () => {
  const panel = page.getByRole('complementary', { name: 'Period' });
  const head = page.getByRole('heading', { name: /^CHEM1, \d{4}-/ });
  const month = await head.textContent();
  await press('F4');
  await expect.poll(() => head.textContent(), { timeout: 10_000 }).toMatch(/^CHEM1, \d{4}-W\d\d$/);
  const week = (await head.textContent())?.slice(-8) ?? '';
  await row('Albumin').first().waitFor();
  await panel.getByText('Not signed yet.').waitFor();
  await actAll();
  await bench.screenshots('qc-week');
  await press('F8');
  await dialog().getByText(`Sign the controls of CHEM1, ${week}?`).waitFor();
  await signPeriod();
  await press('PageUp');
  await panel.getByText('Signed by Márta Horváth').waitFor();
  await press('F4');
  await expect.poll(() => head.textContent(), { timeout: 10_000 }).toBe(month);
  await panel.getByText('Signed by Márta Horváth').waitFor();
});

test('C3 the report of the month is previewed, and its points are saved as a file that can be read again', async () => {
  const opened = bench.app.waitForEvent('window');
  await press('F9');
  const preview = await opened;
  await preview.waitForLoadState();
  await preview.close();
  const file = join(folder, 'points.csv');
  await bench.app.evaluate(({ dialog: asked }, path) => {
    asked.showSaveDialog = async () => ({ canceled: false, filePath: path });
  }, file);
  await press('F5');
  await page
    .getByText(/points saved as points\.csv/)
    .first()
    .waitFor();
  const [head = '', first = ''] = readFileSync(file, 'utf8').split(/\r?\n/);
  expect(head).toContain('instrument,test,material,lot,level,value,time');
  expect(first).toContain('CHEM1,');
  await bench.app.evaluate(({ dialog: asked }, path) => {
    asked.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, file);
});

test('W14 figures of a peer group stand beside the own ones as SDI and CVI', async () => {
  const file = join(folder, 'peer.csv');
  const month = await page.getByRole('heading', { name: /^CHEM1, \d{4}-\d\d$/ }).textContent();
  const head = 'month,instrument,test,material,lot,level,n,mean,sd';
  writeFileSync(file, `${head}\n${month?.slice(-7)},CHEM1,ALB,Level,LOT100,1,310,43.4,0.8\n`);
  await bench.app.evaluate(({ dialog: asked }, path) => {
    asked.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, file);
  await press('F7');
  await dialog().getByText('Columns: month, instrument, test').waitFor();
  await press('Enter');
  await dialog().getByText('1 line would be taken').waitFor();
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await row('Albumin').first().click();
  const panel = page.getByRole('complementary', { name: 'Period' });
  await panel.getByText('SDI, CVI').waitFor();
});

test('C3 the chart that is looked at is printed with F9', async () => {
  await press('Alt+1');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
  await press('Home', 'Enter');
  await page.getByRole('img', { name: /Levey-Jennings chart/ }).waitFor();
  const opened = bench.app.waitForEvent('window');
  await press('F9');
  const preview = await opened;
  await preview.waitForLoadState();
  await preview.close();
  expect(bench.errors).toEqual([]);
});
