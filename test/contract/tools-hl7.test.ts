import { afterEach, expect, test } from 'vitest';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { MllpPeer } from './mllp-peer.ts';

/** The bench tools on a line that speaks HL7, and on files. */

let bench: BadBench;
let peer: MllpPeer;
const instrumentId = 'T1.HL1';

afterEach(async () => {
  peer?.close();
  await bench?.stop();
});

const start = async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [{ id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', port } }],
  });
  peer = await MllpPeer.connect(port);
};
const sendResult = async (specimen: string, obx: string) => {
  const id = peer.send('ORU^R01', [`OBR|1||${specimen}|PANEL`, obx]);
  const ack = await peer.next('ACK');
  return { id, ack };
};
const replayed = async () => {
  const which = { kind: 'last' as const, last: 100 };
  const { replayId } = await bench.tech.command('replay.run', { instrumentId, which });
  const [row] = await bench.tech.rows('replay.progress', { replayId }, ([one]) => one?.state !== 'running');
  return row!;
};

test('M7 M8 a held HL7 result is mapped, posted, replayed and tested rule by rule', async () => {
  await start();
  const tube = await receivedTube(bench.tech, ['NA', 'K']);
  await sendResult(tube, 'OBX|1|NM|NA||140|mmol/L|||||F|||20260729064205');
  await sendResult(tube, 'OBX|1|NM|POTASSIUM||4.10|mEq/L|||||F|||20260729064206');
  const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(held).toMatchObject({ reason: 'unknownTest', sentTest: 'POTASSIUM' });
  const [detail] = await bench.tech.rows('exceptions.detail', { taskId: held!.id });
  expect(detail?.record).toBe('OBX 1');
  expect(detail?.raw.slice(detail.rawFrom, detail.rawTo)).toMatch(/^OBX\|1\|NM\|POTASSIUM\|/);
  expect(detail?.raw.slice(detail.faultFrom, detail.faultTo)).toBe('POTASSIUM');
  expect(await bench.lead.command('exception.map', { taskId: held!.id, testCode: 'K' })).toEqual({
    posted: 1,
    held: 0,
  });
  const results = await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 2);
  expect(results.find((row) => row.testCode === 'K')?.valueText).toBe('4.10');
  const replay = await replayed();
  expect(replay).toMatchObject({ state: 'done', messagesDone: 2 });
  expect(replay.counts).toMatchObject({ same: 2, changed: 0, lost: 0, new: 0 });

  const rows = await bench.tech.rows('selftest.report', { instrumentId, since: '2026-01-01T00:00:00.000Z' });
  const outcome = (id: string) => rows.find((row) => row.id === id)?.outcome;
  expect(
    ['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'R5', 'R6', 'R6.unit', 'R6.status', 'R11'].map(outcome),
  ).toEqual(Array.from({ length: 11 }, () => 'pass'));
  expect(outcome('R3')).toBe('fail');
  expect(outcome('L3')).toBeUndefined();
  const page = await bench.tech.rows('trace.page', { instrumentId, search: 'potassium' });
  expect(page[0]?.rows.map((row) => row.direction)).toEqual(['in']);
});

test('a message is previewed with a draft, each result with its segment', async () => {
  await start();
  const tube = await receivedTube(bench.tech, ['NA']);
  await sendResult(tube, 'OBX|1|NM|X1||140|mmol/L|||||F');
  const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  const [shown] = await bench.tech.rows('profile.show', { instrumentId });
  const overlay = {
    ...shown!.overlay,
    tests: [{ code: 'X1', test: 'NA', loinc: null, unit: 'mmol/L', sentUnits: [], factor: '1' }],
  };
  const of = { instrumentId };
  const source = { messageNumber: held!.messageId };
  const [today] = await bench.tech.rows('profile.preview', { of, source });
  expect(today?.results).toMatchObject([{ testCode: '', problems: [{ hold: true }] }]);
  const [draft] = await bench.tech.rows('profile.preview', { of, overlay, source });
  expect(draft?.results).toMatchObject([
    { specimen: tube, testCode: 'NA', testName: 'Sodium', value: '140', status: 'final', problems: [] },
  ]);
  const [result] = draft!.results;
  expect(draft!.raw.slice(result!.from, result!.to)).toBe('OBX|1|NM|X1||140|mmol/L|||||F');

  const csv =
    'specimen,test,value,unit,flag,status,measured,operator\nS1,NA,140,mmol/L,,,,\n\nS1,K,4.1,mmol/L,,,,\n';
  const [file] = await bench.tech.rows('profile.preview', {
    of: { profileId: 'generic-csv' },
    source: { pasted: csv },
  });
  expect(file?.results.map((row) => [row.testCode, row.value, file.raw.slice(row.from, row.to)])).toEqual([
    ['NA', '140', 'S1,NA,140,mmol/L,,,,'],
    ['K', '4.1', 'S1,K,4.1,mmol/L,,,,'],
  ]);
  const unknown = { of, source: { messageNumber: '999' } };
  await expect(bench.tech.rows('profile.preview', unknown)).rejects.toMatchObject({
    code: 'message.unknown',
  });
  const [decoded] = await bench.tech.rows('tools.decode', { pasted: draft!.raw });
  expect(decoded).toMatchObject({ protocol: 'hl7', problems: [] });
});
