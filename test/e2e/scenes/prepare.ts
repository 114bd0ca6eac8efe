/**
 * A laboratory in the middle of its morning, made through the engine alone: people, catalogue, patients, orders, history, tubes drawn and
 * received, results measured by simulated analysers, released and signed. Then the window opens on the same data:
 *
 *   const scene = await prepareScene({ requisitions: 24, received: 12, measured: 8, released: 4, signed: 2 });
 *   const bench = await startBench({ station: scene.station, dataDir: scene.dataDir, key: scene.key });
 *   await signIn(bench, scene.people.technician);
 *   scene.analysers.CHEM1.start();          // sends to the window's engine from now on
 *   ...
 *   await bench.close();
 *   await scene.stop();
 */
import { chmod, rm } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import type { z } from 'zod';
import type { Engine } from '../../../main/engine/engine.ts';
import { tcpClient } from '../../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../../main/engine/timers.ts';
import type { OrderDoc } from '../../../shared/documents/order.ts';
import type { Role } from '../../../shared/documents/person.ts';
import type { RequisitionRow } from '../../../shared/ipc/accession.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { Station } from '../../../shared/station/schema.ts';
import { EngineClient, seed, startTestEngine, testStation } from '../../contract/engine-client.ts';
import { freePort } from '../../contract/free-port.ts';
import { type Analyser, createAnalyser } from '../../sim/analyser/analyser.ts';
import { loadBundle } from '../../sim/fhir/load.ts';
import type { FhirServer } from '../../sim/fhir/server.ts';
import {
  type AnalyserId,
  analysers,
  LABORATORY,
  laboratory,
  resourcesFrom,
  staff,
  stationFile,
} from '../../sim/laboratory/index.ts';
import { createPrinter, type SimPrinter } from '../../sim/printer/printer.ts';

export interface ScenePerson {
  username: string;
  name: string;
  secret: string;
  pin: string;
  roles: readonly Role[];
}

/** How far the morning has come. Each number counts requisitions from the oldest on; each is at most the one before it. */
export interface SceneOptions {
  /** Requisitions of the morning. Default 24. */
  requisitions?: number;
  /** Whose tubes are labelled and received. Default 0. */
  received?: number;
  /** Whose tubes ran on the analysers. Default 0. */
  measured?: number;
  /** Whose results are released as far as they may be. Default 0. */
  released?: number;
  /** Whose reports are signed. Default 0. */
  signed?: number;
  /** Requisitions after the received ones whose tubes have labels but were not received. Default 0. */
  labelled?: number;
  /** Result documents of the past year. Default 0. */
  history?: number;
  /** Controls of both levels run on every analyser first. Default false. */
  qc?: boolean;
  /** False: no label printer in the station file. */
  printer?: boolean;
  /** The central FHIR server: it is given catalogue, patients and orders, and the station replicates with it. None by default. */
  central?: FhirServer;
  /** People of the practice, default 200. */
  patients?: number;
  /** Last word before the engine stops, as the technician. */
  also?: (tech: EngineClient, engine: Engine) => Promise<void>;
}

export type Who = 'admin' | 'technician' | 'lead' | 'pathologist' | 'supervisor';

export interface Scene {
  dataDir: string;
  key: Uint8Array;
  station: z.input<typeof Station>;
  people: Record<Who, ScenePerson>;
  /** Numbers of the morning's requisitions, oldest first. */
  requisitions: string[];
  printer: SimPrinter;
  /** One per instrument, not started: `start()` it when the window's engine is up. */
  analysers: Record<AnalyserId, Analyser>;
  stop(): Promise<void>;
}

const SECRET = 'correct horse battery';
const person = (who: Who, pin: string): ScenePerson => ({
  username: staff[who].username,
  name: staff[who].name,
  roles: staff[who].roles,
  secret: SECRET,
  pin,
});

/** The people of every scene; each has a PIN already. */
export const scenePeople: Record<Who, ScenePerson> = {
  admin: person('admin', '2580'),
  technician: person('technician', '4711'),
  lead: person('lead', '1357'),
  pathologist: person('pathologist', '8642'),
  supervisor: person('supervisor', '9753'),
};

