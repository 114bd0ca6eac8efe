import { expect, test } from 'vitest';
import { newBase } from '../../shared/documents/common.ts';
import type { ControlDoc, ResultDoc, TaskDoc } from '../../shared/documents/index.ts';
import { exactlyOnce, halfCommands } from './check.ts';
import { runCrash } from './run.ts';
import type { Acknowledged } from './surroundings.ts';

test('three rounds of kill -9 lose nothing, do nothing twice and leave nothing half done', {
  timeout: 300_000,
}, async () => {
  const seed = Date.now() % 1_000_000;
  const lines: string[] = [];
  const summary = await runCrash({ rounds: 3, seed, mostKills: 1, say: (line) => lines.push(line) });
  expect(lines, `seed ${seed}`).toEqual([]);
  expect(summary).toMatchObject({ rounds: 3, failures: 0 });
  expect(summary.kills).toBeGreaterThanOrEqual(3);
});

const at = '2026-07-29T06:42:05.118Z';
const sent: Acknowledged = {
  instrumentId: 'C1.CHEM1',
  specimenId: '26210C10001A',
  results: [{ code: 'Na', text: '140', unit: 'mmol/L', flag: '' }],
};

function result(id: string, more: Partial<ResultDoc> = {}): ResultDoc {
  return {
    ...newBase(id, at, 'onServer'),
    instrumentId: sent.instrumentId,
    accessionIdentifier: sent.specimenId,
    testCode: 'NA',
    value: { text: '140', kind: 'quantity', number: 140, unit: 'mmol/L' },
    messageId: '7',
    current: true,
    replacesId: '',
    verdict: 'held',
    interpretation: 'N',
    ...more,
  } as ResultDoc;
}

const nothing = { results: [], controls: [] as ControlDoc[], tasks: [] as TaskDoc[] };

test('the proof sees a lost result, one posted twice, and one with another value', () => {
  expect(exactlyOnce([sent], { ...nothing, results: [result('a')] }).problems).toEqual([]);
  expect(exactlyOnce([sent], nothing).problems).toEqual(['lost 1: C1.CHEM1 26210C10001A Na 140']);
  expect(exactlyOnce([sent], { ...nothing, results: [result('a'), result('b')] }).problems).toEqual([
    '1 too many: C1.CHEM1 26210C10001A Na 140',
  ]);
  const other = result('a', { value: { text: '141', kind: 'quantity', number: 141, unit: 'mmol/L' } });
  expect(exactlyOnce([sent], { ...nothing, results: [other] }).problems).toHaveLength(2);
});

test('the proof sees half a command', () => {
  const empty = {
    ...nothing,
    patients: [],
    orders: [],
    specimens: [],
    reports: [],
    runs: [],
    catalog: [],
    instruments: [],
    people: [],
    settings: [],
    lots: [],
  };
  const of = (results: ResultDoc[]) => halfCommands({ ...empty, results });
  expect(of([result('a')])).toEqual([]);
  expect(of([result('a', { verdict: 'released', verifiedBy: '', verifiedTime: '' })])).toEqual([
    'released by nobody: a',
  ]);
  expect(of([result('a'), result('b', { replacesId: 'a' })])).toEqual([
    'standing result twice: 26210C10001A NA',
    'b replaces a, which stands',
  ]);
  expect(of([result('a', { interpretation: 'HH' })])).toEqual(['critical without its call: a']);
});
