/** The worklists in the real window: what waits, values typed down the column, live while an analyser sends, scans. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, scanCode, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 16, received: 10, measured: 2, released: 1, labelled: 1 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(10_000);
  await signIn(bench, scene.people.technician);
  await page.keyboard.press('2');
  await list().first().waitFor();
});

afterAll(async () => {
  await bench?.close({ keepData: true });
  await scene?.stop();
  await stopLauncher();
});

const list = () => page.getByRole('grid', { name: /Specimens on the bench/ }).locator('[row-id]');
const panel = () => page.getByRole('complementary', { name: 'Specimen and its tests' });
const fields = () => panel().getByRole('textbox');
const type = (text: string): Promise<void> => page.keyboard.type(text, { delay: 55 });
/** The specimen number in the panel. */
async function shown(): Promise<string> {
  return /\d\d-\d{3}-\w\w-\w{4}-\w/.exec((await panel().textContent()) ?? '')?.[0] ?? '';
}
const focused = (): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);

test('F2 and Enter go down the tests, then on to the next specimen; values stay as typed', async () => {
  const first = await shown();
  const count = await fields().count();
  expect(count).toBeGreaterThan(0);
  const names = await fields().evaluateAll((found) => found.map((one) => one.getAttribute('aria-label')));
  await page.keyboard.press('F2');
  for (let at = 0; at < count; at += 1) {
    expect(await focused()).toBe(names[at]);
    await type(`1${at}.50`);
    await page.keyboard.press('Enter');
  }
  await page.waitForFunction(
    (number) => !document.querySelector('aside.lv-panel')?.textContent?.includes(number),
    first,
  );
  await page.locator('input:focus').waitFor();
  expect(await shown()).not.toBe(first);
  await page.keyboard.press('Escape');

  await scanCode(bench, first);
  await page.getByText(first, { exact: true }).last().waitFor();
  await panel().getByText('10.50', { exact: true }).waitFor();
  expect(await fields().count()).toBe(0);
  await panel().getByText('Nothing of this specimen waits.').waitFor();
  expect(bench.errors).toEqual([]);
});

test('what an analyser sends stands in the panel by itself; the cursor stays on its record', async () => {
  await page.keyboard.press('Alt+3');
  const rows = await list().count();
  const tube = page
    .getByRole('grid', { name: /Specimens on the bench/ })
    .locator('[row-id]')
    .filter({ hasText: 'CHEM1' })
    .last();
  await tube.click();
  const display = await shown();
  const before = await fields().count();
  expect(before).toBeGreaterThan(0);
  scene.analysers.CHEM1.start();
  const run = await scene.analysers.CHEM1.run(display.replaceAll('-', ''));
  expect(run.outcome).toBe('acknowledged');
  await panel()
    .getByText(run.results[0]?.text ?? '', { exact: true })
    .first()
    .waitFor();
  await panel().getByText('Nothing of this specimen waits.').waitFor();
  expect(await shown()).toBe(display);
  expect(await list().count()).toBe(rows);
  expect(bench.errors).toEqual([]);
});

test('the filters count what they show; the instrument filter goes on with I', async () => {
  const count = async (name: string): Promise<number> => {
    const text = await page.locator('.lv-segment').filter({ hasText: name }).textContent();
    return Number(/\d+/.exec((text ?? '').replace(name, ''))?.[0]);
  };
  for (const [key, name] of [
    ['Alt+1', 'Waiting'],
    ['Alt+2', 'Measured'],
    ['Alt+3', 'All today'],
  ] as const) {
    await page.keyboard.press(key);
    const wanted = await count(name);
    await expect.poll(() => list().count()).toBe(wanted);
  }
  await page.keyboard.press('Alt+1');
  await page.keyboard.press('i');
  await expect.poll(() => page.getByRole('radio', { name: 'CHEM1' }).isChecked()).toBe(true);
  const left = await list().allTextContents();
  for (const text of left) expect(text).toContain('CHEM1');
  expect(bench.errors).toEqual([]);
});

test('a code that is not on the bench is named', async () => {
  await page.keyboard.press('Alt+2');
  await scanCode(bench, 'REQ-88120401');
  await page.getByText('is not on the bench').waitFor();
  expect(bench.errors).toEqual([]);
});
