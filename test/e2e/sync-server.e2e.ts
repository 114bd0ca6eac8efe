/** The page where the central server is set up: tested with an expired certificate, a wrong secret and at last with success; then used. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

const SECRET = 'a secret of the bench';
let server: FhirServer;
let scene: Scene;
let bench: Bench;

beforeAll(async () => {
  server = await createFhirServer({
    tls: true,
    auth: { kind: 'clientCredentials', clientId: 'bench-2', clientSecret: SECRET },
    switches: { certificate: 'expired' },
  });
  scene = await prepareScene({ requisitions: 4, received: 2, measured: 1, patients: 30 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  bench.page.setDefaultTimeout(10_000);
  await signIn(bench, scene.people.admin);
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await server?.stop();
  await stopLauncher();
});

const steps = (page: Page) => page.getByRole('list', { name: 'Connection test' });
const step = (page: Page, name: string) => steps(page).getByRole('listitem', { name, exact: true });

/** Presses F5 and waits until the test has come to its end with a sentence. */
async function testAgain(page: Page, verdict: RegExp): Promise<void> {
  await page.keyboard.press('F5');
  await page.getByText('as typed here').waitFor();
  await page.getByText(verdict).first().waitFor();
}

test('an administrator gets to the page from Sync with F2 and fills it in; what is missing is said beside it', async () => {
  const { page } = bench;
  await page.keyboard.press('9');
  await page.getByRole('heading', { name: 'No central server.', exact: true }).waitFor();
  await page.keyboard.press('F2');
  await page.getByRole('heading', { name: 'Central server', exact: true }).waitFor();
  await page.getByText('Nothing has been tested.').waitFor();
  await page.getByLabel('FHIR R4 address').fill('fhir.hospital.example');
  await page.keyboard.press('F5');
  await page.getByText('An address that begins with https:// or http://').first().waitFor();
  await page.getByLabel('FHIR R4 address').fill(server.url);
  await page.getByLabel('Way', { exact: true }).selectOption('clientCredentials');
  await page.getByLabel('Client id').fill('bench-2');
  await page.getByLabel('Token address').fill(server.tokenUrl);
  await page.getByLabel('Client secret').fill('another secret');
  await page.getByLabel('Own authority, PEM').fill(server.caPem ?? '');
});

test('an expired certificate is named with its day, and nothing after it is reached', async () => {
  const { page } = bench;
  await testAgain(page, /Certificate failed\./);
  await step(page, 'Certificate')
    .getByText(/The certificate expired on/)
    .waitFor();
  await step(page, 'Certificate')
    .getByText(/has to renew the certificate/)
    .waitFor();
  await step(page, 'Connection').getByText('Passed').waitFor();
  await step(page, 'Signing in').getByText('Not reached').waitFor();
  await bench.screenshots('server-expired');
});

test('a wrong secret is told apart from everything else, with the server’s words', async () => {
  const { page } = bench;
  await server.control.set({ certificate: 'valid' });
  await testAgain(page, /Signing in failed\./);
  await step(page, 'Certificate')
    .getByText(/Issued by Levey test authority/)
    .waitFor();
  await step(page, 'Signing in')
    .getByText(/does not accept this client or its secret/)
    .waitFor();
  await step(page, 'Signing in')
    .getByText(/invalid_client/)
    .waitFor();
  await step(page, 'Rights').getByText('Not reached').waitFor();
  await bench.screenshots('server-secret');
});

test('with the right secret every step passes, also writing and reading back when asked', async () => {
  const { page } = bench;
  await page.getByLabel('Client secret').fill(SECRET);
  await page.getByText('Also write, read back, take away').click();
  await testAgain(page, /Everything passed\.|It works\. Read what is marked\./);
  await step(page, 'Signing in').getByText('Passed').waitFor();
  await step(page, 'Rights').getByText('Passed').waitFor();
  await step(page, 'Writing')
    .getByText('A record was written, read back the same, and taken away.')
    .waitFor();
  expect(server.control.all('Device')).toEqual([]);
  await bench.screenshots('server-passed');
});

test('F8 asks with the facts, writes the station file, keeps the old one, and what waits goes up', async () => {
  const { page } = bench;
  await page.keyboard.press('F8');
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/The station file as it was is kept/).waitFor();
  await dialog.getByText(/^passed/).waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText('Choose one').waitFor();
  await dialog.getByRole('radio', { name: /^Another server/ }).check();
  await bench.screenshots('server-use');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const shown = await page
    .getByText(/station\.json$/)
    .first()
    .textContent();
  const file = /\S+station\.json$/.exec((shown ?? '').trim())?.[0] ?? '';
  const folder = dirname(file);
  const names = await readdir(folder);
  expect(names.filter((name) => /^station\.before-.*\.json$/.test(name))).toHaveLength(1);
  const section = (JSON.parse(await readFile(file, 'utf8')) as { server: Record<string, unknown> }).server;
  expect(section).toMatchObject({
    url: server.url,
    auth: { kind: 'clientCredentials', clientId: 'bench-2' },
  });
  expect(JSON.stringify(section)).not.toContain(SECRET);
  const { clientSecretFile } = section.auth as { clientSecretFile: string };
  expect((await readFile(join(folder, clientSecretFile), 'utf8')).trim()).toBe(SECRET);
  expect((await stat(join(folder, clientSecretFile))).mode & 0o777).toBe(0o600);
  await page.keyboard.press('Escape');
  await page
    .getByRole('heading', { name: 'Online. The server has everything.' })
    .waitFor({ timeout: 30_000 });
  expect(server.control.all('Observation').length).toBeGreaterThan(0);
});

test('the sync screen prints what the server has not got as a PDF', async () => {
  const { page, app } = bench;
  await server.control.set({ down: 'refuse' });
  const shown = app.waitForEvent('window');
  await page.keyboard.press('F9');
  const preview = await shown;
  await preview.waitForLoadState();
  await preview.close();
  expect(bench.errors).toEqual([]);
});
