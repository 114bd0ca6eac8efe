/** Sign-out beside a central server that changes a patient while the report is being read: what was not seen is not signed (C4). */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { signIn } from './scenes/prepare.ts';
import { prepareSignout, type SignoutScene } from './scenes/signout.ts';

let server: FhirServer;
let scene: SignoutScene;
let bench: Bench;

const poll = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 25_000, interval: 100 });

beforeAll(async () => {
  server = await createFhirServer();
  scene = await prepareSignout({ central: server, history: 600 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  bench.page.setDefaultTimeout(25_000);
  for (const analyser of Object.values(scene.analysers)) analyser.start();
  await signIn(bench, scene.people.pathologist);
  await bench.page.keyboard.press('5');
  await bench.page.getByRole('article', { name: 'Report' }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await server?.stop();
  await stopLauncher();
});

test('a patient renamed at the server while the report is read: read again before it is signed', async () => {
  const { page } = bench;
  const report = page.getByRole('article', { name: 'Report' });
  const pin = page.getByLabel('PIN');
  const cases = page.getByRole('listbox', { name: 'Waiting' }).getByRole('option');
  await poll(() => cases.count()).toBeGreaterThan(0);
  for (let tries = await cases.count(); tries > 0 && (await pin.count()) === 0; tries -= 1) {
    await page.keyboard.press('ArrowDown');
    await report.waitFor();
  }
  const waiting = await cases.count();
  const identifier = (await report.locator('dd .lv-mono').first().textContent()) ?? '';
  const patient = server.control
    .all('Patient')
    .find((one) => JSON.stringify(one).includes(`"${identifier}"`)) as Resource & {
    name: { family?: string; given?: string[]; use?: string }[];
  };
  await page.keyboard.press('F8');
  await page.keyboard.type(scene.people.pathologist.pin, { delay: 50 });
  server.control.put({
    ...patient,
    name: [{ ...patient.name[0], family: 'Umgenannt', given: ['Anders'] }],
  } as Resource);

  await page.getByText('The report changed while you were reading it.').waitFor();
  expect(await pin.inputValue()).toBe('');
  await report.getByText('UMGENANNT Anders').waitFor();
  await page.keyboard.type(scene.people.pathologist.pin, { delay: 50 });
  await page.keyboard.press('F8');
  await page.getByText('The report changed while you were reading it.').waitFor({ state: 'detached' });
  expect(await cases.count()).toBe(waiting);

  // Read again: now it is signed as it stands, and goes to the server.
  if ((await pin.inputValue()) === '') {
    await page.keyboard.press('F8');
    await page.keyboard.type(scene.people.pathologist.pin, { delay: 50 });
  }
  await page.keyboard.press('F8');
  await poll(() => cases.count()).toBe(waiting - 1);
  const signedReports = () =>
    server.control
      .all('DiagnosticReport')
      .filter((one) => JSON.stringify(one).includes('final') || JSON.stringify(one).includes('corrected'));
  await poll(async () => signedReports().length).toBeGreaterThan(4);
});

test('the corrected report of the morning, in light and dark', async () => {
  const { page } = bench;
  await page.keyboard.press('Escape');
  const report = page.getByRole('article', { name: 'Report' });
  await page.keyboard.press('End');
  await report.getByRole('region', { name: /^Correction of / }).waitFor();
  const pictures = await bench.screenshots('signout');
  expect(pictures.light).toContain('signout-light.png');
  await page.keyboard.press('8');
  await page.locator('.ag-row', { hasText: 'Potassium' }).click();
  await page
    .getByRole('complementary', { name: 'Details' })
    .getByText('The central server keeps the catalogue.')
    .waitFor();
  await bench.screenshots('catalogue');
  expect(bench.errors).toEqual([]);
});
