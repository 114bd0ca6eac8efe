/** Quality control in the real window, by keyboard: W2, W3, W12, W13 and C4 from a control that fails to the results it put in doubt. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';
import { qcMorning } from './scenes/qc-morning.ts';

let scene: Scene;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  scene = await prepareScene({
    requisitions: 12,
    received: 10,
    measured: 8,
    released: 2,
    patients: 40,
    also: (_tech, engine) => qcMorning(engine, { trouble: false }),
  });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  await signIn(bench, scene.people.supervisor);
  for (const analyser of Object.values(scene.analysers)) analyser.start();
  await page.keyboard.press('4');
  await list().waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

const list = () => page.getByRole('grid', { name: 'QC' });
const chart = () => page.getByRole('img', { name: /Levey-Jennings chart of Sodium on CHEM1/ });
const panel = () => page.getByRole('complementary', { name: 'Control' });
const spoken = () => page.getByRole('status', { name: 'Point looked at' });
const dialog = () => page.getByRole('dialog');
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};
const type = (text: string): Promise<void> => page.keyboard.type(text, { delay: 45 });
/** The analyser tells times to the second: two runs of one second would be one measurement. */
const runQc = async (level: 1 | 2, shift: number): Promise<void> => {
  await new Promise((done) => setTimeout(done, 1_100));
  await scene.analysers.CHEM1.runQc({ tests: ['Na'], level, shift });
};
const firstRow = () => page.locator('.ag-row[row-index="0"]');

test('W2 a control that fails on the analyser stands first in the list, stops release, and the strip says so', async () => {
  await list().getByText('Sodium').waitFor();
  expect(await page.locator('.ag-row').filter({ hasText: 'Rejected' }).count()).toBe(0);
  await runQc(2, 8);
  await firstRow().getByText('Rejected').waitFor({ timeout: 20_000 });
  await firstRow().getByText('Sodium').waitFor();
  await firstRow().getByText('1-3s').waitFor();
  await firstRow().getByText('action missing').waitFor();
  await page.getByText('1 rejected').waitFor();
  await page.getByRole('button', { name: /QC, 1/ }).waitFor();
  await press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  const blocked = page.locator('.ag-row').filter({ hasText: 'Sodium' }).filter({ hasText: 'Blocked · QC' });
  await blocked.first().waitFor();
  await blocked.first().click();
  await page
    .getByRole('complementary', { name: 'Why' })
    .getByText(/The control Level 2 was rejected: .*1-3s/)
    .waitFor();
  await press('F8');
  expect(await dialog().count()).toBe(0);
});

test('F4 on a blocked result leads to the chart, which explains the rule with its numbers, and is walked by keyboard', async () => {
  await press('F4');
  await chart().waitFor();
  await page.getByText('Sodium on CHEM1: release is stopped').waitFor();
  await panel().getByText('1-3s, Level 2').waitFor();
  await panel()
    .getByText(/The rule fires beyond 3/)
    .waitFor();
  await expect
    .poll(() => spoken().textContent())
    .toMatch(/^Level 2, .* mmol\/L, \+\d+\.\d\d SD, Rejected by 1-3s/);
  const here = await spoken().textContent();
  await press('ArrowLeft');
  await expect.poll(() => spoken().textContent()).not.toBe(here);
  expect(await spoken().textContent()).toContain('Level 2');
  await press('ArrowUp');
  await expect.poll(() => spoken().textContent()).toMatch(/^Level 1, /);
  await press('Home');
  await panel().getByText('run 1 of').waitFor();
  await press('ArrowLeft');
  await page.getByText('This is the first run shown.').waitFor();
  await press('Control+ArrowRight');
  await expect.poll(() => spoken().textContent()).toMatch(/(Warning|Rejected) by/);
  await press('-');
  await page.getByRole('img', { name: /6\d runs/ }).waitFor();
  await press('z');
  const overlay = page.getByRole('radio', { name: 'Overlay' });
  await expect.poll(() => overlay.isChecked()).toBe(true);
  await press('z');
  await expect.poll(() => overlay.isChecked()).toBe(false);
  await press('+');
  await page.getByRole('img', { name: /3\d runs/ }).waitFor();
});

