/** Charts of ten thousand controls in the real window: from the key that asks for one to the picture on the screen. */
import { buildAll } from '../../build/build.ts';
import type { Engine } from '../../main/engine/engine.ts';
import { startBench, stopLauncher } from '../e2e/harness.ts';
import { prepareScene, signIn } from '../e2e/scenes/prepare.ts';
import { postRuns, qcMorning } from '../e2e/scenes/qc-morning.ts';
import { below, type Metric, median, p95 } from './metric.ts';

const RUNS = 5_000;
const PAINTED_MS = 100;
const ROUNDS = 15;
const WAIT = { timeout: 30_000 };

/** The views in the order in which the key V leads through them, by how their pictures are named. */
const VIEWS = [
  ['Drift', 'Drift of Glucose'],
  ['Youden', 'Youden plot of'],
  ['Histogram', 'Histogram of'],
  ['Levey-Jennings', 'Levey-Jennings chart of Glucose'],
] as const;

type Bench = Awaited<ReturnType<typeof startBench>>;

/**
 * Milliseconds from a key to the frame in which the picture of this name is painted, after the last change of it: a frame later the page hears of it
 * by a message that waits for the painting.
 */
function painted({ page }: Bench, key: string, picture: string): Promise<number> {
  return page.evaluate(
    ({ key: name, picture: of }) =>
      new Promise<number>((resolve, reject) => {
        const from = performance.now();
        let ended = 0;
        const late = setTimeout(() => reject(new Error(`${of} was not drawn`)), 10_000);
        const shown = () => document.querySelector(`[role=img][aria-label^="${of}"]`) !== null;
        const observer = new MutationObserver(() => {
          if (!shown()) return;
          requestAnimationFrame(() => {
            const done = new MessageChannel();
            done.port1.onmessage = () => {
              ended = performance.now();
            };
            done.port2.postMessage(null);
          });
        });
        const place = document.querySelector('.qc-chart-place');
        if (place !== null) observer.observe(place, { subtree: true, childList: true, attributes: true });
        window.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
        // What follows within half a second belongs to it.
        const quiet = setInterval(() => {
          if (ended === 0 || performance.now() - ended < 500) return;
          clearInterval(quiet);
          clearTimeout(late);
          observer.disconnect();
          resolve(ended - from);
        }, 50);
      }),
    { key, picture },
  );
}

/** Prepares a laboratory with ten thousand controls of one test, opens its chart, and measures each view and a step in it. */
export async function* paintedCharts(say: (line: string) => void): AsyncGenerator<Metric> {
  await buildAll();
  const scene = await prepareScene({
    requisitions: 1,
    patients: 5,
    also: async (_tech, engine: Engine) => {
      await qcMorning(engine);
      await postRuns(engine, { instrument: 'CHEM1', testCode: 'GLU', runs: RUNS });
    },
  });
  const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  const { page } = bench;
  try {
    await signIn(bench, scene.people.supervisor);
    await page.keyboard.press('4');
    await page.getByRole('grid', { name: 'QC' }).waitFor(WAIT);
    await page.keyboard.press('F3');
    await page.keyboard.type('glucose', { delay: 45 });
    await page.keyboard.press('Enter');
    await page.locator('.ag-row', { hasText: 'Glucose' }).first().waitFor(WAIT);
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /Levey-Jennings chart of Glucose/ }).waitFor(WAIT);
    for (const days of ['90', '1 year', 'All']) {
      say(`to ${days}`);
      await page.keyboard.press('-');
      await page.waitForTimeout(1_500);
    }
    await page.getByRole('img', { name: /[45]\d{3} runs/ }).waitFor(WAIT);
    const session = await page.context().newCDPSession(page);
    // In the time the page's thread really had: what else runs on the machine is no part of it.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const worked = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find((one) => one.name === 'TaskDuration')?.value ?? 0) * 1_000;
    };
    const shown: number[][] = VIEWS.map(() => []);
    const work: number[][] = VIEWS.map(() => []);
    const steps: number[][] = VIEWS.map(() => []);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [at, [, picture]] of VIEWS.entries()) {
        const before = await worked();
        shown[at]?.push(await painted(bench, 'v', picture));
        work[at]?.push((await worked()) - before);
        steps[at]?.push(await painted(bench, round % 2 === 0 ? 'ArrowLeft' : 'ArrowRight', picture));
      }
    }
    for (const [at, [name]] of VIEWS.entries()) {
      const all = `${name}, ${2 * RUNS} points`;
      const [drawn, worked, step] = [shown[at] ?? [], work[at] ?? [], steps[at] ?? []];
      yield below('qc', `${all}: to painted, median`, median(drawn), 'ms', PAINTED_MS);
      yield below('qc', `${all}: to painted, p95`, p95(drawn), 'ms', PAINTED_MS);
      yield below('qc', `${all}: time of the page’s thread, p95`, p95(worked), 'ms', PAINTED_MS);
      yield below('qc', `${all}: a step, median`, median(step), 'ms', PAINTED_MS);
    }
    if (bench.errors.length > 0) throw new Error(bench.errors.join('\n'));
  } finally {
    await bench.close();
    await scene.stop();
    await stopLauncher();
  }
}