/** Makes the laboratory and stops the engine it was made with. Data of today: orders were written in the last three hours. */
export async function prepareScene(options: SceneOptions = {}): Promise<Scene> {
  const { requisitions = 24, received = 0, measured = 0, released = 0, signed = 0, labelled = 0 } = options;
  const printer = await createPrinter();
  const ports: Record<AnalyserId, number> = {
    CHEM1: await freePort(),
    HEM1: await freePort(),
    COAG1: await freePort(),
  };
  const station = stationFile({
    analysers: ports,
    ...(options.printer === false ? {} : { printer: printer.port }),
  });
  if (options.central !== undefined) station.server = { url: options.central.url, pullSeconds: 1 };
  const at = testStation(station);
  // The window's program may run as another user, who has to get at the data directory below.
  await chmod(at.directory, 0o755);
  const day = new Date().toISOString().slice(0, 10);
  const lab = laboratory({ day, requisitions, ...(options.patients ? { patients: options.patients } : {}) });
  const orders = written(lab.orders, Date.now());
  if (options.central !== undefined) {
    const { catalog, patients } = lab;
    loadBundle(options.central, resourcesFrom({ catalog, patients, orders }));
  }
  const numbers = [...new Set(orders.map((order) => order.requisition))];
  const machines = (seedNumber: number): Record<AnalyserId, Analyser> => {
    const made = analysers.map(({ id, profile }, index) => {
      const transport = tcpClient({ host: '127.0.0.1', port: ports[id], timers: realTimers });
      return [
        id,
        createAnalyser({ profile: builtinProfile(profile)!, transport, seed: seedNumber + index }),
      ] as const;
    });
    return Object.fromEntries(made) as Record<AnalyserId, Analyser>;
  };

  const engine = await startTestEngine(at);
  try {
    await seed(engine, { catalog: lab.catalog, patients: lab.patients, orders });
    await engine.bench.catalog.load(engine.bench.store);
    if (options.history) await writeHistory(engine, lab.history(options.history));
    const { tech, doctor } = await signInAll(engine);
    const running = machines(1);
    if (measured > 0 || options.qc) for (const analyser of Object.values(running)) analyser.start();
    if (options.qc) for (const analyser of Object.values(running)) await analyser.runQc();
    for (const [index, requisition] of numbers.entries()) {
      if (index >= received + labelled) break;
      await draw(tech, requisition, index);
      if (index >= received) continue;
      const row = await receive(tech, requisition);
      if (index < measured) await measure(running, tech, row);
      if (index < released) await release(tech, row);
      if (index < signed) await sign(doctor, tech, requisition);
    }
    await options.also?.(tech, engine);
    await Promise.all(Object.values(running).map((analyser) => analyser.stop()));
  } finally {
    await engine.stop();
  }
  const later = machines(100);
  return {
    dataDir: at.dataDir,
    key: Uint8Array.from(Buffer.from(at.key, 'hex')),
    station,
    people: scenePeople,
    requisitions: numbers,
    printer,
    analysers: later,
    stop: async () => {
      await Promise.all(Object.values(later).map((analyser) => analyser.stop()));
      await printer.stop();
      await rm(at.directory, { recursive: true, force: true });
    },
  };
}

/** The morning's orders as if written in the last three hours, in the same order. */
function written(orders: readonly OrderDoc[], now: number): OrderDoc[] {
  const times = orders.map((order) => Date.parse(order.authoredOn));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(1, last - first);
  return orders.map((order) => {
    const share = (Date.parse(order.authoredOn) - first) / span;
    const authoredOn = new Date(Math.round(now - (1 - share) * 3 * 3_600_000 - 120_000)).toISOString();
    return { ...order, authoredOn };
  });
}

async function signInAll(engine: Engine): Promise<{ tech: EngineClient; doctor: EngineClient }> {
  const { admin, ...others } = scenePeople;
  const first = new EngineClient(engine, 'admin');
  await first.command('access.setUp', {
    laboratory: LABORATORY.name,
    address: LABORATORY.address,
    name: admin.name,
    username: admin.username,
    secret: SECRET,
    pin: admin.pin,
  });
  const clients: Record<string, EngineClient> = {};
  for (const { name, username, secret, pin, roles } of Object.values(others)) {
    await first.command('access.addPerson', { name, username, roles: [...roles], secret, pin });
    const client = new EngineClient(engine, username);
    await client.command('access.signIn', { username, secret });
    clients[username] = client;
  }
  return {
    tech: clients[scenePeople.technician.username]!,
    doctor: clients[scenePeople.pathologist.username]!,
  };
}

const collectors = ['K. Obi', 'R. Walsh', 'J. Nowak'];

async function draw(tech: EngineClient, requisition: string, index: number): Promise<void> {
  await tech.command('accession.draw', {
    requisition,
    collector: collectors[index % collectors.length]!,
    collectedTime: new Date(Date.now() - (20 + (index % 15)) * 60_000).toISOString(),
  });
}

