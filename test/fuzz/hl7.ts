/** Fuzzing the HL7 v2 codec: it may refuse, but never throw, hang, lose a line or change a value. */
import { strict as assert } from 'node:assert';
import { ackFor, isAckWanted, whyRejected } from '../../shared/protocols/hl7/ack.ts';
import { escapeHl7, unescapeHl7 } from '../../shared/protocols/hl7/escape.ts';
import { type GroupedHl7, groupMessage, type ObservationGroup } from '../../shared/protocols/hl7/grammar.ts';
import { type Hl7Message, valueAt } from '../../shared/protocols/hl7/message.ts';
import { type ParsedHl7, parseHl7 } from '../../shared/protocols/hl7/parse.ts';
import type { Hl7Segment } from '../../shared/protocols/hl7/segment.ts';
import { hl7Instant, parseHl7Time } from '../../shared/protocols/hl7/times.ts';
import { bytesOf, type FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const header = (type: string, rest = '') =>
  `MSH|^~\\&|XN^1|Lab|LEVEY|BENCH|20260729064205+0200||${type}|C1|P|2.5.1${rest}\r`;

const messages = [
  `${header('ORU^R01^ORU_R01', '|||AL|NE||UNICODE UTF-8')}PID|1||P1^^^L~P2||M\xc3\xbcller^J\rOBR|1|A1||58410-2^CBC^LN\rNTE|1||a\\.br\\b\rOBX|1|NM|K^Kalium^L||5.40|mmol/L|3-5|H~A|||F\rOBX|2|TX|T||a\\F\\b\\X0D\\~c&d^e|""\rSPM|1|S1&&O^F\r`,
  `${header('OUL^R22^OUL_R22', '||||||8859/1')}SPM|1|S1\rSAC||C1\rOBR|1|""\rORC|OK\rOBX|1|NM|K||>500\rTCD|x\rNTE|1||caf\xe9\r`,
  `${header('OML^O33^OML_O33')}PID|1\rPV1|1\rSPM|1|S1\rSAC|1\rORC|NW|1\rTQ1|1\rOBR|1||a\rORC|CA|2\rOBR|2\r`,
  `${header('QBP^Q11^QBP_Q11')}QPD|WOS^x|T1|S1\rRCP|I|1^RD\r`,
  `${header('RSP^K11^RSP_K11')}MSA|AA|C1\rERR||OBX^1|103^t^HL70357|E\rQAK|T1|OK\rQPD|WOS|T1\r`,
  `FHS|^~\\&|f\rBHS|^~\\&|b\r${header('ORM^O01')}ORC|NW\rOBR|1\r${header('ORM^O01')}ORC|CA\rBTS|2\rFTS|1\r`,
  'MSH!:?*%#!a:b!!c!!20260729!!ORU:R01!9!T!2.7!!!!!!8859/15\rOBR!1\rOBX!1!TX!K:L!!a*F*b?c*.sp3*d#!x\r',
  'MSH|^~\\|a||||||ORU^R30|7\rPID|1\rOBX|1|ED|I||^I^PNG^Base64^iVBORw0KGgo=\rORC|RE\rOBR|1\rOBX|2|TX|x||A & B\r',
];

function utf16(text: string, mark: boolean): Uint8Array {
  const units = [...(mark ? [0xfeff] : []), ...Array.from(text, (one) => one.charCodeAt(0))];
  return Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 255]));
}

const tokens = [
  '|',
  '^',
  '~',
  '\\',
  '&',
  '#',
  '\r',
  '\n',
  '\r\n',
  '""',
  '\\F\\',
  '\\E\\',
  '\\X',
  '\\X0D0A\\',
  '\\.br\\',
  '\\.sp99999\\',
]
  .concat([
    '\\Z',
    '\\C2842\\',
    '\\H\\',
    'MSH',
    'MSH|^~\\&|',
    '\rMSH|',
    'MSH!:?*%!',
    '\rOBX|1|',
    '\rBHS|',
    '\rBTS|2\r',
    '\rFHS|',
    '\rFTS|1\r',
  ])
  .concat([
    '\rSPM|',
    '\rPID|',
    '\rORC|',
    '\rMSA|AA|',
    '\x00',
    '\x0b',
    '\x1c\r',
    '\x1b$B',
    '\xff',
    '\xc3',
    '\xed\xa0\x80',
    '\xef\xbb\xbf',
    '||||||||||||||||',
  ])
  .map(bytesOf);

export const target: FuzzTarget = {
  corpus: [...messages.map(bytesOf), utf16(messages[0] ?? '', true), utf16(messages[1] ?? '', false)],
  tokens,
  check,
};

function check(input: Uint8Array, random: Random): void {
  const text = String.fromCharCode(...input);
  const asText = random.once(3);
  const read = parseHl7(asText ? text : input, random.once(8) ? { maxSegments: random.int(6) } : {});
  assert.ok(read.problems.length <= 201, 'the list of problems is bounded');
  if (asText) nothingLost(text, read);
  for (const message of read.messages) {
    for (const segment of message.segments) readAll(segment, message);
    sameAgain(message);
    grouped(message, random.once(2));
    answered(message);
  }
  ackFor(null, { level: 'application', outcome: 'reject', time: '', controlId: '1' });
}