test('W13 a corrective action is kept, a repeat in control frees release, and the look-back still names the results between', async () => {
  await press('End');
  await expect.poll(() => spoken().textContent()).toMatch(/Level 2/);
  await press('F6');
  await dialog().getByText('What was done: Sodium, Level 2').waitFor();
  await type('Old vial, opened a new one.');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await panel().getByText('Márta Horváth: New vial: Old vial, opened a new one.').waitFor();
  await page.getByText('Sodium on CHEM1: release is stopped').waitFor();
  await runQc(2, 0);
  await page.getByText('Sodium on CHEM1: release is stopped').waitFor({ state: 'detached', timeout: 20_000 });
  await page.getByText(/results of Sodium between good controls/).waitFor();
  const look = page.getByRole('grid', { name: 'Look-back' });
  await look.locator('.ag-row').first().waitFor();
  const found = await look.locator('.ag-row').count();
  expect(found).toBeGreaterThan(0);
  await press('F8');
  await page.getByText(/repeats? of Sodium asked for/).waitFor();
  await look.getByText('repeat asked for').first().waitFor();
  await press('Control+z');
  await look.getByText('repeat asked for').first().waitFor({ state: 'detached' });
  // How far the levels moved, against their points before.
  const shift = page.getByRole('status', { name: 'Shift' });
  await expect
    .poll(() => shift.textContent())
    .toMatch(/Level 2 [+−]\d+\.\d\d SD \([+−]\d+\.\d+ mmol\/L, [+−]\d+\.\d %\)/);
  // One released result is measured again; the repeat waits beside it until somebody decides.
  const released = look.locator('.ag-row').filter({ hasText: 'Released' }).first();
  const specimen = (await released.locator('.lv-mono').first().textContent()) ?? '';
  const its = () => look.locator('.ag-row').filter({ hasText: specimen });
  await released.click();
  await press('Space', 'F8');
  await page.getByText('1 repeat of Sodium asked for').waitFor();
  await scene.analysers.CHEM1.run(specimen.replaceAll(/[^A-Z0-9]/g, ''));
  await its().getByText('repeat is here: decide, F5').waitFor({ timeout: 20_000 });
  await press('F5');
  await dialog().getByText(`Repeat of ${specimen}`).waitFor();
  await bench.screenshots('qc-repeat');
  await dialog().getByLabel('Decision').selectOption({ label: 'Correct it to the repeat' });
  await dialog().getByLabel('Reason').focus();
  await press('Enter');
  await dialog().getByText('Needed: say it in a few words').waitFor();
  await type('The control had drifted.');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await page.getByText('Corrected: the new version waits for its release.').waitFor();
  await expect.poll(() => its().getByText('repeat is here').count(), { timeout: 10_000 }).toBe(0);
  await press('Escape');
  await list().waitFor();
  const sodium = page.locator('.ag-row').filter({ hasText: 'Sodium' });
  await sodium.getByText(/In control|Warning/).waitFor();
  await press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  await expect.poll(() => page.getByText('Blocked · QC').count(), { timeout: 10_000 }).toBe(0);
  // Nothing went out by itself: a person releases what waited for the control.
  const waiting = () =>
    page
      .locator('.ag-row')
      .filter({ hasText: 'Sodium' })
      .filter({ hasText: /Ready|Held/ });
  const count = await waiting().count();
  expect(count).toBeGreaterThan(0);
  await waiting().first().click();
  await press('F8');
  const release = dialog().getByRole('button', { name: /^Release \d/ });
  await release.waitFor();
  const comment = dialog().getByRole('textbox');
  if ((await comment.count()) > 0) {
    await comment.first().focus();
    await type('Controls are good again.');
  }
  await release.click();
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(() => waiting().count(), { timeout: 10_000 }).toBeLessThan(count);
});

