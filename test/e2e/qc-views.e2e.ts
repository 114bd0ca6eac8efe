/** Controls as drift, Youden plot and histogram, and the laboratory's indicators with their cases, in the real window by keyboard. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';
import { qcMorning } from './scenes/qc-morning.ts';

const WAIT = { timeout: 20_000 };
let scene: Scene;
let bench: Bench;
let page: Page;

beforeAll(async () => {
  scene = await prepareScene({
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
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  await signIn(bench, scene.people.supervisor);
  await press('4');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
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
  await expect.poll(() => said('Drift'), WAIT).toMatch(/Level 2, .*EWMA rising: \+0\.\d\d, sums \+3\.\d\d/);
  await picture.getByText('EWMA rising', { exact: false }).waitFor();
  await press('ArrowLeft');
  await expect.poll(() => said('Drift'), WAIT).toContain('No drift');
  await press('Control+ArrowRight');
  await expect.poll(() => said('Drift'), WAIT).toContain('EWMA rising');
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
  await press('v');
  await page.getByRole('img', { name: /Levey-Jennings chart of Sodium/ }).waitFor();
  await press('Escape');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
});

test('C6 the indicators of the month lead to their cases, and a case to its record', async () => {
  const places = page.getByRole('radiogroup', { name: 'Filter' });
  const count = await places.getByRole('radio').count();
  for (let at = 1; at <= count; at += 1) {
    await press(`Alt+${at}`);
    if (await places.getByRole('radio', { name: 'Indicators' }).isChecked()) break;
  }
  const grid = page.getByRole('grid', { name: 'Indicators' });
  await grid.waitFor();
  const row = (text: string) => grid.locator('.ag-row').filter({ hasText: text });
  await row('Specimens mislabelled').waitFor();
  await row('Rejected: Identification problem (RI)').waitFor();
  await row('Contaminated cultures').getByText('not measured here').waitFor();
  const opened = bench.app.waitForEvent('window');
  await press('F9');
  const preview = await opened;
  await preview.waitForLoadState();
  await preview.close();
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
  expect(bench.errors).toEqual([]);
});
