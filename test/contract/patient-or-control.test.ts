import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accessionNumber } from '../../shared/domain/accession-number.ts';
import { until } from '../until.ts';
import {
  ACK,
  type BadBench,
  type HandResult,
  handMessage,
  RawInstrument,
  receivedTube,
  startBadBench,
} from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { fieldOf, MllpPeer } from './mllp-peer.ts';

/** The mark of a control on a patient's tube, and the name of a control without its mark: neither is posted before a person has said what it is. */

let bench: BadBench;
let instrument: RawInstrument;
let mllpPort: number;

beforeEach(async () => {
  mllpPort = await freePort();
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'CHEM1', profile: 'demo-chemistry', transport: { kind: 'tcpServer', port } },
      { id: 'LAW1', profile: 'generic-law', transport: { kind: 'tcpServer', port: mllpPort } },
    ],
  });
  instrument = await RawInstrument.connect(port);
});

afterEach(async () => {
  instrument?.end();
  await bench?.stop();
  rmSync(bench.at.directory, { recursive: true, force: true });
});

const open = (n: number) =>
  bench.tech.rows('exceptions.list', { status: 'open' }, (rows) => rows.length === n);
const controls = () => bench.engine.bench.store.find('controls', { selector: {} });
const results = () => bench.engine.bench.store.find('results', { selector: {} });
const sodium: HandResult[] = [{ code: 'Na', text: '141' }];
/** With O-12 (R5) `Q`. */
const marked = (specimen: string, of = sodium) =>
  handMessage(specimen, of).replace('||||||N|||', '||||||Q|||');

async function lot(sentAs: string): Promise<string> {
  const { lotId } = await bench.lead.command('qc.lot.save', {
    lotId: null,
    material: 'Chem control',
    manufacturer: 'Acme',
    lot: '88123',
    level: 'L1',
    expiresOn: '',
    opened: false,
    openStabilityHours: null,
    sentAs: [sentAs],
    state: 'current',
  });
  return lotId;
}

test.each([
  ['O-12 Q', (tube: string) => marked(tube)],
  ['H-12 Q', (tube: string) => handMessage(tube, sodium, 'Q')],
])(
  'R5 the mark %s on a patient’s tube makes neither a control nor a result; a person who confirms the tube posts it',
  async (_, message) => {
    const tube = await receivedTube(bench.tech, ['NA']);
    expect(new Set(await instrument.send(message(tube)))).toEqual(new Set([ACK]));
    const [held] = await open(1);
    expect(held).toMatchObject({ reason: 'patientOrControl', sentSpecimen: tube, sentValue: '141' });
    expect([await controls(), await results()]).toEqual([[], []]);
    const [detail] = await bench.tech.rows('exceptions.detail', { taskId: held!.id });
    expect(detail!.summary).toBe("Na: marked or named as a control, but the number is a patient's specimen");
    expect(detail!.fields.find((field) => field.name === 'Specimen')).toMatchObject({ ok: false });
    // Trying again decides nothing.
    expect(await bench.tech.command('exception.reprocess', { taskId: held!.id })).toEqual({
      posted: 0,
      held: 1,
    });
    expect(
      await bench.tech.command('exception.match', { taskId: held!.id, accessionIdentifier: tube }),
    ).toEqual({ posted: 1, held: 0 });
    expect(await controls()).toEqual([]);
    expect(await results()).toMatchObject([
      { accessionIdentifier: tube, testCode: 'NA', value: { text: '141' } },
    ]);
    // Sent again it is known.
    await instrument.send(message(tube));
    await bench.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' }, (rows) =>
      rows.some((row) => (row.message?.known ?? 0) === 1),
    );
    expect([(await controls()).length, (await results()).length, (await open(0)).length]).toEqual([0, 1, 0]);
  },
);

test('R5 a control measured under a patient’s number becomes a control of the lot a person names, and of no patient', async () => {
  const lotId = await lot('N1');
  const tube = await receivedTube(bench.tech, ['NA']);
  await instrument.send(marked(tube));
  const [held] = await open(1);
  expect(
    await bench.tech.refusal('exception.ofLot', { taskId: held!.id, lotId: 'no such lot' }),
  ).toMatchObject({ code: 'qc.unknownLot' });
  expect(await bench.tech.command('exception.ofLot', { taskId: held!.id, lotId })).toEqual({
    posted: 1,
    held: 0,
  });
  expect(await controls()).toMatchObject([{ lotId, material: 'N1', lot: '88123', testCode: 'NA' }]);
  expect(await results()).toEqual([]);
  const [ended] = await bench.tech.rows('exceptions.list', { status: 'ended' });
  expect(ended).toMatchObject({ id: held!.id, resolution: 'Taken as a control of NA.' });
  await instrument.send(marked(tube));
  await bench.tech.rows('instruments.trace', { instrumentId: 'T1.CHEM1' }, (rows) =>
    rows.some((row) => (row.message?.known ?? 0) === 1),
  );
  expect([(await controls()).length, (await open(0)).length]).toEqual([1, 0]);
  // A replay of what came takes it as it was decided.
  const { replayId } = await bench.tech.command('replay.run', {
    instrumentId: 'T1.CHEM1',
    which: { kind: 'last', last: 10 },
  });
  const [replay] = await bench.tech.rows('replay.progress', { replayId }, ([one]) => one?.state === 'done');
  expect(replay!.counts).toMatchObject({ changed: 0, wouldPost: 0, wouldHold: 0, lost: 0, new: 0 });
});

