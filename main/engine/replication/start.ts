import { isDeepStrictEqual } from 'node:util';
import { isReplicated } from '../../../shared/fhir/mapping.ts';
import type { StationServer } from '../../../shared/station/schema.ts';
import type { Bench, ServerPort } from '../bench.ts';
import { startClaims } from '../claims/start.ts';
import { REPORT_PDF } from '../commands/reports.ts';
import { refuse } from '../faults.ts';
import { startOwners } from '../instruments/owners/start.ts';
import { localDay } from '../local-time.ts';
import { setProblem } from '../problems.ts';
import { currentReport, refreshReport } from '../results/report-state.ts';
import { readSecretFile } from '../station/load.ts';
import type { ServerAuth } from './auth.ts';
import { FhirClient } from './client.ts';
import { readKey } from './client-assertion.ts';
import { decide } from './conflicts.ts';
import type { ReplicationStore } from './port.ts';
import { qcBeside, shareLots } from './qc-take.ts';
import { knownKind, queueRefused } from './refused.ts';
import { startReplication } from './replication.ts';
import { notAsked } from './status.ts';
import { storePort } from './store-port.ts';
import { readCaFile } from './tls.ts';
import { watchedStore } from './watched-store.ts';

type Running = ServerPort & { stop: () => Promise<void> };

/** Replication's view of the store of a bench. */
function portOf(bench: Bench): ReplicationStore {
  return storePort(bench.store, {
    clock: bench.clock,
    stationCode: bench.station.code,
    pdfName: REPORT_PDF,
    refreshReport: async (unit, requisition, at) => {
      if ((await currentReport(unit, requisition)) !== undefined) await refreshReport(unit, requisition, at);
    },
  });
}

/**
 * The port of a station without a central server: everything stays here, and says so. What was in question or refused when the station still had
 * one can be decided and queued all the same.
 */
function noServer(why: string, bench: Bench): Running {
  const at = () => bench.clock.now().toISOString();
  const none = () => {
    throw refuse(
      'server.none',
      'This station has no central server.',
      'Name one in the station file (docs/station.md).',
    );
  };
  return {
    summary: () => ({
      state: 'none',
      server: '',
      offlineSince: '',
      lastSyncAt: '',
      nextTryAt: '',
      why,
      sentToday: 0,
      fetchedToday: 0,
      rate: null,
      minutesLeft: null,
      ...notAsked,
    }),
    events: () => [],
    now: none,
    pause: none,
    retry: (collection, docId, context) =>
      queueRefused(portOf(bench), knownKind(collection), docId, context, at()),
    decide: (collection, docId, keepHere, context, seen) =>
      decide(portOf(bench), knownKind(collection), docId, keepHere, context, at(), bench.newId, seen),
    stop: async () => {},
  };
}

/** What a station's server needs that is in files: credentials, and certificates to trust. @throws LeveyError */
export async function filesOf(
  server: StationServer,
  directory: string,
): Promise<{ auth: ServerAuth; ca: string }> {
  const auth = await authOf(server, directory);
  if (auth.kind === 'smartBackend') readKey(auth);
  return { auth, ca: server.tls === undefined ? '' : await readCaFile(server.tls.caFile, directory) };
}

async function authOf(server: StationServer, directory: string): Promise<ServerAuth> {
  const { auth } = server;
  switch (auth.kind) {
    case 'none':
      return { kind: 'none' };
    case 'basic':
      return { kind: 'basic', user: auth.user, password: await readSecretFile(auth.passwordFile, directory) };
    case 'bearer':
      return { kind: 'bearer', token: await readSecretFile(auth.tokenFile, directory) };
    case 'clientCredentials':
      return {
        kind: 'clientCredentials',
        tokenUrl: auth.tokenUrl,
        clientId: auth.clientId,
        clientSecret: await readSecretFile(auth.clientSecretFile, directory),
        scope: auth.scope,
      };
    case 'smartBackend': {
      const { clientId, keyId, algorithm, tokenUrl, scope } = auth;
      const privateKey = await readSecretFile(auth.privateKeyFile, directory);
      return { kind: 'smartBackend', clientId, privateKey, keyId, algorithm, tokenUrl, scope };
    }
  }
}

