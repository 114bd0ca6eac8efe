/** Accession by scanner and keyboard alone, in the real window: label, receive, undo, reject, wrong scans, a requisition by hand. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, scanCode, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 20, received: 4, labelled: 2 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(8_000);
  await signIn(bench, scene.people.technician);
});

afterAll(async () => {
  await bench?.close({ keepData: true });
  await scene?.stop();
  await stopLauncher();
});

const scan = (code: string): Promise<void> => scanCode(bench, code);
const type = (text: string): Promise<void> => page.keyboard.type(text, { delay: 55 });
const said = (text: string | RegExp) => page.locator('.lv-acc-said').getByText(text).first().waitFor();
const tubes = () => page.getByRole('grid', { name: 'Tubes in draw order' }).locator('[row-id]');
const requisition = (index: number): string => scene.requisitions[index] ?? '';
/** Scans a requisition and waits until it is the one on screen. */
async function open(number: string): Promise<void> {
  await scan(number);
  await page.locator('.lv-acc-order').getByText(number, { exact: true }).waitFor();
  await tubes().first().waitFor();
}
/** Specimen numbers on screen, in draw order. */
async function numbers(): Promise<string[]> {
  const texts = await tubes().allTextContents();
  return texts.map((text) => /\d\d-\d{3}-\w\w-\w{4}-\w/.exec(text)?.[0] ?? '');
}

test('scan, collector once, label: printed as shown; then every tube is received by its scan', async () => {
  await page.getByRole('grid', { name: /Open requisitions/ }).waitFor();
  const printed = scene.printer.labels.length;
  await open(requisition(8));
  await page.getByLabel('Collector').waitFor();
  await type('K. Obi');
  await page.keyboard.press('Enter');
  await type('n');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor();
  const made = await numbers();
  expect(made.length).toBeGreaterThan(0);
  expect(new Set(made).size).toBe(made.length);
  await scene.printer.control.printed(printed + made.length);
  await page
    .getByText(/^Printed \d\d:\d\d$/)
    .first()
    .waitFor();
  const labels = scene.printer.labels.slice(printed).map((label) => label.zpl);
  for (const number of made) expect(labels.some((zpl) => zpl.includes(number))).toBe(true);
  await page.getByRole('img', { name: `Label of ${made[0]}` }).waitFor();
  await page.getByText('complete', { exact: true }).waitFor();

  for (const number of made) {
    await scan(number);
    await said(`Received ${number}`);
  }
  await page.getByText('It was the last tube of this requisition. Scan the next one.').waitFor();
  expect(await page.getByRole('button', { name: /^Receive/ }).getAttribute('aria-disabled')).toBe('true');

  // The collector is offered again; only the time is asked.
  await open(requisition(9));
  expect(await page.getByLabel('Collector').inputValue()).toBe('K. Obi');
  await page.locator('input:focus').waitFor();
  expect(await page.getByLabel('Collected at').evaluate((field) => field === document.activeElement)).toBe(
    true,
  );
  await type('2561');
  await page.keyboard.press('Enter');
  await page.getByText('Not a time: 0625, or 28 2350 with the day.').waitFor();
  expect((await numbers()).every((number) => number === '')).toBe(true);
  expect(bench.errors).toEqual([]);
});

test('a tube scanned twice, a box, a wrong check character and an unknown code say what they are', async () => {
  await open(requisition(4));
  const [number = ''] = await numbers();
  await scan(number);
  await said(`Received ${number}`);
  await scan(number);
  await said(new RegExp(`^${number} was received at`));
  await scan('0103453120000011');
  await said('0103453120000011 is a product code: a box, not a tube');
  const plain = number.replaceAll('-', '');
  const wrong = `${plain.slice(0, -1)}${plain.endsWith('7') ? '8' : '7'}`;
  await scan(wrong);
  await said(`${wrong} is not a specimen number`);
  await scan('NOSUCH-77');
  await said('NOSUCH-77 is no requisition, tube or patient on this station');
  // The requisition stays on screen.
  expect(await numbers()).toContain(number);

  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor();
  await page.keyboard.press('F8');
  await said(`Received ${number}`);
  expect(bench.errors).toEqual([]);
});

