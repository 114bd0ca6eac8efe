import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, projectRoot } from '../../build/paths.ts';
import type { StripRow } from '../../shared/ipc/strip.ts';
import { createBlocks, feedBlocks, frameBlock } from '../../shared/protocols/mllp/block.ts';
import { freePort } from '../contract/free-port.ts';
import { measure } from '../sim/analyser/values.ts';
import { LABORATORY, Random } from '../sim/laboratory/index.ts';
import { EngineChild } from './engine-child.ts';
import { BENCH_STATION, filledStore } from './filled-store.ts';
import { prepareSpecimens, TESTS } from './ingest-work.ts';
import { type Metric, median, round } from './metric.ts';

/** Messages sent and not yet acknowledged. */
const IN_FLIGHT = 50;
const ACKS_PER_SECOND = 1_000;
/** Messages of one burst: fewer than may wait for posting, so that acknowledging is measured and not posting. */
const BURST = 1_000;
const BURSTS = 3;
/** Messages of the long run: more than may wait for posting. */
const LONG = 2_500;
const STORED = 20_000;

export interface MllpBenchOptions {
  small: boolean;
  profile: string | undefined;
  say: (line: string) => void;
}

/** An analyser that keeps messages in flight, in enhanced mode. */
class Pipeline {
  readonly #socket: Socket;
  #blocks = createBlocks({ maxBytes: 1_000_000 });
  #acks = 0;
  #heard: () => void = () => undefined;
  #lost: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#data(new Uint8Array(bytes)));
    socket.on('error', (error) => this.#lost(error));
    socket.on('close', () => this.#lost(new Error('the engine closed the line')));
  }

  static open(port: number): Promise<Pipeline> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Pipeline(socket)));
      socket.once('error', reject);
    });
  }

  close(): void {
    this.#lost = () => undefined;
    this.#socket.destroy();
  }

  #data(bytes: Uint8Array): void {
    const { state, events } = feedBlocks(this.#blocks, bytes);
    this.#blocks = state;
    for (const event of events) {
      if (event.type !== 'block' || !Buffer.from(event.content).includes('\rMSA|CA|')) {
        this.#lost(new Error('an answer that is no CA'));
        return;
      }
      this.#acks += 1;
    }
    this.#heard();
  }

  /** Sends all messages, `IN_FLIGHT` of them at a time. @returns accept acknowledgements per second */
  async send(messages: readonly Uint8Array[]): Promise<number> {
    const before = this.#acks;
    const started = performance.now();
    let next = 0;
    await new Promise<void>((resolve, reject) => {
      const more = () => {
        const acknowledged = this.#acks - before;
        if (acknowledged >= messages.length) resolve();
        const until = Math.min(messages.length, acknowledged + IN_FLIGHT);
        if (next < until) this.#socket.write(Buffer.concat(messages.slice(next, until)));
        next = until;
      };
      this.#heard = more;
      this.#lost = reject;
      more();
    });
    return (messages.length * 1000) / (performance.now() - started);
  }
}

let sent = 0;

/** ORU^R01 that asks for CA alone, with a value for each test of the demo chemistry analyser. */
function oru(random: Random, specimen: string): Uint8Array {
  const stamp = new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14);
  sent += 1;
  const lines = [
    `MSH|^~\\&|DC800|BENCH|LEVEY|LAB|${stamp}||ORU^R01^ORU_R01|B${sent}|P|2.5.1|||AL|NE`,
    'PID|1',
    `OBR|1||${specimen}|ALL^Chemistry|||${stamp}`,
    ...TESTS.map(([, test, unit], at) => {
      const { text } = measure(test, () => random.next());
      return `OBX|${at + 1}|NM|${test}^${test}||${text}|${unit}|||||F|||${stamp}`;
    }),
  ];
  return frameBlock(Buffer.from(lines.map((line) => `${line}\r`).join('')));
}

/**
 * Durable accept acknowledgements per second of a running engine on one HL7 line (M3), with {@link IN_FLIGHT} messages of 20 results in flight:
 * in bursts, while posting goes on behind them, and over a long run, where posting sets the pace.
 * @param port of a line with the profile generic-hl7
 * @param take gives the numbers of that many specimens, each once
 * @param posted resolves when the engine has posted everything it acknowledged
 */
export async function* mllpInFlight(
  port: number,
  take: (specimens: number) => string[],
  posted: (results: number) => Promise<void>,
  small: boolean,
): AsyncGenerator<Metric> {
  const random = new Random('mllp');
  const batch = (n: number) => take(n).map((specimen) => oru(random, specimen));
  const burst = small ? BURST / 4 : BURST;
  const line = await Pipeline.open(port);
  try {
    const run = async (n: number): Promise<number> => {
      const acks = await line.send(batch(n));
      await posted(n * TESTS.length);
      return acks;
    };
    // Once unmeasured: code is compiled, pages are read.
    await run(300);
    const rates: number[] = [];
    for (let turn = 0; turn < BURSTS; turn++) rates.push(await run(burst));
    yield metric(`one line, ${IN_FLIGHT} in flight, bursts of ${burst} messages`, median(rates), 'CA/s');
    if (small) return;
    const long = await run(LONG);
    yield metric(
      `one line, ${IN_FLIGHT} in flight, ${LONG} messages of 20 results without pause: the backlog fills and posting sets the pace`,
      long,
      'CA/s',
    );
  } finally {
    line.close();
  }
}

function metric(name: string, value: number, unit: string): Metric {
  return {
    bench: 'mllp',
    metric: name,
    value: round(value),
    unit,
    baseline: null,
    ratio: round(value / ACKS_PER_SECOND),
    target: ACKS_PER_SECOND,
    ok: value >= ACKS_PER_SECOND,
  };
}

/** The real engine in a process of its own with one HL7 line, a real socket and the encrypted store. */
export async function* run({ small, profile, say }: MllpBenchOptions): AsyncGenerator<Metric> {
  const kept = await filledStore(STORED, say);
  const directory = join(cacheDir(), 'bench', 'mllp');
  const folder = await mkdtemp(join(tmpdir(), 'levey-bench-'));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    for (const name of await readdir(kept)) {
      if (name.startsWith('levey.db'))
        await copyFile(join(kept, name), join(directory, name), constants.COPYFILE_FICLONE);
    }
    const numbers = await prepareSpecimens(directory, 300 + BURSTS * BURST + LONG);
    const port = await freePort();
    const file = join(folder, 'station.json');
    const station = {
      code: BENCH_STATION,
      name: 'Bench 2',
      laboratory: { ...LABORATORY },
      timeZone: 'Europe/Dublin',
      instruments: [
        { id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', host: '127.0.0.1', port } },
      ],
    };
    await writeFile(file, JSON.stringify(station));
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const engine = new EngineChild(join(projectRoot, 'main', 'engine', 'main.ts'), directory, file, flags);
    try {
      await engine.ready;
      await engine.signIn();
      let results = 0;
      let wake: () => void = () => undefined;
      await engine.watch<StripRow>('strip', {}, (rows) => {
        for (const row of rows) results = row.lines.reduce((sum, line) => sum + line.results, 0);
        wake();
      });
      let expected = results;
      const posted = async (more: number): Promise<void> => {
        expected += more;
        while (results < expected) {
          await new Promise<void>((done) => {
            wake = done;
          });
        }
      };
      yield* mllpInFlight(port, (n) => numbers.splice(-n), posted, small);
    } finally {
      await engine.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
