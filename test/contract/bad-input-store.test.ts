import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { storeError } from '../../main/engine/store/sqlite/errors.ts';
import { CommandQueue } from '../../main/engine/store/uow.ts';
import type { LeveyError } from '../../shared/errors.ts';
import {
  ACK,
  type BadBench,
  handMessage,
  NAK,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';
import { startTestEngine, type TestStation } from './engine-client.ts';
import { fullDisks } from './full-disk.ts';
import { signedIn } from './people.ts';

/** A store that cannot be used or cannot grow: the engine says so in words, changes nothing, and loses nothing. */

let bench: BadBench | undefined;
const cleanUps: (() => void)[] = [];

afterEach(async () => {
  await bench?.stop();
  bench = undefined;
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** The refusal of an engine that must not start. */
async function refusal(at: TestStation): Promise<LeveyError> {
  const engine = await startTestEngine(at).catch((error: unknown) => error as LeveyError);
  if (engine instanceof Error) return engine;
  await engine.stop();
  throw new Error('the engine was not refused');
}

async function stopped(): Promise<TestStation> {
  const made = await startBadBench();
  await receivedTube(made.tech, ['LYTES']);
  await made.stop();
  return made.at;
}

test('with a wrong key the engine refuses, the file is as it was, and the right key opens it', async () => {
  const at = await stopped();
  const file = join(at.dataDir, 'levey.db');
  const before = readFileSync(file);
  const error = await refusal({ ...at, key: 'ab'.repeat(32) });
  expect(error).toMatchObject({ code: 'store.wrongKey', safe: 'The database was not changed.' });
  expect(readFileSync(file).equals(before)).toBe(true);
  const engine = await startTestEngine(at);
  const tech = await signedIn(engine, 'lindqvist');
  expect(await tech.rows('accession.received', {})).toHaveLength(1);
  await engine.stop();
});

test.each([0, 4_096, 20_000])(
  'a database cut to %i bytes is refused as damaged and left alone',
  async (size) => {
    const at = await stopped();
    const file = join(at.dataDir, 'levey.db');
    truncateSync(file, size);
    expect(await refusal(at)).toMatchObject({ code: 'store.damaged' });
    expect(statSync(file).size).toBe(size);
  },
);

test('a foreign file in the place of the database is refused and left alone', async () => {
  for (const [content, code] of [
    [Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8_176)]), 'store.notOurs'],
    [Buffer.alloc(8_192, 'not a database at all '), 'store.wrongKey'],
  ] as const) {
    const at = await stopped();
    const dataDir = `${at.dataDir}-other`;
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'levey.db'), content);
    expect(await refusal({ ...at, dataDir })).toMatchObject({ code });
    expect(readFileSync(join(dataDir, 'levey.db')).equals(content)).toBe(true);
  }
});

test('a second engine on the same data directory is refused, and the first goes on', async () => {
  bench = await startBadBench();
  expect(await refusal(bench.at)).toMatchObject({
    code: 'store.inUse',
    todo: 'Stop the other engine, or use the window that is already open.',
  });
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const instrument = await RawInstrument.connect(bench.port);
  await instrument.send(handMessage(tube, [{ code: 'Na', text: '140' }]));
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 1);
  instrument.end();
});

const disks = fullDisks(cleanUps);
const two = (n: number) => String(n).padStart(2, '0');

