import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newTask, type TaskDoc } from '../../../shared/documents/task.ts';
import { builtinProfile } from '../../../shared/profiles/builtin.ts';
import type { CanonicalResult } from '../../../shared/profiles/canonical.ts';
import { readMessages } from '../../../shared/profiles/read.ts';
import { openStore } from '../store/open.ts';
import { formerKey, hasFormerKeys, keyGroup, measurementKey } from './measurement.ts';

const AT = '2026-07-29T06:42:05.118Z';
const source = { instrumentId: 'B1.CHEM1', messageId: '7', messageDigest: 'd'.repeat(64) };
const time = (text: string) => ({ text, local: '2026-07-29T06:42:05', instant: AT });

function result(over: object = {}): CanonicalResult {
  return {
    specimenId: '26210B10001K',
    instrumentCode: 'Na',
    completedAt: time('20260729074205'),
    startedAt: { text: '', local: null, instant: null },
    replicate: 1,
    records: { header: 1, result: 4 },
    ...over,
  } as unknown as CanonicalResult;
}

test('M4 the same measurement has the same key however often it is sent, every other one another', () => {
  const key = measurementKey(source, result());
  expect(key).toHaveLength(64);
  expect(measurementKey({ ...source, messageId: '8', messageDigest: 'other' }, result())).toBe(key);
  const others = [
    result({ instrumentCode: 'K' }),
    result({ replicate: 2 }),
    result({ specimenId: '26210B10002L' }),
    result({ completedAt: time('20260729074206') }),
    result({ completedAt: time('20260730074205') }),
  ].map((one) => measurementKey(source, one));
  others.push(measurementKey({ ...source, instrumentId: 'B1.CHEM2' }, result()));
  expect(new Set([key, ...others]).size).toBe(7);
});

test('M4 two results whose specimen nobody can read are never taken for one, but for the same message sent again', () => {
  const nobody = (order: number | null, at: number) =>
    result({ specimenId: null, records: { header: 0, order, result: at } });
  const other = { ...source, messageDigest: 'e'.repeat(64) };
  const keys = [
    measurementKey(source, nobody(2, 3)),
    measurementKey(source, nobody(5, 6)),
    measurementKey(source, nobody(null, 3)),
    measurementKey(source, nobody(null, 4)),
    measurementKey(other, nobody(2, 3)),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(measurementKey({ ...source, messageId: '8' }, nobody(2, 3))).toBe(keys[0]);
  // A file that grows is read anew, whatever its bytes are then.
  const line = result({ specimenId: null, records: { header: null, order: null, result: 4 } });
  expect(measurementKey(other, line)).toBe(measurementKey(source, line));
});

test('M4 two blocks of a stream that name no specimen are two measurements, though test, time and value are alike', () => {
  const profile = builtinProfile('biomerieux-mini-vidas');
  if (profile === undefined) throw new Error('no profile');
  const key = (section: string) => {
    const fields = [
      'mtrsl',
      'pi',
      'pn',
      `si${section}`,
      'ci',
      'rtHIV',
      'rnHIV',
      'tt06:42',
      'td07/29/26',
      'qlNegative',
      'qn',
    ];
    const text = Buffer.from(`${fields.map((field) => `\x1e${field}|`).join('')}\x03`, 'latin1');
    const [found] = readMessages(text, profile)[0]?.results ?? [];
    expect(found).toMatchObject({ specimenId: null, value: { text: 'Negative' } });
    const messageDigest = createHash('sha256').update(text).digest('hex');
    return measurementKey({ ...source, messageDigest }, found!);
  };
  expect(key('A2')).not.toBe(key('A1'));
  expect(key('A1')).toBe(key('A1'));
});

test('keys of one specimen, instrument and day stand together; other kinds of keys have no group', () => {
  const group = keyGroup(measurementKey(source, result()));
  expect(group).toHaveLength(16);
  expect(keyGroup(measurementKey(source, result({ instrumentCode: 'K' })))).toBe(group);
  expect(keyGroup(measurementKey(source, result({ completedAt: time('20260730074205') })))).not.toBe(group);
  expect(keyGroup(measurementKey({ ...source, instrumentId: 'B1.CHEM2' }, result()))).not.toBe(group);
  expect(keyGroup(formerKey(source, result()))).toBeUndefined();
  expect(keyGroup('call:01a204f1-b7a1-7d52-adeb-aba90a5d4e12')).toBeUndefined();
});

test('keys of an earlier version are noticed, whatever they begin with; those of calls and reruns are none', async () => {
  for (const [sourceKey, expected] of [
    ['call:01a204f1-b7a1-7d52-adeb-aba90a5d4e12', false],
    ['rerun:01a204f1-b7a1-7d52-adeb-aba90a5d4e12', false],
    [measurementKey(source, result()), false],
    [formerKey(source, result()), true],
    [`ca${'5'.repeat(62)}`, true],
    [`c0${'5'.repeat(62)}`, true],
    ['f'.repeat(64), true],
  ] as const) {
    const dataDir = await mkdtemp(join(tmpdir(), 'levey-keys-'));
    const clock = { now: () => new Date(AT) };
    const store = await openStore({ dataDir, key: new Uint8Array(32).fill(7), clock, stationCode: 'B1' });
    try {
      const task: TaskDoc = newTask('t1', AT, 'exception', {
        reason: 'unknownTest',
        instrumentId: source.instrumentId,
        messageId: '7',
        sourceKey,
      });
      const context = { actor: 'test', command: 'test', station: 'B1', at: AT };
      await store.write(context, async (unit) => unit.add('tasks', task));
      expect([sourceKey, await hasFormerKeys(store)]).toEqual([sourceKey, expected]);
    } finally {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  }
});
