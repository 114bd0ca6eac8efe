import { fork } from 'node:child_process';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { cacheDir, engineNode, projectRoot } from '../../build/paths.ts';
import { openStore } from '../../main/engine/store/open.ts';
import { seedStation } from '../sim/demo-people.ts';
import type { FhirStats } from '../sim/fhir/stats.ts';
import type { Switches } from '../sim/fhir/switches.ts';
import { LABORATORY, laboratory, type PastRequisition } from '../sim/laboratory/index.ts';
import { BENCH_KEY, BENCH_STATION } from './filled-store.ts';
import type { FromServer, ToServer, WriteTimes } from './replicate-server.ts';

/** Requisitions written in one unit. */
const UNIT = 200;

/** What a store holds that is to be sent, by resource type at the server. */
export type Expected = Record<string, number>;

/** A past requisition as it is when nothing of it went to the server yet. */
function queued(past: PastRequisition): PastRequisition {
  const sync = (at: string) => ({ versionId: '', sentChange: 0, why: '', since: at, attempts: 0 });
  const open = <D extends { createdAt: string }>(doc: D): D => ({
    ...doc,
    syncState: 'queued',
    serverId: '',
    sync: sync(doc.createdAt),
  });
  return {
    orders: past.orders.map(open),
    specimens: past.specimens.map(open),
    results: past.results.map(open),
    report: open(past.report),
    tasks: [],
  };
}

/**
 * Fills a new data directory with `results` results that wait for the server, with their patients, orders, specimens and signed reports.
 * @returns what the server has to have afterwards
 */
export async function fillQueue(directory: string, results: number): Promise<Expected> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const day = new Date().toISOString().slice(0, 10);
  const key = BENCH_KEY.slice();
  await seedStation({ dataDir: directory, key, stationCode: BENCH_STATION, day, history: 0 });
  const clock = { now: () => new Date() };
  const store = await openStore({
    dataDir: directory,
    key: BENCH_KEY.slice(),
    clock,
    stationCode: BENCH_STATION,
  });
  const context = {
    actor: 'bench',
    command: 'bench.fill',
    station: BENCH_STATION,
    at: new Date().toISOString(),
  };
  const lab = laboratory({ day, patients: Math.max(50, Math.round(results / 20)) });
  const expected: Expected = { Patient: lab.patients.length };
  const count = (type: string, more: number) => {
    expected[type] = (expected[type] ?? 0) + more;
  };
  try {
    await store.write(context, async (unit) => {
      for (const doc of lab.patients) {
        unit.put('patients', { ...doc, syncState: 'queued', serverId: '' }, { sync: true });
      }
      for (const doc of lab.catalog) {
        unit.put('catalog', { ...doc, syncState: 'onServer' }, { sync: true });
      }
    });
    const all = [...lab.history(results)].map(queued);
    for (let at = 0; at < all.length; at += UNIT) {
      await store.write(context, async (unit) => {
        for (const past of all.slice(at, at + UNIT)) {
          for (const doc of past.orders) unit.put('orders', doc, { sync: true });
          for (const doc of past.specimens) unit.put('specimens', doc, { sync: true });
          for (const doc of past.results) unit.put('results', doc, { sync: true });
          unit.put('reports', past.report, { sync: true });
        }
      });
    }
    for (const past of all) {
      count('ServiceRequest', past.orders.length);
      count('Specimen', past.specimens.length);
      count('Observation', past.results.length);
      count('DiagnosticReport', 1);
      count('Provenance', past.report.signature === null ? 0 : 1);
    }
  } finally {
    await store.close();
  }
  return expected;
}

/** A copy of a filled data directory to work in. */
export async function copyOf(kept: string, name: string): Promise<string> {
  const directory = join(cacheDir(), 'bench', name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const file of await readdir(kept)) {
    if (file.startsWith('levey.db'))
      await copyFile(join(kept, file), join(directory, file), constants.COPYFILE_FICLONE);
  }
  return directory;
}

