/** Controls on the central server: Observation with a Device as subject, tagged, valid R4 with everything they were judged by. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../main/engine/engine.ts';
import { recordControl } from '../../main/engine/qc/record.ts';
import { isControl } from '../../shared/fhir/control.ts';
import { type Demo, startDemo } from '../sim/demo.ts';
import { DEMO_PIN } from '../sim/demo-people.ts';
import { EngineClient } from './engine-client.ts';

let demo: Demo;
let engine: Engine;
let tech: EngineClient;

beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'levey-qc-server-'));
  const key = new Uint8Array(randomBytes(32));
  demo = await startDemo({ dataDir, key, history: 0, requisitions: 1, selfRunning: false, say: () => {} });
  engine = await startEngine({
    dataDir,
    stationFile: demo.stationFile,
    key: new Uint8Array(key),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  tech = new EngineClient(engine);
  await tech.command('access.signIn', { username: 'lindqvist', pin: DEMO_PIN });
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  await demo?.stop();
});

test('a control goes to the server as Observation of a Device, tagged QC, with its action, and is not refused', async () => {
  const { bench } = engine;
  const [line] = bench.instruments.lines();
  const at = bench.clock.now().toISOString();
  const control = await bench.store.write(
    { actor: 'test', command: 'test.control', station: bench.station.code, at },
    (unit) =>
      recordControl(bench, unit, at, {
        ...{ instrumentId: line!.id, testCode: 'NA', material: 'QC-L9', lot: '' },
        value: { text: '140,5', kind: 'quantity', number: 140.5, unit: 'mmol/L' },
        ...{ measuredTime: at, postedTime: at, operator: 'KO', sourceKey: '', messageId: '' },
      }),
  );
  await tech.command('qc.review', {
    ...{ controlId: control.id, kind: 'action', code: 'repeat', text: 'Measured again.' },
  });
  await tech.command('sync.now', {});
  await tech.rows('sync.summary', {}, ([row]) => row!.queued === 0 && row!.state === 'online', 30_000);
  expect((await tech.rows('sync.summary', {}))[0]).toMatchObject({ refused: 0 });
  const all = demo.server.control.all('Observation') as unknown as Observation[];
  const sent = all.filter(isControl);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.subject?.reference).toMatch(/^Device\//);
  expect(sent[0]).toMatchObject({ status: 'final', effectiveDateTime: at });
  expect(JSON.stringify(sent[0])).toContain('Measured again.');
  expect(demo.server.stats().duplicates).toEqual([]);
});