/** Problems that a new secret or certificate in the files of the station may end. */
const OF_FILES: ReadonlySet<string> = new Set(['server.certificateUntrusted', 'server.credentials']);

/**
 * Starts replication with the station's central server, if it names one. A secret file that cannot be used is a problem `server` on
 * the strip; the bench goes on without the server. `directory` is where relative secret files start from.
 * @param renewed called when the server does not let this station in and its files now hold something else: to be started again with that
 */
export async function startServer(bench: Bench, directory: string, renewed: () => void): Promise<Running> {
  const { server } = bench.station;
  if (server === undefined) {
    await bench.instruments.heedOwners();
    return noServer('', bench);
  }
  let files: { auth: ServerAuth; ca: string };
  try {
    files = await filesOf(server, directory);
  } catch (error) {
    setProblem(bench, 'server', error);
    return noServer(error instanceof Error ? error.message : String(error), bench);
  }
  const zone = bench.station.timeZone;
  const everyMs = server.pullSeconds * 1000;
  const own = watchedStore(portOf(bench));
  const lookAtFiles = async () => {
    const now = await filesOf(server, directory).catch(() => files);
    if (!stopping.signal.aborted && !isDeepStrictEqual(now, files)) renewed();
  };
  let atWork = () => false;
  const stopping = new AbortController();
  const { clock, timers } = bench;
  const client = new FhirClient({
    url: server.url,
    ...files,
    clock,
    timers,
    timeoutMs: 30_000,
    signal: stopping.signal,
  });
  await shareLots(bench);
  const replication = startReplication({
    store: own.store,
    config: {
      url: server.url,
      ...files,
      pullEveryMs: everyMs,
      websocket: server.websocket,
      historyDays: server.pull.historyDays,
      sections: server.pull.sections,
    },
    clock,
    timers,
    beside: qcBeside(bench, client),
    stationCode: bench.station.code,
    newId: bench.newId,
    receive: bench.station.specimens?.receive ?? 'scan',
    dayOf: (at) => localDay(zone, at),
    isAwaited: () => bench.store.journal.isInBurst,
    onStatus: () => {
      if (atWork()) bench.hub.changedLater(['channel:server']);
      else bench.hub.changed(['channel:server']);
    },
    onProblem: (problem) => {
      setProblem(bench, 'server', problem);
      if (problem !== null && OF_FILES.has(problem.code)) void lookAtFiles();
    },
    onNotice: (id, problem) => setProblem(bench, id, problem),
  });
  const isOnline = () => replication.status().state === 'online';
  const owners = startOwners(bench, client, everyMs, isOnline);
  const claims = startClaims(bench, client, everyMs, isOnline);
  atWork = () => replication.benchIsAtWork;
  // While the bench is at work its own changes are shown at once, and where records are on their way a little later.
  bench.hub.mayWait = (changed) => replication.benchIsAtWork && !own.isOthers(changed);
  const stopListening = bench.store.onCommit((changed) => {
    if (own.isOthers(changed)) replication.benchActed();
    if (Object.keys(changed).some((collection) => isReplicated(collection))) replication.wake();
  });
  return {
    summary: () => replication.status(),
    events: () => replication.events(),
    now: () => replication.now(),
    pause: (paused) => replication.pause(paused),
    retry: (collection, docId, context) => replication.retry(collection, docId, context),
    decide: (collection, docId, keepHere, context, seen) =>
      replication.decide(collection, docId, keepHere, context, seen),
    stop: async () => {
      stopListening();
      bench.hub.mayWait = () => false;
      const ended = replication.stop();
      stopping.abort(new Error('stopping'));
      await Promise.all([ended, owners.stop(), claims.stop()]);
    },
  };
}
