/** Pictures of the instruments screen and its tools, in light and dark: `node test/e2e/scenes/instrument-tools.ts`. */
import type { ReportedResult } from '../../sim/analyser/messages.ts';
import { startBench, stopLauncher } from '../harness.ts';
import { oddMessage } from './odd-messages.ts';
import { prepareScene, signIn } from './prepare.ts';

const profile = 'demo-haematology';
const sent = (code: string, text: string, unit: string, flag = 'N'): ReportedResult => ({
  code,
  text,
  unit,
  flag,
  dilution: '',
  range: '',
});
let tube = '';
const scene = await prepareScene({
  requisitions: 16,
  received: 12,
  measured: 8,
  patients: 60,
  qc: true,
  also: async (tech) => {
    const rows = await tech.rows('worklist.list', { filter: 'waiting' });
    tube = rows.find((row) => row.tests.some((test) => test.code === 'PLT'))?.accessionIdentifier ?? '';
  },
});
const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
const { page } = bench;
const only = process.argv.slice(2);
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
};
const shoot = async (name: string): Promise<void> => {
  if (only.length > 0 && !only.some((part) => name.includes(part))) return;
  await page.waitForTimeout(350);
  console.log((await bench.screenshots(`tools-${name}`)).light);
};
const type = (text: string) => page.keyboard.type(text, { delay: 60 });
const { HEM1 } = scene.analysers;
const send = (id: string, specimenId: string, results: ReportedResult[]) =>
  HEM1.sendRaw(oddMessage({ profile, id, specimenId, results }));
try {
  await signIn(bench, scene.people.lead);
  HEM1.start();
  await press('6');
  await page.getByRole('grid', { name: 'Lines' }).getByText('HEM1', { exact: true }).waitFor();
  await press('ArrowDown');
  await send('S1', tube, [
    sent('PLT-I', '41', '10*9/L', 'W'),
    sent('HGB', '13.1', 'g%'),
    sent('WBC', '6.1', '10*9/L', '~'),
    sent('RBC', '4.62', '10*12/L'),
  ]);
  await send('S2', 'NOSUCH1', [sent('HGB', '131', 'g/L')]);
  await page.getByRole('grid', { name: 'Exceptions' }).getByText('NOSUCH1').waitFor();
  await shoot('lines');
  await press('Space', 'F3');
  await send('S3', 'NOSUCH2', [sent('HGB', '128', 'g/L')]);
  await type('plt-i');
  await shoot('search');
  await press('Escape', 'Escape', 'Space', 'o', 'F4', 't', 'ArrowUp', 'ArrowUp', 'ArrowUp');
  await shoot('health');
  await press('c');
  await shoot('copied');
  await press('d');
  await shoot('decode-piece');
  await press('Alt+2');
  for (let at = 0; at < 5; at += 1) {
    await shoot(`exception-${at}`);
    if (at === 0) {
      await press('F2');
      await shoot('exception-act');
      await press('Escape');
    }
    await press('ArrowDown');
  }
  await press('F6');
  await page.waitForTimeout(500);
  await shoot('mapping');
  await press('End', 'F2');
  await page.getByLabel(/^Times/).fill('2');
  await shoot('mapping-edit');
  await press('Enter');
  await press('Control+n');
  await type('PLT-I');
  await press('Tab');
  await type('platel');
  await shoot('mapping-pick');
  await press('Enter');
  await page.waitForTimeout(500);
  await shoot('mapping-typing');
  await press('Enter');
  await shoot('mapping-draft');
  await press('ArrowRight');
  await shoot('mapping-flags');
  await press('ArrowRight');
  await shoot('mapping-statuses');
  await press('ArrowRight', 'Control+n');
  await shoot('mapping-controls');
  await press('Escape', 'ArrowRight');
  await shoot('mapping-units');
  await press('F7', 'F8');
  await page.waitForTimeout(1500);
  await shoot('replay-draft');
  await press('Alt+5');
  await shoot('replay-empty');
  await press('F8');
  await page.waitForTimeout(1500);
  await shoot('replay');
  await press('Alt+6');
  await shoot('verify');
  await press('F7');
  await page
    .getByRole('checkbox', { name: /Message/ })
    .first()
    .check();
  await page
    .getByLabel('What you say by signing')
    .fill('Compared with the printout: value, unit and flag of every test.');
  await press('F8');
  await shoot('verify-sign');
  await type(scene.people.lead.pin);
  await press('Enter');
  await page.waitForTimeout(800);
  await shoot('verified');
  await press('F4');
  await shoot('verify-records');
  await press('Alt+7');
  await page.waitForTimeout(500);
  await shoot('selftest');
  await press('Escape', 'Escape', 'Alt+8');
  await shoot('decoder-empty');
  await page
    .getByLabel('Bytes to decode')
    .fill(
      '<ENQ>\n<STX>1H|\\^&|||DH-60^1.0|||||||P|LIS2-A2|20261122064205<CR><ETX>00<CR><LF>\n<STX>2P|1||4711||COHEN^Yael||19841109|F<CR><ETX>5B<CR><LF>',
    );
  await page.waitForTimeout(700);
  await shoot('decoder');
  console.log('errors', bench.errors);
} finally {
  await bench.close();
  await scene.stop();
  await stopLauncher();
}
