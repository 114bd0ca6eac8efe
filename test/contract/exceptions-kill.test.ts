import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ExceptionRow } from '../../shared/ipc/instruments.ts';
import { type ChildClient, EngineChild, EngineGone } from '../crash/engine-child.ts';
import { handMessage, NAK, RawInstrument, receivedTube, startBadBench } from './bad-input-fixture.ts';
import type { TestStation } from './engine-client.ts';

/** What a person decides of exceptions, with the engine killed in the middle of it: it is done or it is not, and done again it counts once. */

const TUBES = 12;
let at: TestStation;
const tubes: string[] = [];
const copies: string[] = [];

beforeAll(async () => {
  const bench = await startBadBench();
  at = bench.at;
  const device = await RawInstrument.connect(bench.port);
  for (let n = 0; n < TUBES; n += 1) {
    const tube = await receivedTube(bench.tech, ['NA', 'K']);
    tubes.push(tube);
    const results = [
      { code: 'ZZ1', text: `14${n}` },
      { code: 'K', text: '4.10', unit: 'mg/dL' },
    ];
    expect(await device.send(handMessage(tube, results))).not.toContain(NAK);
  }
  expect(await device.send(handMessage('NOBODY', [{ code: 'Na', text: '139' }]))).not.toContain(NAK);
  await bench.tech.rows(
    'exceptions.list',
    { status: 'open' },
    (rows) => rows.length === 2 * TUBES + 1,
    30_000,
  );
  device.end();
  await bench.stop();
}, 60_000);

afterAll(() => {
  for (const directory of [...copies, at.directory]) rmSync(directory, { recursive: true, force: true });
});

/** Starts an engine on this data, with the lead signed in. */
async function start(dataDir: string): Promise<{ child: EngineChild; lead: ChildClient }> {
  const child = new EngineChild({ dataDir, stationFile: at.stationFile, key: at.key });
  await child.start();
  const lead = child.open('w');
  await lead.command('access.signIn', { username: 'okafor', secret: 'correct horse battery' });
  return { child, lead };
}

const open = (lead: ChildClient) => lead.rows('exceptions.list', { status: 'open' });
/** Test and value of the standing results, sorted. */
const values = async (lead: ChildClient) =>
  (await lead.rows('results.list', { filter: 'all' }))
    .map((one) => `${one.accessionIdentifier} ${one.testCode} ${one.valueText} v${one.version}`)
    .sort();

interface Decision {
  name: string;
  /** what it is about */
  of: (row: ExceptionRow) => boolean;
  decide: (lead: ChildClient, taskId: string) => Promise<unknown>;
  /** how many exceptions it ends, and the results there are then */
  ends: number;
  leaves: () => string[];
}

const sodium = () => tubes.map((tube, n) => `${tube} NA 14${n} v1`).sort();
const decisions: Decision[] = [
  {
    name: 'a code is mapped',
    of: (row) => row.sentTest === 'ZZ1',
    decide: (lead, taskId) => lead.command('exception.map', { taskId, testCode: 'NA' }),
    ends: TUBES,
    leaves: sodium,
  },
  {
    name: 'a unit is mapped',
    of: (row) => row.sentTest === 'K',
    decide: (lead, taskId) => lead.command('exception.mapUnit', { taskId, factor: '1' }),
    ends: TUBES,
    leaves: () => tubes.map((tube) => `${tube} K 4.10 v1`).sort(),
  },
  {
    name: 'a code is said to be no result',
    of: (row) => row.sentTest === 'ZZ1',
    decide: (lead, taskId) => lead.command('exception.notResult', { taskId, text: 'A setting' }),
    ends: TUBES,
    leaves: () => [],
  },
  {
    name: 'a specimen is named',
    of: (row) => row.sentSpecimen === 'NOBODY',
    decide: (lead, taskId) =>
      lead.command('exception.match', { taskId, accessionIdentifier: tubes[0] ?? '' }),
    ends: 1,
    leaves: () => [`${tubes[0]} NA 139 v1`],
  },
  {
    name: 'one is rejected',
    of: (row) => row.sentSpecimen === 'NOBODY',
    decide: (lead, taskId) => lead.command('exception.reject', { taskId, reason: 'Not ours' }),
    ends: 1,
    leaves: () => [],
  },
];

test.each(decisions.flatMap((one) => [one.ends === 1 ? 5 : 20].map((ms) => [one.name, ms, one] as const)))(
  'C3 %s and the engine is killed %s ms later: all of it or nothing, and again once',
  async (_, ms, one) => {
    const copy = mkdtempSync(join(tmpdir(), 'levey-kill-'));
    copies.push(copy);
    const dataDir = join(copy, 'data');
    cpSync(at.dataDir, dataDir, { recursive: true });
    const first = await start(dataDir);
    const before = await open(first.lead);
    const [task] = before.filter(one.of);
    const decided = one.decide(first.lead, task!.id).then(
      () => true,
      (error: unknown) => {
        if (error instanceof EngineGone) return false;
        throw error;
      },
    );
    await new Promise((done) => setTimeout(done, ms));
    first.child.kill();
    const answered = await decided;
    await first.child.exited;
    const second = await start(dataDir);
    try {
      const left = (await open(second.lead)).filter(one.of);
      const there = await values(second.lead);
      if (answered) expect(left).toEqual([]);
      expect([
        [0, one.leaves()],
        [one.ends, []],
      ]).toContainEqual([left.length, there]);
      if (left.length > 0) await one.decide(second.lead, left[0]!.id);
      await vi.waitFor(async () => expect((await open(second.lead)).filter(one.of)).toEqual([]), {
        timeout: 20_000,
      });
      expect(await values(second.lead)).toEqual(one.leaves());
      expect(await open(second.lead)).toHaveLength(before.length - one.ends);
    } finally {
      await second.child.shutdown();
    }
  },
  60_000,
);
