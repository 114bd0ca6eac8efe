import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type BadBench,
  handMessage,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';

/** ASTM messages that are whole but odd: an impossible time, a control that is not final, another patient's name. */

let bench: BadBench;
let instrument: RawInstrument;

beforeAll(async () => {
  bench = await startBadBench();
  instrument = await RawInstrument.connect(bench.port);
});

afterAll(async () => {
  instrument?.end();
  await bench?.stop();
});

const resultOf = async (specimen: string) => {
  const rows = await bench.tech.rows('results.list', { filter: 'all' }, (all) =>
    all.some((row) => row.accessionIdentifier === specimen),
  );
  const found = rows.find((row) => row.accessionIdentifier === specimen)!;
  const [detail] = await bench.tech.rows('results.detail', { resultId: found.id });
  return detail!;
};

test.each([
  {
    name: 'an impossible time is posted without one',
    at: '20261399',
    code: 'badTime',
    text: 'R-13 is not a time.',
    measured: '',
  },
  {
    name: 'the hour that came twice is posted with the later time',
    at: '20251026013000',
    code: 'clockChange',
    text: 'The clocks were put back: its time came twice. Taken as 2025-10-26 01:30 UTC; it may have been 2025-10-26 00:30 UTC.',
    measured: '2025-10-26T01:30:00.000Z',
  },
])('R10 a result of $name, and says so to who verifies it', async ({ at, code, text, measured }) => {
  const specimen = await receivedTube(bench.tech, ['NA']);
  await instrument.send(handMessage(specimen, [{ code: 'Na', text: '140', at }]));
  const detail = await resultOf(specimen);
  expect(detail.verdict).toBe('held');
  expect(detail.because).toContainEqual({ rule: 'message', outcome: 'hold', inputs: { code }, text });
  const doc = await bench.engine.bench.store.get('results', detail.id);
  expect(doc?.measuredTime).toBe(measured);
});

test('R6 a control with status P is no point of the chart before it is final', async () => {
  const control = (status: string) =>
    handMessage('QC-L1', [{ code: 'Na', text: '141' }]).replace('||N||F||tech', `||N||${status}||tech`);
  const controls = () => bench.engine.bench.store.find('controls', { selector: {} });
  await instrument.send(control('P'));
  const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(held).toMatchObject({ reason: 'preliminaryControl' });
  expect(await controls()).toEqual([]);
  await instrument.send(control('F'));
  await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 0);
  expect((await controls()).map((one) => one.value.text)).toEqual(['141']);
  const [ended] = await bench.tech.rows('exceptions.list', { status: 'ended' });
  expect(ended).toMatchObject({ resolution: 'The final value came.' });
});

test('R4 a P record that names another patient than the specimen is of holds the result', async () => {
  const specimen = await receivedTube(bench.tech, ['NA']);
  const named = (record: string, text: string, at?: string) =>
    handMessage(specimen, [{ code: 'Na', text, ...(at === undefined ? {} : { at }) }]).replace(
      'P|1\r',
      `${record}\r`,
    );
  await instrument.send(named('P|1|99999|||Zimmermann^Otto', '131'));
  const [held] = await bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === 1);
  expect(held).toMatchObject({ reason: 'otherPatient', sentSpecimen: specimen, sentValue: '131' });
  await bench.tech.command('exception.reject', { taskId: held!.id, reason: 'Wrong worklist' });
  // The number of the tube in place of a patient id names nobody.
  await instrument.send(named(`P|1|${specimen}|||Zimmermann^Otto`, '132', '20260729064305'));
  expect((await resultOf(specimen)).valueText).toBe('132');
});
