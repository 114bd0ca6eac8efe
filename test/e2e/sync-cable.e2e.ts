/**
 * The cable is pulled in the middle of the day (C5). The bench works on through the window and its analysers: tubes received by scan, measured,
 * released, a critical call, reports signed, the statement printed. The acts are those of two hours at a small bench, one after the
 * other without the pauses between them. Then it is plugged in, and the queue drains: everything is at the server, once, as it was here.
 */
import type { DiagnosticReport, Observation, Provenance, Specimen } from 'fhir/r4';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineClient } from '../contract/engine-client.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { analysers } from '../sim/laboratory/index.ts';
import { type Bench, startBench, stopLauncher } from './harness.ts';
import { prepareScene, type Scene, signIn } from './scenes/prepare.ts';

/** Requisitions done before the cable is pulled, and those whose tubes lie on the bench with their labels. */
const DONE = 2;
const ON_THE_BENCH = 8;

let server: FhirServer;
let scene: Scene;
let bench: Bench;
let page: Page;
/** Numbers of the tubes on the bench. */
const tubes: string[] = [];
/** What the analysers sent while the cable was out, `specimen code` to the value's text. */
const sent = new Map<string, string>();

/** Critical calls at the server before, and those recorded while the cable was out. */
let callsBefore = 0;
let calls = 0;

const type = (text: string): Promise<void> => page.keyboard.type(text, { delay: 55 });
const poll = <T>(what: () => Promise<T> | T) => expect.poll(what, { timeout: 30_000 });
const all = <R>(kind: string): R[] => server.control.all(kind) as unknown as R[];
const line = () => page.getByRole('region', { name: 'Server' });

/** The number that stands beside a filter. */
async function countOf(filter: string): Promise<number> {
  const text = await page
    .locator('.lv-segment', { hasText: filter })
    .locator('.lv-segment-count')
    .first()
    .textContent();
  return Number((text ?? '').replace(/\D/g, ''));
}

/** Tasks that wait, by the rail. */
async function openTasks(): Promise<number> {
  const name = await page
    .getByRole('button', { name: /^Tasks/ })
    .first()
    .getAttribute('aria-label');
  return Number(/\d+/.exec(name ?? '')?.[0] ?? 0);
}

async function screen(digit: string, title: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.keyboard.press(digit);
  await page.getByRole('heading', { name: title, exact: true }).first().waitFor();
}

/** A keyboard-wedge scan, as one burst of keys from the main process. */
async function scan(code: string): Promise<void> {
  await bench.app.evaluate(({ BrowserWindow }, text) => {
    const [window] = BrowserWindow.getAllWindows();
    for (const character of [...text, '\r']) {
      const keyCode = character === '\r' ? 'Return' : character;
      window?.webContents.sendInputEvent({ type: 'keyDown', keyCode });
      window?.webContents.sendInputEvent({ type: 'char', keyCode });
      window?.webContents.sendInputEvent({ type: 'keyUp', keyCode });
    }
  }, code);
}

/** Receives a tube by its scan. On a machine so busy that the burst is taken for typing, it is scanned again, as a person would. */
async function receive(tube: string): Promise<void> {
  const digits = tube.replace(/\D/g, '');
  const said = async (): Promise<boolean> =>
    (await page.locator('.lv-acc-said').allTextContents()).join('').replace(/\D/g, '').includes(digits);
  for (let tries = 0; tries < 4; tries += 1) {
    if ((await page.getByRole('heading', { name: 'Accession', exact: true }).count()) === 0)
      await screen('1', 'Accession');
    await page
      .getByRole('grid', { name: /Open requisitions|Tubes in draw order/ })
      .first()
      .waitFor();
    await scan(tube);
    const end = Date.now() + 5_000;
    while (Date.now() < end) {
      if (await said()) return;
      await page.waitForTimeout(30);
    }
  }
  throw new Error(`${tube} was not received`);
}

