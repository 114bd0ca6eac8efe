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
});
const { page } = bench;
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
};
const shoot = async (name: string): Promise<void> => {
  await page.waitForTimeout(300);
  console.log((await bench.screenshots(name)).light);
};
try {
  await signIn(bench, scene.people.lead);
  for (const analyser of Object.values(scene.analysers)) analyser.start();
  await press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  await press('Alt+6');
  await page.locator('.ag-row').nth(5).waitFor();
  await shoot('results');
  await press('Alt+2', 'Home', 'Space', 'ArrowDown', 'ArrowDown', 'Space', 'F4');
  await shoot('results-why');
  await press('F8');
  await shoot('results-release');
  await press('Escape', 'Control+k');
  await page.keyboard.type('rel', { delay: 60 });
  await shoot('results-palette');
  await press('Escape', 'Escape', 'F4', 'F3');
  await page.keyboard.type('potass', { delay: 60 });
  await press('Enter', 'Home');
  await shoot('results-critical');
  await press('F8');
  await shoot('results-release-critical');
  await press('F10');
  await page.keyboard.type('Sr Kelly, Ward 6B', { delay: 50 });
  await shoot('results-call');
  await press('Escape', 'Escape', 'F5');
  await shoot('results-rerun');
  await press('Control+z', 'Delete');
  await shoot('results-reject');
  await press('Escape', 'Control+n');
  await shoot('results-enter');
  await press('Escape', 'Escape', 'Alt+5', 'F2');
  await shoot('results-correct');
  await page.keyboard.type('2.9', { delay: 60 });
  await press('Tab');
  await page.keyboard.type('Wrong tube read', { delay: 60 });
  await press('Enter');
  await page.waitForTimeout(1500);
  await shoot('results-corrected');
  await press('Escape', 'Alt+4');
  await shoot('results-empty');
  await press('Alt+3');
  await press('Alt+7');
  await press('Control+a', 'Home');
  await shoot('results-by-test');
  await press('Escape');
  await press('Alt+7');
  await bench.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setContentSize(1100, 760),
  );
  await press('Alt+2');
  await shoot('results-narrow');
  await press('F4');
  await shoot('results-narrow-why');
  await bench.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 900),
  );
  await press('7');
  await page.getByRole('grid', { name: 'Tasks' }).waitFor();
  await shoot('tasks');
  await press('Alt+2');
  await shoot('tasks-ended');
  console.log('errors', bench.errors);
} finally {
  await bench.close();
  await scene.stop();
  await stopLauncher();
}