/** Writes the station file of the bench. @param ports of analysers that send meanwhile */
export async function stationFile(
  folder: string,
  serverUrl: string,
  ports: readonly number[],
): Promise<string> {
  const file = join(folder, 'station.json');
  const station = {
    code: BENCH_STATION,
    name: 'Bench 2',
    laboratory: { ...LABORATORY },
    timeZone: 'Europe/Dublin',
    instruments: ports.map((port, i) => ({
      id: `CHEM${i + 1}`,
      profile: 'demo-chemistry',
      transport: { kind: 'tcpServer', host: '127.0.0.1', port },
    })),
    server: { url: serverUrl },
  };
  await writeFile(file, JSON.stringify(station));
  return file;
}

/** The simulated central server in its own process. */
export class ServerChild {
  readonly url: string;
  readonly #child: ReturnType<typeof fork>;

  private constructor(child: ReturnType<typeof fork>, url: string) {
    this.#child = child;
    this.url = url;
  }

  static start(port: number, switches: Partial<Switches>): Promise<ServerChild> {
    const program = join(projectRoot, 'test', 'bench', 'replicate-server.ts');
    const child = fork(program, [String(port), JSON.stringify(switches)], {
      execPath: engineNode,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new Promise((resolve, reject) => {
      child.once('message', (message: FromServer) => {
        if ('ready' in message) resolve(new ServerChild(child, message.ready));
      });
      child.once('exit', (code) => reject(new Error(`the simulated server ended with code ${code}`)));
    });
  }

  async times(): Promise<WriteTimes> {
    const answer = await this.#ask({ ask: 'times' });
    if (!('times' in answer)) throw new Error('the simulated server gave another answer');
    return answer.times;
  }

  async stats(): Promise<FhirStats> {
    const answer = await this.#ask({ ask: 'stats' });
    if (!('stats' in answer)) throw new Error('the simulated server gave another answer');
    return answer.stats;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.send({ ask: 'stop' } satisfies ToServer);
    await ended;
  }

  #ask(message: ToServer): Promise<FromServer> {
    return new Promise((resolve) => {
      this.#child.once('message', resolve);
      this.#child.send(message);
    });
  }
}

/** Stands before a server and keeps a copy of every bundle that goes through. */
export class Recorder {
  readonly bundles: string[] = [];
  readonly #server: Server;

  private constructor(target: string) {
    const to = new URL(target);
    this.#server = createServer((incoming, answer) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        const isBundle = incoming.method === 'POST' && incoming.url === to.pathname;
        if (isBundle && body.includes('"resource":')) this.bundles.push(body.toString('utf8'));
        const { host: _host, connection: _connection, ...headers } = incoming.headers;
        const onward = httpRequest(
          { host: to.hostname, port: to.port, method: incoming.method, path: incoming.url, headers },
          (reply) => {
            answer.writeHead(reply.statusCode ?? 502, reply.headers);
            reply.pipe(answer);
          },
        );
        onward.on('error', () => answer.destroy());
        onward.end(body);
      });
    });
  }

  static async open(target: string, port: number): Promise<Recorder> {
    const recorder = new Recorder(target);
    await new Promise<void>((done) => recorder.#server.listen(port, '127.0.0.1', done));
    return recorder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Posts bundles one after the other, as fast as they are answered, and does nothing else with them. */
export async function bareLoop(url: string, bundles: readonly string[]): Promise<void> {
  const dispatcher = new Agent({ connections: 1 });
  try {
    for (const body of bundles) {
      const reply = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/fhir+json',
          accept: 'application/fhir+json',
          prefer: 'return=minimal',
        },
        body,
        dispatcher,
      });
      const text = await reply.body.text();
      if (reply.statusCode !== 200)
        throw new Error(`the server answered ${reply.statusCode}: ${text.slice(0, 200)}`);
    }
  } finally {
    await dispatcher.close();
  }
}
