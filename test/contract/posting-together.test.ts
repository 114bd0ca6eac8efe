import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Source } from '../../main/engine/instruments/measurement.ts';
import { type Posted, postMessage } from '../../main/engine/instruments/posting.ts';
import { readReceived } from '../../main/engine/instruments/reading.ts';
import type { Writer } from '../../main/engine/store/store.ts';
import { type HandResult, handMessage, RawInstrument, receivedTube } from './bad-input-fixture.ts';
import { PIN } from './people.ts';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

/** Messages that wait are posted several in one unit of work: what the first of them read and wrote is not read again for the others. */

const AT = '2026-07-29T08:00:00.000Z';

let bench: QcStation;

beforeAll(async () => {
  bench = await qcStation();
  const first = await receivedTube(bench.tech, ['LYTES']);
  const [config] = bench.engine.bench.station.instruments;
  const transport = config?.transport;
  if (transport?.kind !== 'tcpServer') throw new Error('the analyser has no port');
  const instrument = await RawInstrument.connect(transport.port);
  await instrument.send(handMessage(first, [{ code: 'Na', text: '140' }]));
  const [row] = await bench.lead
    .rows('instruments.trace', { instrumentId: CHEM1 }, (rows) =>
      rows.some((one) => (one.message?.posted ?? 0) > 0),
    )
    .then((rows) => rows.filter((one) => (one.message?.posted ?? 0) > 0));
  // From now on results of these are released by the rules: their mapping is verified, and their controls are good.
  await bench.supervisor.command('mapping.verify', {
    instrumentId: CHEM1,
    tests: ['NA', 'K', 'CL'],
    cases: [row!.message!.number],
    statement: 'Compared with the display of the analyser.',
    pin: PIN,
  });
  for (const [level, testCode, mean, sd] of [
    ['1', 'NA', '140', '2'],
    ['2', 'K', '4.1', '0.1'],
    ['3', 'CL', '101', '2'],
  ] as const) {
    await bench.lot({ level, testCode, mean, sd });
    await bench.arrive({ level, testCode, text: mean, ago: 1 });
  }
}, 30_000);

afterAll(() => bench.stop());

let messages = 0;

/** Posts messages, all in one unit or each in one of its own. @returns what became of each of their results */
async function post(texts: readonly string[], together: boolean): Promise<string[]> {
  const { store, instruments, station } = bench.engine.bench;
  const profile = instruments.profileWith(CHEM1, await store.get('instruments', CHEM1));
  const context = { actor: `instrument:${CHEM1}`, command: 'instrument.post', station: 'T1', at: AT };
  const postOne = async (unit: Writer, text: string): Promise<Posted[]> => {
    messages += 1;
    const source: Source = {
      instrumentId: CHEM1,
      messageId: `test-${messages}`,
      messageDigest: `digest ${text}`,
    };
    const read = readReceived({ text: Buffer.from(text, 'latin1') }, profile, station.timeZone);
    const all: Posted[] = [];
    for (const one of read) all.push(...(await postMessage(bench.engine.bench, unit, AT, source, one)));
    return all;
  };
  const posted: Posted[] = [];
  if (together)
    posted.push(
      ...(await store.write(context, async (unit) => {
        const all: Posted[] = [];
        for (const text of texts) all.push(...(await postOne(unit, text)));
        return all;
      })),
    );
  else for (const text of texts) posted.push(...(await store.write(context, (unit) => postOne(unit, text))));
  return posted.map((one) => (one.outcome === 'held' ? `held ${one.reason}` : one.outcome));
}

/** What is stored of a tube, without what differs from one tube to the next. */
async function storedOf(tube: string) {
  const { store } = bench.engine.bench;
  const results = await store.find('results', { selector: { accessionIdentifier: { $eq: tube } } });
  const [specimen] = await store.find('specimens', { selector: { accessionIdentifier: { $eq: tube } } });
  const by = { selector: { requisition: { $eq: specimen!.requisition } } };
  const tasks = await store.find('tasks', { selector: { specimenId: { $eq: specimen!.id } } });
  const versions = results
    .map(({ id, testCode, version, current, verdict, value, replacesId, because, change }) => ({
      ...{ id, testCode, version, current, verdict, text: value.text, change },
      replaces: results.find((one) => one.id === replacesId)?.version ?? 0,
      because: because.map(({ rule, outcome, text }) => `${rule} ${outcome} ${text}`),
    }))
    .sort((a, b) => (`${a.testCode} ${a.version}` < `${b.testCode} ${b.version}` ? -1 : 1));
  const nameOf = new Map(versions.map(({ id, testCode, version }) => [id, `${testCode} ${version}`]));
  return {
    versions: versions.map(({ id: _id, ...rest }) => rest),
    orders: (await store.find('orders', by)).map(({ status, testCodes }) => ({ status, testCodes })),
    reports: (await store.find('reports', by)).map(({ state, status, version, resultIds, readyTime }) => ({
      ...{ state, status, version, readyTime },
      results: resultIds.map((id) => nameOf.get(id)),
    })),
    tasks: tasks
      .map(({ kind, reason, status, sentTest, sentValue }) =>
        [kind, reason, status, sentTest, sentValue].join(' '),
      )
      .sort(),
  };
}

