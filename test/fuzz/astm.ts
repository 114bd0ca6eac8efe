/**
 * Fuzzing the reader of ASTM records: it may hold, but never throw, hang, lose a record, or read a value, specimen or code that does not stand
 * in its message. Every message is read with a profile of its own: the built-in ones, with leniencies and places the schema allows.
 */
import { strict as assert } from 'node:assert';
import { BUILTIN_PROFILES } from '../../shared/profiles/builtin.ts';
import type { Interpretation } from '../../shared/profiles/canonical.ts';
import { type AstmProfile, parseProfile } from '../../shared/profiles/profile.ts';
import { readMessages } from '../../shared/profiles/read.ts';
import { RECORD_LENIENCIES } from '../../shared/profiles/schema/astm.ts';
import { toBinary } from '../../shared/protocols/astm/bytes.ts';
import type { CharsetName } from '../../shared/protocols/astm/charset.ts';
import { encodeMessage } from '../../shared/protocols/astm/encode.ts';
import { type AstmField, type AstmMessage, decodeMessages } from '../../shared/protocols/astm/records.ts';
import { bytesOf, type FuzzTarget } from './fuzz.ts';
import type { Random } from './random.ts';

const builtin = BUILTIN_PROFILES.filter((one): one is AstmProfile => one.protocol === 'astm');

const cobas =
  'H|\\^&|||cobas 8000^1.0|||||host|RSUPL^BATCH|P|1|20260729064205\rP|1||P1^^^L||M\xfcller^J||19700101|M\r' +
  'O|1|A1^50001^1^^S1^SC|A1|^^^8418^\\^^^8714^|R||20260729060000||||N||||1|||||||20260729064000|||F\r' +
  'R|1|^^^8418/1/not^1^PL|5.40|mmol/L|3.5^5.1|H~A|||F||kim|20260729063000|20260729064000|E1\rC|1|I|27^Alarm|I\rR|2|^^^8714|>500|mg/dL||N||F\rL|1|N\r';
const messages = [
  cobas,
  'H|\\^&|||XN-10^00-01^11001||||||||E1394-97\rP|1\rO|1|1^1^A1^B||^^^^WBC\\^^^^RBC|||||||N|||||||||||||||F\rR|1|^^^^WBC^1|5.40|10*3/uL||H||F||||20260729064205\rR|2|^^^^RBC^1|----|10*6/uL||A||F\rR|3|^^^^SCAT|PNG&R&x.png|||||F\rL|1|N\r',
  'H|@^\\|m1||GeneXpert^Dx^6.2|||||LIS||P|1394-97|20260729064205\rP|1\rO|1|A1||^^^MTB|R|20260729||||||||||ORH||||||||||F\rR|1|^MTB^^t1^G4^5^MTB^|DETECTED LOW^|||||F||a|20260729|20260729064205\rR|2|^MTB^^t1^G4^5^Ct^|^24.1|||||F\rC|1|I|none|N\rL|1|N\r',
  'H|\\^&|||DC-800^1.0^77|||||||P|1|20260729064205\rQ|1|^A1\\^A2||ALL||||||||O\rQ|2|ALL||^^^Na||||||||A\rL|1|N\r',
  'H|\\^&|||DC-800|||||||Q|1\rP|1\rO|1|QC-L1^^7|lot|^^^Na||||||||Q\rR|1|^^^Na|""|mmol/L||||C\rR|1|^^^K|5,40|mmol/L||<||P\rR|3|^^^Na|&F&&X0D0A&&|mmol/L||||X\rM|1|x\rS|1\rL|1|N\r',
  'R|1|^^^Na|140\rH|\\^&\rO|1|A1\\A2\rR|1|^^^Na\\^^^K|140\\4.1|mmol/L\rH!"#$|||T\rR!1!###Na!1#2!mmol$F$L\rL!1\r',
];

