/**
 * How long a chart of ten thousand points takes from the key to the painted picture: `node test/e2e/scenes/qc-speed.ts`. Prints figures in ms:
 * `first` with the points fetched from the engine, `again` with the points in the window, `step` for one step of the walk.
 */
import type { Engine } from '../../../main/engine/engine.ts';
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, signIn } from './prepare.ts';
import { postRuns, qcMorning } from './qc-morning.ts';

const scene = await prepareScene({
  requisitions: 4,
  also: async (_tech, engine: Engine) => {
    await qcMorning(engine);
    await postRuns(engine, { instrument: 'CHEM1', testCode: 'GLU', runs: 5_000 });
  },
});
const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
const { page } = bench;

/** ms from a key to the frame after the chart changed. */
function timed(key: string): Promise<number> {
  return page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const chart = document.querySelector('.qc-chart-place');
        const from = performance.now();
        const observer = new MutationObserver(() => {
          observer.disconnect();
          requestAnimationFrame(() => {
            const painted = new MessageChannel();
            painted.port1.onmessage = () => resolve(performance.now() - from);
            painted.port2.postMessage(null);
          });
        });
        if (chart !== null)
          observer.observe(chart, {
            subtree: true,
            attributes: true,
            attributeFilter: ['d', 'aria-label', 'x'],
          });
        window.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
      }),
    key,
  );
}

try {
  await signIn(bench, scene.people.supervisor);
  await page.keyboard.press('4');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
  await page.keyboard.press('F3');
  await page.keyboard.type('glucose', { delay: 45 });
  await page.keyboard.press('Enter');
  await page.keyboard.press('F4');
  await page.getByRole('img', { name: /Glucose/ }).waitFor();
  for (const _ of [90, 365]) {
    await page.keyboard.press('-');
    await page.waitForTimeout(700);
  }
  await page.keyboard.press('-');
  const began = Date.now();
  await page.getByRole('img', { name: /[45]\d{3} runs/ }).waitFor({ timeout: 15_000 });
  const first = Date.now() - began;
  await page.waitForTimeout(500);
  const again: number[] = [];
  const steps: number[] = [];
  for (let time = 0; time < 8; time += 1) {
    await timed('+');
    await page.waitForTimeout(300);
    again.push(await timed('-'));
    await page.waitForTimeout(300);
  }
  for (let time = 0; time < 12; time += 1) {
    steps.push(await timed('ArrowLeft'));
    await page.waitForTimeout(100);
  }
  const say = (list: readonly number[]): string =>
    [...list]
      .sort((a, b) => a - b)
      .map((one) => one.toFixed(0))
      .join(' ');
  process.stdout.write(`first ${first}\nagain ${say(again)}\nstep ${say(steps)}\n`);
  await bench.screenshots('qc-ten-thousand');
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
