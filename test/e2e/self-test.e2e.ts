/** The active self-test, the record of a verification and a message held whole, through the window: read first, confirmed, played, judged, printed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { freePort } from '../contract/free-port.ts';
import { type Analyser, createAnalyser } from '../sim/analyser/analyser.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let peer: Analyser | undefined;

const steps = () => bench.page.getByRole('grid', { name: 'Steps' });
const step = (title: RegExp) => steps().getByRole('row').filter({ hasText: title });

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 4, received: 2, patients: 20 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  await signIn(bench, scene.people.lead);
  bench.page.setDefaultTimeout(20_000);
  await bench.page.keyboard.press('6');
  await bench.page.getByRole('grid', { name: 'Lines' }).getByText('CHEM1', { exact: true }).waitFor();
});

afterAll(async () => {
  await peer?.stop();
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

async function begin(fill: () => Promise<void>): Promise<void> {
  const { page } = bench;
  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What the device will see').waitFor();
  await fill();
  await dialog.getByLabel(/^Without the step/).check();
  await dialog.getByLabel(/^I have read this/).check();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
}

test('a peer’s simulator: what it will see is read and confirmed before anything is sent; every step is judged', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+7');
  await page.getByRole('grid', { name: 'Rules' }).waitFor();
  await page.keyboard.press('F5');
  await page.getByText(/^No script has been played to CHEM1/).waitFor();

  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/One order: specimen SELFTEST0001/).waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText('Read what the device will see, and tick the box.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  const port = await freePort();
  await begin(async () => {
    await dialog.getByLabel('To whom').selectOption('listen');
    await dialog.getByLabel('Port').fill(String(port));
    await dialog.getByLabel('It speaks as').selectOption('generic-astm');
  });
  peer = createAnalyser({
    profile: builtinProfile('generic-astm')!,
    transport: tcpClient({ host: '127.0.0.1', port, timers: realTimers }),
    link: { interruptedMs: 1_000 },
    faults: { seed: 3, rates: { badChecksum: 0.4 } },
  });
  peer.start();
  await page.getByText(/^Now let the device run SELFTEST0001/).waitFor();
  await step(/wrong checksum is answered NAK/)
    .getByText('passed')
    .waitFor();
  expect((await peer.run('SELFTEST0001')).outcome).toBe('acknowledged');
  await page.keyboard.press('F10');
  await step(/their checksums right/)
    .getByText('failed')
    .waitFor();
  await step(/Results of the test specimen/)
    .getByText('passed')
    .waitFor();
  await page.getByText('1 step failed').waitFor();
  await step(/their checksums right/).click();
  const bytes = page.getByRole('region', { name: 'Bytes on the line' });
  await bytes.getByText(/<STX>/).first().waitFor();
  const shown = bench.app.waitForEvent('window');
  await page.keyboard.press('F9');
  await (await shown).close();
  await peer.stop();
  peer = undefined;
});

test('the line’s own analyser: the script is played over its link, and the line goes on', async () => {
  const { page } = bench;
  const { CHEM1 } = scene.analysers;
  CHEM1.start();
  await expect.poll(() => CHEM1.state(), { timeout: 15_000 }).toBe('ready');
  await begin(async () => {
    await page
      .getByRole('dialog')
      .getByText(/Other specimens are answered as always/)
      .waitFor();
  });
  await page.getByText(/^Now let the device run SELFTEST0001/).waitFor();
  expect((await CHEM1.run('SELFTEST0001')).outcome).toBe('nothingToDo');
  expect((await CHEM1.run('SELFTEST0001', { tests: ['Na'] })).outcome).toBe('acknowledged');
  await page.getByText(/^\d+ passed, \d+ not applicable$/).waitFor();
  await page.keyboard.press('Alt+2');
  await page.getByRole('grid', { name: 'Exceptions' }).getByText('SELFTEST0001').waitFor();
});

test('a message that is held whole is taken apart, with the place of its fault', async () => {
  const { page } = bench;
  const { CHEM1 } = scene.analysers;
  await expect.poll(() => CHEM1.state(), { timeout: 15_000 }).toBe('ready');
  const odd = 'X|\\^&|||DC-800|||||||P|1|20260729064205\rP|1||4711||COHEN^Yael||19841109|F\rL|1|N\r';
  expect(await CHEM1.sendRaw(Buffer.from(odd, 'latin1'))).toBe('accepted');
  const exceptions = page.getByRole('grid', { name: 'Exceptions' });
  await exceptions.getByText('Not readable').first().click();
  const detail = page.getByRole('region', { name: 'Exception', exact: true });
  await detail.getByText('Taken apart as far as it goes').waitFor();
  await detail.getByText(/the fault is in bytes \d+ to \d+/).waitFor();
  await detail
    .getByText(/no header record before it/)
    .first()
    .waitFor();
  expect(bench.errors).toEqual([]);
});
