/** Sign-out by keyboard: read, conclude, sign with the PIN, the next case is there; send back, correct, print, record a call. */

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { scanCode, signIn } from './scenes/prepare.ts';
import { prepareSignout, type SignoutScene } from './scenes/signout.ts';

let scene: SignoutScene;
let bench: Bench;
let page: Page;

const queue = () => page.getByRole('listbox');
const cases = () => queue().getByRole('option');
const chosen = () => queue().getByRole('option', { selected: true });
const report = () => page.getByRole('article', { name: 'Report' });
const pin = () => page.getByLabel('PIN');
const textOf = async (where: Locator): Promise<string> => (await where.textContent()) ?? '';
const count = (of: string) => page.getByRole('radio', { name: new RegExp(`^${of} \\d+`) });
const countOf = async (of: string): Promise<number> =>
  Number(/(\d+)$/.exec((await textOf(count(of).locator('xpath=..'))).trim())?.[1]);

const poll = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 10_000 });

const lists = ['Waiting', 'Signed today', 'Sent back', 'Corrected'] as const;

/** Opens a list by its key and waits until all its cases are there; gives how many. */
async function open(list: (typeof lists)[number]): Promise<number> {
  await page.keyboard.press('Escape');
  await page.keyboard.press(`Alt+${lists.indexOf(list) + 1}`);
  await queue()
    .and(page.getByLabel(list, { exact: true }))
    .waitFor();
  await poll(async () => (await cases().count()) === (await countOf(list))).toBe(true);
  return cases().count();
}

