import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, projectRoot } from '../../build/paths.ts';
import { freePort } from '../contract/free-port.ts';
import { LABORATORY, Random } from '../sim/laboratory/index.ts';
import { BareCommits } from './bare-commits.ts';
import { startBareHost } from './bare-host.ts';
import { EngineChild } from './engine-child.ts';
import { BENCH_STATION, filledStore } from './filled-store.ts';
import { Shown } from './ingest-shown.ts';
import { message, type Prepared, prepareSpecimens, Sender, TESTS } from './ingest-work.ts';
import { atLeast, below, inTurns, type Metric, median } from './metric.ts';

const LINKS = 8;
/** Messages of the latency measurement, and the pause between two of them, ms. */
const SINGLE_MESSAGES = 200;
const PAUSE_MS = 60;
const LATENCY_MS = 50;
const LONGEST_MS = 500;
/** Messages that may be acknowledged and not posted, on one link: below the engine's own limit, where it says NAK. */
const AHEAD = 150;
const ACK_ROUNDS = 11;
/** Messages that a host which only answers is given before it is measured. */
const WARM_UP = 3_000;
/** How long acknowledgements are counted with senders that never pause. */
const PRESSED_MS = 10_000;
/** Specimens prepared for each second of that, with a message for each of their tests. */
const PRESSED_PER_SECOND = 300;
const SUSTAINED_MS = 30_000;
const RESULTS_PER_SECOND = 4_000;
/** What a result may cost so that one processor manages that. */
const PROCESSOR_US = 250;
const WIDE_SPECIMENS = 100;
const WIDE_MS = 2_000;

export interface IngestOptions {
  results: number | undefined;
  /** 20 000 stored results and short measurements: quick, and the numbers say less. */
  small: boolean;
  /** Only this part: `latency`, `wide`, `sustained` or `acks`; all when undefined. */
  part: string | undefined;
  /** Directory for a CPU profile of the engine; none when undefined. */
  profile: string | undefined;
  say: (line: string) => void;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number;
}

/** Prepared specimens, taken from the one received last to the first. */
class Supply {
  readonly #numbers: string[];
  #singles: Prepared[] = [];
  readonly random = new Random('ingest values');

  constructor(numbers: string[]) {
    this.#numbers = numbers;
  }

  take(specimens = 1, tests: number = TESTS.length): Prepared {
    const taken = this.#numbers.splice(-specimens);
    if (taken.length < specimens) throw new Error('not enough specimens were prepared');
    return message(this.random, taken, tests);
  }

  /** A message of one test of a specimen, each test of it in a message of its own; undefined when none are left. */
  takeSingle(): Prepared | undefined {
    if (this.#singles.length === 0) {
      const specimen = this.#numbers.pop();
      if (specimen === undefined) return undefined;
      this.#singles = TESTS.map((_, first) => message(this.random, [specimen], 1, first));
    }
    return this.#singles.pop();
  }
}

/** One message at a time on a quiet bench: from its last byte to its rows in the lists of results and specimens. */
async function latency(sender: Sender, shown: Shown, supply: Supply, count: number): Promise<Metric[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const prepared = supply.take();
    const [specimen] = prepared.specimens as [string];
    await sender.send(prepared);
    const started = sender.lastByteAt;
    await shown.when(() => shown.at(specimen) !== undefined);
    times.push((shown.at(specimen) as number) - started);
    await new Promise((done) => setTimeout(done, PAUSE_MS + supply.random.next() * PAUSE_MS));
  }
  const what = 'message of 20 results, last byte to visible';
  return [
    below('ingest', `${what}, p50`, percentile(times, 0.5), 'ms', LATENCY_MS),
    below('ingest', `${what}, p95`, percentile(times, 0.95), 'ms', LATENCY_MS),
    below('ingest', `${what}, longest`, Math.max(...times), 'ms', LONGEST_MS),
  ];
}

/** All of `messages` over the senders, each with one message in flight, until they are acknowledged. @returns messages/s */
async function acknowledged(senders: readonly Sender[], messages: readonly Prepared[]): Promise<number> {
  const queue = [...messages];
  const started = performance.now();
  await Promise.all(
    senders.map(async (sender) => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await sender.send(next);
    }),
  );
  return (messages.length * 1000) / (performance.now() - started);
}

