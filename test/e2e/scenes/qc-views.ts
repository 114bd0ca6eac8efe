/**
 * Pictures of the views beside the Levey-Jennings chart, light and dark: `node test/e2e/scenes/qc-views.ts`.
 * They go to out/screenshots/qc-view-*.png.
 */
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, signIn } from './prepare.ts';
import { qcMorning } from './qc-morning.ts';

const scene = await prepareScene({ requisitions: 6, patients: 20, also: (_tech, engine) => qcMorning(engine) });
const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
const { page } = bench;
try {
  await signIn(bench, scene.people.supervisor);
  await page.keyboard.press('4');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: /Levey-Jennings/ }).waitFor();
  await page.keyboard.press('-');
  for (const [name, label] of [
    ['drift', /Drift of/],
    ['youden', /Youden plot of/],
    ['histogram', /Histogram of/],
  ] as const) {
    await page.keyboard.press('v');
    await page.getByRole('img', { name: label }).first().waitFor();
    await bench.screenshots(`qc-view-${name}`);
  }
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