/** Moves the cursor to the first case from here on for which the condition holds. */
async function seek(holds: () => Promise<boolean>): Promise<void> {
  await page.keyboard.press('Home');
  for (let tries = await cases().count(); tries > 0; tries -= 1) {
    await report().waitFor();
    if (await holds()) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error('no such case in the queue');
}

const mayBeSigned = async (): Promise<boolean> => (await pin().count()) === 1;

async function typePin(text: string): Promise<void> {
  await page.keyboard.type(text, { delay: 50 });
}

beforeAll(async () => {
  scene = await prepareSignout({ history: 1500 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(10_000);
  await signIn(bench, scene.people.pathologist);
  await page.keyboard.press('5');
  await report().waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

test('from the question to the signature, case after case, without leaving the PIN (C4)', async () => {
  const waiting = await open('Waiting');
  await seek(mayBeSigned);
  const first = await textOf(chosen());

  // A wrong PIN signs nothing and says so beside the field.
  await page.keyboard.press('F8');
  await poll(() => pin().evaluate((field) => field === document.activeElement)).toBe(true);
  await typePin('0000');
  await page.keyboard.press('Enter');
  await page.getByText('That is not your PIN. Nothing was signed.').waitFor();
  expect(await pin().inputValue()).toBe('');
  expect(await cases().count()).toBe(waiting);

  // The right one signs what was read; the next case is there, the focus still in the PIN.
  await typePin(scene.people.pathologist.pin);
  await page.keyboard.press('F8');
  await poll(() => cases().count()).toBe(waiting - 1);
  expect(await textOf(chosen())).not.toBe(first);
  await page.getByText(/^Signed: /).waitFor();
  await report().waitFor();
  const signed = await countOf('Signed today');
  expect(signed).toBe(5);
  await page.keyboard.press('Escape');
});

test('a conclusion is written where it stands, kept when the field is left, and undone', async () => {
  const waiting = await open('Waiting');
  await seek(mayBeSigned);
  const bound = async () => (await textOf(page.getByText(/^[0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}$/))).trim();
  const before = await bound();
  await page.keyboard.press('F2');
  await page.keyboard.type('Nothing unusual.', { delay: 45 });
  await page.keyboard.press('Escape');
  await page.getByText('Conclusion changed').waitFor();
  await poll(bound).not.toBe(before);
  await page.keyboard.press('Control+z');
  await poll(bound).toBe(before);
  expect(await page.getByLabel('Conclusion').inputValue()).toBe('');

  // Written and signed in one go: what was just typed is part of what is signed.
  await page.keyboard.press('F2');
  await page.keyboard.type('Repeat in four weeks.', { delay: 45 });
  await page.keyboard.press('F8');
  await typePin(scene.people.pathologist.pin);
  await page.keyboard.press('Enter');
  await poll(() => cases().count()).toBe(waiting - 1);
  await open('Signed today');
  await page.keyboard.press('Home');
  await report().getByText('Repeat in four weeks.').waitFor();
  await report().getByText('Signed', { exact: false }).first().waitFor();
});

test('a critical value needs its call before the signature (V3)', async () => {
  await open('Waiting');
  // Only what the signing box says counts: the foot of the window may still say a sentence of before.
  const against = page
    .getByRole('form', { name: 'Signature' })
    .getByText('Critical and the call not recorded');
  // Read at once, never by waiting for the element: it goes with the last call.
  const uncalled = async (): Promise<string[]> =>
    (await against.allTextContents()).flatMap((text) => text.split(': ')[1]!.split(', '));
  await seek(async () => (await against.count()) > 0);
  expect(await pin().count()).toBe(0);
  const dialog = page.getByRole('dialog');
  for (let left = (await uncalled()).length; left > 0; left -= 1) {
    await page.keyboard.press('F10');
    await dialog.waitFor();
    const told = dialog.getByLabel('Whom you told: name and place');
    await poll(() => told.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.type('Ward 2A, Sr Kelly', { delay: 45 });
    await dialog.getByRole('checkbox').check();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await poll(async () => (await uncalled()).length).toBe(left - 1);
  }
  await pin().waitFor();
});

test('sent back with a reason, it leaves the queue and stands under Sent back', async () => {
  const waiting = await open('Waiting');
  const back = await countOf('Sent back');
  await page.keyboard.press('F7');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('A reason is needed').waitFor();
  await page.keyboard.type('Is the date of birth right?', { delay: 45 });
  await page.keyboard.press('Enter');
  await poll(() => cases().count()).toBe(waiting - 1);
  await poll(() => countOf('Sent back')).toBe(back + 1);
  await open('Sent back');
  await seek(async () => (await page.getByText('Is the date of birth right?').count()) > 0);
});

test('a correction shows old and new value, and every version can be read (C1 k)', async () => {
  await open('Waiting');
  await seek(async () => (await report().getByText('Corrected report').count()) > 0);
  await report()
    .getByRole('region', { name: /^Correction of / })
    .waitFor();
  await report().getByText(`Requisition ${scene.corrected}`).waitFor();
  await page.keyboard.press('[');
  await page.getByText('A newer version replaces this one. It is kept and never overwritten.').waitFor();
  expect(await report().getByText('Corrected report').count()).toBe(0);
  await page.keyboard.press(']');
  await report().getByText('Corrected report').waitFor();
});

test('a signed report is opened again as a correction, with its reason', async () => {
  const waiting = await open('Waiting');
  await open('Signed today');
  await seek(async () => (await page.getByRole('button', { name: /Open a correction/ }).count()) > 0);
  await page.keyboard.press('F2');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('Name of the requester was wrong', { delay: 45 });
  await page.keyboard.press('Enter');
  await report().getByText('Corrected report').waitFor();
  await poll(() => cases().count()).toBe(waiting + 1);
  await page.getByText('Name of the requester was wrong').first().waitFor();
});

test('print preview opens the PDF in its own window; a PDF is saved where the person says', async () => {
  const opened = bench.app.waitForEvent('window');
  await page.keyboard.press('F9');
  const preview = await opened;
  await preview.waitForLoadState();
  await preview.close();
  const saved = await bench.app.evaluate(async ({ dialog }) => {
    const answers: string[] = [];
    dialog.showSaveDialog = async (...args: unknown[]) => {
      const options = args.at(-1) as { defaultPath?: string };
      answers.push(options.defaultPath ?? '');
      Reflect.set(globalThis, 'askedFor', answers);
      return { canceled: true, filePath: '' };
    };
    return answers.length;
  });
  expect(saved).toBe(0);
  await page.keyboard.press('Control+s');
  await expect
    .poll(() => bench.app.evaluate(() => Reflect.get(globalThis, 'askedFor') as string[] | undefined))
    .toEqual([expect.stringMatching(/report-REQ-\d+-\d\.pdf$/)]);
});

test('a scanned tube leads to its report, wherever it stands; what is unknown is said', async () => {
  await open('Waiting');
  await page.keyboard.press('Home');
  await report().waitFor();
  const number = await textOf(
    report()
      .locator('.lv-mono', { hasText: /^\d\d-\d{3}-/ })
      .first(),
  );
  await open('Sent back');
  await scanCode(bench, number.replaceAll('-', ''));
  await poll(() => count('Waiting').isChecked()).toBe(true);
  await report().getByText(number).waitFor();
  await scanCode(bench, '0103453120000011');
  await page.getByText(/0103453120000011 leads to no report/).waitFor();
});

test('F3 finds by name without accents, and Escape shows all again', async () => {
  const all = await open('Waiting');
  const name = (await textOf(chosen().locator('bdi'))).normalize('NFD').replace(/\p{M}/gu, '');
  await page.keyboard.press('F3');
  await page.keyboard.type(name, { delay: 45 });
  await poll(() => cases().count()).toBeLessThan(all);
  await page.keyboard.press('Escape');
  await poll(() => cases().count()).toBe(all);
});

test('a technician sees the queue and why he cannot sign', async () => {
  await page.keyboard.press('F12');
  await signIn(bench, scene.people.technician);
  await page.keyboard.press('5');
  await report().waitFor();
  await page.getByText('A pathologist signs this report.').waitFor();
  expect(await pin().count()).toBe(0);
  await page.keyboard.press('F8');
  await page.getByText('Only a pathologist signs, writes conclusions and sends back.').first().waitFor();
  expect(bench.errors).toEqual([]);
});
