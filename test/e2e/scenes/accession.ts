/**
 * Pictures of accession, light and dark, of a laboratory at work: `node test/e2e/scenes/accession.ts [renderer folder]`.
 * They go to out/screenshots/accession-*.png.
 */
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, scanCode, signIn } from './prepare.ts';

const scene = await prepareScene({
  requisitions: 40,
  received: 14,
  measured: 6,
  released: 3,
  labelled: 3,
  history: 200,
});
const [, , renderer] = process.argv;
const bench = await startBench({
  station: scene.station,
  dataDir: scene.dataDir,
  key: scene.key,
  ...(renderer === undefined ? {} : { renderer }),
});
const { page } = bench;
const type = (text: string, delay = 55): Promise<void> => page.keyboard.type(text, { delay });
const scan = (code: string): Promise<void> => scanCode(bench, code);
try {
  await signIn(bench, scene.people.technician);
  await page.getByRole('grid', { name: /Open requisitions/ }).waitFor();
  await page.waitForTimeout(500);
  await bench.screenshots('accession-open');
  await scan(scene.requisitions[18] ?? '');
  await page.getByText('Requisition found').waitFor();
  await page.waitForTimeout(500);
  await bench.screenshots('accession-planned');
  await page.getByLabel('Collector').waitFor();
  await type('K. Obi');
  await page.keyboard.press('Enter');
  await type('n');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor({ timeout: 5000 });
  await page.waitForTimeout(700);
  await bench.screenshots('accession-drawn');
  await page.keyboard.press('F8');
  await page.waitForTimeout(700);
  await bench.screenshots('accession-received');
  await page.keyboard.press('Delete');
  await page.waitForTimeout(500);
  await bench.screenshots('accession-reject');
  await page.keyboard.press('Escape');
  await scan('0103453120000011');
  await page.waitForTimeout(500);
  await bench.screenshots('accession-wrong');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+n');
  await page.waitForTimeout(300);
  await type('44');
  await page.waitForTimeout(900);
  await bench.screenshots('accession-find');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
  await type('re');
  await page.waitForTimeout(500);
  await bench.screenshots('accession-new');
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