test('the wristband is compared; another patient’s stops the labels', async () => {
  await open(requisition(10));
  const own = (await page.locator('.lv-acc-who .lv-mono').textContent())?.trim() ?? '';
  await scan(own);
  await said('The wristband is this patient’s');
  await open(requisition(11));
  await scan(own);
  await said(/^The wristband is of another patient/);
  const forward = page.locator('.lv-panel-foot .lv-button').first();
  expect(await forward.getAttribute('aria-disabled')).toBe('true');
  await page.keyboard.press('F8');
  expect((await numbers()).every((number) => number === '')).toBe(true);
  expect(bench.errors).toEqual([]);
});

test('a tube is rejected with its reason, in words', async () => {
  await open(requisition(5));
  await page.keyboard.press('Delete');
  await page.getByRole('dialog').waitFor();
  await page.getByRole('radio', { name: /Haemolysis/ }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await type('Clotted, 2 cm');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await tubes().getByText('Clotted, 2 cm').waitFor();
  expect(bench.errors).toEqual([]);
});

test('a patient and a requisition by hand, by keyboard', async () => {
  await page.keyboard.press('Control+n');
  await page.getByLabel('Patient', { exact: true }).waitFor();
  await type('Zzyzx');
  await page.getByText('No patient “Zzyzx” on this station.').waitFor();
  await page.keyboard.press('F2');
  for (const text of ['99 0001', 'Brannigan', 'Siobhán', '', '1971-11-30']) {
    if (text !== '') await type(text);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await type('Ward 3C');
  await page.keyboard.press('Enter');
  await page.getByLabel('Tests and panels').waitFor();
  await page.getByRole('complementary').getByText('BRANNIGAN Siobhán').waitFor();
  await type('lytes');
  await page.keyboard.press('Enter');
  await type('crp');
  await page.keyboard.press('Enter');
  await page.keyboard.press('F8');
  await said('Requisition found');
  await page.getByText('BRANNIGAN Siobhán').first().waitFor();
  // The collector of the requisition before is offered; another one collected this time.
  await page.locator('input:focus').waitFor();
  await page.keyboard.press('Shift+Tab');
  await type('R. Walsh');
  await page.keyboard.press('Enter');
  await type('n');
  await page.keyboard.press('F8');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor();
  expect(bench.errors).toEqual([]);
});

test('with the printer away labels wait and say so; they come out when it is back', async () => {
  await scene.printer.control.goOffline();
  await open(requisition(12));
  const before = scene.printer.labels.length;
  await page.getByLabel('Collected at').waitFor();
  await type('n');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor();
  await page.getByText('LABEL1 does not answer').waitFor({ timeout: 30_000 });
  await scene.printer.control.goOnline();
  await scene.printer.control.printed(before + (await numbers()).length);
  await page.getByText('LABEL1 ready').waitFor({ timeout: 30_000 });
  expect(bench.errors).toEqual([]);
});

test('a label as a page of its own, for a station without a label printer', async () => {
  await open(requisition(0));
  await tubes().first().click();
  const opened = bench.app.waitForEvent('window');
  await page.keyboard.press('Control+s');
  const preview = await opened;
  expect(preview.url()).toMatch(/^levey:\/\/document\/[0-9a-f]{32}\.pdf$/);
  // Chromium's viewer really shows it: its own page is inside the window.
  await expect.poll(() => shownByViewer(), { timeout: 20_000 }).toBe(true);
  await preview.close();
  expect(bench.errors).toEqual([]);
});

/** True when a viewer of PDFs runs and has loaded its document. */
function shownByViewer(): Promise<boolean> {
  return bench.app.evaluate(({ webContents }) =>
    webContents
      .getAllWebContents()
      .some((one) => one.getURL().startsWith('chrome-extension://') && one.mainFrame.frames.length > 0),
  );
}
