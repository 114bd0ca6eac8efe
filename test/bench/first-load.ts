import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { engineNode, projectRoot } from '../../build/paths.ts';
import { openStore } from '../../main/engine/store/open.ts';
import type { Store } from '../../main/engine/store/store.ts';
import type { CollectionName } from '../../shared/documents/index.ts';
import type { SyncSummaryRow } from '../../shared/ipc/sync.ts';
import { freePort } from '../contract/free-port.ts';
import { seedStation } from '../sim/demo-people.ts';
import { stationFile } from '../sim/laboratory/index.ts';
import { EngineChild } from './engine-child.ts';
import { BENCH_KEY, BENCH_STATION } from './filled-store.ts';
import { below, type Metric, round } from './metric.ts';

/** Resources of a second, at least. */
const RATE = 2_000;
/** Resident memory the engine may take while it loads, in MB. */
const MEMORY_MB = 500;
/** Longest time a person may wait for an answer while it loads, in ms. */
const ANSWER_MS = 100;
/** Memory of the simulated server for each resource, in MB: it keeps all of them. */
const SERVER_MB = 0.012;
/** Pages the bare loop fetches. */
const PAGE = 1_000;
const LONGEST_MS = 30 * 60_000;

const TYPES: [string, CollectionName][] = [
  ['Patient', 'patients'],
  ['ServiceRequest', 'orders'],
  ['Specimen', 'specimens'],
  ['Observation', 'results'],
];

interface Started {
  child: ChildProcess;
  url: string;
  resources: Record<string, number>;
}

/** The central server in a process of its own. */
async function startServer(total: number): Promise<Started> {
  const child = spawn(
    engineNode,
    [
      `--max-old-space-size=${2_048 + Math.ceil(total * SERVER_MB)}`,
      join(projectRoot, 'test', 'bench', 'first-load-server.ts'),
      String(total),
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, ...(JSON.parse(line) as Omit<Started, 'child'>) };
  }
  throw new Error('the server ended before it was ready');
}

/** Seconds a loop takes that only fetches the same pages, one after the other, and looks at every resource. */
async function bareLoop(url: string): Promise<{ seconds: number; read: number }> {
  const started = performance.now();
  let read = 0;
  for (const [type] of TYPES) {
    for (
      let next: string | undefined = `${url}/${type}?_sort=_lastUpdated&_count=${PAGE}`;
      next !== undefined;
    ) {
      const page = (await (await fetch(next)).json()) as {
        entry?: { resource: { id: string } }[];
        link?: { relation: string; url: string }[];
      };
      read += page.entry?.filter((entry) => entry.resource.id !== '').length ?? 0;
      next = page.link?.find((link) => link.relation === 'next')?.url;
    }
  }
  return { seconds: (performance.now() - started) / 1000, read };
}

/** What an engine tells while it loads. */
interface Watched {
  fetched: number;
  over: boolean;
  state: string;
}

async function startEngine(dataDir: string, file: string, profile: string | undefined) {
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const engine = new EngineChild(join(projectRoot, 'main', 'engine', 'main.ts'), dataDir, file, nodeOptions);
  await engine.ready;
  const seen: Watched = { fetched: 0, over: false, state: '' };
  await engine.signIn();
  await engine.watch<SyncSummaryRow>('sync.summary', {}, (rows) => {
    for (const { firstLoad, lastSyncAt, state, why } of rows) {
      seen.fetched = Math.max(seen.fetched, firstLoad?.fetched ?? 0);
      seen.over = lastSyncAt !== '' && firstLoad === null;
      seen.state = `${state} ${why}`;
    }
  });
  return { engine, seen };
}