/** Every line of the input is a segment, part of an envelope, or unread; one of nothing but blanks and tabulators holds nothing. */
function nothingLost(text: string, read: ParsedHl7): void {
  const segments = read.messages.flatMap((message) => [...message.segments]);
  const envelopes = [...read.batches, ...(read.file === null ? [] : [read.file])]
    .flatMap(({ header, trailer }) => [header, trailer])
    .filter((one) => one !== null);
  const lines = [...[...segments, ...envelopes].map((segment) => segment.raw), ...read.unread].sort();
  const sent = text
    .replace(/^\ufeff/, '')
    .split(/[\r\n]+/)
    .filter((line) => /[^ \t]/.test(line))
    .sort();
  assert.deepEqual(lines, sent, 'every line is somewhere');
}

/** Reads a segment in every way, and checks the ways against each other. */
function readAll(segment: Hl7Segment, message: Hl7Message): void {
  const { length, raw } = segment;
  const fields: string[] = [];
  const first = segment.id === 'MSH' ? 3 : 1;
  for (let n = length + 1; n >= 0; n -= 1) segment.value(n);
  for (let n = first; n <= length; n += 1) {
    const field = segment.field(n);
    fields.push(field);
    const given = segment.given(n);
    assert.equal(given, field === '' ? 'empty' : field === '""' ? 'delete' : 'value');
    const parts = segment.parts(n);
    assert.equal(parts.length, given === 'value' ? segment.repeats(n) : 0);
    const whole = segment.value(n);
    if (parts.length > 0) {
      const [components = []] = parts;
      if (components.length === 1 && components[0]?.length === 1) assert.equal(components[0][0], whole);
      assert.equal(segment.value(n, 1, 1), components[0]?.[0]);
      const last = parts.at(-1)?.at(-1);
      assert.equal(segment.value(n, parts.at(-1)?.length, last?.length, parts.length), last?.at(-1));
    }
    segment.truncated(n, 1, 1);
    if (message.delimiters.escape !== '') {
      const sent = escapeHl7(whole, message.delimiters, { lineBreaks: 'hex' });
      assert.ok(!/[\r\n]/.test(sent), 'an escaped value has no line end');
      assert.equal(unescapeHl7(sent, message.delimiters), whole);
    }
  }
  assert.equal(segment.given(length + 1), length === 0 && first === 3 ? segment.given(1) : 'absent');
  if (length >= first)
    assert.ok(raw.endsWith(fields.join(message.delimiters.field)), 'fields make up the segment');
  hl7Instant(parseHl7Time(segment.field(7)));
}

/** Written back and read again a message is the same. */
function sameAgain(message: Hl7Message): void {
  const [again] = parseHl7(message.raw).messages;
  assert.deepEqual(
    again?.segments.map((segment) => segment.raw),
    message.segments.map((segment) => segment.raw),
  );
  assert.deepEqual(again?.delimiters, message.delimiters);
  assert.deepEqual(again?.type, message.type);
  for (const path of ['MSH-10', 'PID-3[2]', 'OBX-5', 'OBX-5.1.1']) {
    assert.equal(typeof valueAt(message, path), 'string');
  }
}

/** The tree holds every segment exactly once. */
function grouped(message: Hl7Message, resultsBehindSpecimen: boolean): void {
  const tree = groupMessage(message, { resultsBehindSpecimen });
  const found = inTree(tree).map(({ index }) => index);
  assert.equal(found.length, message.segments.length, 'as many in the tree as in the message');
  assert.equal(new Set(found).size, found.length, 'none twice');
}

function inTree(tree: GroupedHl7): Hl7Segment[] {
  const found: (Hl7Segment | null)[] = [
    tree.msh,
    tree.msa,
    ...tree.errors,
    ...tree.query,
    ...tree.notes,
    ...tree.others,
  ];
  const add = (observations: readonly ObservationGroup[]): void => {
    for (const { obx, notes, others } of observations) found.push(obx, ...notes, ...others);
  };
  for (const { pid, pv1, notes, others, observations } of tree.patients) {
    found.push(pid, pv1, ...notes, ...others);
    add(observations);
  }
  for (const specimen of tree.specimens) {
    const { spm, moreSpm, sac, moreSac, notes, others } = specimen;
    found.push(spm, ...moreSpm, sac, ...moreSac, ...notes, ...others);
    add(specimen.observations);
    for (const order of specimen.orders) {
      found.push(order.orc, order.obr, ...order.timings, ...order.notes, ...order.others);
      add(order.observations);
    }
  }
  return found.filter((one) => one !== null);
}

/** An acknowledgement can be read and names its message. */
function answered(message: Hl7Message): void {
  for (const level of ['accept', 'application'] as const) isAckWanted(message, level, 'ok');
  const reason = whyRejected(message, { types: ['ORU^R01'], versions: ['2.5.1'], processingIds: ['P'] });
  const ack = ackFor(message, {
    level: 'application',
    outcome: reason === null ? 'ok' : 'reject',
    errors: reason === null ? [] : [reason],
    time: '20260729064206',
    controlId: 'L1',
  });
  assert.ok(!/[\x00-\x0c\x0e-\x1f]/.test(ack.text), 'nothing in the answer ends its block');
  const [read] = parseHl7(ack.text).messages;
  // Without an escape character of its own the message cannot hold what the answer escapes.
  if (message.delimiters.escape !== '' && message.delimiters.subcomponent !== '') {
    assert.equal(read?.segment('MSA')?.value(2), message.header.value(10), 'MSA-2 is MSH-10');
  }
}
