/** Pictures of the results screen on a busy morning, in light and dark: `node test/e2e/scenes/results.ts`. */
import { startBench, stopLauncher } from '../harness.ts';
import { busyMorning } from './busy.ts';
import { prepareScene, signIn } from './prepare.ts';

const scene = await prepareScene({
  requisitions: 30,
  received: 26,
  measured: 22,
  released: 3,
  history: 2500,
  patients: 60,
  also: busyMorning,
});
const bench = await startBench({
  station: scene.station,
  dataDir: scene.dataDir,
  key: scene.key,
  ...(process.env.LEVEY_WINDOW ? { renderer: process.env.LEVEY_WINDOW } : {}),
});
try {
  await signIn(bench, scene.people.lead);
  const { page } = bench;
  await page.keyboard.press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  for (const analyser of Object.values(scene.analysers)) analyser.start();
  await page.keyboard.press('Alt+6');
  await page.locator('.ag-row').nth(5).waitFor();
  await page.waitForTimeout(400);
  console.log(await bench.screenshots('results'));
  for (const key of ['Alt+2', 'Space', 'ArrowDown', 'ArrowDown', 'Space', 'F4']) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
  console.log(await bench.screenshots('results-why'));
  await page.keyboard.press('F8');
  await page.waitForTimeout(300);
  console.log(await bench.screenshots('results-release'));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.waitForTimeout(100);
  await page.keyboard.type('rel', { delay: 60 });
  await page.waitForTimeout(300);
  console.log(await bench.screenshots('results-palette'));
  console.log('errors', bench.errors);
} finally {
  await bench.close();
  await scene.stop();
  await stopLauncher();
}
