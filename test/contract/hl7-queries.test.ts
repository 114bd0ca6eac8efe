import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BadBench, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { fieldOf, MllpPeer } from './mllp-peer.ts';

/** Analysers that ask in the old ways of HL7 2.3.1: QRY^Q02 and ORM^O01, in original acknowledgement mode. */

let bench: BadBench;
let chemistry: MllpPeer;
let haematology: MllpPeer;

beforeAll(async () => {
  const [first, second] = [await freePort(), await freePort()];
  bench = await startBadBench({
    instruments: [
      { id: 'BS1', profile: 'mindray-bs-480', transport: { kind: 'tcpServer', port: first } },
      { id: 'BC1', profile: 'mindray-bc-5380', transport: { kind: 'tcpServer', port: second } },
    ],
  });
  chemistry = await MllpPeer.connect(first);
  haematology = await MllpPeer.connect(second);
});

afterAll(async () => {
  chemistry?.close();
  haematology?.close();
  await bench?.stop();
});

const OLD = 'P|2.3.1||||||ASCII';
const resultTexts = async (specimen: string, count: number) => {
  const rows = await bench.tech.rows(
    'results.list',
    { filter: 'all' },
    (all) => all.filter((row) => row.accessionIdentifier === specimen).length === count,
  );
  return rows.filter((row) => row.accessionIdentifier === specimen).map((row) => row.valueText);
};

test('R8 QRY^Q02 gets QCK^Q02 and the work as DSR^Q03, nothing else; its results are posted once', async () => {
  const specimen = await receivedTube(bench.tech, ['ALT']);
  const qrd = (number: string) => `QRD|20260729064000|R|D|1|||RD|${number}|OTH|||T`;
  const qrf = 'QRF|BS-480|20260729|20260729|||RCT|COR|ALL';
  const asked = chemistry.send('QRY^Q02', [qrd(specimen), qrf], OLD);
  const quick = await chemistry.next('QCK^Q02');
  expect([fieldOf(quick, 'MSA', 1), fieldOf(quick, 'MSA', 2), fieldOf(quick, 'QAK', 2)]).toEqual([
    'AA',
    asked,
    'OK',
  ]);
  const display = await chemistry.next('DSR^Q03');
  const lines = new Map(
    display.filter((one) => one.startsWith('DSP|')).map((one) => [one.split('|')[1], one.split('|')[3]]),
  );
  expect([lines.get('21'), lines.get('29'), lines.size]).toEqual([specimen, 'ALT^^^', 29]);
  chemistry.send('ACK^Q03', [`MSA|AA|${fieldOf(display, 'MSH', 10)}`], OLD);
  chemistry.send('QRY^Q02', [qrd('NOSUCH'), qrf], OLD);
  expect(fieldOf(await chemistry.next('QCK^Q02'), 'QAK', 2)).toBe('NF');
  const result = [
    'PID|1',
    `OBR|1|${specimen}|7|Mindray^BS-480`,
    'OBX|1|NM|2|ALT|31.5|U/L|||||F||31.52|20260729064000',
  ];
  for (let i = 0; i < 2; i += 1) {
    const id = chemistry.send('ORU^R01', result, OLD, 'R1');
    const ack = await chemistry.next('ACK^R01');
    expect([fieldOf(ack, 'MSA', 1), fieldOf(ack, 'MSA', 2)]).toEqual(['AA', id]);
  }
  expect(await resultTexts(specimen, 1)).toEqual(['31.5']);
  expect(chemistry.left()).toEqual([]);
});

test('R8 ORM^O01 with ORC-1 RF gets ORR^O02: the work, or AR when there is none', async () => {
  const specimen = await receivedTube(bench.tech, ['WBC']);
  const more = 'P|2.3.1||||||UNICODE';
  const asked = haematology.send('ORM^O01', [`ORC|RF||${specimen}||IP`], more);
  const answer = await haematology.next('ORR^O02');
  expect([fieldOf(answer, 'MSA', 1), fieldOf(answer, 'MSA', 2)]).toEqual(['AA', asked]);
  expect([fieldOf(answer, 'ORC', 1), fieldOf(answer, 'ORC', 2)]).toEqual(['AF', specimen]);
  haematology.send('ORM^O01', ['ORC|RF||NOSUCH||IP'], more);
  expect(fieldOf(await haematology.next('ORR^O02'), 'MSA', 1)).toBe('AR');
  expect(haematology.left()).toEqual([]);
  haematology.send(
    'ORU^R01',
    [
      'PID|1',
      `OBR|1||${specimen}|00001^Automated Count^99MRC|||20260729063000`,
      'OBX|1|NM|6690-2^WBC^LN||6.21|10*9/L|4.00-10.00|~A|||F',
      'OBX|2|ED|15008^WBC Histogram. BMP^99MRC||^Image^BMP^Base64^Qk02AAAA||||||F',
    ],
    more,
  );
  expect(fieldOf(await haematology.next('ACK^R01'), 'MSA', 1)).toBe('AA');
  expect(await resultTexts(specimen, 1)).toEqual(['6.21']);
});