test.each(disks)(
  'L11 on a full disk nothing more is acknowledged, the strip says why, and with room all goes on: $name',
  { timeout: 120_000 },
  async (disk) => {
    bench = await startBadBench({}, disk.directory());
    const { tech, log, port } = bench;
    const { store, problems } = bench.engine.bench;
    const tube = await receivedTube(tech, ['LYTES']);
    const instrument = await RawInstrument.connect(port);
    disk.fill();

    const acknowledged: string[] = [];
    let refused: { value: string; text: string } | undefined;
    for (let n = 0; n < 2_000 && refused === undefined; n++) {
      const value = String(100 + n);
      const at = `2026072906${two(Math.floor(n / 60))}${two(n % 60)}`;
      const text = handMessage(tube, [{ code: 'Na', text: value, at }]);
      const answers = await instrument.send(text);
      if (answers.every((byte) => byte === ACK)) acknowledged.push(value);
      else {
        expect(answers.at(-1)).toBe(NAK);
        refused = { value, text };
      }
    }
    expect(refused).toBeDefined();
    const [strip] = await tech.rows('strip', {}, ([row]) =>
      row!.problems.some((problem) => problem.id === 'journal:T1.CHEM1'),
    );
    expect(strip!.problems).toContainEqual({
      id: 'journal:T1.CHEM1',
      code: 'store.full',
      what: 'The disk is full: the database could not be written.',
      safe: 'The step was undone as a whole; everything acknowledged before is stored.',
      todo: 'Free space on the disk of the data directory, then try again.',
    });
    expect(log.filter((line) => line.includes('store.full')).length).toBeGreaterThan(0);

    disk.free();
    await expect
      .poll(async () => (await instrument.send(refused!.text)).every((byte) => byte === ACK), {
        timeout: 60_000,
      })
      .toBe(true);
    acknowledged.push(refused!.value);
    // What is acknowledged last is posted a moment later, when the line has paused.
    const posted = async () =>
      (await store.find('results', { selector: {} })).map((doc) => doc.value.text).sort();
    await expect.poll(posted, { timeout: 90_000 }).toEqual([...acknowledged].sort());
    expect(store.journal.unposted()).toEqual([]);
    await tech.rows('strip', {}, ([row]) => row?.problems.length === 0);
    expect([...problems.values()]).toEqual([]);
    expect((await store.verifyAudit()).faults).toEqual([]);
    instrument.end();
  },
);

test.each(['a restart', 'switching the line off and on'])(
  'what was acknowledged but cannot be posted waits through %s, and is posted in its order as soon as it can be',
  { timeout: 60_000 },
  async (through) => {
    bench = await startBadBench();
    const tube = await receivedTube(bench.tech, ['LYTES']);
    const write = CommandQueue.prototype.write;
    const failing = vi.spyOn(CommandQueue.prototype, 'write').mockImplementation(function (
      this: CommandQueue,
      context,
      work,
    ) {
      if (context.command === 'instrument.post') return Promise.reject(storeError('store.full'));
      return write.call(this, context, work) as Promise<never>;
    });
    cleanUps.push(() => failing.mockRestore());
    const instrument = await RawInstrument.connect(bench.port);
    for (const [n, text] of ['140', '141', '142'].entries()) {
      const message = handMessage(tube, [{ code: 'Na', text, at: `2026072906420${n}` }]);
      expect(await instrument.send(message)).not.toContain(NAK);
    }
    const problem = expect.objectContaining({ id: 'posting:T1.CHEM1', code: 'store.full' });
    const shown = async (of: BadBench) =>
      (await of.tech.rows('strip', {}, ([row]) => (row?.problems.length ?? 0) > 0))[0]!.problems;
    expect(await shown(bench)).toContainEqual(problem);
    instrument.end();
    if (through === 'a restart') {
      await bench.engine.stop();
      const engine = await startTestEngine(bench.at);
      bench = { ...bench, engine, tech: await signedIn(engine, 'lindqvist'), stop: () => engine.stop() };
      expect(await shown(bench)).toContainEqual(problem);
    } else {
      await bench.tech.command('instrument.switch', { instrumentId: 'T1.CHEM1', on: false });
      await bench.tech.command('instrument.switch', { instrumentId: 'T1.CHEM1', on: true });
    }
    failing.mockRestore();
    const { store } = bench.engine.bench;
    await expect.poll(() => store.journal.unposted().length, { timeout: 30_000 }).toBe(0);
    await bench.tech.rows('strip', {}, ([row]) => row?.problems.length === 0);
    const versions = await store.find('results', { selector: {} });
    expect(versions.sort((a, b) => a.version - b.version).map((doc) => doc.value.text)).toEqual([
      '140',
      '141',
      '142',
    ]);
  },
);
