import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Message } from 'node-hl7-client';
import { Server } from 'node-hl7-server';
import { afterEach, beforeEach, expect } from 'vitest';
import type { z } from 'zod';
import { engineNode, projectRoot } from '../../build/paths.ts';
import type { Engine } from '../../main/engine/engine.ts';
import type { Station } from '../../shared/station/schema.ts';
import { LABORATORY } from '../sim/laboratory/index.ts';
import { until } from '../until.ts';
import { type EngineClient, startTestEngine, type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { joined, openLaboratory, PIN, signedIn } from './people.ts';

/** A station with a hospital: what others wrote as its system, on real sockets. Used by tests only. */

export const ORDERS = 'T1.his-orders';
export const RESULTS = 'T1.his-results';

export interface HospitalBench {
  engine: Engine;
  tech: EngineClient;
  lead: EngineClient;
  doctor: EngineClient;
  at: TestStation;
  ordersPort: number;
  resultsPort: number;
  stop(): Promise<void>;
  /** Ends the engine and starts it again on the same data. */
  restart(): Promise<void>;
}

type Given = NonNullable<z.input<typeof Station>['hospital']>;
type HospitalSettings = Omit<Partial<Given>, 'results'> & {
  results?: Partial<NonNullable<Given['results']>>;
};

/** Starts an engine with both lines; people are signed in, the catalogue is there. */
export async function startHospitalBench(hospital: HospitalSettings = {}): Promise<HospitalBench> {
  const ordersPort = await freePort();
  const resultsPort = await freePort();
  const { results, ...more } = hospital;
  const at = testStation({
    code: 'T1',
    name: 'Bench 1',
    timeZone: 'Europe/Dublin',
    laboratory: { ...LABORATORY },
    hospital: {
      orders: { transport: { kind: 'tcpServer', host: '127.0.0.1', port: ordersPort, peers: [] } },
      results: {
        transport: { kind: 'tcpClient', host: '127.0.0.1', port: resultsPort },
        answerSeconds: 2,
        ...results,
      },
      tests: { ELEC: 'LYTES' },
      identifierSystem: 'urn:test:mrn',
      receiver: { application: 'HIS', facility: 'STB' },
      ...more,
    },
  });
  const engine = await startTestEngine(at);
  const admin = await openLaboratory(engine);
  for (const [username, role] of PEOPLE) await joined(engine, admin, username, role);
  const bench: HospitalBench = {
    engine,
    ...(await windowsOf(engine)),
    at,
    ordersPort,
    resultsPort,
    stop: async () => {
      await bench.engine.stop();
      rmSync(at.directory, { recursive: true, force: true });
    },
    restart: async () => {
      await bench.engine.stop();
      bench.engine = await startTestEngine(at);
      Object.assign(bench, await windowsOf(bench.engine));
    },
  };
  return bench;
}

/** A station with a hospital for every test of a file. */
export interface HospitalTests {
  /** made anew before each test */
  bench: HospitalBench;
  /** what is to be ended after a test, the last first, before the bench */
  readonly cleanups: (() => unknown)[];
}

/** Starts a bench before each test of the file that calls this, and stops it afterwards. */
export function hospitalForEach(): HospitalTests {
  const lab = { cleanups: [] as (() => unknown)[] } as unknown as HospitalTests;
  beforeEach(async () => {
    lab.bench = await startHospitalBench();
  });
  afterEach(async () => {
    for (const clean of lab.cleanups.splice(0).reverse()) await clean();
    await lab.bench?.stop();
  });
  return lab;
}

const PEOPLE = [
  ['lindqvist', 'technician'],
  ['okafor', 'lead'],
  ['haase', 'pathologist'],
] as const;

const windowsOf = async (engine: Engine) => ({
  tech: await signedIn(engine, 'lindqvist'),
  lead: await signedIn(engine, 'okafor'),
  doctor: await signedIn(engine, 'haase'),
});

/** What the hospital sent and was answered. */
export interface Answer {
  code: string;
  names: string;
  text: string;
}

export const SUSAN = 'PID|1||44102387^^^STB^MR||Byrne^Susan||19650314|F';

let number = 0;

/** A message of the hospital. `head`: MSH-11 and what follows. */
export function order(segments: readonly string[], type = 'ORM^O01', id?: string, head = 'P|2.5.1'): string {
  number += 1;
  const header = `MSH|^~\\&|HIS|STB|LEVEY|LAB|20260729064205+0100||${type}|${id ?? `HIS${number}`}|${head}`;
  return [header, ...segments].join('\r');
}

/** A new order of one test. */
export function newOrder(
  placer: string,
  code: string,
  more: { pid?: string; group?: string; control?: string } = {},
) {
  const control = more.control ?? 'NW';
  return order([
    more.pid ?? SUSAN,
    `ORC|${control}|${placer}||${more.group ?? ''}|||||20260729064000+0100|||331^Walsh^Aoife`,
    `OBR|1|${placer}||${code}`,
  ]);
}

/** node-hl7-client as the hospital's system that orders. One peer per port: it comes when the one before has gone. */
export async function hospitalThatOrders({ engine, ordersPort: port }: HospitalBench) {
  const line = () => engine.bench.hospital.lines().find((one) => one.id === ORDERS);
  await until(() => expect(line()?.state).toBe('noAnswer'));
  return ordersFrom(port);
}

/** The same for a station whose engine is a program of its own and listens already. */
export async function ordersFrom(port: number) {
  const client = new Client({ host: '127.0.0.1', version: '2.5.1' });
  const answers: Answer[] = [];
  const connection = client.createConnection({ port, version: '2.5.1', waitAck: true }, (response) => {
    const message = response.getMessage();
    const of = (path: string) => message.get(path).toString();
    const [, text = ''] = /\rMSA\|\w*\|[^|\r]*\|([^\r|]*)/.exec(message.toString()) ?? [];
    answers.push({ code: of('MSA.1'), names: of('MSA.2'), text });
  });
  await once(connection, 'connect');
  return {
    answers,
    /** Sends a message and waits for its answer. */
    send: async (text: string): Promise<Answer> => {
      const before = answers.length;
      await connection.sendMessage(new Message({ text }));
      await until(() => expect(answers.length).toBe(before + 1));
      return answers[before]!;
    },
    close: () => connection.close(),
  };
}

/**
 * node-hl7-server as the hospital's system that takes reports; answers AA unless told otherwise. With each block it hands on everything that came on the
 * connection before, so only the last message of what it hands on is new: that one is heard and answered.
 */
export function hospitalThatHears(port: number) {
  const server = new Server({ bindAddress: '127.0.0.1' });
  const heard: string[] = [];
  let handed = 0;
  const hospital = {
    heard,
    answer: 'AA' as 'AA' | 'AE' | 'AR' | 'none',
    controlIds: () => heard.map((text) => text.split('|')[9] ?? ''),
    close: () => inbound.close(),
  };
  const inbound = server.createInbound({ port }, (_request, response) => {
    handed -= 1;
    if (handed === 0 && hospital.answer !== 'none') void response.sendResponse(hospital.answer);
  });
  inbound.on('data.raw', (text: string) => {
    const messages = text.split(/(?=MSH\|)/);
    handed = messages.length;
    heard.push(messages.at(-1) ?? '');
  });
  return hospital;
}

/** The requisition's specimens are drawn and received; gives the number of the first. */
export async function receivedTube(bench: HospitalBench, requisition: string): Promise<string> {
  const collectedTime = new Date().toISOString();
  await bench.tech.command('accession.draw', { requisition, collector: 'K. Obi', collectedTime });
  const [row] = await bench.tech.rows('accession.requisition', { scanned: requisition });
  const tube = row!.tubes[0]!.accessionIdentifier;
  await bench.tech.command('accession.receive', { accessionIdentifier: tube });
  return tube;
}

/** Enters, releases and signs all tests of a requisition with one test. */
export async function signReport(bench: HospitalBench, requisition: string): Promise<string> {
  const { reportId, contentHash } = await readyReport(bench, requisition);
  await bench.doctor.command('report.sign', {
    reportId,
    meaning: 'Reviewed and approved',
    contentHash,
    pin: PIN,
  });
  return reportId;
}

async function readyReport(bench: HospitalBench, requisition: string) {
  const cases = await bench.doctor.rows('signout.cases', { filter: 'waiting' }, (rows) =>
    rows.some((row) => row.requisition === requisition),
  );
  const { id } = cases.find((row) => row.requisition === requisition)!;
  const [detail] = await bench.doctor.rows('signout.case', { reportId: id });
  return { reportId: id, contentHash: detail!.contentHash };
}

/** Measures, releases. */
export async function release(
  bench: HospitalBench,
  tube: string,
  testCode: string,
  valueText: string,
): Promise<void> {
  const { resultId } = await bench.tech.command('result.enter', {
    accessionIdentifier: tube,
    testCode,
    valueText,
  });
  await bench.lead.command('result.release', { resultIds: [resultId], comment: 'Checked.' });
}

/** Corrects the released creatinine of a specimen and releases the correction. */
export async function correct(bench: HospitalBench, tube: string, valueText: string): Promise<void> {
  const { store } = bench.engine.bench;
  const results = await store.find('results', { selector: { accessionIdentifier: { $eq: tube } } });
  const standing = results.find((one) => one.current && one.testCode === 'CREA');
  const { resultId } = await bench.tech.command('result.correct', {
    resultId: standing?.id ?? '',
    valueText,
    reason: 'Wrong dilution entered.',
  });
  await bench.lead.command('result.release', { resultIds: [resultId], comment: 'Wrong dilution entered.' });
}

/** The engine of a station as a process of its own, ready when this resolves. `kill` is kill -9. */
export async function killable({ directory, dataDir, stationFile, key }: TestStation) {
  writeFileSync(join(directory, 'key'), `${key}\n`, { mode: 0o600 });
  const args = ['--data', dataDir, '--station', stationFile, '--key-file', join(directory, 'key')];
  const child = spawn(engineNode, [join(projectRoot, 'main/engine/headless.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
