/**
 * Pictures of quality control, light and dark: `node test/e2e/scenes/qc.ts [renderer folder]`.
 * They go to out/screenshots/qc-*.png.
 */
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, signIn } from './prepare.ts';
import { qcMorning } from './qc-morning.ts';

const scene = await prepareScene({
  requisitions: 24,
  received: 16,
  measured: 12,
  released: 5,
  also: (_tech, engine) => qcMorning(engine),
});
const [, , renderer] = process.argv;
const bench = await startBench({
  station: scene.station,
  dataDir: scene.dataDir,
  key: scene.key,
  ...(renderer === undefined ? {} : { renderer }),
});
const { page } = bench;
try {
  await signIn(bench, scene.people.supervisor);
  for (const analyser of Object.values(scene.analysers)) analyser.start();
  await page.keyboard.press('4');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
  await page.waitForTimeout(600);
  await bench.screenshots('qc-today');
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: /Levey-Jennings/ }).waitFor();
  await page.waitForTimeout(600);
  await bench.screenshots('qc-chart');
  await page.keyboard.press('z');
  await page.waitForTimeout(400);
  await bench.screenshots('qc-overlay');
  await page.keyboard.press('z');
  await page.keyboard.press('-');
  await page.waitForTimeout(500);
  await bench.screenshots('qc-90-days');
  await page.keyboard.press('F6');
  await page.waitForTimeout(300);
  await bench.screenshots('qc-action');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+o');
  await page.waitForTimeout(300);
  await bench.screenshots('qc-override');
  await page.keyboard.press('Escape');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageDown');
  await page.getByRole('img', { name: /Albumin/ }).waitFor();
  await page.waitForTimeout(400);
  await bench.screenshots('qc-warning');
  await page.getByText('Lots', { exact: true }).click();
  await page.waitForTimeout(500);
  await bench.screenshots('qc-lots');
  await page.keyboard.press('Control+n');
  await page.waitForTimeout(300);
  await bench.screenshots('qc-new-lot');
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
