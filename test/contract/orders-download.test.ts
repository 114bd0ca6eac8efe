import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SendResult } from '../../main/engine/instruments/link/ports.ts';
import { until } from '../until.ts';
import { type BadBench, RawInstrument, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { fieldOf, MllpPeer } from './mllp-peer.ts';
import { endDownloads, FakeLine, HandTimers, quiet, startDownloads, takeTransfer } from './orders-fixture.ts';

/** Orders sent unasked: once, again after failures and restarts, taken back when cancelled, and what an analyser refuses is shown. */

let bench: BadBench;

beforeEach(async () => {
  bench = await startBadBench({ instruments: [] });
});

afterEach(async () => {
  await endDownloads();
  await bench.stop();
});

const start = (lines: FakeLine[], timers?: HandTimers) => startDownloads(bench.engine.bench, lines, timers);

async function openTasks() {
  const tasks = await bench.engine.bench.store.find('tasks', { selector: { status: { $eq: 'open' } } });
  return tasks.filter((task) => task.reason === 'orderRefused');
}

test('a received specimen is told once, a cancelled test is taken back', async () => {
  const line = new FakeLine('T1.A');
  const all = await start([line]);
  const specimen = await receivedTube(bench.tech, ['NA', 'K']);
  await until(() => expect(line.told).toEqual(['NW NA, NW K']));
  await until(() => expect(line.notes.at(-1)).toMatch(/^orders sent: .* 2 tests, accepted$/));
  await bench.tech.command('result.enter', {
    accessionIdentifier: specimen,
    testCode: 'NA',
    valueText: '140',
    comment: '',
  });
  await all.lookAtAll();
  await quiet(all);
  expect(line.told).toHaveLength(1);
  const { store } = bench.engine.bench;
  const [found] = await store.find('specimens', { selector: { accessionIdentifier: { $eq: specimen } } });
  const orders = await store.getMany('orders', found!.orderIds);
  const potassium = orders.find((order) => order.catalogCode === 'K')!;
  await bench.tech.command('order.cancel', { orderId: potassium.id, reason: 'Not needed' });
  await until(() => expect(line.told).toEqual(['NW NA, NW K', 'CA K']));
  await all.lookAtAll();
  await quiet(all);
  expect(line.told).toHaveLength(2);
});

test('a rerun that is asked for, and a rejected result, are told again', async () => {
  const line = new FakeLine('T1.A');
  await start([line]);
  const specimen = await receivedTube(bench.tech, ['NA']);
  await until(() => expect(line.told).toEqual(['NW NA']));
  await bench.tech.command('result.enter', {
    accessionIdentifier: specimen,
    testCode: 'NA',
    valueText: '140',
    comment: '',
  });
  const [result] = await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 1);
  await bench.tech.command('result.rerun', { resultIds: [result!.id] });
  await until(() => expect(line.told).toEqual(['NW NA', 'NW NA']));
  await bench.tech.command('result.reject', { resultId: result!.id, reason: 'Clot' });
  await until(() => expect(line.told).toEqual(['NW NA', 'NW NA', 'NW NA']));
});

test('what could not be told is tried again after 5, 10, 20 s', async () => {
  const line = new FakeLine('T1.A');
  const timers = new HandTimers();
  line.answers = [
    { outcome: 'aborted', reason: 'noAnswer' },
    { outcome: 'refused', reason: 'busy' },
    { outcome: 'refused', reason: 'frameRefused' },
  ];
  const all = await start([line], timers);
  await receivedTube(bench.tech, ['NA']);
  for (const ms of [5_000, 10_000, 20_000]) {
    await until(() => expect(timers.waits.map((wait) => wait.ms)).toEqual([ms]));
    timers.fire();
  }
  await until(() => expect(line.told).toEqual(['NW NA', 'NW NA', 'NW NA', 'NW NA']));
  await quiet(all);
  expect([timers.waits, await openTasks()]).toEqual([[], []]);
});

test('what an analyser refuses is an exception with its words, and is told again when a person says so', async () => {
  const line = new FakeLine('T1.A');
  line.answers = [{ outcome: 'refused', reason: 'answer', text: 'AE: lamp failure' }];
  const all = await start([line]);
  const specimen = await receivedTube(bench.tech, ['NA', 'K']);
  await until(async () => expect(await openTasks()).toHaveLength(1));
  const [task] = await openTasks();
  expect(task).toMatchObject({
    instrumentId: 'T1.A',
    sentSpecimen: specimen,
    sentTest: 'NA K',
    sentValue: 'AE: lamp failure',
  });
  await all.lookAtAll();
  await quiet(all);
  expect(line.told).toHaveLength(1);
  await bench.tech.command('exception.reprocess', { taskId: task!.id });
  await until(() => expect(line.told).toEqual(['NW NA, NW K', 'NW NA, NW K']));
  await quiet(all);
  expect(await openTasks()).toEqual([]);
});

