/** Controls as drift, Youden plot and histogram, and the laboratory's indicators with their cases, in the real window by keyboard. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from './harness.ts';
import { qcMorning } from './scenes/qc-morning.ts';
import { keysOf, openQc, type QcScreen } from './scenes/qc-screen.ts';

const WAIT = { timeout: 20_000 };
const folder = mkdtempSync(join(tmpdir(), 'levey-qc-views-'));
let screen: QcScreen | undefined;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  screen = await openQc({
    ...{ requisitions: 2, received: 1, patients: 20 },
    also: async (tech, engine) => {
      await qcMorning(engine);
      const [specimen] = await engine.bench.store.find('specimens', {
        selector: { status: { $eq: 'received' }, receivedTime: { $gt: '' } },
        limit: 1,
      });
      if (specimen === undefined) throw new Error('no specimen was received');
      await tech.command('accession.reject', {
        specimenId: specimen.id,
        conditionCode: 'RI',
        text: 'Another name on the tube',
      });
    },
  });
  ({ bench, page } = screen);
});

afterAll(async () => {
  await screen?.close();
  rmSync(folder, { recursive: true, force: true });
});

const { press, type, dialog, place } = keysOf(() => page);
/** F9: the preview of what is shown, a PDF in a window of its own, here as its words. It has vectors only. */
const printed = async (): Promise<string> => {
  const opened = bench.app.waitForEvent('window');
  await press('F9');
  const preview = await opened;
  const read = (): Promise<string> =>
    bench.app.evaluate(async ({ BrowserWindow }, url) => {
      const window = BrowserWindow.getAllWindows().find((one) => one.webContents.getURL() === url);
      const answer = await window?.webContents.session.fetch(url);
      return Buffer.from((await answer?.arrayBuffer()) ?? new ArrayBuffer(0)).toString('latin1');
    }, preview.url());
  let bytes = '';
  await expect
    .poll(async () => {
      bytes = await read();
      return bytes.slice(0, 5);
    }, WAIT)
    .toBe('%PDF-');
  await preview.close();
  const pdf = Buffer.from(bytes, 'latin1');
  expect(pdf.includes('/Subtype /Image')).toBe(false);
  const file = join(folder, 'shown.pdf');
  writeFileSync(file, pdf);
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
};
const said = (name: string) => page.getByRole('status', { name, exact: true }).textContent();

test('W11 a slow drift is shown beside the rules, explained at its point, and walked through by keyboard', async () => {
  await press('Enter');
  await page.getByRole('img', { name: /Levey-Jennings chart of Sodium/ }).waitFor();
  await press('v');
  const picture = page.getByRole('img', {
    name: /Drift of Sodium on CHEM1: CUSUM and EWMA of Level 1, Level 2/,
  });
  await picture.waitFor();
  await expect.poll(() => said('Drift'), WAIT).toMatch(/Level 2, .*EWMA rising: \+0\.\d\d, sums 3\.\d\d up/);
  await picture.getByText('EWMA rising', { exact: false }).waitFor();
  await press('ArrowLeft');
  await expect.poll(() => said('Drift'), WAIT).toContain('No drift');
  await press('Control+ArrowRight');
  await expect.poll(() => said('Drift'), WAIT).toContain('EWMA rising');
  const paper = await printed();
  expect(paper).toContain('Drift of controls: Sodium on CHEM1');
  expect(paper).toMatch(/Level 2 rising · .*EWMA to \+0\.\d\d/);
});

test('two levels against each other: the run is read out as systematic, others as inside, an excluded one as no part of it', async () => {
  await press('v');
  await page.getByRole('img', { name: /Youden plot of Level 1 and Level 2/ }).waitFor();
  await expect
    .poll(() => said('Youden'), WAIT)
    .toMatch(
      /Level 1 \+2\.\d\d, Level 2 \+3\.\d\d, Systematic: both levels are off together, together \+4\.\d\d SD/,
    );
  await press('ArrowLeft');
  await expect.poll(() => said('Youden'), WAIT).toContain('Inside the circle');
  await page.getByText('1 run with an excluded point', { exact: false }).waitFor();
  await press('Control+ArrowRight');
  await expect.poll(() => said('Youden'), WAIT).toContain('Systematic');
  const paper = await printed();
  expect(paper).toContain('Youden plot: Sodium on CHEM1');
  expect(paper).toMatch(/Level 1 \+2\.\d\d, Level 2 \+3\.\d\d SD · systematic/);
});