const at = (minute: number) => `202607290642${String(minute).padStart(2, '0')}`;
const single = (tube: string, result: HandResult) => handMessage(tube, [result]);

/** A morning of one tube, each message with one result or a few. */
function morning(tube: string): string[] {
  return [
    single(tube, { code: 'Na', text: '140', at: at(1) }),
    single(tube, { code: 'K', text: '7.4', at: at(2) }),
    single(tube, { code: 'Na', text: '140', at: at(1) }),
    single(tube, { code: 'Na', text: '141', at: at(1) }),
    single(tube, { code: 'Na', text: '139', at: at(3) }),
    single(tube, { code: 'K', text: '4.2', at: at(4) }),
    single(tube, { code: 'Zz', text: '1', at: at(5) }),
    handMessage(tube, [
      { code: 'K', text: '4.2', at: at(4) },
      { code: 'K', text: '4.3', at: at(6) },
      { code: 'Cl', text: '101', at: at(6) },
      { code: 'Na', text: '138', at: at(6) },
    ]),
    single(tube, { code: 'Cl', text: '102', at: at(7) }),
    single(tube, { code: 'Crea', text: '80', unit: 'umol/L', at: at(8) }),
  ];
}

test('M4 R12 messages posted in one unit leave what they leave one by one', async () => {
  const [one, other] = [
    await receivedTube(bench.tech, ['LYTES']),
    await receivedTube(bench.tech, ['LYTES']),
  ] as const;
  const outcomes = await post(morning(one), false);
  expect(outcomes).toContain('posted');
  expect(outcomes).toContain('duplicate');
  expect(outcomes).toContain('held alreadyReleased');
  expect(await post(morning(other), true)).toEqual(outcomes);
  const left = await storedOf(one);
  expect(left.versions.filter((version) => version.testCode === 'K').length).toBeGreaterThan(2);
  expect(await storedOf(other)).toEqual(left);
});

test('the order is completed and the report waits once all is released, also where all of it came in one unit', async () => {
  for (const together of [true, false]) {
    const tube = await receivedTube(bench.tech, ['LYTES']);
    const tests = ['Na', 'K', 'Cl'].map((code, i) =>
      single(tube, { code, text: ['140', '4.1', '101'][i] as string, at: at(20 + i) }),
    );
    expect(await post(tests, together)).toEqual(['posted', 'posted', 'posted']);
    const { orders, reports, versions } = await storedOf(tube);
    expect(versions.map((version) => version.verdict)).toEqual(['released', 'released', 'released']);
    expect(orders.map((order) => order.status)).toEqual(['completed']);
    expect(reports).toEqual([
      { state: 'waiting', status: 'partial', version: 1, readyTime: AT, results: ['NA 1', 'K 1', 'CL 1'] },
    ]);
  }
});

test('tubes of two patients in one unit stay apart', async () => {
  const [one, other] = [
    await receivedTube(bench.tech, ['LYTES']),
    await receivedTube(bench.tech, ['LYTES']),
  ] as const;
  const mixed = morning(one).flatMap((text, i) => [text, morning(other)[i] as string]);
  await post(mixed, true);
  expect(await storedOf(other)).toEqual(await storedOf(one));
  const third = await receivedTube(bench.tech, ['LYTES']);
  await post(morning(third), false);
  expect(await storedOf(other)).toEqual(await storedOf(third));
});

test.each([
  ['two values', '139', '139 mmol/L'],
  ['a quantity and its answer', 'REACTIVE', 'REACTIVE'],
])('V2 R12 of %s of one test in one message neither is released by the rules', async (_, second, written) => {
  const tube = await receivedTube(bench.tech, ['LYTES']);
  const values = ['140', second].map((text) => ({ code: 'Na', text, at: at(31) }));
  expect(await post([handMessage(tube, [...values, { code: 'K', text: '4.1', at: at(31) }])], true)).toEqual([
    'posted',
    'posted',
    'posted',
  ]);
  const { versions } = await storedOf(tube);
  expect(versions.map(({ testCode, text, verdict }) => [testCode, text, verdict])).toEqual([
    ['K', '4.1', 'released'],
    ['NA', '140', 'held'],
    ['NA', second, 'held'],
  ]);
  const said = `message hold The message has several values of this test: 140 mmol/L, ${written}.`;
  for (const one of versions.slice(1)) expect(one.because).toContain(said);
  expect(versions[2]?.because).toContain(
    'repeat hold Measured again without being asked: 140 mmol/L before.',
  );
});
