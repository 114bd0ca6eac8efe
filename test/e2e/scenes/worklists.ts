/**
 * Pictures of the worklists, light and dark: `node test/e2e/scenes/worklists.ts [renderer folder]`.
 * They go to out/screenshots/worklists-*.png.
 */
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, signIn } from './prepare.ts';

const scene = await prepareScene({ requisitions: 40, received: 30, measured: 12, released: 6, history: 300 });
const [, , renderer] = process.argv;
const bench = await startBench({
  station: scene.station,
  dataDir: scene.dataDir,
  key: scene.key,
  ...(renderer === undefined ? {} : { renderer }),
});
const { page } = bench;
try {
  await signIn(bench, scene.people.technician);
  await page.keyboard.press('2');
  await page.getByRole('grid', { name: /Specimens on the bench/ }).waitFor();
  await page.waitForTimeout(600);
  await bench.screenshots('worklists-waiting');
  await page.keyboard.press('F2');
  await page.keyboard.type('5.4', { delay: 60 });
  await page.waitForTimeout(300);
  await bench.screenshots('worklists-entry');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+3');
  await page.waitForTimeout(500);
  await bench.screenshots('worklists-all');
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
