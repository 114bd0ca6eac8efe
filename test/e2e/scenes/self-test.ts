/** Pictures of the active self-test, a held message and the record of a verification, in light and dark: `node test/e2e/scenes/self-test.ts`. */
import { tcpClient } from '../../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../../main/engine/timers.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import { freePort } from '../../contract/free-port.ts';
import { createAnalyser } from '../../sim/analyser/analyser.ts';
import { startBench, stopLauncher } from '../harness.ts';
import { prepareScene, signIn } from './prepare.ts';

const scene = await prepareScene({ requisitions: 6, received: 4, patients: 30 });
const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
const { page } = bench;
const shoot = async (name: string): Promise<void> => {
  await page.waitForTimeout(350);
  console.log((await bench.screenshots(`self-test-${name}`)).light);
};
try {
  await signIn(bench, scene.people.lead);
  await page.keyboard.press('6');
  await page.getByRole('grid', { name: 'Lines' }).getByText('CHEM1', { exact: true }).waitFor();
  await page.keyboard.press('Alt+7');
  await page.getByRole('grid', { name: 'Rules' }).waitFor();
  await shoot('watch');
  await page.keyboard.press('F5');
  await page.getByText(/^No script has been played/).waitFor();
  await shoot('none');
  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/One order/).waitFor();
  await page.keyboard.press('Enter');
  await shoot('dialog-line');
  const port = await freePort();
  await dialog.getByLabel('To whom').selectOption('listen');
  await page.keyboard.press('Enter');
  await shoot('dialog-listen');
  await dialog.getByLabel('Port').fill(String(port));
  await dialog.getByLabel('It speaks as').selectOption('generic-astm');
  await dialog.getByLabel(/^Without the step/).check();
  await dialog.getByLabel(/^I have read this/).check();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const peer = createAnalyser({
    profile: builtinProfile('generic-astm')!,
    transport: tcpClient({ host: '127.0.0.1', port, timers: realTimers }),
    link: { interruptedMs: 1_000 },
    faults: { seed: 3, rates: { badChecksum: 0.4 } },
  });
  peer.start();
  await page.getByText(/^Now let the device run/).waitFor();
  await shoot('listening');
  await peer.run('SELFTEST0001');
  await page.keyboard.press('F10');
  await page.getByText(/^1 step failed$/).waitFor();
  await page
    .getByRole('grid', { name: 'Steps' })
    .getByText(/their checksums right/)
    .click();
  await shoot('done');
  await peer.stop();
  const { CHEM1 } = scene.analysers;
  CHEM1.start();
  await page.waitForTimeout(1500);
  const odd = 'X|\\^&|||DC-800|||||||P|1|20260729064205\rP|1||4711||COHEN^Yael||19841109|F\rL|1|N\r';
  await CHEM1.sendRaw(Buffer.from(odd, 'latin1'));
  await page.keyboard.press('Alt+2');
  await page.getByRole('grid', { name: 'Exceptions' }).getByText('Not readable').first().click();
  await page.getByText('Taken apart as far as it goes').scrollIntoViewIfNeeded();
  await shoot('held');
  console.log('errors', bench.errors);
} finally {
  await bench.close();
  await scene.stop();
  await stopLauncher();
}
