import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../shared/domain/clock.ts';
import { LeveyError } from '../../shared/errors.ts';
import { Sessions } from './access/sessions.ts';
import { startApi } from './api/start.ts';
import type { Bench } from './bench.ts';
import { Catalog } from './catalog.ts';
import { claimsOf } from './claims/start.ts';
import { Clients } from './clients.ts';
import { startHospital } from './hospital/start.ts';
import { type NewId, uuidsV7 } from './ids.ts';
import { startInstruments } from './instruments/hub.ts';
import { ownersOf, restoreOwners } from './instruments/owners/start.ts';
import { LiveHub } from './live/hub.ts';
import { createLog, type Log } from './log.ts';
import { startLabels } from './output/labels.ts';
import { startQcClock } from './qc/clock.ts';
import { QcLots } from './qc/lots.ts';
import { ServerPart } from './replication/setup.ts';
import { WaitingSpecimens } from './results/waiting.ts';
import { loadStation } from './station/load.ts';
import { openStore } from './store/open.ts';
import { realTimers, type Timers } from './timers.ts';
import { version } from './version.ts';

export interface EngineOptions {
  /** Directory of this station's data; made when missing. */
  dataDir: string;
  stationFile: string;
  /** 32 bytes; overwritten with zeros once the database is open. */
  key: Uint8Array;
  demo?: boolean;
  clock?: Clock;
  timers?: Timers;
  newId?: NewId;
  log?: Log;
}

/** A running engine. */
export interface Engine {
  readonly bench: Bench;
  readonly clients: Clients;
  readonly station: { code: string; name: string };
  readonly version: string;
  /** Finishes what is being written and closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

const IDLE_CHECK_MS = 5_000;

/**
 * Starts the engine: store, catalogue, instruments, labels, replication, local API - in this order, so that nothing is received before
 * it can be stored. A part that cannot start (port in use, device missing) is a problem on the strip, not a failed start; only a
 * station file or a database that cannot be used fails it.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const clock: Clock = options.clock ?? { now: () => new Date() };
  const timers = options.timers ?? realTimers;
  const log = options.log ?? createLog(clock);
  const nextId = uuidsV7();
  const newId = options.newId ?? (() => nextId(clock.now()));
  const { station, directory } = await loadStation(options.stationFile);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({
    dataDir: options.dataDir,
    key: options.key,
    clock,
    stationCode: station.code,
  });
  options.key.fill(0);

  const hub = new LiveHub(timers);
  // An analyser that waits for its acknowledgement comes before what a screen shows.
  hub.isHeld = () => store.journal.isInBurst;
  const catalog = new Catalog();
  await catalog.load(store);
  const waiting = new WaitingSpecimens({ store, clock });
  const stopWaiting = await waiting.follow(() => hub.changed(['channel:waiting']));
  const qcLots = new QcLots(station.timeZone);
  await qcLots.load(store);
  const parts: { name: string; stop: () => Promise<void> | void }[] = [];
  const bench: Bench = {
    station,
    store,
    clock,
    timers,
    newId,
    log,
    hub,
    catalog,
    waiting,
    qcLots,
    claims: claimsOf({ station, clock, hub, store }),
    owners: ownersOf(() => bench),
    toServer: () => undefined,
    sessions: new Sessions(),
    startedAt: clock.now().toISOString(),
    demo: options.demo ?? false,
    problems: new Map(),
    instruments: notStarted('instruments'),
    hospital: notStarted('hospital'),
    labels: notStarted('labels'),
    server: notStarted('server'),
    setup: notStarted('server'),
    apiUrl: '',
  };
  const stopListening = store.onCommit((changed) => {
    if ('catalog' in changed) void catalog.load(store).then(() => hub.changed(['catalog']));
    if ('lots' in changed) void qcLots.load(store).then(() => hub.changed(['lots']));
    hub.committed(changed);
  });
  const clients = new Clients(bench);
  try {
    const labels = startLabels(bench);
    bench.labels = labels;
    parts.unshift({ name: 'labels', stop: labels.stop });
    await restoreOwners(bench);
    const instruments = await startInstruments(bench);
    bench.instruments = instruments;
    parts.unshift({ name: 'instruments', stop: instruments.stop });
    const hospital = await startHospital(bench);
    bench.hospital = hospital;
    parts.unshift({ name: 'hospital', stop: hospital.stop });
    parts.unshift({ name: 'qc', stop: startQcClock(bench).stop });
    const server = new ServerPart(bench, options.stationFile);
    await server.start();
    parts.unshift({ name: 'server', stop: () => server.stop() });
    const api = await startApi(bench, directory);
    bench.apiUrl = api.url;
    parts.unshift({ name: 'api', stop: api.stop });
  } catch (error) {
    for (const part of parts) await part.stop();
    stopListening();
    stopWaiting();
    await store.close();
    throw error;
  }
  const idle = setInterval(() => clients.lockIdle(), IDLE_CHECK_MS);
  idle.unref();
  log.info('engine.ready', { station: station.code, version });

  let stopping: Promise<void> | null = null;
  return {
    bench,
    clients,
    station: { code: station.code, name: station.name },
    version,
    stop: () => {
      stopping ??= (async () => {
        clearInterval(idle);
        for (const part of parts) await part.stop();
        stopListening();
        stopWaiting();
        await store.close();
        log.info('engine.stopped');
      })();
      return stopping;
    },
  };
}

/** Stands in for a part until it has started: using it is a fault of the order of starting. */
function notStarted<T extends object>(part: string): T {
  return new Proxy({} as T, {
    get: () => {
      throw new LeveyError({
        code: 'engine.starting',
        what: `The engine is starting: ${part} is not ready yet.`,
        safe: 'Nothing was changed.',
        todo: 'Wait a moment and try again.',
      });
    },
  });
}
