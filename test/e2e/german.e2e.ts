/**
 * The window in German: chosen from the commands, on every screen, with no word cut off, every column on the screen of a small window, and kept
 * over a restart.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';
import { qcMorning } from './scenes/qc-morning.ts';

const WAIT = { timeout: 20_000 };
const screens: [key: string, title: string][] = [
  ['1', 'Annahme'],
  ['2', 'Arbeitslisten'],
  ['3', 'Ergebnisse'],
  ['4', 'QK'],
  ['5', 'Befundung'],
  ['6', 'Geräte'],
  ['7', 'Aufgaben'],
  ['8', 'Katalog'],
  ['9', 'Abgleich'],
  ['0', 'Verwaltung'],
];
let scene: Scene;
let bench: Bench;
let sentences: readonly string[];

beforeAll(async () => {
  sentences = await englishSentences();
  scene = await prepareScene({
    ...{ requisitions: 4, received: 3, measured: 2, patients: 20 },
    also: async (_tech, engine) => {
      await qcMorning(engine);
    },
  });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

/** The sentences of the English texts that have nothing filled in. */
async function englishSentences(): Promise<readonly string[]> {
  const folder = join(projectRoot, 'renderer', 'i18n', 'en');
  const found: string[] = [];
  const collect = (texts: object): void => {
    for (const text of Object.values(texts)) {
      if (typeof text !== 'string') collect(text as object);
      else if (!text.includes('{{') && /\p{L}{2,}(?: \p{L}{2,}){2}/u.test(text)) found.push(text);
    }
  };
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts')))
    collect(((await import(join(folder, file))) as { default: object }).default);
  return found;
}

const press = (key: string): Promise<void> => bench.page.keyboard.press(key);

/** Words of buttons, heads and keys that do not fit their place. */
const cutWords = (): Promise<string[]> =>
  bench.page.evaluate(() =>
    [
      ...document.querySelectorAll(
        'h1, h2, button, button span, nav span, .ag-header-cell-text, .lv-state-crit .lv-state-word',
      ),
    ]
      .filter(
        (one) =>
          one.clientWidth > 1 &&
          one.scrollWidth > one.clientWidth + 1 &&
          getComputedStyle(one).overflowX !== 'visible',
      )
      .map((one) => one.textContent ?? ''),
  );

/** Grids with columns that are off the screen: what stands there, the state of a record, nobody finds. */
const offTheScreen = (): Promise<string[]> =>
  bench.page.evaluate(() =>
    [...document.querySelectorAll('.ag-header-container')]
      .filter((one) => {
        // Columns outside are not drawn: the width of all of them is that of what holds them.
        const place = one.parentElement?.clientWidth ?? 0;
        return place > 1 && one.getBoundingClientRect().width > place + 1;
      })
      .map((one) => one.closest('[role=grid], [role=treegrid]')?.getAttribute('aria-label') ?? '?'),
  );

/** On the smallest window of a bench, 1280 x 800, every column of every grid is on the screen. */
async function checkSmall(what: string): Promise<void> {
  await bench.resize(1280, 800);
  await expect.poll(offTheScreen, { ...WAIT, message: `off the screen in ${what}` }).toEqual([]);
  await bench.resize(1440, 900);
}

/** What is shown is German, and nothing of it is cut off. */
async function check(what: string): Promise<void> {
  await expect.poll(cutWords, { ...WAIT, message: `cut off in ${what}` }).toEqual([]);
  const shown = (await bench.page.locator('body').allTextContents()).join('');
  expect(
    sentences.filter((sentence) => shown.includes(sentence)),
    `English in ${what}`,
  ).toEqual([]);
}

test('German is chosen from the commands, and every screen speaks it, with no word cut off', async () => {
  expect(sentences.length).toBeGreaterThan(500);
  await signIn(bench, scene.people.admin);
  await press('Control+k');
  await bench.page.getByRole('dialog').waitFor(WAIT);
  await bench.page.keyboard.type('Deutsch', { delay: 55 });
  await bench.page.getByRole('option', { name: 'Deutsch' }).waitFor(WAIT);
  await press('Enter');
  await bench.page.getByRole('navigation', { name: 'Bereiche' }).waitFor(WAIT);
  for (const [key, title] of screens) {
    await press(key);
    await bench.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor(WAIT);
    await check(title);
    // Befundung lists its cases without a grid; everywhere else there is one to be measured.
    if (title !== 'Befundung') await bench.page.locator('.ag-header-cell').first().waitFor(WAIT);
    await checkSmall(title);
  }
});

test('so do the places of quality control, its charts and the set-up of the server', async () => {
  await press('4');
  await bench.page.getByRole('heading', { level: 1, name: 'QK', exact: true }).waitFor(WAIT);
  for (const name of ['Chargen', 'Monat', 'Regeln', 'Ringversuche', 'Kennzahlen', 'Heute']) {
    const place = bench.page.getByRole('radiogroup', { name: 'Filter' }).getByRole('radio', { name });
    await place.check({ force: true });
    await check(name);
    await checkSmall(name);
  }
  await bench.page.getByRole('grid', { name: 'QK' }).waitFor(WAIT);
  await press('F4');
  for (const name of [/^Levey-Jennings/, /^Drift von/, /^Youden-Diagramm/, /^Histogramm/]) {
    await bench.page.getByRole('img', { name }).first().waitFor(WAIT);
    await check(name.source);
    await press('v');
  }
  await press('9');
  await bench.page.getByRole('heading', { level: 1, name: 'Abgleich', exact: true }).waitFor(WAIT);
  await press('F2');
  await bench.page.getByRole('heading', { level: 1, name: 'Zentraler Server', exact: true }).waitFor(WAIT);
  await check('Zentraler Server');
  expect(bench.errors).toEqual([]);
});

test('at the next start the window still speaks German', async () => {
  await bench.close({ keepData: true });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  await bench.page
    .getByText('Namen wählen oder eingeben')
    .or(bench.page.getByText(/PIN eingeben/))
    .first()
    .waitFor(WAIT);
  expect(await bench.page.locator('html').getAttribute('lang')).toBe('de');
  expect(bench.errors).toEqual([]);
});
