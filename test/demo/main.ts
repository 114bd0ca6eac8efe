/**
 * `npm run demo`: a day at the bench, unattended, through the real window. In the morning requisitions are scanned, labels printed, tubes received
 * and measured; mid-morning the central server is killed; the bench works on; results are released, critical values called, reports signed;
 * in the afternoon the server is back and gets everything. Leaves out/demo/: a picture of every screen in light and dark, the labels (ZPL and PNG),
 * the reports as the server has them (PDF), and summary.json. Exits non-zero when any count is off.
 *
 *   npm run demo [-- --requisitions N]     default 16
 */

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DiagnosticReport } from 'fhir/r4';
import { buildAll } from '../../build/build.ts';
import { ensureNode24 } from '../../build/node24.ts';
import { outDir } from '../../build/paths.ts';
import { runMain, say } from '../../build/say.ts';
import { ensureSystemPackages, SIMULATOR_PACKAGES } from '../../build/system-packages.ts';
import { type Bench, startBench, stopLauncher } from '../e2e/harness.ts';
import { type Demo, startDemo } from '../sim/demo.ts';
import { DEMO_PIN } from '../sim/demo-people.ts';
import { accession, ask, call, measure, people, release, signAll } from './day.ts';
import { collectAcknowledged, lostResults, type Summary } from './summary.ts';
import { Hands, until } from './window.ts';

const folder = join(outDir, 'demo');

/** Reports of this station at the server, each with its PDF written beside the summary. */
async function writeReports(demo: Demo): Promise<number> {
  await mkdir(join(folder, 'reports'), { recursive: true });
  let signed = 0;
  for (const resource of demo.server.control.all('DiagnosticReport') as unknown as DiagnosticReport[]) {
    const pdf = resource.presentedForm?.find((form) => form.contentType === 'application/pdf')?.data;
    if (resource.status !== 'final' || pdf === undefined) continue;
    signed += 1;
    await writeFile(
      join(folder, 'reports', `report-${String(signed).padStart(2, '0')}.pdf`),
      Buffer.from(pdf, 'base64'),
    );
  }
  return signed;
}

async function day(bench: Bench, demo: Demo, requisitions: readonly string[]): Promise<Summary> {
  const begun = Date.now();
  const hands = new Hands(bench.app, bench.page);
  const acknowledged = collectAcknowledged(demo.analysers);
  const picture = (name: string) => bench.screenshots(name, folder);
  const half = Math.ceil(requisitions.length / 2);
  const tubes: string[] = [];

  await bench.page
    .getByRole('button', { name: new RegExp(people.technician.name) })
    .waitFor({ timeout: 60_000 });
  await picture('lock');
  await hands.signIn(people.technician, DEMO_PIN);
  await hands.screen('1', 'Accession');
  await until(
    'the orders from the server',
    async () =>
      ((await ask<{ total?: number }>(demo, 'ServiceRequest?status=active&_count=1')).total ?? 0) >=
      requisitions.length,
  );
  for (const requisition of requisitions.slice(0, half))
    tubes.push(...(await accession(hands, demo, requisition)));
  await picture('accession');
  say(`demo: ${tubes.length} tubes received before the outage`);

  const outage = Date.now();
  await demo.server.control.set({ down: 'refuse' });
  say('demo: the central server is down');
  for (const requisition of requisitions.slice(half))
    tubes.push(...(await accession(hands, demo, requisition)));
  await hands.screen('2', 'Worklists');
  await picture('worklists');
  const running = measure(demo, tubes);
  await hands.screen('6', 'Instruments');
  await until('the first results', () => acknowledged.length > 2);
  await picture('instruments');
  await running;
  say(`demo: ${acknowledged.length} messages acknowledged`);
  await hands.screen('3', 'Results');
  await bench.page.waitForTimeout(1_000);
  await picture('results');
  await hands.press('Control+k');
  await hands.type('rel');
  await picture('results-palette');
  await hands.press('Escape');
  await release(hands, demo);
  await hands.screen('7', 'Tasks');
  await picture('tasks');
  const calls = await call(hands, demo);
  say(`demo: everything released, ${calls} critical values called`);
  await hands.screen('9', 'Sync');
  await picture('sync-offline');
  await hands.lock();

  await hands.signIn(people.pathologist, DEMO_PIN);
  await hands.screen('5', 'Sign-out');
  await bench.page.waitForTimeout(1_000);
  await picture('signout');
  const signatures = await signAll(hands, demo);
  await picture('signout-done');
  say(`demo: ${signatures} reports signed with the server down`);
  await hands.screen('8', 'Catalogue');
  await picture('catalogue');
  await hands.screen('0', 'Admin');
  await picture('admin');

  const queued = await until('the queue on the strip', async () => {
    const text = await bench.page
      .getByText(/\d+ queued/)
      .first()
      .textContent();
    return Number(/([\d\s]+) queued/.exec(text ?? '')?.[1]?.replace(/\s/g, '')) || undefined;
  });
  const seconds = Math.round((Date.now() - outage) / 1000);
  await demo.server.control.set({ down: 'no' });
  await hands.screen('9', 'Sync');
  await hands.press('F5');
  await bench.page
    .getByText(/\b0 queued/)
    .first()
    .waitFor({ timeout: 120_000 });
  await picture('sync');
  say('demo: the server is back and has everything');

  const stats = demo.server.stats();
  const { lost, posted, held } = lostResults(demo, acknowledged);
  const signed = await writeReports(demo);
  const finals = (demo.server.control.all('Observation') as unknown as { status: string }[]).filter(
    (o) => o.status === 'final',
  );
  return {
    accessioned: (demo.server.control.all('Specimen') as unknown as { receivedTime?: string }[]).filter(
      (s) => s.receivedTime !== undefined,
    ).length,
    labelsPrinted: demo.printer.labels.length,
    messagesAcknowledged: acknowledged.length,
    resultsPosted: posted,
    verified: finals.length,
    signed,
    onServer: Object.entries(stats.resources)
      .filter(([type]) =>
        [
          'Specimen',
          'Observation',
          'DiagnosticReport',
          'Device',
          'Task',
          'Communication',
          'Provenance',
        ].includes(type),
      )
      .reduce((sum, [, count]) => sum + count, 0),
    duplicatesOnServer: stats.duplicates.length,
    lost: lost + Math.max(0, requisitions.length - signed),
    held,
    outage: { seconds, queuedAtReturn: queued },
    seconds: Math.round((Date.now() - begun) / 1000),
  };
}

