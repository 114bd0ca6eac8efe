/** The instruments screen by keyboard: a held code mapped, a result matched to its tube, one rejected; trace, switch, a taken port. */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { EngineClient } from '../contract/engine-client.ts';
import type { ReportedResult } from '../sim/analyser/messages.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { oddMessage } from './scenes/odd-messages.ts';
import { prepareScene, type Scene, scanCode, scenePeople, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let taken: Server;
/** A received tube whose blood count was not measured yet. */
let tube = '';

const blood = (code: string, text: string, unit: string): ReportedResult => ({
  code,
  text,
  unit,
  flag: 'N',
  dilution: '',
  range: '',
});
/** The haematology analyser of the bench. */
function hem() {
  const { HEM1 } = scene.analysers;
  if (HEM1 === undefined) throw new Error('the bench has no HEM1');
  return HEM1;
}
const send = (id: string, specimenId: string, results: ReportedResult[], qc = false) =>
  hem().sendRaw(oddMessage({ profile: 'demo-haematology', id, specimenId, results, qc }));

async function waitingTube(tech: EngineClient): Promise<void> {
  const rows = await tech.rows('worklist.list', { filter: 'waiting' });
  const row = rows.find((one) => one.tests.some((t) => t.code === 'PLT' && t.state === 'waiting'));
  tube = row?.accessionIdentifier ?? '';
}

/** A lot of control blood in use. */
async function controlLot(engine: Engine): Promise<void> {
  const supervisor = new EngineClient(engine, 'lot');
  const { username, secret } = scenePeople.supervisor;
  await supervisor.command('access.signIn', { username, secret });
  await supervisor.command('qc.lot.save', {
    lotId: null,
    material: 'Control blood',
    manufacturer: 'Acme',
    lot: 'CB-4471',
    level: 'L1',
    expiresOn: '',
    opened: false,
    openStabilityHours: null,
    sentAs: ['CB1'],
    state: 'current',
  });
}

beforeAll(async () => {
  scene = await prepareScene({
    requisitions: 10,
    received: 8,
    measured: 2,
    patients: 60,
    also: async (tech, engine) => {
      await waitingTube(tech);
      await controlLot(engine);
    },
  });
  expect(tube).not.toBe('');
  const coag = scene.station.instruments?.find((one) => one.id === 'COAG1')?.transport;
  taken = createServer();
  const port = coag?.kind === 'tcpServer' ? coag.port : 0;
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  await signIn(bench, scene.people.lead);
  await bench.page.keyboard.press('6');
  await bench.page.getByRole('heading', { name: 'Instruments', exact: true }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  taken?.close();
  await stopLauncher();
});

test('a line shows its bytes by name, its checksums, and what became of the message', async () => {
  const { page } = bench;
  await page.keyboard.press('ArrowDown');
  hem().start();
  expect(await send('E1', tube, [blood('PLT-I', '41', '10*9/L')])).toBe('accepted');
  const trace = page.getByRole('log', { name: 'Trace of HEM1' });
  await trace.getByText('PLT-I').first().waitFor();
  await trace.getByText('<STX>').last().waitFor();
  await trace
    .locator('[data-mark="frame"]')
    .last()
    .getByText(/^sum [0-9A-F]{2}$/)
    .waitFor();
  await trace.locator('[data-mark="message"]').last().getByText('1 held').waitFor();

  await page.keyboard.press('Space');
  await page.getByText('paused').waitFor();
  expect(await send('E2', 'NOSUCH1', [blood('HGB', '131', 'g/L')])).toBe('accepted');
  await page.getByText(/newer piece.* held back/).waitFor();
  await page.keyboard.press('Space');
  await trace.getByText('NOSUCH1').waitFor();

  await page.keyboard.press('h');
  await trace.getByText('05', { exact: true }).first().waitFor();
  await page.keyboard.press('h');
});

test('F2 maps a held code to a test, and the result is posted', async () => {
  const { page } = bench;
  const held = page.getByRole('grid', { name: 'Exceptions' });
  await held.getByText('NOSUCH1').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('End');
  const detail = page.getByRole('region', { name: 'Exception' });
  await detail.getByText('not in the map').first().waitFor();
  expect(await detail.locator('[data-fault]').count()).toBeGreaterThan(0);
  await bench.screenshots('instruments');
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Which test is PLT-I?').waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText('Choose a test with the arrows').waitFor();
  await page.keyboard.type('platel', { delay: 60 });
  await dialog.getByRole('button', { name: /Map to Platelets/ }).waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await held.getByText('PLT-I').waitFor({ state: 'detached' });
});

test('a scan says which specimen a result belongs to', async () => {
  const { page } = bench;
  await page.getByRole('region', { name: 'Exception' }).getByText('not on this station').waitFor();
  await scanCode(bench, tube);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Which specimen is it?').waitFor();
  await dialog.getByText(/Whole blood/).waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Nothing is held.').waitFor();
});

test('a patient’s tube marked as a control says what is known and what to do; L names the lot it is of', async () => {
  const { page } = bench;
  await send('E2Q', tube, [blood('WBC', '6.4', '10*9/L')], true);
  const held = page.locator('.ins-side-list');
  await held.getByText('Patient’s tube or control?').waitFor();
  const detail = page.getByRole('region', { name: 'Exception' });
  await detail.getByText(/is the number of a patient’s specimen\. Nothing was posted/).waitFor();
  await detail.getByRole('button', { name: /Match to a specimen/ }).waitFor();
  await bench.screenshots('instruments-patient-or-control');
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Which control lot is it?').waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').getByText('Choose a lot').waitFor();
  await dialog.getByLabel('Control lot').selectOption({ label: 'Control blood L1 · CB-4471' });
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Nothing is held.').waitFor();
});

/** Types a reason into the dialog that rejects, and waits until it is done. */
async function rejectWith(reason: string): Promise<void> {
  const { page } = bench;
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Reject this result?').waitFor();
  await page.keyboard.type(reason, { delay: 40 });
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
}

test('Del rejects with a reason what was looked at, whatever comes in meanwhile; the ended ones keep it', async () => {
  const { page } = bench;
  const held = page.locator('.ins-side-list');
  await send('E3', 'NOSUCH2', [blood('WBC', '6.1', '10*9/L')]);
  await held.getByText('NOSUCH2').waitFor();
  await page.keyboard.press('Delete');
  await page.getByRole('dialog').getByText('Reject this result?').waitFor();
  // The newest stands first in the list: it must not take the place of the one that was asked about.
  await send('E4', 'NOSUCH3', [blood('WBC', '7.2', '10*9/L')]);
  await held.getByText('NOSUCH3').waitFor();
  await rejectWith('Test tube of the service engineer');
  await held.getByText('NOSUCH2').waitFor({ state: 'detached' });
  await held.getByText('NOSUCH3').waitFor();
  await page.keyboard.press('Delete');
  await rejectWith('Another one of them');
  await page.getByText('Nothing is held.').waitFor();
  await page.keyboard.press('Alt+3');
  const ended = page.getByRole('grid', { name: 'Ended' });
  await ended.getByText('Test tube of the service engineer').waitFor();
  await ended.getByText('Posted').first().waitFor();
  await page.keyboard.press('Alt+1');
});

test('a line whose port is taken says what, what is safe and what to do; F7 switches a line off, Ctrl+Z back', async () => {
  const { page } = bench;
  const lines = page.getByRole('grid', { name: 'Lines' });
  await lines.getByText('cannot open').waitFor();
  await page.keyboard.press('End');
  const banner = page.getByRole('alert').filter({ hasText: 'already listening' });
  await banner.getByText(/Levey tries again by itself/).waitFor();
  await banner.getByRole('button', { name: /Open again/ }).waitFor();
  // What is read out to whoever looks after the network can be copied.
  expect(
    await banner.getByText('already listening').evaluate((one) => getComputedStyle(one).userSelect),
  ).toBe('text');
  await bench.screenshots('instruments-problem');
  await page.keyboard.press('Home');
  await bench.resize(1280, 800);
  await page.keyboard.press('F7');
  await page.getByText('CHEM1 is switched off. Its port is closed.').waitFor();
  // What takes it back does not lie over the buttons of the right panel.
  const [bar, side] = await Promise.all(
    ['.lv-undo', '.ins-side'].map((place) => page.locator(place).boundingBox()),
  );
  expect((bar?.x ?? 0) + (bar?.width ?? 0)).toBeLessThanOrEqual(side?.x ?? 0);
  await lines.getByText('switched off').waitFor();
  await page.keyboard.press('Control+z');
  await lines.getByText('switched off').waitFor({ state: 'detached' });
  await bench.resize(1440, 900);
  await bench.screenshots('instruments-switched');
  expect(bench.errors).toEqual([]);
});