async function until(condition: () => boolean, tell: () => string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`the load did not come to its end: ${tell()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Every resource of the server is here, once. @throws Error naming what is not */
async function compare(store: Store, url: string, resources: Record<string, number>): Promise<void> {
  for (const [type, collection] of TYPES) {
    const count = await store.count(collection, { selector: {} });
    if (count !== resources[type])
      throw new Error(`${type}: ${resources[type]} at the server, ${count} here`);
    const there = new Set<string>();
    for (
      let next: string | undefined = `${url}/${type}?_sort=_lastUpdated&_count=${PAGE}`;
      next !== undefined;
    ) {
      const page = (await (await fetch(next)).json()) as {
        entry?: { resource: { id: string; meta: { versionId: string } } }[];
        link?: { relation: string; url: string }[];
      };
      for (const { resource } of page.entry ?? []) {
        const [here] = await store.find(collection, { selector: { serverId: { $eq: resource.id } } });
        if (here?.sync.versionId !== resource.meta.versionId)
          throw new Error(`${type}/${resource.id} is not here in its version`);
        there.add(resource.id);
      }
      next = page.link?.find((link) => link.relation === 'next')?.url;
    }
    if (there.size !== count) throw new Error(`${type}: some are here twice`);
  }
  const audit = await store.verifyAudit();
  if (!audit.ok) throw new Error('the audit trail is broken');
}

/**
 * The first load of a new station: the simulated server runs in a process of its own, the engine is killed (SIGKILL) in the middle and started
 * again. The rate counts the time the engine was loading. Baseline: a loop that only fetches the same pages.
 */
export async function* run(options: {
  results: number | undefined;
  profile: string | undefined;
  say: (line: string) => void;
}): AsyncGenerator<Metric> {
  const { results: total = 100_000, say, profile } = options;
  const folder = await mkdtemp(join(tmpdir(), 'levey-first-load-'));
  const server = await startServer(total);
  try {
    const dataDir = join(folder, 'data');
    const file = join(folder, 'station.json');
    const analysers = { CHEM1: await freePort(), HEM1: await freePort(), COAG1: await freePort() };
    const station = stationFile({ analysers, code: BENCH_STATION });
    await writeFile(file, JSON.stringify({ ...station, server: { url: server.url, pullSeconds: 5 } }));
    const day = new Date().toISOString().slice(0, 10);
    await seedStation({ dataDir, key: BENCH_KEY.slice(), stationCode: BENCH_STATION, day, history: 0 });
    const bare = await bareLoop(server.url);
    say(`bare loop: ${bare.read} resources in ${bare.seconds.toFixed(1)} s`);

    let started = performance.now();
    const first = await startEngine(dataDir, file, undefined);
    await until(
      () => first.seen.fetched >= total / 2,
      () => `${first.seen.fetched} ${first.seen.state}`,
    );
    await first.engine.kill();
    let seconds = (performance.now() - started) / 1000;
    say(`killed after ${first.seen.fetched} resources, ${seconds.toFixed(1)} s`);

    started = performance.now();
    const second = await startEngine(dataDir, file, profile);
    let slowest = 0;
    let memory = 0;
    const atFirst = (await second.engine.processor()) ?? 0;
    let busy = atFirst;
    await until(
      () => second.seen.fetched > 0 || second.seen.over,
      () => second.seen.state,
    );
    const resumed = second.seen.fetched;
    while (!second.seen.over) {
      slowest = Math.max(
        slowest,
        (await second.engine.watch('worklist.list', { filter: 'all', instrumentId: '' })).ms,
      );
      memory = Math.max(memory, await second.engine.memory());
      busy = (await second.engine.processor()) ?? busy;
      await new Promise((done) => setTimeout(done, 200));
      if (performance.now() - started > LONGEST_MS) throw new Error(`not loaded: ${second.seen.state}`);
    }
    seconds += (performance.now() - started) / 1000;
    const worked = `${((busy - atFirst) / 1000).toFixed(1)} s of processor time`;
    say(
      `went on at ${resumed}, done after ${seconds.toFixed(1)} s of loading; the second engine took ${worked}`,
    );
    await second.engine.stop();

    const clock = { now: () => new Date() };
    const store = await openStore({ dataDir, key: BENCH_KEY.slice(), clock, stationCode: BENCH_STATION });
    await compare(store, server.url, server.resources).finally(() => store.close());
    say('compared: every resource is here once, in its version');

    const rate = bare.read / seconds;
    const bareRate = bare.read / bare.seconds;
    yield {
      bench: 'first-load',
      metric: `${bare.read} resources with a kill in the middle`,
      value: round(rate),
      unit: 'resources/s',
      baseline: round(bareRate),
      ratio: round(rate / bareRate),
      target: RATE,
      ok: rate >= RATE,
    };
    yield below('first-load', 'engine memory while it loads', memory, 'MB', MEMORY_MB);
    yield below('first-load', 'slowest answer to a person while it loads', slowest, 'ms', ANSWER_MS);
  } finally {
    server.child.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}