/** What does not add up; empty when everything does. */
function faults(summary: Summary, requisitions: number, errors: readonly string[]): string[] {
  const wrong: string[] = [];
  const expect = (what: string, ok: boolean) => {
    if (!ok) wrong.push(what);
  };
  expect(
    'every printed label is a received tube',
    summary.accessioned === summary.labelsPrinted && summary.accessioned > 0,
  );
  expect('every acknowledged result is posted', summary.resultsPosted > 0 && summary.held === 0);
  expect('every posted result is final', summary.verified === summary.resultsPosted);
  expect('every requisition has its signed report', summary.signed === requisitions);
  expect('nothing is twice on the server', summary.duplicatesOnServer === 0);
  expect('nothing is lost', summary.lost === 0);
  expect('something waited for the server', summary.outage.queuedAtReturn > 0);
  expect(`no errors in the window: ${errors.join(' | ')}`, errors.length === 0);
  return wrong;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { requisitions: { type: 'string', default: '16' } } });
  const count = Number(values.requisitions);
  await ensureNode24();
  await ensureSystemPackages(SIMULATOR_PACKAGES);
  await buildAll();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const dataDir = join(mkdtempSync(join(tmpdir(), 'levey-demo-')), 'data');
  chmodSync(join(dataDir, '..'), 0o711);
  const key = new Uint8Array(randomBytes(32));
  const demo = await startDemo({
    dataDir,
    key,
    history: 3_000,
    requisitions: count,
    labels: join(folder, 'labels'),
    selfRunning: false,
    say,
  });
  let bench: Bench | undefined;
  try {
    bench = await startBench({ station: demo.station, dataDir, key, args: ['--demo'] });
    const requisitions = [...new Set(demo.lab.orders.map((order) => order.requisition))];
    const summary = await day(bench, demo, requisitions);
    await writeFile(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    say(JSON.stringify(summary));
    const wrong = faults(summary, requisitions.length, bench.errors);
    for (const fault of wrong) say(`demo: NOT TRUE: ${fault}`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } catch (error) {
    await bench?.page.screenshot({ path: join(folder, 'failed.png') }).catch(() => undefined);
    say(bench?.output().slice(-4_000) ?? '');
    throw error;
  } finally {
    await bench?.close().catch(() => undefined);
    await demo.stop();
    await stopLauncher();
  }
}

await runMain(main);
