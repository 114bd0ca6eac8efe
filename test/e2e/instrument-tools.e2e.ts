/** The bench tools by keyboard: search in trace and journal, a unit mapped, the mapping edited with its preview, replay, signature, decoder. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineClient } from '../contract/engine-client.ts';
import type { ReportedResult } from '../sim/analyser/messages.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { oddMessage } from './scenes/odd-messages.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
/** A received tube whose blood count was not measured yet. */
let tube = '';

const sent = (code: string, text: string, unit: string, flag = 'N'): ReportedResult => ({
  code,
  text,
  unit,
  flag,
  dilution: '',
  range: '',
});
const send = (id: string, specimenId: string, results: ReportedResult[]) =>
  scene.analysers.HEM1.sendRaw(oddMessage({ profile: 'demo-haematology', id, specimenId, results }));
const type = (text: string) => bench.page.keyboard.type(text, { delay: 60 });
const exceptions = () => bench.page.getByRole('grid', { name: 'Exceptions' });

async function waitingTube(tech: EngineClient): Promise<void> {
  const rows = await tech.rows('worklist.list', { filter: 'waiting' });
  const row = rows.find((one) => one.tests.some((t) => t.code === 'PLT' && t.state === 'waiting'));
  tube = row?.accessionIdentifier ?? '';
}

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 8, received: 6, measured: 2, patients: 40, also: waitingTube });
  expect(tube).not.toBe('');
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  await signIn(bench, scene.people.lead);
  const { page } = bench;
  page.setDefaultTimeout(12_000);
  await page.keyboard.press('6');
  await page.getByRole('grid', { name: 'Lines' }).getByText('HEM1', { exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('log', { name: 'Trace of HEM1' }).waitFor();
  scene.analysers.HEM1.start();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

test('the trace holds back while it is paused, is searched and filtered, and the whole journal is searched', async () => {
  const { page } = bench;
  const trace = page.getByRole('log', { name: 'Trace of HEM1' });
  await page.keyboard.press('p');
  // A letter acts once it is clear that no scan begins with it.
  await page.getByRole('button', { name: 'Resume trace' }).first().waitFor();
  expect(
    await send('T1', tube, [
      sent('PLT-I', '41', '10*9/L'),
      sent('HGB', '13.1', 'g%'),
      sent('WBC', '6.1', '10e9/L'),
    ]),
  ).toBe('accepted');
  await page.getByText(/\d+ newer pieces held back/).waitFor();
  expect(await trace.getByText('PLT-I').count()).toBe(0);
  await page.keyboard.press('p');
  await trace.getByText('PLT-I').first().waitFor();

  await page.keyboard.press('F3');
  await type('plt-i');
  await page.getByText(/^1 of \d+ pieces$/).waitFor();
  expect(await trace.locator('.ins-hit').allTextContents()).toEqual(['PLT-I', 'PLT-I']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await page.keyboard.press('e');
  await page.getByText(/^\d+ of \d+ pieces$/).waitFor();
  expect(await trace.locator('[data-mark="frame"]').count()).toBe(0);
  await trace.getByText('<ACK>').first().waitFor();
  await page.keyboard.press('i');
  await page.keyboard.press('e');

  await page.keyboard.press('j');
  await page.getByText('the whole journal, as far back as it goes; not live').waitFor();
  await page.keyboard.press('F3');
  await type('plt-i');
  await page.getByText(/^1 piece$/).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await trace.getByText('<EOT>').last().waitFor();

  await page.keyboard.press('F4');
  const health = page.getByRole('region', { name: 'Health of HEM1' });
  await health.locator('[data-counter="checksumErrors"]').getByText('0').first().waitFor();
  await health.locator('[data-counter="messages"]').getByText('1', { exact: true }).first().waitFor();
  await page.keyboard.press('F4');
});

test('an unknown unit is told once, with what it becomes, and the result is posted', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+2');
  await exceptions().getByText('g%').waitFor();
  await page.keyboard.press('End');
  const detail = page.getByRole('region', { name: 'Exception' });
  await detail.getByText('Unit not mapped').waitFor();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What is g%, sent with HGB?').waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('It is').selectOption('convert');
  await dialog.getByLabel('Multiply by').fill('10');
  await dialog.getByText('131.0 g/L').waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await exceptions().getByText('g%').waitFor({ state: 'detached' });
});

test('a code mapped in the mapping is seen in the preview before it is kept, saved, and what was held is posted', async () => {
  const { page } = bench;
  await exceptions().getByText('PLT-I').waitFor();
  await page.keyboard.press('F6');
  const preview = page.getByRole('region', { name: 'Preview' });
  const row = preview.getByRole('row').filter({ hasText: 'PLT-I' });
  await row.getByText('held', { exact: true }).waitFor();
  await page.keyboard.press('Control+n');
  const form = page.getByRole('form', { name: 'New test code' });
  await form.waitFor();
  expect(await form.getByText('Write the code as it is sent.').count()).toBe(0);
  await page.keyboard.press('Enter');
  await form.getByText('Write the code as it is sent.').waitFor();
  await type('PLT-I');
  await page.keyboard.press('Tab');
  await type('platel');
  await page.getByRole('option', { name: /Platelets/ }).waitFor();
  await page.keyboard.press('Enter');
  await row.getByText('posts', { exact: true }).waitFor();
  await row.getByText('today: held').waitFor();
  await bench.screenshots('mapping-preview');
  // In a small window too its button is there whole.
  await bench.resize(1280, 800);
  const paste = await preview.getByRole('button', { name: 'Paste a message' }).boundingBox();
  expect((paste?.x ?? 0) + (paste?.width ?? 0)).toBeLessThanOrEqual(1280);
  await bench.resize(1440, 900);
  await page.keyboard.press('Enter');
  await page.getByText('1 change not saved').waitFor();
  await page.keyboard.press('F8');
  await page.getByText(/Saved as version \d+: 1 change/).waitFor();
  const tests = page.getByRole('grid', { name: 'Tests' });
  await tests.getByText('PLT-I').waitFor();
  await page.keyboard.press('F5');
  await page.getByText('1 posted, 0 still held.').waitFor();
  await page.keyboard.press('Alt+2');
  await page.getByText('Nothing is held.').waitFor();
});

/** The local day before today, `YYYY-MM-DD`. */
function yesterday(): string {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

test('a replay with a draft shows what would change and writes nothing; the draft is still there', async () => {
  const { page } = bench;
  await page.keyboard.press('F6');
  const tests = page.getByRole('grid', { name: 'Tests' });
  await tests.getByText('WBC').first().click();
  await page.keyboard.press('F2');
  const form = page.getByRole('form', { name: 'Edit WBC' });
  await form.getByLabel(/^Times/).fill('2');
  await page.keyboard.press('Enter');
  await page.getByText('1 change not saved').waitFor();
  await page.keyboard.press('F7');
  await page.getByText('as it is drafted, not saved').waitFor();
  await page.keyboard.press('F8');
  const found = page.getByRole('grid', { name: 'What would change' });
  const changed = found.getByRole('row').filter({ hasText: 'would change' });
  await changed.first().waitFor();
  await changed.getByText('12.2').first().waitFor();
  await bench.screenshots('replay-changed');
  // How many there are depends on the day the laboratory is made for.
  const counted = () => page.getByText(/^\d+ messages?, /).allTextContents();
  const all = await counted();
  expect(all).toHaveLength(1);
  await page.getByLabel('Which messages').selectOption('between');
  await page.getByLabel('from', { exact: true }).fill('noon');
  await page.keyboard.press('F8');
  await page.getByText('06:30 or 2026-11-22 06:30').waitFor();
  await page.getByLabel('from', { exact: true }).fill(`${yesterday()} 00:00`);
  await page.keyboard.press('F8');
  await page.getByText('06:30 or 2026-11-22 06:30').waitFor({ state: 'detached' });
  await expect.poll(counted, { timeout: 20_000 }).toEqual(all);
  await changed.getByText('12.2').first().waitFor();
  // With what is saved it would come out otherwise: nothing of the draft's replay is left to sign by.
  await page.keyboard.press('Alt+5');
  await page.getByText('Nothing was replayed yet.').waitFor();
  expect(await found.count()).toBe(0);
  await page.keyboard.press('F6');
  await page.getByText('1 change not saved').waitFor();
});

test('what was saved meanwhile is told, and the draft goes over it', async () => {
  const { page } = bench;
  // Mapping the unit of an exception saves the mapping too.
  await send('T2', tube, [sent('RBC', '4.62', 'T/L')]);
  await page.keyboard.press('Alt+2');
  await exceptions().getByText('T/L').waitFor();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('It is').selectOption('same');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('F6');
  await page.getByText('Sam Okafor saved this mapping meanwhile.').waitFor();
  await bench.screenshots('mapping-behind');
  await page.keyboard.press('F4');
  await page.getByText('Sam Okafor saved this mapping meanwhile.').waitFor({ state: 'detached' });
  const tests = page.getByRole('grid', { name: 'Tests' });
  await tests.getByText('T/L').waitFor();
  await tests.getByText('not saved').waitFor();
  await page.keyboard.press('Escape');
  await tests.getByText('not saved').waitFor({ state: 'detached' });
});

test('C4 a verification is signed with the PIN, and ends for a test whose mapping changes', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+6');
  const tests = page.getByRole('grid', { name: 'Tests of this line' });
  await tests.getByText('PLT-I').waitFor();
  const statement = page.getByLabel('What you say by signing');
  const fillIn = async () => {
    await page.keyboard.press('F7');
    await page
      .getByRole('checkbox', { name: /^Message/ })
      .first()
      .check();
    await statement.fill('Compared with the printout.');
  };
  await fillIn();
  // Another line is another record: nothing that was chosen for this one goes over to it, and the focus stays in the list of lines.
  const line = page.getByLabel('Line', { exact: true });
  await line.selectOption({ label: 'CHEM1' });
  await expect.poll(() => statement.inputValue()).toBe('');
  await tests.getByText('PLT-I').waitFor({ state: 'detached' });
  expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
  await expect.poll(() => line.evaluate((one) => one === document.activeElement)).toBe(true);
  await line.selectOption({ label: 'HEM1' });
  await tests.getByText('PLT-I').waitFor();
  await fillIn();
  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/Sign the mapping of \d+ tests of HEM1/).waitFor();
  await type('0000');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  await type(scene.people.lead.pin);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await tests.getByText('verified').first().waitFor();
  await page.keyboard.press('F4');
  const record = page.getByRole('region', { name: 'Signed record' });
  await record.getByText('Compared with the printout.').waitFor();
  await record.getByText('stands', { exact: true }).waitFor();
  const printed = bench.app.waitForEvent('window');
  await page.keyboard.press('F9');
  await (await printed).close();

  await page.keyboard.press('F6');
  await page.getByRole('grid', { name: 'Tests' }).getByText('WBC').first().click();
  await page.keyboard.press('F2');
  await page
    .getByRole('form', { name: 'Edit WBC' })
    .getByLabel(/^Times/)
    .fill('2');
  await page.keyboard.press('Enter');
  await page.keyboard.press('F8');
  await page.getByText(/Saved as version/).waitFor();
  await page.keyboard.press('Alt+6');
  await tests.getByText('changed since').waitFor();
  await page.keyboard.press('Control+z');
  await tests.getByText('changed since').waitFor({ state: 'detached' });
});

test('the self-test tells rule by rule what the line has shown, and prints', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+7');
  const rules = page.getByRole('grid', { name: 'Rules' });
  await rules.getByRole('row').filter({ hasText: 'Checksums are right' }).getByText('pass').waitFor();
  await page.keyboard.press('ArrowDown');
  const evidence = page.getByRole('region', { name: 'Seen in the journal' });
  await evidence
    .getByText(/^row \d+$/)
    .first()
    .waitFor();
  const shown = bench.app.waitForEvent('window');
  await page.keyboard.press('F9');
  await (await shown).close();
});

test('L3 the decoder takes pasted bytes apart and says which checksum is wrong', async () => {
  const { page } = bench;
  await page.keyboard.press('Control+d');
  const box = page.getByLabel('Bytes to decode');
  await box.fill('05 02 31 4C 7C 31 7C 4E 0D 03 30 34 0D 0A 02 32 4C 7C 31 7C 4E 0D 03 30 30 0D 0A 04');
  const pieces = page.getByRole('list', { name: 'Pieces' });
  await pieces.getByText('ENQ', { exact: true }).waitFor();
  await pieces.getByText('sum 04', { exact: true }).waitFor();
  await pieces.getByText(/sum 00, computed 05/).waitFor();
  await page.getByText('1 checksum wrong').waitFor();
  expect(bench.errors).toEqual([]);
});
