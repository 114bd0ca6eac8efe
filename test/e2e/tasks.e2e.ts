/** The tasks screen in the real window, by keyboard: a critical call recorded there, a rerun that is taken back, and the way to each. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { busyMorning } from './scenes/busy.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  scene = await prepareScene({
    requisitions: 12,
    received: 10,
    measured: 4,
    patients: 40,
    also: busyMorning,
  });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  await signIn(bench, scene.people.lead);
  await page.keyboard.press('7');
  await page.getByRole('grid', { name: 'Tasks' }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

const panel = () => page.getByRole('complementary', { name: 'Task' });
const rows = () => page.locator('.ag-row');
const cursorRow = () => page.locator('.ag-row-selected');
const dialog = () => page.getByRole('dialog');
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

test('open calls stand here with their age, and a call is recorded with who, to whom and the read-back', async () => {
  await rows().first().waitFor();
  const open = await rows().count();
  expect(open).toBeGreaterThanOrEqual(2);
  await press('Home');
  await cursorRow().getByText('Critical call').waitFor();
  await cursorRow()
    .getByText(/^\d+ min$/)
    .waitFor();
  await panel()
    .getByText(/(HH|LL) critical/)
    .waitFor();
  await press('F10');
  await dialog().getByText('Record the call of a critical value').waitFor();
  await page.keyboard.type('Dr Byrne, ICU', { delay: 45 });
  await press('Enter');
  await dialog().getByText('Needed: ask for it to be read back').waitFor();
  await press('Tab', 'Space', 'Enter');
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(() => rows().count(), { timeout: 10_000 }).toBe(open - 1);
  await press('Alt+2');
  await rows().first().getByText('Called Dr Byrne, ICU, read back.').waitFor();
  await rows().first().getByText('Sam Okafor').waitFor();
  await press('F10');
  await page.getByText('No call is due for this task.').waitFor();
});

test('Enter opens the result of a task, and a rerun asked for there comes and goes here', async () => {
  await press('Alt+1', 'Home');
  await cursorRow().waitFor();
  const what = await cursorRow().locator('.lv-medium').first().textContent();
  await press('Enter');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  const why = page.getByRole('complementary', { name: 'Why' });
  await why
    .getByText((what ?? '').split(' ')[0] ?? 'nothing', { exact: true })
    .first()
    .waitFor();
  await press('F5');
  await page.getByText(/Rerun asked for/).waitFor();
  await press('7');
  await page.getByRole('grid', { name: 'Tasks' }).waitFor();
  await rows().getByText('Rerun').waitFor();
  await press('Control+z');
  await rows().getByText('Rerun').waitFor({ state: 'detached' });
  await press('Alt+2');
  await rows().getByText('taken back').waitFor();
  expect(bench.errors).toEqual([]);
});

test('keys pressed faster than the window can draw act in their order, each on the screen before it', async () => {
  const ended = page.getByRole('radio', { name: /^Ended/ });
  for (let round = 0; round < 5; round++) {
    await press('3', 'Alt+3');
    await page.getByRole('grid', { name: 'Results' }).waitFor();
    await press('7', 'Alt+2');
    await expect.poll(() => ended.isChecked()).toBe(true);
  }
});