const tokens = [
  '|',
  '\\',
  '^',
  '&',
  '@',
  '!',
  '\r',
  '\r\n',
  '\n',
  '""',
  '|""|',
  '&F&',
  '&X0D&',
  '&X5E&',
  '&X7C5C26&',
  '&X0A',
  '&&',
]
  .concat([
    'H',
    'H|\\^&',
    '\rH|@^\\|',
    '\rP|1',
    '\rO|1|A1',
    '\rO|1||A1^7',
    '\rR|1|^^^Na|140|mmol/L',
    '\rC|1|I|27|I',
  ])
  .concat([
    '\rQ|1|^A1',
    '\rL|1|N',
    '\rM|1',
    '\rZZ|',
    '|F',
    '|X|',
    '|Q|',
    'Na',
    'ALL',
    '5.40',
    '<0.1',
    '-----',
  ])
  .concat([
    '99991231235959',
    '00000101',
    '\0',
    '\xff',
    '\xc3\xbc',
    '\xed\xa0\x80',
    '||||||||||||||||',
    '\u0017',
  ])
  .map(bytesOf);

export const target: FuzzTarget = { corpus: messages.map(bytesOf), tokens, check };

/** A profile the schema takes: a built-in one, often with another dialect. */
function profileOf(random: Random): AstmProfile {
  const base = random.pick(builtin);
  if (random.once(3)) return base;
  const some = <T>(all: readonly T[]): T[] => all.filter(() => random.once(2));
  const place = (): string => random.pick(['O-3', 'O-4.2', 'P-3', 'H-5.3', 'O-3.3']);
  const made = parseProfile({
    ...base,
    dialect: {
      ...base.dialect,
      charset: random.pick<CharsetName>(['latin1', 'utf8', 'ascii']),
      codeComponent: 1 + random.int(5),
      specimenComponent: 1 + random.int(3),
      specimen: some([place(), place()]),
      queryComponent: 1 + random.int(3),
      dilutionComponent: random.once(2) ? null : 1 + random.int(6),
      codeEnd: random.pick(['', '', '/']),
      value: some([1, 2]),
      aspect: random.once(3)
        ? { component: 1 + random.int(8), results: some(['F', '*', 'DOSE']).concat('') }
        : null,
      alarms: random.once(3)
        ? { types: ['I', 'N'], none: ['0'], texts: { constructor: 'x', '27': 'Alarm' } }
        : null,
      leniencies: some(RECORD_LENIENCIES),
    },
    qc: { ...base.qc, places: [{ place: place(), values: ['*'] }] },
  });
  assert.equal(made.protocol, 'astm');
  return made as AstmProfile;
}

function check(input: Uint8Array, random: Random): void {
  const profile = profileOf(random);
  const { charset } = profile.dialect;
  const toInstant = (local: string): string => `${local}.000Z`;
  const decoded = decodeMessages(input, { charset });
  nothingLost(input, decoded);
  const read = readMessages(input, profile, { toInstant });
  assert.equal(read.length, decoded.length, 'every message is interpreted');
  const sent = toBinary(input);
  for (const [at, interpretation] of read.entries()) {
    const message = decoded[at] as AstmMessage;
    sameAgain(message, charset);
    everythingRead(message, profile, interpretation);
    if (charset === 'latin1') nothingInvented(sent, message, interpretation);
  }
}

/** Every byte of the input but CR and LF at its ends is in one record. */
function nothingLost(input: Uint8Array, decoded: readonly AstmMessage[]): void {
  const found = decoded.flatMap((message) => message.records.map((record) => toBinary(record.bytes)));
  const sent = toBinary(input)
    .split('\r')
    .map((record) => record.replace(/^\n+/, ''))
    .filter((record) => record !== '');
  assert.deepEqual(found, sent, 'every record is somewhere');
  for (const { records, complete, problems } of decoded) {
    assert.equal(complete || problems.some((one) => one.rule === 'R11'), true, 'R11: incomplete is told');
    for (const [at, record] of records.entries()) {
      assert.equal(record.index, at);
      assert.ok(at === 0 || record.bytes[0] !== 0x48, 'every H record begins a message');
      assert.ok(record.parent === null || record.parent < at, 'R2: a parent stands before its child');
    }
  }
}