test('R8 frames that are refused three times in a row are a refused order', async () => {
  const line = new FakeLine('T1.A');
  const timers = new HandTimers();
  line.answers = Array.from({ length: 3 }, () => ({ outcome: 'refused', reason: 'frameRefused' }) as const);
  await start([line], timers);
  await receivedTube(bench.tech, ['NA']);
  for (let i = 0; i < 2; i += 1) {
    await until(() => expect(timers.waits).toHaveLength(1));
    timers.fire();
  }
  await until(async () => expect(await openTasks()).toHaveLength(1));
  expect(timers.waits).toEqual([]);
});

test('after a restart nothing is told twice, and what was on its way is told again under the same placer numbers', async () => {
  const line = new FakeLine('T1.A');
  const first = await start([line]);
  await receivedTube(bench.tech, ['NA']);
  await until(() => expect(line.notes).toHaveLength(1));
  // The engine ends while the second specimen's message is on the line: no answer ever comes.
  let hangUp: (result: SendResult) => void = () => {};
  line.answers = [
    new Promise<SendResult>((done) => {
      hangUp = done;
    }),
  ];
  await receivedTube(bench.tech, ['K']);
  await until(() => expect(line.told).toEqual(['NW NA', 'NW K']));
  first.stop();
  const again = new FakeLine('T1.A');
  const second = await start([again]);
  await until(() => expect(again.told).toEqual(['NW K']));
  hangUp({ outcome: 'aborted', reason: 'cancelled' });
  await first.ended();
  await quiet(second);
  const third = new FakeLine('T1.A');
  await quiet(await start([third]));
  expect(third.told).toEqual([]);
});

test('of two analysers the first in the station file is told, the other one while the first is off', async () => {
  const [first, second] = [new FakeLine('T1.A'), new FakeLine('T1.B')];
  second.tests.add('GLU');
  const all = await start([first, second]);
  await receivedTube(bench.tech, ['NA', 'GLU']);
  await until(() => expect([first.told, second.told]).toEqual([['NW NA'], ['NW GLU']]));
  first.on = false;
  await all.lookAtAll();
  await until(() => expect(second.told).toEqual(['NW GLU', 'NW NA']));
  await receivedTube(bench.tech, ['K']);
  await until(() => expect(second.told).toEqual(['NW GLU', 'NW NA', 'NW K']));
  first.on = true;
  await all.lookAtAll();
  // The first one was told sodium before: it keeps it, and the second one is told so. Potassium stays where it was told.
  await until(() => expect(second.told.slice(3)).toEqual(['CA NA']));
  await quiet(all);
  expect(first.told).toEqual(['NW NA']);
});

test('LAW a bench whose station file says download: OML^O33 after accession, a refusal in ORL^O34 on screen', async () => {
  await bench.stop();
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'LAW1', profile: 'generic-law', transport: { kind: 'tcpServer', port }, orders: 'download' },
    ],
  });
  const [row] = await bench.tech.rows('instruments.lines', {});
  expect(row!.orders).toBe('downloads');
  const analyser = await MllpPeer.connect(port);
  try {
    const specimen = await receivedTube(bench.tech, ['NA', 'K']);
    const order = await analyser.next('OML^O33');
    expect(order.filter((one) => one.startsWith('ORC')).map((one) => one.split('|')[2])).toEqual([
      `${specimen}.NA`,
      `${specimen}.K`,
    ]);
    analyser.send('ORL^O34^ORL_O42', [
      `MSA|AA|${fieldOf(order, 'MSH', 10)}`,
      `SPM|1|${specimen}`,
      `ORC|OK|${specimen}.NA`,
      `ORC|UA|${specimen}.K`,
    ]);
    const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
    expect(held).toMatchObject({
      reason: 'orderRefused',
      sentTest: 'K',
      sentValue: 'unable to accept the order',
    });
    // It does not ask; one that asks all the same is told that there is nothing.
    analyser.send('QBP^Q11^QBP_Q11', [`QPD|WOS^x^IHE_LABTF|T|${specimen}`, 'RCP|I']);
    await analyser.next('RSP^K11');
    expect(fieldOf(await analyser.next('OML^O33'), 'ORC', 1)).toBe('DC');
  } finally {
    analyser.close();
  }
});

test('R9 an ASTM analyser set to both is told after accession, and what is cancelled is taken back', async () => {
  await bench.stop();
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port }, orders: 'both' },
    ],
  });
  const instrument = await RawInstrument.connect(port);
  try {
    const specimen = await receivedTube(bench.tech, ['NA']);
    const told = await takeTransfer(instrument);
    expect(told.split('\r')[2]).toMatch(
      new RegExp(`^O\\|1\\|${specimen}\\|\\|\\^\\^\\^Na\\|R.*\\|N\\|.*\\|O$`),
    );
    expect(told.split('\r')[3]).toBe('L|1|N');
    const [found] = await bench.engine.bench.store.find('specimens', {
      selector: { accessionIdentifier: { $eq: specimen } },
    });
    await bench.tech.command('accession.reject', {
      specimenId: found!.id,
      conditionCode: 'RI',
      text: 'No name',
    });
    expect((await takeTransfer(instrument)).split('\r')[2]).toMatch(/^O\|1\|.*\|C\|/);
    const [row] = await bench.tech.rows('instruments.lines', {});
    expect(row!.orders).toBe('answersQueries');
  } finally {
    instrument.end();
  }
});
