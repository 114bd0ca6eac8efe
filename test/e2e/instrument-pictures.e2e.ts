/** An HL7 analyser in the window: its segments beside the reason of an exception, its pictures there and beside the result. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineClient } from '../contract/engine-client.ts';
import { freePort } from '../contract/free-port.ts';
import { MllpPeer } from '../contract/mllp-peer.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { histogramPng } from './scenes/histogram.ts';
import { prepareScene, type Scene, scanCode, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let analyser: MllpPeer;
/** A received tube whose sodium was not measured yet. */
let tube = '';
const png = histogramPng([
  { at: 0.3, height: 0.8 },
  { at: 0.65, height: 0.35 },
]).toString('base64');

async function waitingTube(tech: EngineClient): Promise<void> {
  const rows = await tech.rows('worklist.list', { filter: 'waiting' });
  const row = rows.find((one) => one.tests.some((t) => t.code === 'NA' && t.state === 'waiting'));
  tube = row?.accessionIdentifier ?? '';
}

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 8, received: 8, measured: 1, patients: 40, also: waitingTube });
  expect(tube).not.toBe('');
  const port = await freePort();
  scene.station.instruments = [
    ...(scene.station.instruments ?? []),
    { id: 'LAW1', profile: 'generic-law', transport: { kind: 'tcpServer', port } },
  ];
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  bench.page.setDefaultTimeout(12_000);
  await signIn(bench, scene.people.lead);
  analyser = await MllpPeer.connect(port);
  const obx = (n: number, code: string, value: string) =>
    `OBX|${n}|NM|${code}||${value}|mmol/L|||||F|||||tech||SN4^ANA|20260729064000`;
  analyser.send('OUL^R22^OUL_R22', [
    `SPM|1|${tube}||SER|||||||P`,
    'OBR|1|""||NA',
    obx(1, 'NA', '139'),
    obx(2, 'NA-X', '0.7'),
    `OBX|3|ED|15008^WBC histogram||^Image^PNG^Base64^${png}||||||F`,
  ]);
  await analyser.next('ACK^R22');
});

afterAll(async () => {
  analyser?.close();
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

/** The picture was drawn, not only put there. */
const drawn = (name: string) =>
  bench.page.getByRole('img', { name }).evaluate((image) => (image as HTMLImageElement).naturalWidth);

test('M7 an exception of an HL7 message shows its segment, the field at fault, and the pictures of its message', async () => {
  const { page } = bench;
  await page.keyboard.press('6');
  await page.getByRole('heading', { name: 'Instruments', exact: true }).waitFor();
  await page.keyboard.press('Alt+2');
  await page.getByRole('grid', { name: 'Exceptions' }).getByText('NA-X').waitFor();
  const detail = page.getByRole('region', { name: 'Exception' });
  await detail.getByText('not in the map').waitFor();
  await detail.getByText(/^OBX 2/).waitFor();
  expect((await detail.locator('[data-fault]').allTextContents()).join('')).toBe('4E412D58');
  await detail.getByRole('img', { name: 'WBC histogram' }).waitFor();
  expect(await drawn('WBC histogram')).toBe(256);
  await bench.screenshots('exception-picture');
});

test('N says that a code is no result: the exception ends and stays ended', async () => {
  const { page } = bench;
  await page.keyboard.press('n');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Is NA-X no result?').waitFor();
  await page.keyboard.type('index of the sample', { delay: 60 });
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Nothing is held.').waitFor();
});

test('the pictures of a result stand beside it, and Ctrl+I shows one in full', async () => {
  const { page } = bench;
  await page.keyboard.press('3');
  await page.getByRole('grid', { name: 'Results' }).waitFor();
  await scanCode(bench, tube);
  const panel = page.getByRole('complementary', { name: /./ }).first();
  await panel.getByText('Sodium').first().waitFor();
  await panel.getByRole('img', { name: 'WBC histogram' }).waitFor();
  await bench.screenshots('result-picture');
  await page.keyboard.press('Control+i');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^As sent with message \d+/).waitFor();
  await bench.screenshots('result-picture-full');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(bench.errors).toEqual([]);
});
