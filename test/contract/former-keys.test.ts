import { afterAll, beforeAll, expect, test } from 'vitest';
import { formerKey, measurementKey } from '../../main/engine/instruments/measurement.ts';
import { newTask } from '../../shared/documents/task.ts';
import type { CanonicalResult } from '../../shared/profiles/canonical.ts';
import {
  type BadBench,
  handMessage,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';

/** A database of an earlier version, which gave measurements other keys: what it posted is still not posted twice. */

let bench: BadBench;
let instrument: RawInstrument;
const TIME = '20260729064305';
const SENT = [
  ['Na', '140'],
  ['K', '4.1'],
  ['Cl', '101'],
  ['Ca', '2.31'],
  ['Urea', '5.2'],
] as const;
const at = () => new Date().toISOString();
const write = { actor: 'earlier', command: 'earlier.version', station: 'B1' };

beforeAll(async () => {
  bench = await startBadBench();
  await bench.engine.bench.store.write({ ...write, at: at() }, async (unit) =>
    unit.add(
      'tasks',
      newTask('earlier-task', at(), 'exception', {
        syncState: 'local',
        status: 'rejected',
        reason: 'unknownTest',
        sourceKey: 'c'.repeat(64),
      }),
    ),
  );
  instrument = await RawInstrument.connect(bench.port);
});

afterAll(async () => {
  instrument?.end();
  await bench?.stop();
});

test('M4 L12 what an earlier version posted is known when it is sent again, with the same content or with other', async () => {
  const { store } = bench.engine.bench;
  const specimen = await receivedTube(bench.tech, ['NA', 'K', 'CL', 'CA', 'UREA']);
  const message = (potassium: string) =>
    handMessage(
      specimen,
      SENT.map(([code, text]) => ({ code, text: code === 'K' ? potassium : text, at: TIME })),
    );
  const posted = () => store.find('results', { selector: { accessionIdentifier: { $eq: specimen } } });
  const messages = () => store.journal.messages(instrumentId, 10).filter((one) => one.state !== 'received');
  await instrument.send(message('4.1'));
  await expect.poll(async () => (await posted()).length, { timeout: 20_000 }).toBe(SENT.length);
  const docs = await posted();
  const instrumentId = docs[0]!.instrumentId;
  await store.write({ ...write, at: at() }, async (unit) => {
    for (const doc of docs) {
      const [code] = SENT.find(([, text]) => text === doc.value.text)!;
      const sent = {
        specimenId: specimen,
        instrumentCode: code,
        completedAt: { text: TIME, local: '2026-07-29T06:43:05', instant: null },
        replicate: 1,
      } as unknown as CanonicalResult;
      const source = { instrumentId, messageId: '', messageDigest: '' };
      expect(doc.sourceKey).toBe(measurementKey(source, sent));
      unit.put('results', { ...doc, sourceKey: formerKey(source, sent) });
    }
  });
  const counted = messages().length;
  await instrument.send(message('4.1'));
  await expect.poll(() => messages().length, { timeout: 20_000 }).toBe(counted + 1);
  expect(messages()[0]?.detail).toMatchObject({ posted: 0, held: 0, duplicates: SENT.length });
  await instrument.send(message('4.9'));
  await expect.poll(() => messages().length, { timeout: 20_000 }).toBe(counted + 2);
  expect(messages()[0]?.detail).toMatchObject({ posted: 0, held: 1, duplicates: SENT.length - 1 });
  expect(await posted()).toHaveLength(SENT.length);
  expect(
    (await store.find('tasks', { selector: { status: { $eq: 'open' } } })).map((one) => one.reason),
  ).toContain('otherContent');
});