/** R10: what was read, written with the message's own delimiters, reads the same. Quotes that were escaped, or that are
 * delimiters, cannot be told from a deletion. */
function sameAgain({ delimiters, records }: AstmMessage, charset: CharsetName): void {
  if (delimiters === null || charset !== 'latin1' || Object.values(delimiters).includes('"')) return;
  const plain = records
    .slice(1)
    .map((record) => record.fields)
    .filter(
      ([type]) =>
        type !== undefined && type.repeats.flat().join('') !== '' && !type.raw.includes(delimiters.escape),
    )
    .filter((fields) =>
      fields.every(({ given, repeats }) => given !== 'value' || repeats.flat().join('') !== '""'),
    );
  const out = plain.map((fields) =>
    fields.map(({ given, repeats }) => (given === 'delete' ? { delete: true as const } : { repeats })),
  );
  const { bytes, lost } = encodeMessage([['H', null], ...out], { delimiters, charset });
  const again = decodeMessages(bytes, { charset });
  assert.deepEqual([again.length, lost], [1, []], 'written it is one message');
  const trimmed = (fields: readonly AstmField[]): string[] => {
    const texts = fields.map(({ given, repeats }) =>
      given === 'delete' ? '""' : JSON.stringify(repeats.map(ended)),
    );
    while (texts.length > 1 && /^\[(\[""\])?\]$/.test(texts.at(-1) ?? '')) texts.pop();
    return texts.map((text) => (text === '[[""]]' ? '[]' : text));
  };
  assert.deepEqual(
    again[0]?.records.slice(1).map((record) => trimmed(record.fields)),
    plain.map(trimmed),
  );
}

/** Components without the empty ones at the end. */
function ended(parts: readonly string[]): string[] {
  const all = [...parts];
  while (all.length > 1 && all.at(-1) === '') all.pop();
  return all;
}

/** Every R record is a result or told as left out, every Q record a query; what cannot be told is held. */
function everythingRead(message: AstmMessage, profile: AstmProfile, read: Interpretation): void {
  const kinds = (kind: string): number => message.records.filter((record) => record.kind === kind).length;
  assert.equal(read.results.length + (read.leftOut ?? 0), kinds('result'), 'every R record is accounted for');
  if (profile.dialect.aspect === null && profile.notResults.length + profile.remarks.length === 0)
    assert.equal(read.leftOut ?? 0, 0, 'nothing is left out that the profile does not name');
  assert.equal(read.queries.length, kinds('query'), 'every Q record is a query');
  if (!message.complete || message.delimiters === null)
    assert.ok(
      read.problems.some((one) => one.severity === 'hold'),
      'R1 R11: held',
    );
  for (const result of read.results) {
    const held = result.problems.some((one) => one.severity === 'hold');
    if (result.testCode === null || result.status === null || result.specimenId === null)
      assert.ok(held, 'never posted by guess');
    if (result.value.kind === 'empty')
      assert.ok(held || result.status === 'cancelled', 'R11: a value that is not given is held');
    if (result.value.kind === 'quantity')
      assert.ok(Number.isFinite(result.value.number), 'R12: a number is a number');
    else assert.equal(result.value.number, undefined, 'R11: empty is not zero');
    for (const time of [result.startedAt, result.completedAt])
      assert.ok(time.instant === null || !Number.isNaN(Date.parse(time.instant)), 'R10: an instant exists');
  }
}

/** R12: values, units, specimens and codes stand in their records as they are read, where nothing was escaped. */
function nothingInvented(input: string, message: AstmMessage, read: Interpretation): void {
  if (message.delimiters === null || input.includes(message.delimiters.escape)) return;
  for (const result of read.results) {
    for (const text of [result.sent.text, result.sent.unit, result.specimenId ?? ''])
      assert.ok(input.includes(text), `not in the message: ${JSON.stringify(text)}`);
  }
}
