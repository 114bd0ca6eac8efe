/**
 * The simulated analyser as a program. See docs/simulator.md.
 *
 *   node test/sim/analyser/main.ts --profile demo-chemistry (--tcp host:port | --listen [host:]port | --serial PATH | --folder DIR)
 *     [--specimens A,B] [--tests Na,K] [--rate N] [--query | --no-query] [--qc] [--faults SEED] [--seed N] [--answer-ms N] [--stay]
 *
 * One JSON line per event on stdout. Lines on stdin steer it: `run ID`, `qc`, `stop`. With --specimens it runs those and ends, unless --stay;
 * without, it waits for stdin, or with --rate invents specimens, N per minute, until stopped.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { serial } from '../../../main/engine/instruments/transports/serial.ts';
import { tcpClient } from '../../../main/engine/instruments/transports/tcp-client.ts';
import { tcpServer } from '../../../main/engine/instruments/transports/tcp-server.ts';
import type { Transport } from '../../../main/engine/instruments/transports/transport.ts';
import type { Timers } from '../../../main/engine/timers.ts';
import { BUILTIN_PROFILES, builtinProfile } from '../../../shared/profiles/builtin.ts';
import { type Profile, parseProfile } from '../../../shared/profiles/profile.ts';
import { type Analyser, createAnalyser } from './analyser.ts';

/** Timers that keep the program alive, unlike the engine's. */
const timers: Timers = {
  set(ms, run) {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
};

const say = (event: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
};

class UsageError extends Error {}

const help = `npm run sim -- analyser --profile ID (--tcp host:port | --listen [host:]port | --serial PATH | --folder DIR)

An analyser that speaks a profile, on the line you name. One JSON line per event on standard output.

  --profile ID       a profile of docs/instruments, or a JSON file; generic-astm when left out
  --tcp, --listen    connects to the engine, or waits for it
  --serial, --baud   a serial port and its speed
  --folder DIR       for profiles of files
  --specimens A,B    runs these and ends; with --stay it waits for more
  --tests Na,K       what it measures when nobody ordered anything, by its own codes
  --rate N           invents specimens, N per minute, until stopped
  --query, --no-query  asks for orders, or not
  --qc               begins with controls
  --faults SEED      bad checksums, lost answers, splits, contention, repeats, wrong numbers, hang-ups
  --seed N, --serial-number TEXT, --answer-ms N

Lines on standard input steer it: run ID, qc, stop.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      profile: { type: 'string', default: 'generic-astm' },
      tcp: { type: 'string' },
      listen: { type: 'string' },
      serial: { type: 'string' },
      folder: { type: 'string' },
      baud: { type: 'string' },
      specimens: { type: 'string' },
      tests: { type: 'string' },
      rate: { type: 'string' },
      query: { type: 'boolean' },
      'no-query': { type: 'boolean' },
      qc: { type: 'boolean' },
      faults: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'serial-number': { type: 'string' },
      'answer-ms': { type: 'string' },
      stay: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const profile = await findProfile(values.profile);
  const baud = number('--baud', values.baud) ?? ('baudRate' in profile.link ? profile.link.baudRate : 9600);
  const analyser = createAnalyser({
    profile,
    ...(profile.protocol === 'file'
      ? { folder: folderOf(values.folder) }
      : { transport: transport(values.tcp, values.listen, values.serial, baud) }),
    timers,
    seed: number('--seed', values.seed) ?? 1,
    ...(values['serial-number'] === undefined ? {} : { serial: values['serial-number'] }),
    ...(values.query === true ? { query: true } : values['no-query'] === true ? { query: false } : {}),
    ...(values['answer-ms'] === undefined
      ? {}
      : { answerMs: number('--answer-ms', values['answer-ms']) ?? 10_000 }),
    ...(values.tests === undefined ? {} : { defaultTests: list(values.tests) }),
    ...(values.faults === undefined ? {} : { faults: { seed: number('--faults', values.faults) ?? 1 } }),
  });
  const rate = number('--rate', values.rate);
  analyser.on((event) => say(event));
  analyser.start();
  const stopped = new Promise<void>((done) => {
    process.once('SIGTERM', done);
    process.once('SIGINT', done);
    steer(analyser, done);
  });
  const program = runProgram(analyser, {
    specimens: list(values.specimens ?? ''),
    pauseMs: rate === undefined ? 0 : 60_000 / rate,
    endless: rate !== undefined && values.specimens === undefined,
    qc: values.qc === true,
    stopped,
  });
  const ends = (values.specimens !== undefined || values.qc === true) && values.stay !== true;
  await Promise.race([stopped, ends ? program : stopped]);
  await analyser.stop();
  const failed = ends ? await program : 0;
  say({ type: 'summary', acknowledged: analyser.acknowledged, failed, counters: analyser.counters() });
  return failed === 0 ? 0 : 1;
}

interface Program {
  specimens: string[];
  pauseMs: number;
  endless: boolean;
  qc: boolean;
  stopped: Promise<void>;
}

/** Runs the controls and specimens asked for; returns how many messages were not acknowledged. */
async function runProgram(analyser: Analyser, program: Program): Promise<number> {
  let failed = 0;
  let going = true;
  void program.stopped.then(() => {
    going = false;
  });
  if (program.qc) failed += (await analyser.runQc()).filter((one) => one.outcome !== 'acknowledged').length;
  for (let at = 0; going && (program.endless || at < program.specimens.length); at += 1) {
    const specimenId = program.specimens[at] ?? `SIM${String(at + 1).padStart(6, '0')}`;
    const { outcome } = await analyser.run(specimenId);
    if (outcome === 'refused' || outcome === 'stopped') failed += 1;
    if (program.pauseMs > 0) await Promise.race([program.stopped, pause(program.pauseMs)]);
  }
  return failed;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    timers.set(ms, done);
  });
}

/** Commands on stdin. The end of stdin is not a command: a program started in the background has none. */
function steer(analyser: Analyser, stop: () => void): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const [command = '', argument = ''] = line.trim().split(/\s+/);
    if (command === 'run' && argument !== '') void analyser.run(argument);
    else if (command === 'qc') void analyser.runQc();
    else if (command === 'stop') stop();
    else if (command !== '') say({ type: 'unknownCommand', command });
  });
}

async function findProfile(name: string): Promise<Profile> {
  const known = builtinProfile(name);
  if (known !== undefined) return known;
  if (!name.endsWith('.json')) {
    const names = BUILTIN_PROFILES.map((one) => one.id).join(', ');
    throw new UsageError(`no profile "${name}"; there are ${names}, or give a .json file`);
  }
  return parseProfile(JSON.parse(await readFile(name, 'utf8')));
}

function folderOf(folder: string | undefined): string {
  if (folder === undefined) throw new UsageError('this device leaves files: give --folder DIR');
  return folder;
}

function transport(tcp?: string, listen?: string, device?: string, baudRate?: number): Transport {
  const given = [tcp, listen, device].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new UsageError('give exactly one of --tcp host:port, --listen [host:]port, --serial PATH');
  if (device !== undefined)
    return serial({ path: device, timers, ...(baudRate === undefined ? {} : { baudRate }) });
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(tcp ?? listen ?? '');
  if (match === null) throw new UsageError(`"${tcp ?? listen}" is not host:port`);
  const place = { host: match[1] ?? '127.0.0.1', port: Number(match[2]), timers };
  return tcp === undefined ? tcpServer(place) : tcpClient(place);
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`${name} takes a number, not "${text}"`);
  return value;
}

function list(text: string): string[] {
  return text.split(',').filter((one) => one !== '');
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof Error && 'code' in error);
  process.stderr.write(`analyser: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = usage ? 2 : 1;
}
process.stdin.destroy();