test('R5 a number that begins as those of controls do, or that another station may have given, makes no control of a tube', async () => {
  const { store, station } = bench.engine.bench;
  const tube = await receivedTube(bench.tech, ['NA']);
  const [specimen] = await store.find('specimens', { selector: { accessionIdentifier: { $eq: tube } } });
  const at = new Date().toISOString();
  await store.write({ actor: 'test', command: 'seed', station: station.code, at }, async (unit) => {
    unit.put('specimens', { ...specimen!, id: 'numbered-elsewhere', accessionIdentifier: 'QC-1001' });
  });
  await instrument.send(handMessage('QC-1001', sodium));
  expect(await open(1)).toMatchObject([{ reason: 'patientOrControl', sentSpecimen: 'QC-1001' }]);
  const elsewhere = accessionNumber({ date: '2026-07-29', stationCode: 'B2', sequence: 17 });
  await instrument.send(handMessage(elsewhere, sodium, 'Q'));
  expect((await open(2)).map((row) => row.reason)).toEqual(['patientOrControl', 'patientOrControl']);
  expect(await controls()).toEqual([]);
  await instrument.send(handMessage('QC-1002', sodium));
  await until(async () => expect(await controls()).toMatchObject([{ material: 'QC-1002' }]));
});

test.each([
  ['SPM-11 Q', 'Q', 'P|2.5.1|||NE|AL'],
  ['MSH-11 Q', 'P', 'Q|2.5.1|||NE|AL'],
])(
  'M6 the mark %s on a patient’s tube holds the result, and the analyser is told AA',
  async (_, role, more) => {
    const tube = await receivedTube(bench.tech, ['NA']);
    const peer = await MllpPeer.connect(mllpPort);
    try {
      const message = [
        `SPM|1|${tube}||SER|||||||${role}`,
        `SAC|||${tube}`,
        'OBR|1|""||NA',
        'OBX|1|NM|NA||140|mmol/L|||||F|||||tech||SN4^ANA|20260729064000',
      ];
      peer.send('OUL^R22^OUL_R22', message, more);
      expect(fieldOf(await peer.next('ACK^R22'), 'MSA', 1)).toBe('AA');
      expect(await open(1)).toMatchObject([{ reason: 'patientOrControl', sentSpecimen: tube }]);
      expect([await controls(), await results()]).toEqual([[], []]);
    } finally {
      peer.close();
    }
  },
);

test('the name of a control lot without the mark of a control is held as a control not recognised, and as both where it is a tube’s number too', async () => {
  const lotId = await lot('N1');
  await instrument.send(handMessage('N1', sodium));
  const [held] = await open(1);
  expect(held).toMatchObject({ reason: 'qcNotRecognised', sentSpecimen: 'N1' });
  const [detail] = await bench.tech.rows('exceptions.detail', { taskId: held!.id });
  expect(detail!.fields.find((field) => field.name === 'Specimen')?.note).toBe(
    'a control lot is sent by this name',
  );
  expect(await bench.tech.command('exception.ofLot', { taskId: held!.id, lotId })).toMatchObject({
    posted: 1,
  });
  expect(await controls()).toMatchObject([{ lotId }]);

  const tube = await receivedTube(bench.tech, ['NA']);
  const [row] = await bench.lead.rows('qc.lots', {});
  await bench.lead.command('qc.lot.save', {
    lotId,
    material: row!.material,
    manufacturer: row!.manufacturer,
    lot: row!.lot,
    level: row!.level,
    expiresOn: '',
    opened: false,
    openStabilityHours: null,
    sentAs: ['N1', tube],
    state: 'current',
  });
  await instrument.send(handMessage(tube, sodium));
  expect(await open(1)).toMatchObject([{ reason: 'patientOrControl', sentSpecimen: tube }]);
  expect(await results()).toEqual([]);
});

test('W13 a control of an analyser that says only when it began (R-12) is of that time, not of when it was sent', async () => {
  const lotId = await lot('N1');
  await instrument.send(marked('N1').replace('||20260729064205|', '|20260729064205||'));
  await until(async () =>
    expect(await controls()).toMatchObject([{ lotId, measuredTime: '2026-07-29T05:42:05.000Z' }]),
  );
});

test('R10 a control says what was odd about it in the words a patient’s result gets, also where no lot is known and when it is judged again', async () => {
  await lot('N1');
  const twice = '20261025012000';
  for (const [name, at] of [
    ['N0', twice],
    ['N1', twice],
    ['N1', '20261020012000'],
  ] as const)
    await instrument.send(marked(name, [{ code: 'Na', text: '141', at }]).replace('||N||F|', '||*||F|'));
  const said = [
    'flag hold The instrument flagged it: *.',
    'message hold The clocks were put back: its time came twice. Taken as 2026-10-25 01:20 UTC; it may have been 2026-10-25 00:20 UTC.',
  ];
  await until(async () => {
    const came = await controls();
    const of = (material: string, measured: string) =>
      came
        .filter((one) => one.material === material && one.measuredTime === measured)
        .map(({ because }) => because.map(({ rule, outcome, text }) => `${rule} ${outcome} ${text}`));
    expect(of('N0', '2026-10-25T01:20:00.000Z')).toEqual([expect.arrayContaining(said)]);
    expect(of('N1', '2026-10-25T01:20:00.000Z')).toEqual([expect.arrayContaining(said)]);
    expect(of('N1', '2026-10-20T00:20:00.000Z')).toEqual([expect.arrayContaining(said.slice(0, 1))]);
  });
});
