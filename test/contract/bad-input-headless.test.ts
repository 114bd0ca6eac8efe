import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { engineNode, projectRoot } from '../../build/paths.ts';
import { loadBundle } from '../sim/fhir/load.ts';
import { createFhirServer } from '../sim/fhir/server.ts';
import { laboratory } from '../sim/laboratory/index.ts';
import { handMessage, RawInstrument, startBadBench } from './bad-input-fixture.ts';
import { type TestStation, testStation } from './engine-client.ts';
import { freePort } from './free-port.ts';

/** The engine without a window, as a process: its ready line, its end, its key, and how it refuses. */

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Headless {
  child: ChildProcess;
  /** Standard output and error so far. */
  out: () => string;
  err: () => string;
  /** The JSON line of an event on standard output. */
  line(event: string): Promise<Record<string, unknown>>;
  exit: Promise<number | null>;
}

function headless(args: readonly string[], stdin?: string): Headless {
  const child = spawn(engineNode, [join(projectRoot, 'main/engine/headless.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  let heard: () => void = () => {};
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    heard();
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin!.on('error', () => {});
  if (stdin !== undefined) child.stdin!.write(stdin);
  const exit = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      done(code);
      heard();
    });
  });
  return {
    child,
    out: () => out,
    err: () => err,
    exit,
    line: async (event) => {
      for (;;) {
        const rows = out.split('\n').filter((text) => text.startsWith('{'));
        const row = rows
          .map((text) => JSON.parse(text) as Record<string, unknown>)
          .find((r) => r.event === event);
        if (row !== undefined) return row;
        if (child.exitCode !== null) throw new Error(`no ${event}: ${out} ${err}`);
        await new Promise<void>((done) => {
          heard = done;
        });
      }
    },
  };
}

const argsOf = (at: TestStation) => ['--data', at.dataDir, '--station', at.stationFile];

function keyFile(at: TestStation, mode: number): string {
  const file = join(at.directory, 'key');
  writeFileSync(file, `${at.key}\n`);
  chmodSync(file, mode);
  return file;
}

test('it says when it is ready, takes its key from standard input, and SIGTERM ends it cleanly', async () => {
  const port = await freePort();
  const at = testStation({
    code: 'T1',
    name: 'Back room',
    instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } }],
  });
  const run = headless(argsOf(at), `${at.key}\n`);
  expect(await run.line('ready')).toEqual({
    event: 'ready',
    api: null,
    station: 'T1',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    pid: run.child.pid,
    instruments: [{ id: 'T1.CHEM1', state: 'noAnswer', link: expect.stringContaining(String(port)) }],
    problems: [],
  });
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
  expect(run.out().trim().split('\n').at(-1)).toBe('{"event":"stopped"}');
  expect(run.err()).toContain('"event":"engine.stopped"');
});

test('SIGTERM while it is starting ends it cleanly too', async () => {
  const at = testStation({ code: 'T1', name: 'Back room' });
  const run = headless(argsOf(at), `${at.key}\n`);
  await expect
    .poll(() => existsSync(join(at.dataDir, 'levey.lock')), { interval: 5, timeout: 20_000 })
    .toBe(true);
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
  expect(run.out().trim().split('\n').at(-1)).toBe('{"event":"stopped"}');
});

test('a key file must be its owner’s alone', async () => {
  const at = testStation({ code: 'T1', name: 'Back room' });
  const open = headless([...argsOf(at), '--key-file', keyFile(at, 0o644)]);
  expect(await open.exit).toBe(1);
  expect(await failed(open)).toMatchObject({ code: 'key.invalid', what: expect.stringContaining('644') });
  const closed = headless([...argsOf(at), '--key-file', keyFile(at, 0o600)]);
  await closed.line('ready');
  closed.child.kill('SIGTERM');
  expect(await closed.exit).toBe(0);
});