/** Senders that never pause; back when everything is posted and shown. @returns acknowledged messages/s while they sent */
async function pressed(
  senders: readonly Sender[],
  shown: Shown,
  supply: Supply,
  ms: number,
): Promise<number> {
  const before = shown.results;
  const started = performance.now();
  let given = 0;
  await Promise.all(
    senders.map(async (sender) => {
      while (performance.now() < started + ms) {
        const next = supply.takeSingle();
        if (next === undefined) throw new Error('not enough specimens were prepared');
        await sender.send(next);
        given += 1;
      }
    }),
  );
  const rate = (given * 1000) / (performance.now() - started);
  await shown.when(() => shown.results >= before + given);
  return rate;
}

/**
 * Acknowledged messages per second with one in flight on each link, each one frame and so one durable row, in turns with the bare driver's
 * durable commits, and with a host on a socket that only commits and answers: in bursts as long as what a link may have waiting, and by senders
 * that never pause.
 */
async function* acknowledgements(
  senders: readonly Sender[],
  shown: Shown,
  supply: Supply,
  beside: string,
  small: boolean,
): AsyncGenerator<Metric> {
  const bare = await BareCommits.open(beside);
  const bareHost = await startBareHost(join(beside, 'host.db'));
  const bareSenders: Sender[] = [];
  for (let i = 0; i < LINKS; i++) bareSenders.push(await Sender.open(bareHost.port));
  // The engine has had messages before; so has this one then.
  const any = supply.take(1, 1);
  for (const links of [1, LINKS])
    await acknowledged(
      bareSenders.slice(0, links),
      Array.from({ length: WARM_UP }, () => any),
    );
  type Turn = Record<'bare' | 'host' | 'rate' | 'posted', number>;
  const ones: Turn[] = [];
  const eights: Turn[] = [];
  try {
    for (let turn = 0; turn <= ackRounds(small); turn++) {
      const run = async (of: readonly Sender[]): Promise<Turn> => {
        const messages = Array.from({ length: AHEAD * of.length }, () => supply.take(1, 1));
        const host = await acknowledged(bareSenders.slice(0, of.length), messages);
        // Half of it before and half behind: the disk is another one every second.
        const half = messages.slice(messages.length / 2);
        const first = bare.rate(half);
        const before = shown.results;
        const started = performance.now();
        const rate = await acknowledged(of, messages);
        const then = bare.rate(half);
        await shown.when(() => shown.results >= before + messages.length);
        const posted = (messages.length * 1000) / (performance.now() - started);
        return { host, rate, posted, bare: 2 / (1 / first + 1 / then) };
      };
      const one = await run(senders.slice(0, 1));
      const eight = await run(senders);
      if (turn === 0) continue;
      ones.push(one);
      eights.push(eight);
    }
  } finally {
    await bare.close();
    for (const sender of bareSenders) sender.close();
    await bareHost.stop();
  }
  const base = median([...ones, ...eights].map(({ bare }) => bare));
  const burst = `bursts of ${AHEAD} messages`;
  const [one, eight] = ['one link, one message in flight', 'eight links, one message in flight each'];
  const against = (metric: string, turns: readonly Turn[], of: 'bare' | 'host', target: number): Metric =>
    // Each against what was measured beside it.
    inTurns(
      'ingest',
      metric,
      'messages/s',
      target,
      turns.map((turn) => ({ value: turn.rate, baseline: turn[of] })),
    );
  yield against(`${one}, ${burst}, acknowledged`, ones, 'bare', 0.5);
  yield against(`${eight}, ${burst}, acknowledged`, eights, 'bare', 1);
  const only = 'the same, of what a host reaches that only commits and answers';
  yield against(`${one}, ${only}`, ones, 'host', 0);
  yield against(`${eight}, ${only}`, eights, 'host', 0);
  const posted = median(eights.map((turn) => turn.posted));
  yield atLeast('ingest', 'the same eight links, until all is posted', posted, 'messages/s', 0, base);
  const ms = pressedMs(small);
  for (const [name, of, target] of [
    [one, senders.slice(0, 1), 0.5],
    [eight, senders, 1],
  ] as const) {
    const rate = await pressed(of, shown, supply, ms);
    yield atLeast(
      'ingest',
      `${name}, without pause for ${ms / 1000} s, acknowledged`,
      rate,
      'messages/s',
      target,
      base,
    );
  }
}

const ackRounds = (small: boolean) => (small ? 7 : ACK_ROUNDS);
const pressedMs = (small: boolean) => (small ? PRESSED_MS / 2 : PRESSED_MS);

/** Specimens that {@link acknowledgements} needs. */
function neededForAcks(small: boolean): number {
  const bursts = (ackRounds(small) + 1) * AHEAD * (1 + LINKS);
  return bursts + 2 * (pressedMs(small) / 1000) * PRESSED_PER_SECOND;
}

