/** The results screen in the real window, by keyboard: decide, release, call, rerun, comment, reject, correct, and rows arriving meanwhile. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { busyMorning } from './scenes/busy.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;
/** Serum tubes on which nothing was measured yet. */
let waiting: string[] = [];

beforeAll(async () => {
  scene = await prepareScene({
    requisitions: 16,
    received: 15,
    measured: 9,
    released: 2,
    history: 400,
    patients: 40,
    also: async (tech) => {
      await busyMorning(tech);
      const rows = await tech.rows('worklist.list', { filter: 'waiting' });
      const fresh = rows.filter((row) => row.cap === 'gold' && row.measured === 0 && row.released === 0);
      waiting = fresh.map((row) => row.accessionIdentifier);
    },
  });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  await signIn(bench, scene.people.lead);
  await page.keyboard.press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

const panel = () => page.getByRole('complementary', { name: 'Why' });
const cursorRow = () => page.locator('.ag-row-selected');
/** Number of the specimen under the cursor, as the panel writes it. */
const cursorNumber = async (): Promise<string> =>
  (await panel()
    .getByText(/^\d\d-\d{3}-/)
    .first()
    .textContent()) ?? '';

const dialog = () => page.getByRole('dialog');
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};
const typed = async (text: string): Promise<void> => page.keyboard.type(text, { delay: 45 });

/** The number beside a filter. */
async function count(filter: string): Promise<number> {
  const text = await page
    .locator('.lv-segment', { hasText: filter })
    .locator('.lv-segment-count')
    .textContent();
  return Number((text ?? '').replace(/\D/g, ''));
}

async function until<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > end) throw new Error(`still ${String(value)}`);
    await page.waitForTimeout(50);
  }
}

/** Finds one result by what stands in its row; the cursor is on it when this ends. */
async function goTo(words: string, filter = 'Alt+1'): Promise<void> {
  await press('Escape', filter, 'F3', 'Control+a');
  await typed(words);
  await press('Enter');
  const test = words.split(' ')[0] ?? words;
  const others = page.locator('.ag-row', { hasNotText: new RegExp(test, 'i') });
  await until(
    () => others.count(),
    (n) => n === 0,
  );
  await press('Home');
  await cursorRow().waitFor();
}

/** A scanner: all characters and Enter at once, faster than anyone types however busy the machine is. */
async function scan(code: string): Promise<void> {
  await Promise.all([...code, 'Enter'].map((key) => page.keyboard.press(key)));
}

test('the filters count what they show, and arrows, Enter and Space work from the start', async () => {
  await press('Alt+3');
  const ready = await until(
    () => count('Ready'),
    (n) => n > 20,
  );
  expect((await count('Held')) + ready + (await count('Blocked'))).toBe(await count('To decide'));
  await cursorRow().waitFor();
  const first = await cursorRow().getAttribute('row-index');
  await press('ArrowDown', 'Enter', 'Space');
  expect(Number(await cursorRow().getAttribute('row-index'))).toBe(Number(first) + 2);
  await page.getByText('1 selected').waitFor();
  await press('Escape');
  await page.getByText('1 selected').waitFor({ state: 'detached' });
});

test('several ready results are released together, after one question with the facts', async () => {
  await press('Alt+3', 'Home', 'Space', 'ArrowDown', 'Space', 'ArrowDown', 'Space');
  await page.getByText('3 can be released').waitFor();
  const [ready, released] = [await count('Ready'), await count('Released')];
  await press('F8');
  await dialog().getByText('Release 3 results?').waitFor();
  await press('Escape');
  await dialog().waitFor({ state: 'detached' });
  expect(await count('Ready')).toBe(ready);
  await press('F8');
  await dialog().getByText('No rule holds them.').waitFor();
  await press('Enter');
  await until(
    () => count('Released'),
    (n) => n === released + 3,
  );
  expect(await count('Ready')).toBe(ready - 3);
  await cursorRow().waitFor();
});

test('a held critical result says why, gets its call recorded, and goes out with a comment', async () => {
  await goTo('haemoglobin', 'Alt+2');
  const number = await cursorNumber();
  await panel().getByText('LL critical').waitFor();
  await panel().getByText('Call due').waitFor();
  await panel().getByText('not evaluated', { exact: true }).waitFor();
  await press('F4');
  await panel().getByText('The value is a number.').waitFor();
  await press('F4', 'F8');
  await dialog().getByText('The call of 1 critical value is not recorded.').waitFor();
  await press('F10');
  await dialog().getByText('Record the call of a critical value').waitFor();
  await press('Enter');
  await dialog().getByText('Write who was told').waitFor();
  await typed('Sr Kelly, Ward 6B');
  await press('Tab', 'Space', 'Enter');
  await dialog().getByText('Release Haemoglobin').waitFor();
  await press('Enter');
  await dialog().getByText('A held result goes out with a comment').waitFor();
  await typed('Agrees with the clinical picture.');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await goTo(`haemoglobin ${number}`, 'Alt+5');
  await panel().getByText('Called Sr Kelly, Ward 6B').waitFor();
  await panel().getByText('Released by Sam Okafor').waitFor();
});