test('W12 the histogram counts in half SD steps, leaves the excluded point out, and is read bar by bar', async () => {
  await press('v');
  await page.getByRole('img', { name: /Histogram of Level 2/ }).waitFor();
  await page.getByText('1 excluded, as a struck ring: not counted').waitFor();
  await expect
    .poll(() => said('Histogram'), WAIT)
    .toMatch(/Level 2, 0\.0 to \+0\.5 SD, \d+ points?, \d+\.\d expected/);
  await press('ArrowRight');
  await expect.poll(() => said('Histogram'), WAIT).toContain('+0.5 to +1.0 SD');
  await press('ArrowUp');
  await expect.poll(() => said('Histogram'), WAIT).toContain('Level 1');
  const paper = await printed();
  expect(paper).toContain('Histogram of controls: Sodium on CHEM1');
  expect(paper).toContain('Excluded and not counted, as struck rings: 1.');
  await press('v');
  await page.getByRole('img', { name: /Levey-Jennings chart of Sodium/ }).waitFor();
  await press('Escape');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
});

test('C6 the indicators of the month lead to their cases, and a case to its record', async () => {
  await place('Indicators');
  const grid = page.getByRole('grid', { name: 'Indicators' });
  await grid.waitFor();
  const row = (text: string) => grid.locator('.ag-row').filter({ hasText: text });
  await row('Specimens mislabelled').waitFor();
  await row('Rejected: Identification problem (RI)').waitFor();
  await row('Contaminated cultures').getByText('not measured here').waitFor();
  expect(await printed()).toContain('Quality indicators');
  await row('Specimens mislabelled').click();
  await page.getByRole('complementary', { name: 'Indicator' }).getByText('Refused because').waitFor();
  await press('Enter');
  const cases = page.getByRole('grid', { name: 'Specimens mislabelled: cases' });
  await cases.getByText('RI Another name on the tube').waitFor();
  await press('Escape');
  await row('Controls rejected').click();
  await press('Enter');
  await page
    .getByRole('grid', { name: 'Controls rejected: cases' })
    .getByText('Sodium, CHEM1')
    .first()
    .waitFor();
  await press('Enter');
  await page.getByRole('img', { name: /Levey-Jennings chart of Sodium/ }).waitFor();
});

test('an overdue event of proficiency testing stands on today, gets its results, is submitted with the PIN and graded', async () => {
  await place('EQA');
  await page.getByText('No event is set up.').waitFor();
  await press('Control+n');
  await dialog().getByText('New event').waitFor();
  const fill = async (label: string | RegExp, text: string): Promise<void> => {
    await dialog()
      .getByLabel(label, { exact: typeof label === 'string' })
      .focus();
    await type(text);
  };
  await fill('Scheme', 'Example scheme');
  await fill('Event', 'B');
  await fill('Last day for results', '2026-01-31');
  await fill(/Survey specimens/, 'EQ-1, EQ-2');
  await fill(/Tests, by their codes/, 'NA');
  await press('Enter');
  await dialog().waitFor({ state: 'detached' });
  const row = (...words: string[]) =>
    words.reduce((rows, text) => rows.filter({ hasText: text }), page.locator('.ag-row'));
  await row('EQ-1', 'Sodium').waitFor();
  await place('Today');
  await page
    .getByRole('alert')
    .getByText('1 proficiency testing event is overdue: Example scheme B')
    .waitFor();
  await place('EQA');
  for (const [specimen, value, low, high] of [
    ['EQ-1', '141', '136', '144'],
    ['EQ-2', '130', '136', '144'],
  ] as const) {
    await row(specimen).click();
    await press('F2');
    await dialog().getByText(`Sodium of ${specimen}`, { exact: true }).waitFor();
    await type(value);
    await press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await row(specimen, value, 'typed').waitFor();
    if (specimen === 'EQ-1') continue;
    await press('F8');
    await dialog().getByText('Submit Example scheme B?').waitFor();
    await type(screen!.scene.people.supervisor.pin);
    await press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await row('Submitted').first().waitFor();
    for (const each of ['EQ-1', 'EQ-2']) {
      await row(each).click();
      await press('F6');
      await dialog().getByText(`Outcome: Sodium of ${each}`).waitFor();
      await fill('Target', '140');
      await fill('Lower limit', low);
      await fill('Upper limit', high);
      await press('Enter');
      await dialog().waitFor({ state: 'detached' });
    }
  }
  await row('EQ-1', 'Acceptable').waitFor();
  await row('EQ-2', 'Unacceptable').waitFor();
  await page
    .getByRole('complementary', { name: 'Event' })
    .getByText('50 % acceptable, unsatisfactory')
    .waitFor();
  expect(bench.errors).toEqual([]);
});
