/**
 * `npm run bench -- parse`: taking messages apart. HL7: a result message of 30 OBX, from the text of the message to the 30 values of
 * OBX-5 with their escapes resolved, beside node-hl7-client and @medplum/core in turns within one run. Before anything is timed all three
 * must have read the same values. ASTM: records per second in MB of wire bytes.
 */
import { Hl7Message as MedplumMessage } from '@medplum/core';
import { Message as ClientMessage } from 'node-hl7-client';
import { encodeMessage, type OutRecord } from '../../shared/protocols/astm/encode.ts';
import { component, decodeMessages } from '../../shared/protocols/astm/records.ts';
import type { DecodePort } from '../../shared/protocols/hl7/charset.ts';
import { encodeHl7, type OutSegment, outSegment } from '../../shared/protocols/hl7/encode.ts';
import { parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import { type Metric, median, round } from './metric.ts';

const OBX = 30;
const ROUNDS = 15;
const ROUND_MS = 150;
/** how many different messages take turns, so that nothing can be remembered from the last one */
const MESSAGES = 32;

/** Values as analysers send them: most are numbers, some are texts, every third of those has something to unescape. */
function valueFor(message: number, index: number): string {
  const number = (message * 31 + index * 17) % 997;
  if (index % 5 === 4)
    return number % 3 === 0 ? `Clumps? ${number} | see A&B ^ C` : `No abnormal cells seen (${number})`;
  if (index % 7 === 6) return `>${number}`;
  return `${Math.floor(number / 10)}.${number % 10}`;
}

function messageText(number: number): string {
  const segments: OutSegment[] = [
    outSegment('MSH', {
      3: ['XN-1000', '00-22', '1'],
      4: 'Haematology',
      5: 'LEVEY',
      6: 'BENCH1',
      7: '20260729064205+0200',
      9: ['ORU', 'R01', 'ORU_R01'],
      10: `MSG${number}`,
      11: 'P',
      12: '2.5.1',
      18: 'UNICODE UTF-8',
    }),
    outSegment('PID', {
      1: 1,
      3: [`P${number}`, '', '', 'LAB'],
      5: ['Sample', 'Person', 'A'],
      7: '19710412',
      8: 'F',
    }),
    outSegment('PV1', { 1: 1, 2: 'I', 3: ['WARD4', '12', 'B'] }),
    outSegment('ORC', { 1: 'RE', 2: `26-0${number}`, 5: 'CM', 9: '20260729063000' }),
    outSegment('OBR', {
      1: 1,
      2: `26-0${number}`,
      4: ['58410-2', 'CBC panel', 'LN'],
      7: '20260729061500',
      25: 'F',
    }),
    outSegment('TQ1', { 1: 1, 9: 'R' }),
  ];
  for (let index = 0; index < OBX; index += 1) {
    segments.push(
      outSegment('OBX', {
        1: index + 1,
        2: index % 5 === 4 ? 'TX' : 'NM',
        3: [`${6690 + index}-2`, `Analyte number ${index}`, 'LN', `A${index}`, `Analyte ${index}`, 'L'],
        5: valueFor(number, index),
        6: ['10*9/L', '10*9/L', 'UCUM'],
        7: '4.00-10.00',
        8: index % 4 === 0 ? 'H' : 'N',
        11: 'F',
        14: '20260729064100',
        16: 'OPERATOR1',
        18: ['XN-1000', '12345', 'SYSMEX'],
      }),
    );
  }
  return encodeHl7(segments, { charset: 'UNICODE UTF-8' }).text;
}

function withLevey(text: string): string[] {
  const [message] = parseHl7(text).messages;
  if (message === undefined) throw new Error('Levey read no message');
  const values: string[] = [];
  for (const segment of message.segments) if (segment.id === 'OBX') values.push(segment.value(5));
  return values;
}

/** Its `toString` of a field is the unescaped first repeat; by number is its quickest way to a field. */
function withClient(text: string): string[] {
  const values: string[] = [];
  new ClientMessage({ text }).get('OBX').forEach((segment) => {
    values.push(segment.get(5).toString());
  });
  return values;
}

const ESCAPES: Readonly<Record<string, string>> = { F: '|', S: '^', T: '&', R: '~', E: '\\' };

/** It leaves unescaping to its caller, so the least that will do is added here. */
function withMedplum(text: string): string[] {
  const values: string[] = [];
  for (const segment of MedplumMessage.parse(text).getAllSegments('OBX')) {
    const raw = segment.getField(5)?.toString() ?? '';
    values.push(
      raw.includes('\\') ? raw.replace(/\\([FSTRE])\\/g, (_all, code: string) => ESCAPES[code] ?? '') : raw,
    );
  }
  return values;
}

const readers = { levey: withLevey, client: withClient, medplum: withMedplum };
type Reader = keyof typeof readers;

/** Keeps results alive, so that no work can be left out. */
let kept = 0;

/** Messages per second over about {@link ROUND_MS}. */
function rate(work: (index: number) => number): number {
  let done = 0;
  const start = performance.now();
  let now = start;
  while (now - start < ROUND_MS) {
    for (let i = 0; i < 16; i += 1) kept += work(done + i);
    done += 16;
    now = performance.now();
  }
  return (done / (now - start)) * 1000;
}

function astmBytes(): Uint8Array {
  const records: OutRecord[] = [
    [
      'H',
      null,
      null,
      null,
      ['XN-1000', '00-22'],
      null,
      null,
      null,
      null,
      'LEVEY',
      null,
      'P',
      'LIS2-A2',
      '20260729064205',
    ],
    ['P', 1, 'P1', null, null, ['Sample', 'Person'], null, '19710412', 'F'],
    ['O', 1, '26-000001', null, ['', '', '', 'CBC'], 'R', null, '20260729061500', null, null, null, 'N'],
  ];
  for (let index = 0; index < OBX; index += 1) {
    const test = ['', '', '', `A${index}`];
    records.push([
      'R',
      index + 1,
      test,
      valueFor(1, index),
      '10*9/L',
      '4.00-10.00',
      'N',
      null,
      'F',
      null,
      'OP1',
      null,
      '20260729064100',
      'XN1',
    ]);
  }
  records.push(['L', 1, 'N']);
  return encodeMessage(records).bytes;
}

/** Runs the bench; each metric as soon as it is known. */
export async function* run(): AsyncGenerator<Metric> {
  const texts = Array.from({ length: MESSAGES }, (_, number) => messageText(number));
  for (const [number, text] of texts.entries()) {
    const expected = Array.from({ length: OBX }, (_, index) => valueFor(number, index)).join('\n');
    for (const [name, read] of Object.entries(readers)) {
      if (read(text).join('\n') !== expected) throw new Error(`${name} read other values than were sent`);
    }
  }
  const rates: Record<Reader, number[]> = { levey: [], client: [], medplum: [] };
  const names = Object.keys(readers) as Reader[];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const name of names) {
      const read = readers[name];
      const measured = rate((index) => {
        let length = 0;
        for (const value of read(texts[index % MESSAGES] ?? '')) length += value.length;
        return length;
      });
      // The first rounds are for the compiler.
      if (turn >= 3) rates[name].push(measured);
    }
  }
  for (const [name, label, target] of [
    ['client', 'node-hl7-client', 3],
    ['medplum', '@medplum/core', 4],
  ] as const) {
    // Each round against its own neighbour: whatever else the machine did then, it did to both.
    const ratio = median(rates.levey.map((own, turn) => own / (rates[name][turn] ?? Number.NaN)));
    yield {
      bench: 'parse',
      metric: `hl7 30 OBX unescaped, against ${label}`,
      value: round(median(rates.levey)),
      unit: 'messages/s',
      baseline: round(median(rates[name])),
      ratio: round(ratio),
      target,
      ok: ratio >= target,
    };
  }
  const bytes = texts.map((text) => new TextEncoder().encode(text));
  const perSecond = usualRate((index) => withLeveyBytes(bytes[index % MESSAGES] ?? new Uint8Array()));
  yield told('hl7 30 OBX unescaped, from bytes', (perSecond * mean(bytes)) / 1e6, 'MB/s');
  const decoder = new TextDecoder();
  const decode = (encoding: string, piece: Uint8Array) =>
    encoding === 'utf8' ? decoder.decode(piece) : null;
  const native = usualRate((index) => withLeveyBytes(bytes[index % MESSAGES] ?? new Uint8Array(), decode));
  yield told(
    'hl7 30 OBX unescaped, from bytes with the decoder of the platform',
    (native * mean(bytes)) / 1e6,
    'MB/s',
  );
  const astm = astmBytes();
  yield told(
    'astm 30 results, records and components from bytes',
    (usualRate(() => withAstm(astm)) * astm.length) / 1e6,
    'MB/s',
  );
  if (kept === 0) throw new Error('nothing was read');
}

function withLeveyBytes(bytes: Uint8Array, decode?: DecodePort): number {
  const [message] = parseHl7(bytes, { decode }).messages;
  let length = 0;
  for (const segment of message?.segments ?? []) if (segment.id === 'OBX') length += segment.value(5).length;
  return length;
}

function withAstm(bytes: Uint8Array): number {
  let length = 0;
  for (const message of decodeMessages(bytes)) {
    for (const record of message.records) if (record.kind === 'result') length += component(record, 4).length;
  }
  return length;
}

function usualRate(work: (index: number) => number): number {
  return median(Array.from({ length: 7 }, () => rate(work)).slice(2));
}

function mean(all: readonly Uint8Array[]): number {
  return all.reduce((sum, one) => sum + one.length, 0) / all.length;
}

/** A number that is reported and has no target of its own. */
function told(metric: string, value: number, unit: string): Metric {
  return {
    bench: 'parse',
    metric,
    value: round(value),
    unit,
    baseline: null,
    ratio: 1,
    target: 0,
    ok: value > 0,
  };
}
