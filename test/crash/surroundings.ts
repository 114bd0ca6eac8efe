/** What stands around the engine and outlives it: analysers on TCP lines and the central server, in this process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tcpClient } from '../../main/engine/instruments/transports/tcp-client.ts';
import type { Transport } from '../../main/engine/instruments/transports/transport.ts';
import { realTimers, type Timers } from '../../main/engine/timers.ts';
import { builtinProfile } from '../../shared/profiles/builtin.ts';
import { ACK } from '../../shared/protocols/astm/bytes.ts';
import { freePort } from '../contract/free-port.ts';
import { type Analyser, createAnalyser, type SentResult } from '../sim/analyser/analyser.ts';
import { loadBundle } from '../sim/fhir/load.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { analysers, LABORATORY, laboratory } from '../sim/laboratory/index.ts';
import type { Moments } from './moments.ts';

/** Code of the station that is killed. */
export const STATION = 'C1';

/** The analysers of the demo bench, and one that speaks HL7 after IHE LAW. */
export const MACHINES: readonly { id: string; profile: string }[] = [
  ...analysers,
  { id: 'LAW1', profile: 'generic-law' },
];

/** A message whose last frame the engine acknowledged. */
export interface Acknowledged {
  instrumentId: string;
  specimenId: string;
  results: SentResult[];
}

export interface Surroundings {
  stationFile: string;
  server: FhirServer;
  catalog: ReturnType<typeof laboratory>['catalog'];
  analysers: ReadonlyMap<string, Analyser>;
  /** In the order in which they were acknowledged. */
  acknowledged: readonly Acknowledged[];
  /** Loads a specimen on an analyser; `tests` are measured without asking for orders. */
  load(analyser: string, specimenId: string, tests?: readonly string[]): void;
  /** Measures controls on an analyser. */
  control(analyser: string): void;
  /** Resolves when every analyser has sent all it measured. */
  idle(): Promise<void>;
  /** The server and its line misbehave from time to time, or not. */
  trouble(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Longer than an analyser's clock takes to show another time. */
const SAME_SECOND_MS = 1_200;

/** Specimens on all analysers together, at most. */
const MOST_LOADED = 24;

/** Waits of the analysers are a fifth as long, so that a lost line costs little time. */
const impatient: Timers = { set: (ms, run) => realTimers.set(Math.ceil(ms / 5), run) };

/** The line with a look at what comes from the engine. */
function watched(inner: Transport, moments: Moments): Transport {
  return {
    kind: inner.kind,
    stop: () => inner.stop(),
    start: (events) =>
      inner.start({
        ...events,
        data: (connection, bytes) => {
          if (bytes.includes(ACK)) moments.tell('ack');
          events.data(connection, bytes);
        },
      }),
  };
}

/** Starts the central server with catalogue, patients and some orders, and analysers that dial the station's ports. */
export async function startSurroundings(
  directory: string,
  seed: number,
  moments: Moments,
): Promise<Surroundings> {
  const day = new Date().toISOString().slice(0, 10);
  const lab = laboratory({ seed: `crash ${seed}`, day, patients: 30, requisitions: 20 });
  const server = await createFhirServer({ seed, onRequest: () => moments.tell('request') });
  loadBundle(server, lab.resources());
  const machines = new Map<string, Analyser>();
  const acknowledged: Acknowledged[] = [];
  const work: Promise<unknown>[] = [];
  const instruments = [];
  for (const { id, profile } of MACHINES) {
    const port = await freePort();
    instruments.push({ id, profile, transport: { kind: 'tcpServer', port } });
    const machine = createAnalyser({
      profile: builtinProfile(profile)!,
      serial: `${id}-${seed}`,
      seed,
      timers: impatient,
      maxAttempts: 1_000,
      faults: { seed: seed + instruments.length },
      transport: watched(tcpClient({ host: '127.0.0.1', port, timers: impatient }), moments),
    });
    machine.on((event) => {
      if (event.type !== 'acknowledged') return;
      acknowledged.push({
        instrumentId: `${STATION}.${id}`,
        specimenId: event.specimenId,
        results: event.results,
      });
      moments.tell('message');
    });
    machines.set(id, machine);
  }
  const stationFile = join(directory, 'station.json');
  const station = {
    code: STATION,
    name: 'Bench',
    timeZone: 'Europe/Dublin',
    laboratory: { ...LABORATORY },
    instruments,
    server: { url: server.url, pullSeconds: 2 },
  };
  writeFileSync(stationFile, JSON.stringify(station, null, 2));
  for (const machine of machines.values()) machine.start();

  // An analyser's times have no fractions: the same specimen again within a second would be the same measurement.
  const busy = new Set<string>();
  const begin = (analyser: string, what: string, run: (machine: Analyser) => Promise<unknown>) => {
    const key = `${analyser} ${what}`;
    const machine = machines.get(analyser);
    if (machine === undefined || busy.has(key) || busy.size > MOST_LOADED) return;
    busy.add(key);
    work.push(run(machine).then(() => setTimeout(() => busy.delete(key), SAME_SECOND_MS)));
  };
  return {
    stationFile,
    server,
    catalog: lab.catalog,
    analysers: machines,
    acknowledged,
    load: (analyser, specimenId, tests) =>
      begin(analyser, specimenId, (machine) => machine.run(specimenId, tests === undefined ? {} : { tests })),
    control: (analyser) => begin(analyser, 'controls', (machine) => machine.runQc()),
    idle: async () => {
      while (work.length > 0) await work.shift();
    },
    trouble: (on) =>
      server.control.set(
        on
          ? { lostAnswer: 0.08, error503: 0.05, conflict: 0.03 }
          : { lostAnswer: 0, error503: 0, conflict: 0 },
      ),
    stop: async () => {
      await Promise.all([...machines.values()].map((machine) => machine.stop()));
      await server.stop();
    },
  };
}