test('a rerun is asked for at once and taken back with Ctrl+Z', async () => {
  await goTo('potassium', 'Alt+2');
  await press('F5');
  await page.getByText(/Rerun asked for Potassium/).waitFor();
  await cursorRow().getByText('rerun').waitFor();
  await press('F8');
  await page.getByText('A rerun is asked for and has not arrived.').first().waitFor();
  expect(await dialog().count()).toBe(0);
  await press('Control+z');
  await cursorRow().getByText('rerun').waitFor({ state: 'detached' });
});

test('a comment is kept when the field is left, and stays with its result', async () => {
  await goTo('potassium', 'Alt+2');
  await press('F6', 'Control+a');
  await typed('Not haemolysed after a second look.');
  await press('Escape');
  await panel().getByText('kept', { exact: true }).waitFor();
  await goTo('glucose', 'Alt+2');
  expect(await page.getByLabel('Comment').inputValue()).toBe('');
  await goTo('potassium', 'Alt+2');
  expect(await page.getByLabel('Comment').inputValue()).toBe('Not haemolysed after a second look.');
});

test('a rejected result needs a reason and stays visible as rejected', async () => {
  await goTo('glucose', 'Alt+2');
  const number = await cursorNumber();
  await press('Delete');
  await dialog().getByText('Reject Glucose?').waitFor();
  await press('Enter');
  await dialog().getByText('Write the reason').waitFor();
  await typed('Clot in the specimen');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await goTo(`glucose ${number}`, 'Alt+6');
  await cursorRow().locator('[data-state="rejected"]').waitFor();
  await panel().getByText('Rejected: Clot in the specimen.').waitFor();
});

test('a released result is corrected: a new version, judged again, not released by who entered it', async () => {
  await press('Escape', 'Escape', 'Alt+5', 'Home');
  await cursorRow().waitFor();
  await panel()
    .getByText(/^Released by/)
    .waitFor();
  await press('F2');
  await dialog().getByText('Right value').waitFor();
  await typed('7.7');
  await press('Tab');
  await typed('Wrong tube read');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await panel().getByText('version 2').first().waitFor();
  await panel().getByText('Versions').waitFor();
  await panel().getByText('Who entered it may not release it.').waitFor();
});

test('a value is entered by hand for a test that waits', async () => {
  const before = await count('To decide');
  await press('Escape', 'Control+n');
  // The tests of the specimen under the cursor are there, or that nothing waits on it.
  await dialog().locator('.lv-choice, .lv-field-error').first().waitFor();
  await scan(waiting.at(-1) ?? 'none');
  await dialog().getByLabel('Test').waitFor();
  await dialog().getByLabel('Value', { exact: true }).focus();
  await typed('7.1');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await until(
    () => count('To decide'),
    (n) => n === before + 1,
  );
});

test('a scan goes to its specimen wherever the focus is, and says what a wrong one is', async () => {
  await press('Escape', 'Escape', 'Alt+6', 'End');
  const wanted = await cursorNumber();
  await press('Alt+4', 'F3');
  await scan(wanted.replaceAll('-', ''));
  await page.getByText(/, shown \d\d:\d\d/).waitFor();
  await panel().getByText(wanted).waitFor();
  expect(await page.getByPlaceholder('Find in results').inputValue()).toBe('');
  await scan('0103453120000011');
  await page.getByText('is not a specimen. Scan a tube.').waitFor();
  await panel().getByText(wanted).waitFor();
});

test('results that arrive do not move the cursor from its record', async () => {
  scene.analysers.CHEM1!.start();
  await press('Escape', 'Escape', 'Alt+6', 'Home', 'ArrowDown', 'ArrowDown');
  const id = await cursorRow().getAttribute('row-id');
  const before = await count('All today');
  const [next] = waiting;
  const outcome = await scene.analysers.CHEM1!.run(next ?? 'none');
  expect(outcome.outcome).toBe('acknowledged');
  await until(
    () => count('All today'),
    (n) => n > before,
  );
  expect(await cursorRow().getAttribute('row-id')).toBe(id);
  expect(bench.errors).toEqual([]);
});