/** Eight links that never pause, messages of 20 results, until everything that was acknowledged is posted and shown. */
async function* sustained(
  engine: EngineChild,
  senders: readonly Sender[],
  shown: Shown,
  supply: Supply,
  ms: number,
): AsyncGenerator<Metric> {
  const before = shown.results;
  const started = performance.now();
  const processor = await engine.processor();
  const end = started + ms;
  let given = 0;
  await Promise.all(
    senders.map(async (sender) => {
      while (performance.now() < end) {
        const next = supply.take();
        await sender.send(next);
        given += next.results;
        const ahead = () => given - (shown.results - before) < (AHEAD / 10) * next.results * senders.length;
        if (!ahead()) await shown.when(ahead);
      }
    }),
  );
  await shown.when(() => shown.results >= before + given);
  const seconds = (performance.now() - started) / 1000;
  yield atLeast(
    'ingest',
    `sustained over ${Math.round(seconds)} s on eight links, posted with live queries open`,
    given / seconds,
    'results/s',
    RESULTS_PER_SECOND,
  );
  // Says more than the rate where other programs take the processor, too.
  const used = await engine.processor();
  if (processor !== undefined && used !== undefined)
    yield below(
      'ingest',
      'processor time of the engine per result',
      ((used - processor) * 1000) / given,
      'us',
      PROCESSOR_US,
    );
}

/** One message of 2 000 results, from its last byte until all are posted and shown. */
async function wide(sender: Sender, shown: Shown, supply: Supply): Promise<Metric> {
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const before = shown.results;
    const prepared = supply.take(WIDE_SPECIMENS);
    await sender.send(prepared);
    const started = sender.lastByteAt;
    await shown.when(() => shown.results >= before + prepared.results);
    times.push(performance.now() - started);
  }
  return below('ingest', 'one message of 2 000 results, last byte to posted', median(times), 'ms', WIDE_MS);
}

/** A copy of the kept store to write into: the kept one stays as it was filled. */
async function workingCopy(results: number, say: (line: string) => void): Promise<string> {
  const kept = await filledStore(results, say);
  const directory = join(cacheDir(), 'bench', 'ingest');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  say('copying the store: the kept one stays as it was filled');
  for (const name of await readdir(kept)) {
    if (!name.startsWith('levey.db')) continue;
    await copyFile(join(kept, name), join(directory, name), constants.COPYFILE_FICLONE);
  }
  return directory;
}

/**
 * The whole way of a result, with the real engine in a process of its own, real sockets, encryption, audit, and the live queries of a
 * window open: from the analyser's last byte to the row on the screen, and how many go that way in a second.
 */
export async function* run(options: IngestOptions): AsyncGenerator<Metric> {
  const { small, profile, say } = options;
  const results = options.results ?? (small ? 20_000 : 1_000_000);
  const directory = await workingCopy(results, say);
  const folder = await mkdtemp(join(tmpdir(), 'levey-bench-'));
  const sustainedMs = small ? SUSTAINED_MS / 6 : SUSTAINED_MS;
  try {
    const wanted = (part: string) => options.part === undefined || options.part === part;
    const needed =
      1_000 +
      (wanted('sustained') ? (sustainedMs / 1000) * 400 : 0) +
      (wanted('acks') ? neededForAcks(small) : 0);
    say(`preparing ${needed} specimens`);
    const supply = new Supply(await prepareSpecimens(directory, needed));
    const ports: number[] = [];
    for (let i = 0; i < LINKS; i++) ports.push(await freePort());
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
    };
    await writeFile(file, JSON.stringify(station));
    const program = join(projectRoot, 'main', 'engine', 'main.ts');
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const engine = new EngineChild(program, directory, file, flags);
    try {
      await engine.ready;
      await engine.signIn();
      const shown = new Shown();
      await shown.watch(engine);
      const senders: Sender[] = [];
      for (const port of ports) senders.push(await Sender.open(port));
      const [first] = senders as [Sender];
      // Once unmeasured: code is compiled, pages are read.
      await latency(first, shown, supply, 20);
      if (wanted('latency'))
        yield* await latency(first, shown, supply, small ? SINGLE_MESSAGES / 4 : SINGLE_MESSAGES);
      if (wanted('wide')) yield await wide(first, shown, supply);
      if (wanted('sustained')) yield* sustained(engine, senders, shown, supply, sustainedMs);
      if (wanted('acks')) yield* await acknowledgements(senders, shown, supply, folder, small);
      yield below('ingest', 'engine memory at the end', await engine.memory(), 'MB', 1_000);
      for (const sender of senders) sender.close();
    } finally {
      await engine.stop();
      if (profile !== undefined) say(`CPU profile of the engine in ${profile}; open it in Chrome's DevTools`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
