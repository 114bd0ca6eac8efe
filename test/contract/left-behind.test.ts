import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../main/engine/engine.ts';
import { block } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { fromBinary } from '../../shared/protocols/astm/bytes.ts';
import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import { type BadBench, handMessage, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { startTestEngine } from './engine-client.ts';
import { freePort } from './free-port.ts';
import { mllpDevice, sodiumOf } from './mllp-device.ts';

/** What an earlier run acknowledged and did not post, of an analyser that the station file then names no longer, or with another protocol. */

let bench: BadBench;
let tube: string;
let engine: Engine | undefined;
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  bench = await startBadBench();
  tube = await receivedTube(bench.tech, ['LYTES']);
});

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  for (const clean of cleanUps.splice(0)) await clean();
  rmSync(bench.at.directory, { recursive: true, force: true });
});

/** As after a crash: rows of the journal alone. */
async function acknowledged(): Promise<void> {
  const { journal } = bench.engine.bench.store;
  for (const bytes of buildFrames(fromBinary(handMessage(tube, [{ code: 'Na', text: '140' }]))))
    await journal.appendDurable({
      instrumentId: 'T1.CHEM1',
      linkId: 'c1',
      at: new Date().toISOString(),
      direction: 'in',
      bytes,
      note: 'frame',
    });
  await bench.stop();
}

/** The station starts again with these analysers. */
async function again(instruments: readonly object[]): Promise<Engine> {
  await engine?.stop();
  engine = undefined;
  const station = { code: 'T1', name: 'Bench 1', timeZone: 'Europe/Dublin', instruments };
  writeFileSync(bench.at.stationFile, JSON.stringify(station));
  engine = await startTestEngine(bench.at);
  return engine;
}

const chemistry = () => ({
  id: 'CHEM1',
  profile: 'demo-chemistry',
  transport: { kind: 'tcpServer', port: bench.port },
});
const values = async (of: Engine) =>
  (await of.bench.store.find('results', { selector: {} })).map((one) => [one.testCode, one.value.text]);
const told = (of: Engine) => of.bench.problems.get('left:T1.CHEM1');

test('R11 an analyser that the station file names no longer: what it sent is named at each start, and posted once it is back', async () => {
  await acknowledged();
  for (let n = 0; n < 2; n += 1) {
    const without = await again([]);
    expect(told(without)).toMatchObject({
      code: 'instrument.leftBehind',
      what: expect.stringMatching(/^Messages of CHEM1 .* not posted: 1\./),
      safe: expect.stringContaining('journal'),
      todo: expect.stringContaining('demo-chemistry'),
    });
    expect(await values(without)).toEqual([]);
  }
  const back = await again([chemistry()]);
  expect(await values(back)).toEqual([['NA', '140']]);
  expect(told(back)).toBeUndefined();
  const later = await again([]);
  expect(told(later)).toBeUndefined();
});

test('M3 an analyser of the same name with another protocol: what the former one sent is not forgotten behind what comes', async () => {
  await acknowledged();
  const port = await freePort();
  const other = { ...chemistry(), profile: 'generic-hl7', transport: { kind: 'tcpServer', port } };
  for (let n = 0; n < 2; n += 1) {
    const changed = await again([other]);
    expect(told(changed)).toMatchObject({
      code: 'instrument.leftBehind',
      what: expect.stringMatching(/not posted: 1\./),
      todo: expect.stringContaining('demo-chemistry'),
    });
    const device = await mllpDevice(port, cleanUps);
    device.socket.write(block(sodiumOf('NOBODY', `M${n}`)));
    await vi.waitFor(() => expect(device.acks()).toEqual([`AA M${n}`]), { timeout: 20_000 });
    expect(await values(changed)).toEqual([]);
  }
  const back = await again([chemistry()]);
  expect(await values(back)).toEqual([['NA', '140']]);
  expect(told(back)).toBeUndefined();
});

test('a station of which nothing is left behind says nothing', async () => {
  await bench.stop();
  expect(told(await again([]))).toBeUndefined();
});