/** The line of a failed start. */
async function failed(run: Headless): Promise<Record<string, unknown>> {
  const line = JSON.parse(run.out().trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(line.event).toBe('failed');
  return line;
}

test.each(['nonsense', 'ab'.repeat(31), ''])(
  'the key %j is refused and the data directory stays empty',
  async (key) => {
    const at = testStation({ code: 'T1', name: 'Back room' });
    const run = headless(argsOf(at), `${key}\n`);
    expect(await run.exit).toBe(1);
    expect(await failed(run)).toMatchObject({ code: 'key.invalid' });
    expect(readdirSync(at.dataDir)).toEqual([]);
    if (key !== '') expect(run.out() + run.err()).not.toContain(key);
  },
);

test('a wrong key, and a second engine on the same data, are refused by name; the first goes on', async () => {
  const at = testStation({ code: 'T1', name: 'Back room' });
  const first = headless(argsOf(at), `${at.key}\n`);
  await first.line('ready');
  const second = headless(argsOf(at), `${at.key}\n`);
  expect(await second.exit).toBe(1);
  expect(await failed(second)).toMatchObject({ code: 'store.inUse' });
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  const wrong = headless(argsOf(at), `${'cd'.repeat(32)}\n`);
  expect(await wrong.exit).toBe(1);
  expect(await failed(wrong)).toMatchObject({ code: 'store.wrongKey' });
}, 90_000);

test.each([
  ['no file', undefined, 'station.missing', /station\.json/],
  ['not JSON', '{ "code": ', 'station.notJson', /not JSON/],
  [
    'a wrong port',
    JSON.stringify({
      code: 'T1',
      name: 'x',
      instruments: [
        { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port: 700_000 } },
      ],
    }),
    'station.invalid',
    /instruments\[0\]\.transport\.port/,
  ],
  ['a wrong code', JSON.stringify({ code: 'IO', name: 'x' }), 'station.invalid', /code: two characters/],
  [
    'a profile nobody has',
    JSON.stringify({
      code: 'T1',
      name: 'x',
      instruments: [{ id: 'CHEM1', profile: 'no-such', transport: { kind: 'tcpServer', port: 0 } }],
    }),
    'station.unknownProfile',
    /CHEM1.*no-such/,
  ],
])('a bad station file (%s) ends it with exit code 1 and names the place', async (_, text, code, names) => {
  const at = testStation({ code: 'T1', name: 'x' });
  if (text === undefined) at.stationFile = join(at.directory, 'elsewhere', 'station.json');
  else writeFileSync(at.stationFile, text);
  const run = headless(argsOf(at), `${at.key}\n`);
  expect(await run.exit).toBe(1);
  expect(await failed(run)).toMatchObject({ code, what: expect.stringMatching(names) });
  expect(run.err()).toMatch(names);
});

test('without its arguments it says how it is used', async () => {
  const run = headless([]);
  expect(await run.exit).toBe(2);
  expect(run.err()).toContain('--station FILE');
});

test('no patient is named in the log of a run with every kind of trouble', async () => {
  const lab = laboratory({ day: '2026-07-29', patients: 40, requisitions: 20 });
  const server = await createFhirServer({
    switches: { validation: 'strict', error500: 0.2, lostAnswer: 0.1 },
  });
  loadBundle(server, lab.resources());
  const [port, taken] = [await freePort(), await freePort()];
  const bench = await startBadBench({
    server: { url: server.url, pullSeconds: 1 },
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } },
      { id: 'COAG1', profile: 'demo-coagulation', transport: { kind: 'tcpServer', port: taken } },
    ],
  });
  // People are there; from here on the engine is a process of its own, and its second port is taken.
  await bench.stop();
  const other = await startBadBench({
    instruments: [{ id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port: taken } }],
  });
  const run = headless(argsOf(bench.at), `${bench.at.key}\n`);
  const ready = await run.line('ready');
  expect(ready.problems).toMatchObject([{ id: 'line:T1.COAG1', code: 'instrument.portInUse' }]);
  const instrument = await RawInstrument.connect(port);
  const [patient] = lab.patients;
  const named = handMessage('77777', [{ code: 'Na', text: '140' }]).replace(
    'P|1\r',
    `P|1|${patient!.identifier}|${patient!.identifier}||Murphy^Aoife||19700101|F\r`,
  );
  await instrument.send(named);
  await instrument.send(`${named.slice(0, 40)}\rL|1|N\r`);
  await instrument.send(named.replace('Na', 'ZZ9'));
  await expect.poll(() => server.stats().requests.search ?? 0, { timeout: 20_000 }).toBeGreaterThan(10);
  instrument.end();
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
  await other.stop();
  await server.stop();
  const text = run.out() + run.err();
  expect(text).toContain('instrument.portInUse');
  const words = [
    ...lab.patients.flatMap((p) => [p.familyName, p.givenName, p.identifier]),
    'Murphy',
    'Aoife',
  ];
  expect(words.filter((word) => word.length > 2 && text.includes(word))).toEqual([]);
}, 60_000);
