/** The hospital through the window: an order comes by HL7, is accessioned, measured, released and signed; its report goes back; a refused order is seen. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../contract/free-port.ts';
import { hospitalThatHears, newOrder, order, ordersFrom } from '../contract/hospital-fixture.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, scanCode, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;
let page: Page;
let hears: ReturnType<typeof hospitalThatHears>;
let sends: Awaited<ReturnType<typeof ordersFrom>>;
const REQUISITION = 'HIS-4711';
const lines = () => page.getByRole('grid', { name: 'Lines' });

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 4, received: 2, patients: 20, qc: true });
  const [ordersPort, resultsPort] = [await freePort(), await freePort()];
  hears = hospitalThatHears(resultsPort);
  const station = {
    ...scene.station,
    hospital: {
      orders: { transport: { kind: 'tcpServer', host: '127.0.0.1', port: ordersPort, peers: [] } },
      results: { transport: { kind: 'tcpClient', host: '127.0.0.1', port: resultsPort } },
      identifierSystem: 'urn:test:mrn',
      receiver: { application: 'HIS', facility: 'STB' },
    },
  };
  bench = await startBench({ station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(15_000);
  await signIn(bench, scene.people.lead);
  await page.keyboard.press('6');
  await lines().getByText('HIS orders').waitFor();
  sends = await ordersFrom(ordersPort);
});

afterAll(async () => {
  await sends?.close();
  await hears?.close();
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

test('M3 M7 an order of the hospital is at the bench when it is answered, and its line says so', async () => {
  await lines().getByRole('row').filter({ hasText: 'HIS orders' }).getByText('ready').waitFor();
  const pid = 'PID|1||88102387^^^STB^MR||Quilligan^Susan||19650314|F';
  const text = order(
    [
      pid,
      'PV1|1|I|6B^12^1',
      `ORC|NW|P-1||${REQUISITION}|||^^^^^R||20260729064000+0100|||331^Walsh^Aoife`,
      'OBR|1|P-1||GLU^Glucose',
    ],
    'OML^O21',
  );
  expect(await sends.send(text)).toMatchObject({ code: 'AA' });
  await page.keyboard.press('1');
  await page.getByRole('grid', { name: /Open requisitions/ }).waitFor();
  await scanCode(bench, REQUISITION);
  await page.locator('.lv-acc-order').getByText(REQUISITION, { exact: true }).waitFor();
  await page
    .getByText(/quilligan/i)
    .first()
    .waitFor();
});

test('it is labelled, received, measured and released; the signed report reaches the hospital as ORU^R01', async () => {
  await page.getByLabel('Collector').waitFor();
  await page.keyboard.type('K. Obi', { delay: 55 });
  await page.keyboard.press('Enter');
  await page.keyboard.type('n', { delay: 55 });
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Receive tube 1/ }).waitFor();
  const tubes = page.getByRole('grid', { name: 'Tubes in draw order' }).locator('[row-id]');
  const number = /\d\d-\d{3}-\w\w-\w{4}-\w/.exec((await tubes.first().textContent()) ?? '')?.[0] ?? '';
  await scanCode(bench, number);
  await page.locator('.lv-acc-said').getByText(`Received ${number}`).waitFor();

  const { CHEM1 } = scene.analysers;
  CHEM1.start();
  expect((await CHEM1.run(number.replaceAll('-', ''))).outcome).toBe('acknowledged');
  await page.keyboard.press('Escape');
  await page.keyboard.press('3');
  await page.keyboard.press('Alt+1');
  const row = page.locator('.ag-row').filter({ hasText: 'Quilligan' });
  await row.first().waitFor();
  await row.first().click();
  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const comment = dialog.getByRole('textbox');
  if ((await comment.count()) > 0) await comment.first().fill('Checked by a second measurement.');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.ag-row').filter({ hasText: 'Quilligan' }).waitFor({ state: 'detached' });

  await page.keyboard.press('F12');
  await signIn(bench, scene.people.pathologist);
  await page.keyboard.press('5');
  await page.getByRole('article', { name: 'Report' }).waitFor();
  await page.getByRole('listbox').getByRole('option').filter({ hasText: 'Quilligan' }).click();
  await page
    .getByRole('article', { name: 'Report' })
    .getByText(/quilligan/i)
    .first()
    .waitFor();
  await page.keyboard.press('F8');
  await page.keyboard.type(scene.people.pathologist.pin, { delay: 60 });
  await page.keyboard.press('Enter');
  await page.getByText(/^Signed: /).waitFor();
  await expect.poll(() => hears.heard.length, { timeout: 20_000 }).toBe(1);
  const [report = ''] = hears.heard;
  expect(report).toContain('|ORU^R01');
  expect(report).toContain('Quilligan^Susan');
  expect(report).toMatch(/\rORC\|[^\r]*P-1/);
  expect(report).toMatch(/\rOBX\|1\|NM\|[^\r]*GLU|\rOBX\|1\|NM\|14749-6/);
  await page.keyboard.press('6');
  await lines().getByRole('row').filter({ hasText: 'HIS results' }).getByText('ready').waitFor();
});

test('M4 an order that cannot be used is answered AE with its words, held with its bytes, and explained', async () => {
  const refused = await sends.send(newOrder('P-9', 'NOSUCHTEST'));
  expect(refused.code).not.toBe('AA');
  expect(refused.text).not.toBe('');
  await page.keyboard.press('Alt+2');
  const exceptions = page.getByRole('grid', { name: 'Exceptions' });
  await exceptions.getByText('Order of an unknown test').first().click();
  const detail = page.getByRole('region', { name: 'Exception', exact: true });
  await detail
    .getByText(/NOSUCHTEST/)
    .first()
    .waitFor();
  await detail.getByText(/^Told HIS orders: error \(AE\), held for a person here\./).waitFor();
  expect(bench.errors).toEqual([]);
});