/** Everything of the morning is at the server; then the numbers of the tubes on the bench are read off their labels. */
async function morning(tech: EngineClient): Promise<void> {
  await tech.rows('sync.summary', {}, ([row]) => row?.state === 'online' && row.queued === 0, 30_000);
  const open = await tech.rows('accession.open', {});
  for (const { requisition } of open) {
    const [row] = await tech.rows('accession.requisition', { scanned: requisition });
    for (const tube of row?.tubes ?? [])
      if (tube.accessionIdentifier !== '') tubes.push(tube.accessionIdentifier);
  }
}

beforeAll(async () => {
  server = await createFhirServer();
  scene = await prepareScene({
    requisitions: 12,
    received: DONE,
    measured: DONE,
    released: DONE,
    signed: 1,
    labelled: ON_THE_BENCH,
    patients: 40,
    central: server,
    also: morning,
  });
  bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
  page = bench.page;
  page.setDefaultTimeout(15_000);
  await signIn(bench, scene.people.lead);
  for (const analyser of Object.values(scene.analysers)) analyser.start();
});

afterAll(async () => {
  await bench?.close();
  await scene?.stop();
  await server?.stop();
  await stopLauncher();
});

test('C5: the cable is pulled, and the window says so calmly', async () => {
  expect(tubes.length).toBeGreaterThanOrEqual(ON_THE_BENCH);
  await screen('9', 'Sync');
  await page.getByRole('heading', { name: 'Online. The server has everything.' }).waitFor();
  callsBefore = all('Communication').length;
  await server.control.set({ down: 'refuse' });
  await page.keyboard.press('F5');
  await page.getByRole('heading', { name: /^Offline since \d\d:\d\d\. Nothing is lost\.$/ }).waitFor();
  await page.getByText('working here').first().waitFor();
});

test('C5: two hours of work go on: tubes are received, measured, released and called', async () => {
  await screen('1', 'Accession');
  await page.getByRole('grid', { name: /Open requisitions/ }).waitFor();
  for (const tube of tubes) await receive(tube);
  for (const tube of tubes) {
    for (const { id } of analysers) {
      const run = await scene.analysers[id].run(tube);
      for (const result of run.results) sent.set(`${tube} ${result.code}`, result.text);
    }
  }
  expect(sent.size).toBeGreaterThan(30);
  await screen('3', 'Results');
  await poll(() => countOf('To decide')).toBe(sent.size);
  await bench.screenshots('cable-working');
  for (let left = sent.size; left > 0; left = await countOf('To decide')) {
    await page.getByRole('checkbox', { name: 'Select all' }).click();
    await page
      .getByText(/can be released|needs? a comment/)
      .first()
      .waitFor();
    await page.keyboard.press('F8');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const comment = dialog.getByRole('textbox');
    if ((await comment.count()) > 0) {
      await comment.first().focus();
      await type('Checked against the tube.');
    }
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await poll(() => countOf('To decide')).toBeLessThan(left);
  }
  await screen('7', 'Tasks');
  // Which values are critical is the day's chance: every call that is due is made.
  const tasks = page.getByRole('grid').getByRole('row').getByText('Critical call');
  await tasks.first().or(page.getByText('No task is open.')).waitFor();
  for (let left = await openTasks(); left > 0; left = await openTasks()) {
    await page.keyboard.press('F10');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').first().focus();
    await type('Ward, Sr Kelly');
    await dialog.getByRole('checkbox').first().check();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    calls += 1;
    await poll(openTasks).toBe(left - 1);
  }
});

