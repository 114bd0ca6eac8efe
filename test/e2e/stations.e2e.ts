/** What another station has and works on, in the real window: an analyser handed over, a tube and a case being worked on elsewhere. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Claimable } from '../../shared/domain/claims.ts';
import { LINE_AWAY_MS, type LineOwner } from '../../shared/domain/line-owner.ts';
import { claimToTask } from '../../shared/fhir/claim.ts';
import { lineToTask } from '../../shared/fhir/line-owner.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, scanCode, signIn } from './scenes/prepare.ts';

const SERIAL = 'AU480-2231';
let server: FhirServer;
let scene: Scene;
let bench: Bench;
let page: Page;
let tube = { id: '', number: '' };
let caseId = '';

/** Writes what station A1 tells the server about the analyser. */
function lineAtA1(more: Partial<LineOwner> = {}): void {
  const at = new Date().toISOString();
  const owner: LineOwner = {
    ...{ serialNumber: SERIAL, station: 'A1', personId: 'person-okafor', name: 'Sam Okafor', since: at },
    ...{ free: false, takenFrom: '', reason: '', stations: ['A1', 'B2'] },
    ...more,
  };
  const known = taskWith('urn:levey:line"');
  const task = lineToTask(owner, at) as unknown as Resource;
  server.control.put(known === undefined ? task : { ...task, id: known.id });
}

function claimAtA1(collection: Claimable, docId: string): void {
  const since = new Date().toISOString();
  const by = { station: 'A1', personId: 'person-okafor', name: 'Sam Okafor', since };
  server.control.put(claimToTask({ collection, docId, ...by }, true, since) as unknown as Resource);
}

const taskWith = (text: string) =>
  server.control.all('Task').find((one) => JSON.stringify(one).includes(text));

beforeAll(async () => {
  server = await createFhirServer({ seed: 5 });
  scene = await prepareScene({
    ...{ requisitions: 12, received: 9, measured: 4, released: 4, central: server },
    also: async (tech) => {
      const [row] = await tech.rows('worklist.list', { filter: 'waiting' });
      tube = { id: row?.id ?? '', number: row?.accessionIdentifier ?? '' };
    },
  });
  expect(tube.id).not.toBe('');
  const [chem] = scene.station.instruments ?? [];
  if (chem !== undefined) chem.serialNumber = SERIAL;
  lineAtA1();
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(15_000);
  await signIn(bench, scene.people.lead);
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await server?.stop();
  await stopLauncher();
});

const lines = () => page.getByRole('grid', { name: 'Lines' });

test('an analyser of another station is shown as being there; given over there, F9 takes it, and F9 gives it over again', async () => {
  await page.keyboard.press('6');
  await lines().getByText('At A1', { exact: true }).waitFor();
  await page.getByText(/CHEM1 is at A1 since .*, taken by Sam Okafor/).waitFor();
  await page.locator('.lv-strip-item', { hasText: 'CHEM1' }).getByText('at A1').waitFor();
  await bench.screenshots('stations-line');
  lineAtA1({ free: true });
  await lines().getByText('Given over', { exact: true }).waitFor();
  await page.keyboard.press('F9');
  await lines().getByText('Given over', { exact: true }).waitFor({ state: 'hidden' });
  await expect.poll(() => JSON.stringify(taskWith('urn:levey:line"'))).toContain('"B2"');
  await page.keyboard.press('F9');
  await page.getByRole('dialog', { name: 'Give CHEM1 over?' }).waitFor();
  await bench.screenshots('stations-give');
  await page.keyboard.press('Enter');
  await lines().getByText('Given over', { exact: true }).waitFor();
});

test('an analyser whose owner is away is taken over with a reason and a warning', async () => {
  lineAtA1();
  await lines().getByText('At A1', { exact: true }).waitFor();
  await server.control.set({ clockOffsetMs: LINE_AWAY_MS + 60_000 });
  await lines().getByText('A1 is away').waitFor();
  await page.keyboard.press('F9');
  await page.getByRole('dialog', { name: 'Take CHEM1 over from A1?' }).waitFor();
  await page.keyboard.type('Bench 1 has no power', { delay: 40 });
  await bench.screenshots('stations-take-over');
  await page.keyboard.press('Enter');
  await lines().getByText('At A1', { exact: true }).waitFor({ state: 'hidden' });
  await expect.poll(() => JSON.stringify(taskWith('urn:levey:line"'))).toContain('Bench 1 has no power');
});

test('a tube that is worked on at another station has a chip in its row, and its panel says who and takes it over', async () => {
  claimAtA1('specimens', tube.id);
  await page.keyboard.press('2');
  const list = page.getByRole('grid', { name: /Specimens on the bench/ });
  await list.getByText('at A1').first().waitFor();
  await scanCode(bench, tube.number);
  const panel = page.getByRole('complementary', { name: 'Specimen and its tests' });
  await panel.getByText(/Being worked on at A1 by Sam Okafor/).waitFor();
  await bench.screenshots('stations-worklist');
  await panel.getByRole('button', { name: /Take over/ }).click();
  await list.getByText('at A1').waitFor({ state: 'hidden' });
});

test('a case that is worked on at another station has a chip in the queue, and says who', async () => {
  await page.keyboard.press('F12');
  await signIn(bench, scene.people.pathologist);
  await page.keyboard.press('5');
  const chosen = page.getByRole('option', { selected: true });
  await chosen.waitFor();
  caseId = ((await chosen.getAttribute('id')) ?? '').replace(/^case-/, '');
  claimAtA1('reports', caseId);
  await chosen.getByText('at A1').waitFor();
  await page.getByText(/Being worked on at A1 by Sam Okafor/).waitFor();
  await bench.screenshots('stations-signout');
  await page.getByRole('button', { name: /Take over/ }).click();
  await chosen.getByText('at A1').waitFor({ state: 'hidden' });
  expect(bench.errors).toEqual([]);
});