test('C4 a supervisor releases in spite of a control with reason and PIN; W12 an excluded point stays with its reason', async () => {
  await press('4');
  await list().waitFor();
  await runQc(1, -9);
  await firstRow().getByText('Rejected').waitFor({ timeout: 20_000 });
  await press('Home', 'Control+o');
  await dialog().getByText('Release Sodium on CHEM1 in spite of the control?').waitFor();
  await type('Second analyser agrees.');
  await press('Tab', 'Tab');
  await type('0000');
  await press('Enter');
  await dialog().getByRole('alert').waitFor();
  await dialog().getByLabel('PIN').focus();
  await type(scene.people.supervisor.pin);
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await firstRow()
    .getByText(/until \d\d:\d\d|until \d+ \w+/)
    .waitFor();
  await panel()
    .getByText(/Second analyser agrees\./)
    .waitFor();
  await press('Enter');
  await chart().waitFor();
  await page.getByText(/Sodium on CHEM1: released on a decision/).waitFor();
  await press('Delete');
  await dialog().getByText('Exclude this point of Level 1?').waitFor();
  await type('Bubble in the cup.');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(() => spoken().textContent()).toMatch(/^Level 1, .*Excluded, Bubble in the cup\.$/);
  await panel()
    .getByText(/Bubble in the cup\., Márta Horváth/)
    .first()
    .waitFor();
});

test('a control typed by hand is judged at once, and an event is marked on the charts of the instrument', async () => {
  await press('F2');
  await dialog().getByText('Sodium on CHEM1: control by hand').waitFor();
  await type('140,9');
  await dialog().getByLabel('Measured at').fill('six');
  await press('Enter');
  await dialog().getByText('Write 06:00, or nothing for now').waitFor();
  await dialog().getByLabel('Measured at').fill('');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  // The point stands on the chart as soon as the engine has judged it.
  await expect
    .poll(async () => {
      await press('End');
      return spoken().textContent();
    })
    .toMatch(/^Level 1, .*140,9 mmol\/L, \+0\.\d\d SD, (In control|Warning)/);
  await press('F7');
  await dialog().getByText('Mark an event on CHEM1').waitFor();
  await type('after the electrode');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await panel().getByText('Calibration: after the electrode').waitFor();
});

test('W14 a new lot gets its vial and its target, and from then on its level is asked for (W13)', async () => {
  await page.getByRole('radio', { name: 'Lots' }).check({ force: true });
  await page.getByRole('grid', { name: 'Lots' }).waitFor();
  await press('Control+n');
  await dialog().getByText('New lot').waitFor();
  for (const text of ['Level', '3', 'LOT301', 'Example Controls', '2099-12-31', '168', 'QC-L3']) {
    await type(text);
    await press('Tab');
  }
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  const row = page.locator('.ag-row').filter({ hasText: 'LOT301' });
  await row.click();
  await press('F6');
  await dialog().getByText('Target of Level 3, LOT301').waitFor();
  await dialog().getByLabel('Test', { exact: true }).selectOption({ label: 'Sodium' });
  await dialog().getByLabel('Mean').focus();
  await type('160');
  await press('Tab');
  await type('3.2');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await page.locator('.ag-row').filter({ hasText: 'LOT301' }).filter({ hasText: '160' }).waitFor();
  await press('F5');
  await dialog()
    .getByText(/Open a new vial of Level 3, LOT301/)
    .waitFor();
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('complementary', { name: 'Lot' }).getByText('Vial opened').waitFor();
  await press('Alt+1');
  await list().waitFor();
  const sodium = page.locator('.ag-row').filter({ hasText: 'Sodium' });
  await sodium.getByText('Overdue').waitFor();
  await sodium.getByText('Level 3', { exact: true }).waitFor();
  await sodium.getByText('due', { exact: true }).waitFor();
  expect(bench.errors).toEqual([]);
});