test('C5: the pathologist signs without the server', async () => {
  await page.keyboard.press('Escape');
  await page.keyboard.press('F12');
  await signIn(bench, scene.people.pathologist);
  await page.keyboard.press('5');
  const box = page.getByRole('form', { name: 'Signature' });
  const queue = page.getByRole('listbox').getByRole('option');
  await queue.first().waitFor();
  let signed = 0;
  for (let tries = await queue.count(); tries > 0 && signed < 2; tries -= 1) {
    await page.getByRole('article', { name: 'Report' }).waitFor();
    if ((await page.getByLabel('PIN').count()) === 1) {
      const before = await queue.count();
      await box.locator('input[type=password]').focus();
      await type(scene.people.pathologist.pin);
      await page.keyboard.press('Enter');
      await poll(() => queue.count()).toBe(before - 1);
      signed += 1;
      await page.keyboard.press('Escape');
    } else await page.keyboard.press('ArrowDown');
  }
  expect(signed).toBe(2);
  await page.keyboard.press('Escape');
});

test('what the server has not got is plain, and can be printed', async () => {
  await screen('9', 'Sync');
  await line()
    .getByText(/changes are safe on this station/)
    .waitFor();
  const kinds = page.getByRole('table', { name: 'By kind' });
  await kinds
    .getByRole('row', { name: /^Results/ })
    .getByText(String(sent.size), { exact: true })
    .waitFor();
  await page.keyboard.press('Alt+3');
  await page.getByRole('grid', { name: 'Records' }).getByText('Queued').first().waitFor();
  await page.keyboard.press('Alt+1');
  const shown = bench.app.waitForEvent('window');
  await page.keyboard.press('F9');
  const preview = await shown;
  await preview.waitForLoadState();
  await preview.close();
  await bench.screenshots('cable-offline');
});

test('plugged in, the queue drains by itself and everything is at the server once, as it was here', async () => {
  // A server with a quota, as many have: the pace is told, and the queue is seen to become shorter.
  await server.control.set({ down: 'no', quota: { writes: 50, windowSeconds: 3 } });
  await page.keyboard.press('F5');
  await page.getByRole('heading', { name: /changes are going up\.$/ }).waitFor();
  const kinds = page.getByRole('table', { name: 'By kind' });
  await kinds.getByRole('row', { name: /^Orders/ }).waitFor({ state: 'detached' });
  await bench.screenshots('cable-draining');
  await page
    .getByRole('heading', { name: 'Online. The server has everything.' })
    .waitFor({ timeout: 60_000 });
  await page.getByText('Nothing waits for the server.').waitFor();
  await bench.screenshots('cable-drained');

  expect(server.stats().duplicates).toEqual([]);
  const specimens = all<Specimen>('Specimen');
  for (const tube of tubes) {
    const there = specimens.filter((one) => one.accessionIdentifier?.value === tube);
    expect(there).toHaveLength(1);
    expect(there[0]?.receivedTime).toMatch(/^\d{4}-/);
  }
  const ours = new Set(
    specimens.flatMap((one) =>
      tubes.includes(one.accessionIdentifier?.value ?? '') ? [`Specimen/${one.id}`] : [],
    ),
  );
  const observations = all<Observation>('Observation').filter((one) =>
    ours.has(one.specimen?.reference ?? ''),
  );
  const texts = observations.map(
    (one) => one.valueQuantity?.extension?.find((e) => e.url.endsWith('original-text'))?.valueString,
  );
  expect(texts.sort()).toEqual([...sent.values()].sort());
  expect(observations.every((one) => one.status === 'final')).toBe(true);
  expect(all('Communication')).toHaveLength(callsBefore + calls);
  const signed = all<DiagnosticReport>('DiagnosticReport').filter((one) => one.status === 'final');
  expect(signed).toHaveLength(3);
  const proofs = all<Provenance>('Provenance').flatMap((one) =>
    one.target.map((target) => target.reference?.split('/_history')[0]),
  );
  for (const report of signed) {
    expect(report.presentedForm).toHaveLength(1);
    expect(proofs).toContain(`DiagnosticReport/${report.id}`);
  }
});

test('each record says at its place that the server has it', async () => {
  await screen('3', 'Results');
  await page.keyboard.press('Alt+5');
  const results = page.getByRole('grid', { name: 'Results' });
  await results.getByText('On server').first().waitFor();
  expect(await results.getByText('Queued').count()).toBe(0);
  expect(bench.errors).toEqual([]);
});
