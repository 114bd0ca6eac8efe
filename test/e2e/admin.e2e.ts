/** The admin screen by keyboard: people, health, the audit trail and its proof, the laboratory's name. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

let scene: Scene;
let bench: Bench;

beforeAll(async () => {
  scene = await prepareScene({ requisitions: 6, received: 4, measured: 2, released: 1, patients: 30 });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  bench.page.setDefaultTimeout(8_000);
  await signIn(bench, scene.people.admin);
  await bench.page.keyboard.press('0');
  await bench.page.getByRole('heading', { name: 'Admin', exact: true }).waitFor();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await stopLauncher();
});

/** Typed as a person does: slower than a scanner. */
const type = (text: string) => bench.page.keyboard.type(text, { delay: 45 });

test('Ctrl+N adds a person; what is missing is said beside its field', async () => {
  const { page } = bench;
  await page.getByRole('grid', { name: 'People' }).getByText('Maja Lindqvist').waitFor();
  await page.keyboard.press('Control+n');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Add a person').waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText('4 to 8 digits, nothing else').waitFor();
  await dialog.getByLabel('Name, as it stands on reports').focus();
  await type('Aoife Nolan');
  await page.keyboard.press('Tab');
  await type('nolan');
  await dialog.getByRole('checkbox', { name: 'lead technologist' }).press('Space');
  await dialog.getByLabel(/^Password/).focus();
  await type('a long enough one');
  await page.keyboard.press('Tab');
  await type('2468');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const row = page.getByRole('row').filter({ hasText: 'Aoife Nolan' });
  await row.getByText('technologist, lead technologist').waitFor();
  await row.getByText('never').waitFor();
  await bench.screenshots('admin-people');
});

test('F2 changes roles, F5 gives a new password and PIN, F7 deactivates, Ctrl+Z takes it back', async () => {
  const { page } = bench;
  const row = page.getByRole('row').filter({ hasText: 'Aoife Nolan' });
  await row.click();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Roles of Aoife Nolan').waitFor();
  await dialog.getByRole('checkbox', { name: 'supervisor' }).press('Space');
  await dialog.getByRole('button', { name: /Set the roles/ }).press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await row.getByText('technologist, lead technologist, supervisor').waitFor();

  await page.keyboard.press('F5');
  await dialog.getByText('New password and PIN for Aoife Nolan').waitFor();
  await type('another long one');
  await page.keyboard.press('Tab');
  await type('13579');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });

  await page.keyboard.press('F7');
  await row.getByText('Inactive').waitFor();
  await page.getByText('Aoife Nolan can no longer sign in.').waitFor();
  await page.keyboard.press('Control+z');
  await row.getByText('Active', { exact: true }).waitFor();
});

test('the last administrator stays: the engine says why', async () => {
  const { page } = bench;
  await page.getByRole('row').filter({ hasText: 'Eoin Doyle' }).click();
  await page.keyboard.press('F7');
  await page.getByText('You cannot deactivate yourself.').first().waitFor();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'administrator' }).press('Space');
  await dialog.getByRole('button', { name: /Set the roles/ }).press('Enter');
  await dialog.getByText('Eoin Doyle is the last administrator.').waitFor();
  await page.keyboard.press('Escape');
});

test('C3: the audit trail shows before and after, hides secrets, and its chain is proved', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+3');
  const entries = page.getByRole('grid', { name: 'Audit' });
  await entries.getByText('access.changePerson').first().waitFor();
  await page.keyboard.press('F3');
  await type('changePerson');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Entry' });
  await page.getByRole('row').filter({ hasText: 'secretHash' }).click();
  await panel.getByRole('row').filter({ hasText: 'secretHash' }).getByText('•••').first().waitFor();
  expect(await panel.textContent()).not.toMatch(/argon2|\$/);
  await page.getByRole('row').filter({ hasText: 'roles' }).last().click();
  await panel.getByText('technician, lead, supervisor').waitFor();
  await page.keyboard.press('F8');
  await page.getByText('The chain is whole.').waitFor({ timeout: 20_000 });
  await page.getByText(/entries agree with every record\./).waitFor();
  await bench.screenshots('admin-audit');
});

test('health and the laboratory as on the report', async () => {
  const { page } = bench;
  await page.keyboard.press('Alt+2');
  const health = page.getByRole('region', { name: 'Health of this station' });
  await health.getByText('LABEL1 ready').waitFor();
  await health.getByText(/^v24\./).waitFor();
  await bench.screenshots('admin-health');
  await page.keyboard.press('Alt+4');
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the laboratory').fill('St Brigid’s Regional Laboratory');
  const limit = dialog.getByLabel('Critical values are called within, minutes');
  expect(await limit.inputValue()).toBe('30');
  await limit.fill('0');
  await dialog.getByText('A whole number of minutes, 1 to 1440').waitFor();
  await limit.fill('45');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('region', { name: 'Laboratory' }).getByText('45 minutes').waitFor();
  await page
    .getByRole('region', { name: 'Laboratory' })
    .getByText('St Brigid’s Regional Laboratory')
    .waitFor();
  await bench.screenshots('admin-laboratory');
  expect(bench.errors).toEqual([]);
});
