import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serial } from '../../main/engine/instruments/transports/serial.ts';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import { realTimers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { freePort } from '../contract/free-port.ts';
import { type Analyser, createAnalyser } from './analyser/analyser.ts';
import { DEMO_PIN, DEMO_SECRET, seedStation } from './demo-people.ts';
import { loadBundle } from './fhir/load.ts';
import { createFhirServer, type FhirServer } from './fhir/server.ts';
import {
  analysers,
  type laboratory as Laboratory,
  laboratory,
  staff,
  stationFile,
} from './laboratory/index.ts';
import { createPrinter, type SimPrinter } from './printer/printer.ts';

export interface DemoOptions {
  /** Data directory of the demo station. */
  dataDir: string;
  /** Its database key, 32 bytes. */
  key: Uint8Array;
  /** Result documents of a past year. Default: LEVEY_DEMO_HISTORY, else 2000. */
  history?: number;
  /** Requisitions of this morning at the central server. Default 60. */
  requisitions?: number;
  /** Where the printed labels are written. Default: `labels` in the data directory. */
  labels?: string;
  /** Measure every received specimen by itself. Default true. */
  selfRunning?: boolean;
  /** Called once per line of news. */
  say?: (line: string) => void;
}

/** The demo laboratory while it runs. */
export interface Demo {
  stationFile: string;
  station: ReturnType<typeof stationFile>;
  server: FhirServer;
  printer: SimPrinter;
  analysers: ReadonlyMap<string, Analyser>;
  lab: ReturnType<typeof Laboratory>;
  api: { url: string; token: string };
  stop(): Promise<void>;
}

/** A pair of pseudo-terminals joined by socat: what is written to one is read from the other. */
async function serialPair(
  directory: string,
): Promise<{ station: string; analyser: string; child: ChildProcess }> {
  const station = join(directory, 'tty-station');
  const analyser = join(directory, 'tty-analyser');
  const end = (path: string) => `PTY,link=${path},raw,echo=0,mode=666`;
  const child = spawn('socat', [end(station), end(analyser)], { stdio: 'ignore' });
  for (let i = 0; i < 100 && !(existsSync(station) && existsSync(analyser)); i++) await pause(50);
  if (!existsSync(station))
    throw new Error('socat did not make a pair of pseudo-terminals; is it installed?');
  return { station, analyser, child };
}

/** Specimens the station has received, by its local API: what a person would carry to the analysers. */
async function receivedSpecimens(api: { url: string; token: string }): Promise<string[]> {
  const answer = await fetch(`${api.url}/Specimen?status=available&_count=200`, {
    headers: { authorization: `Bearer ${api.token}` },
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) return [];
  const bundle = (await answer.json()) as {
    entry?: { resource?: { accessionIdentifier?: { value?: string } } }[];
  };
  return (bundle.entry ?? []).flatMap((entry) => entry.resource?.accessionIdentifier?.value ?? []);
}

/** Carries received specimens to every analyser, again while one still has work on an analyser. */
function carrySpecimens(demo: Pick<Demo, 'api' | 'analysers'>): () => Promise<void> {
  const done = new Set<string>();
  let stopped = false;
  const loop = async () => {
    while (!stopped) {
      const specimens = await receivedSpecimens(demo.api).catch(() => []);
      for (const specimen of specimens) {
        if (stopped || done.has(specimen)) continue;
        done.add(specimen);
        for (const analyser of demo.analysers.values()) {
          if (analyser.state() !== 'off') void analyser.run(specimen).catch(() => undefined);
        }
      }
      await pause(1_500);
    }
  };
  const running = loop();
  return async () => {
    stopped = true;
    await running;
  };
}

/**
 * Starts everything around the demo station: a central FHIR server with the catalogue, 200 patients and this morning's orders, three
 * analysers (two on TCP, one on a serial line), a label printer; and prepares the station's people and history.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const say = options.say ?? ((line: string) => process.stdout.write(`${line}\n`));
  const day = new Date().toISOString().slice(0, 10);
  const side = join(options.dataDir, 'around');
  await mkdir(side, { recursive: true, mode: 0o755 });
  const lab = laboratory({ day, requisitions: options.requisitions ?? 60 });
  const server = await createFhirServer({ data: join(side, 'central.sqlite') });
  if (server.control.all('Patient').length === 0) loadBundle(server, lab.resources());
  const printer = await createPrinter({ outDir: options.labels ?? join(side, 'labels') });
  const pair = await serialPair(side);
  const ports = { CHEM1: await freePort(), HEM1: pair.station, COAG1: await freePort() };
  const token = randomBytes(24).toString('base64url');
  const tokenFile = join(options.dataDir, 'api-token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  await chmod(tokenFile, 0o600);
  const apiPort = await freePort();
  const station = stationFile({
    analysers: ports,
    printer: printer.port,
    server: Number(new URL(server.url).port),
    api: { port: apiPort, tokenFile },
  });
  if (station.server !== undefined) station.server.url = server.url;
  const file = join(options.dataDir, 'station.json');
  await writeFile(file, JSON.stringify(station, null, 2));
  const history = options.history ?? Number(process.env.LEVEY_DEMO_HISTORY ?? 2_000);
  const seeded = await seedStation({
    dataDir: options.dataDir,
    key: new Uint8Array(options.key),
    stationCode: station.code,
    day,
    history,
  });

  const machines = new Map<string, Analyser>();
  for (const { id, profile } of analysers) {
    const port = ports[id];
    const machine = createAnalyser({
      profile: builtinProfile(profile)!,
      serial: `${id}-001`,
      seed: 1,
      transport:
        typeof port === 'number'
          ? tcpClient({ host: '127.0.0.1', port, timers: realTimers })
          : serial({ path: pair.analyser, timers: realTimers }),
    });
    machine.start();
    machines.set(id, machine);
  }
  const api = { url: `http://127.0.0.1:${apiPort}/fhir`, token };
  const stopCarrying =
    options.selfRunning === false ? async () => {} : carrySpecimens({ api, analysers: machines });
  say(
    `demo: central server ${server.url}, label printer on port ${printer.port}, ${machines.size} analysers`,
  );
  if (seeded > 0) say(`demo: a year of history, ${seeded} results`);
  say(
    `demo: sign in as ${Object.values(staff)
      .map((s) => s.username)
      .join(', ')}; password "${DEMO_SECRET}", PIN ${DEMO_PIN}`,
  );
  return {
    stationFile: file,
    station,
    server,
    printer,
    analysers: machines,
    lab,
    api,
    stop: async () => {
      await stopCarrying();
      await Promise.all([...machines.values()].map((machine) => machine.stop()));
      await printer.stop();
      await server.stop();
      pair.child.kill();
    },
  };
}
