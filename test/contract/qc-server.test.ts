/** Controls on the central server: Observation with a Device as subject, tagged, valid R4 with everything they were judged by. */
import type { Observation } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordControl } from '../../main/engine/qc/record.ts';
import { isControl } from '../../shared/fhir/control.ts';
import { type DemoEngine, startDemoEngine } from './demo-engine.ts';

let running: DemoEngine;

beforeAll(async () => {
  running = await startDemoEngine(1);
}, 60_000);

afterAll(() => running?.stop());

test('a control goes to the server as Observation of a Device, tagged QC, with its action, and is not refused', async () => {
  const { demo, engine, tech } = running;
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
  await running.drained();
  expect((await tech.rows('sync.summary', {}))[0]).toMatchObject({ refused: 0 });
  const all = demo.server.control.all('Observation') as unknown as Observation[];
  const sent = all.filter(isControl);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.subject?.reference).toMatch(/^Device\//);
  expect(sent[0]).toMatchObject({ status: 'final', effectiveDateTime: at });
  expect(JSON.stringify(sent[0])).toContain('Measured again.');
  expect(demo.server.stats().duplicates).toEqual([]);
});