async function receive(tech: EngineClient, requisition: string): Promise<RequisitionRow> {
  const [row] = await tech.rows('accession.requisition', { scanned: requisition });
  for (const tube of row!.tubes) {
    await tech.command('accession.receive', { accessionIdentifier: tube.accessionIdentifier });
  }
  return row!;
}

/** Measures the tubes of a requisition. Ends when the results are posted: an analyser is acknowledged before that. */
async function measure(
  running: Record<AnalyserId, Analyser>,
  tech: EngineClient,
  row: RequisitionRow,
): Promise<void> {
  let sent = 0;
  for (const tube of row.tubes) {
    for (const { id, profile } of analysers) {
      const able = builtinProfile(profile)!.tests.some((test) => tube.testCodes.includes(test.test));
      if (able) sent += (await running[id].run(tube.accessionIdentifier)).results.length;
    }
  }
  const tubes = new Set(row.tubes.map((tube) => tube.accessionIdentifier));
  await tech.rows(
    'results.list',
    { filter: 'all' },
    (rows) => rows.filter((one) => tubes.has(one.accessionIdentifier)).length >= sent,
  );
}

async function release(tech: EngineClient, row: RequisitionRow): Promise<void> {
  const tubes = new Set(row.tubes.map((tube) => tube.accessionIdentifier));
  const results = await tech.rows('results.list', { filter: 'toDecide' });
  const mine = results.filter((result) => tubes.has(result.accessionIdentifier));
  for (const held of [false, true]) {
    const resultIds = mine.filter((one) => (one.verdict === 'held') === held).map((one) => one.id);
    if (resultIds.length === 0) continue;
    await tech.command('result.release', {
      resultIds,
      comment: held ? 'Checked by a second measurement.' : '',
    });
  }
}

async function sign(doctor: EngineClient, tech: EngineClient, requisition: string): Promise<void> {
  const cases = await doctor.rows('signout.cases', { filter: 'waiting' });
  for (const { id } of cases.filter((one) => one.requisition === requisition)) {
    const [detail] = await doctor.rows('signout.case', { reportId: id });
    if (detail === undefined) continue;
    for (const result of detail.results) {
      if (result.interpretation !== 'HH' && result.interpretation !== 'LL') continue;
      await tech.command('result.recordCall', {
        resultId: result.id,
        to: 'Ward, nurse in charge',
        readBack: true,
      });
    }
    const [ready] = await doctor.rows('signout.case', { reportId: id });
    await doctor.command('report.sign', {
      reportId: id,
      meaning: 'I approve this report',
      contentHash: ready!.contentHash,
      pin: scenePeople.pathologist.pin,
    });
  }
}

async function writeHistory(
  engine: Engine,
  past: ReturnType<ReturnType<typeof laboratory>['history']>,
): Promise<void> {
  const context = {
    actor: 'scene',
    command: 'seed',
    station: engine.station.code,
    at: new Date().toISOString(),
  };
  for (const one of past) {
    await engine.bench.store.write(context, async (unit) => {
      for (const order of one.orders) unit.put('orders', order, { sync: true });
      for (const specimen of one.specimens) unit.put('specimens', specimen, { sync: true });
      for (const result of one.results) unit.put('results', result, { sync: true });
      for (const task of one.tasks) unit.put('tasks', task, { sync: true });
      unit.put('reports', one.report, { sync: true });
    });
  }
}

/** Signs in at the lock screen, by keyboard, with the PIN; ends when the rail is there. */
export async function signIn(bench: { page: Page }, who: ScenePerson): Promise<void> {
  const { page } = bench;
  await page.getByRole('button', { name: new RegExp(who.name) }).click({ timeout: 60_000 });
  await page.keyboard.type(who.pin, { delay: 60 });
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').waitFor({ timeout: 20_000 });
}

/**
 * Scans a code as a keyboard-wedge scanner does: a key every 3 ms, then Enter. The keys are sent without waiting for each other and carry
 * the scanner's times, so that a busy machine does not turn a scan into typing.
 */
export async function scanCode(bench: { page: Page }, code: string): Promise<void> {
  const session = await bench.page.context().newCDPSession(bench.page);
  const keys = [...code].map((text) => ({ key: text, text }));
  const begun = Date.now() / 1000;
  const sent = [...keys, { key: 'Enter', text: '\r' }].flatMap(({ key, text }, at) => [
    session.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      key,
      text,
      timestamp: begun + at * 0.003,
      ...(key === 'Enter' ? { code: 'Enter', windowsVirtualKeyCode: 13 } : {}),
    }),
    session.send('Input.dispatchKeyEvent', { type: 'keyUp', key, timestamp: begun + at * 0.003 + 0.001 }),
  ]);
  await Promise.all(sent);
  await session.detach();
}
