/**
 * Pictures of the views beside the Levey-Jennings chart, light and dark: `node test/e2e/scenes/qc-views.ts`.
 * They go to out/screenshots/qc-view-*.png.
 */

import { EngineClient } from '../../contract/engine-client.ts';
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, scenePeople, signIn } from './prepare.ts';
import { qcMorning } from './qc-morning.ts';

const scene = await prepareScene({
  ...{ requisitions: 24, received: 16, measured: 12, released: 8, signed: 6 },
  also: async (_tech, engine) => {
    await qcMorning(engine);
    const client = new EngineClient(engine, 'eqa');
    const { username, secret, pin } = scenePeople.lead;
    await client.command('access.signIn', { username, secret });
    const day = (by: number): string => new Date(Date.now() + by * 86_400_000).toISOString().slice(0, 10);
    const specimens = ['EQ-1', 'EQ-2', 'EQ-3', 'EQ-4', 'EQ-5'];
    const event = { eventId: null, scheme: 'Example scheme', specimens, tests: ['NA', 'K'] };
    await client.command('eqa.save', { ...event, name: '2026-C', dueOn: day(-1) });
    const { eventId } = await client.command('eqa.save', { ...event, name: '2026-B', dueOn: day(-40) });
    const items = event.tests.flatMap((testCode) =>
      specimens.map((specimen, at) => ({ eventId, specimen, testCode, at })),
    );
    const target = { NA: 140, K: 4.2 } as Record<string, number>;
    for (const { at, ...one } of items) {
      const mean = (target[one.testCode] ?? 0) * (1 + at / 20);
      await client.command('eqa.result', { ...one, text: (mean * (at === 3 ? 1.09 : 1.004)).toFixed(1) });
    }
    await client.command('eqa.submit', { eventId, pin });
    for (const { at, ...one } of items) {
      const mean = (target[one.testCode] ?? 0) * (1 + at / 20);
      const limits = { low: (mean * 0.96).toFixed(2), high: (mean * 1.04).toFixed(2) };
      await client.command('eqa.outcome', {
        ...one,
        mean: mean.toFixed(2),
        sd: (mean / 60).toFixed(2),
        ...limits,
      });
    }
  },
});
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
  await page.keyboard.press('Escape');
  await page.getByRole('grid', { name: 'QC' }).waitFor();
  await page.getByText('Indicators', { exact: true }).click();
  await page.getByRole('grid', { name: 'Indicators' }).waitFor();
  await bench.screenshots('qc-view-indicators');
  await page.getByText('Controls rejected').click();
  await page.keyboard.press('Enter');
  await page.getByText('Controls rejected: cases').first().waitFor();
  await bench.screenshots('qc-view-cases');
  await page.getByText('EQA', { exact: true }).click();
  await page.getByText('Acceptable', { exact: true }).first().waitFor();
  await bench.screenshots('qc-view-eqa');
  await page.getByText('Today', { exact: true }).click();
  await page.getByText('is overdue').waitFor();
  await bench.screenshots('qc-view-today');
} finally {
  process.stdout.write(`${bench.errors.join('\n')}\n`);
  await bench.close({ keepData: true });
  await scene.stop();
  await stopLauncher();
}
