import { describe, expect, test } from 'vitest';
import { newCatalogEntry } from '../domain/catalog-entry.ts';
import { parseHl7 } from '../protocols/hl7/parse.ts';
import { resolveCode, type SentCode } from './codes.ts';
import { readOrders } from './orders-in.ts';
import { otherIn, patientOf, updated } from './patient.ts';

const rules = {
  identifierType: 'MR',
  identifierAuthority: '',
  toInstant: (local: string) => `${local}.000Z`,
  instantsOf: (local: string) => [`${local}.000Z`],
};
const SUSAN = 'PID|1||44102387^^^STB^MR||Byrne^Susan||19650314|F';

function message(segments: readonly string[], type = 'ORM^O01') {
  const header = `MSH|^~\\&|HIS|STB|LEVEY|LAB|20260729064205||${type}|1|P|2.5.1`;
  return parseHl7(`${[header, ...segments].join('\r')}\r`).messages[0]!;
}

const read = (segments: readonly string[], type?: string) => readOrders(message(segments, type), rules);
const one = (segments: readonly string[], type?: string) => read([SUSAN, ...segments], type).orders[0]!;

const pid = (fields: string) => patientOf(message([`PID|1||${fields}`]).segment('PID')!, rules);

test.each([
  ['44102387^^^STB^MR||Byrne^Susan', '44102387'],
  ['44102387||Byrne^Susan', '44102387'],
  ['7^^^STB^VN~44102387^^^STB^MR||Byrne^Susan', '44102387'],
  ['44102387^^^A^MR~44102387^^^B^MR||Byrne^Susan', '44102387'],
])('M7 PID-3 %s is the patient %s', (fields, identifier) => {
  expect(pid(fields)).toMatchObject({ ok: true, patient: { identifier } });
});

test.each([
  ['1^^^STB^MR~2^^^STB^MR||Byrne^Susan', 'several different numbers'],
  ['7^^^STB^VN||Byrne^Susan', 'no number of the type MR'],
  ['1~2||Byrne^Susan', 'no number of the type MR'],
  ['||Byrne^Susan', 'no number'],
  [`${'1'.repeat(33)}^^^STB^MR||Byrne^Susan`, 'more than 32'],
  ['1^^^STB^MR||^', 'no name'],
  ['1^^^STB^MR||Byrne^Susan||14.03.1965', 'no date'],
])('M7 PID %s is not taken: %s', (fields, why) => {
  const found = pid(fields);
  expect(found).toMatchObject({ ok: false });
  expect(found.ok ? '' : found.why).toContain(why);
  expect(found.ok ? '' : found.why).not.toContain('Byrne');
});

test('M7 with an authority only its numbers count', () => {
  const both = message(['PID|1||1^^^OTHER^MR~2^^^STB&1.2.3&ISO^MR||Byrne^Susan']).segment('PID')!;
  expect(patientOf(both, { ...rules, identifierAuthority: 'STB' })).toMatchObject({
    patient: { identifier: '2' },
  });
});

test('M7 the name in Latin letters stands beside the own script; middle names belong to the given name', () => {
  const found = pid('1^^^^MR||田中^由美子^^^^^L^I~Tanaka^Yumiko^Rei^^^^L^A||196503');
  expect(found).toMatchObject({
    patient: {
      familyName: '田中',
      givenName: '由美子',
      transliteration: 'Tanaka, Yumiko Rei',
      birthDate: '1965-03',
    },
  });
  expect(pid('1^^^^MR||Byrne^Susan^Mary')).toMatchObject({ patient: { givenName: 'Susan Mary' } });
});

const known = {
  familyName: 'Nguyễn',
  givenName: 'Thị Hương',
  transliteration: '',
  birthDate: '1965-03-14',
  sex: 'female' as const,
  ward: '6B',
};
const sent = {
  identifier: '1',
  familyName: 'NGUYEN',
  givenName: 'THI HUONG',
  transliteration: '',
  birthDate: '1965-03-14',
  sex: 'female' as const,
};

test.each([
  [{}, []],
  [{ birthDate: '' }, []],
  [{ birthDate: '1965' }, []],
  [{ birthDate: '1965-03-15' }, ['birth date']],
  [{ givenName: 'THI' }, ['name']],
  [{ familyName: 'THI HUONG', givenName: 'NGUYEN' }, ['name']],
  [{ familyName: 'Tran', birthDate: '1970-01-01' }, ['name', 'birth date']],
])('a known patient and %j differ in %j', (change, other) => {
  expect(otherIn(known, { ...sent, ...change })).toEqual(other);
});

test('what a message adds to a known patient: sex, ward, a more exact birth date; nothing is emptied', () => {
  expect(updated(known, { ...sent, sex: 'unknown', birthDate: '1965' }, '')).toBeUndefined();
  expect(updated({ ...known, birthDate: '1965', sex: 'unknown' }, sent, '3C')).toMatchObject({
    birthDate: '1965-03-14',
    sex: 'female',
    ward: '3C',
  });
});

test.each([
  [['ORC|NW|P-1|||||^^^^^S', 'OBR|1|||K'], 'stat'],
  [['ORC|NW|P-1|||||^^^^^R', 'TQ1|1||||||||A', 'OBR|1|||K'], 'asap'],
  [['ORC|NW|P-1', 'OBR|1|||K||||||||||||||||||||||^^^^^S'], 'routine'],
  [['ORC|NW|P-1', 'OBR|1|||K|||||||||||||||||||||||^^^^^S'], 'stat'],
  [['ORC|NW|P-1', 'OBR|1|||K|S'], 'stat'],
  [['ORC|NW|P-1', 'OBR|1|||K'], 'routine'],
])('M7 the urgency of %j is %s', (segments, priority) => {
  expect(one(segments).priority).toBe(priority);
});

test('M7 an unknown urgency is routine and stands in the note', () => {
  expect(one(['ORC|NW|P-1|||||^^^^^X9', 'OBR|1|||K'])).toMatchObject({
    priority: 'routine',
    note: 'Priority as sent: X9',
  });
});

test('M7 everything said of an order is kept: information, reason, notes, answers, diagnosis, requester, time', () => {
  const order = one([
    'NTE|1||Allergic to latex',
    'ORC|NW|P-1||G-1|||||20260729064000+0200|||331^Walsh^Aoife',
    `OBR|1|P-1||K${'|'.repeat(9)}Vomiting${'|'.repeat(18)}^Hypokalaemia`,
    'NTE|1||Please call~twice',
    'DG1|1||E87.6^Hypokalaemia',
    'OBX|1|ST|FAST^Fasting||yes',
  ]);
  expect(order).toMatchObject({
    placer: 'P-1',
    group: 'G-1',
    requester: 'Aoife Walsh',
    authored: '2026-07-29T04:40:00.000Z',
    fault: '',
    note: 'Vomiting · Hypokalaemia · Please call twice · Fasting: yes · Hypokalaemia · Allergic to latex',
  });
});

test('M7 a time without offset is the hospital’s local time; without ORC-9 the message’s own', () => {
  expect(one(['ORC|NW|P-1', 'OBR|1|||K']).authored).toBe('2026-07-29T06:42:05.000Z');
});

test('M7 several OBR under one ORC are several orders, with its number or their own', () => {
  const { orders } = read([SUSAN, 'ORC|NW|P-1', 'OBR|1|||K', 'OBR|2|P-2||NA', 'ORC|CA|P-3', 'OBR|3|P-3||CL']);
  expect(
    orders.map(({ placer, code, wish, orc, obr }) => [placer, code?.code, wish?.kind, orc, obr]),
  ).toEqual([
    ['P-1', 'K', 'new', 1, 1],
    ['P-2', 'NA', 'new', 1, 2],
    ['P-3', 'CL', 'cancel', 2, 3],
  ]);
});

test.each([
  [['ORC|NW', 'OBR|1|||K'], 'placer number'],
  [['ORC|NW|P-1', 'OBR|1|P-2||K'], 'different placer numbers'],
  [['ORC|NW|P-1'], 'names no test'],
  [['ORC|SN|P-1', 'OBR|1|||K'], 'ORC-1 SN'],
  [['ORC|NW|P-1|||CM', 'OBR|1|||K'], 'ORC-1 NW with ORC-5 CM'],
])('M7 the order %j has a fault: %s', (segments, why) => {
  expect(one(segments).fault).toContain(why);
});

test.each([
  [['ORC|NW|P-1', 'OBR|1|||K'], 'no patient'],
  [[SUSAN], 'without ORC'],
  [[SUSAN, SUSAN.replace('44102387', '9'), 'ORC|NW|P-1', 'OBR|1|||K'], 'several patients'],
  [[SUSAN, 'ORC|NW|P-1', 'OBR|1|||K', SUSAN, 'ORC|NW|P-2', 'OBR|1|||NA'], 'Prior results'],
])('M7 the message %j has a fault: %s', (segments, why) => {
  expect(read(segments).fault).toContain(why);
});

test('M7 specimens of OML^O21 with number, type and time, and of an old ORM in OBR-15', () => {
  const spm = `SPM|1|W-1&STB^L-9||SER^Serum${'|'.repeat(13)}20260729063000`;
  expect(one(['ORC|NW|P-1', 'OBR|1|||K', spm], 'OML^O21').specimens).toEqual([
    {
      number: 'W-1',
      typeCode: 'SER',
      typeText: 'Serum',
      collected: '2026-07-29T06:30:00.000Z',
      collector: '',
    },
  ]);
  const obr = `OBR|1|||K|||20260729063000${'|'.repeat(8)}BLD&Blood`;
  expect(one(['ORC|NW|P-1', obr])).toMatchObject({
    note: '',
    specimens: [{ number: '', typeCode: 'BLD', typeText: 'Blood' }],
  });
});

describe('R10 a collection in the hour that comes twice', () => {
  const SECOND = '2026-10-25T01:20:00.000Z';
  const FIRST = '2026-10-25T00:20:00.000Z';
  /** Dublin, on the night the clocks were put back; the hour of `2026-03-29T01` never came. */
  const instantsOf = (local: string) => {
    if (local.startsWith('2026-03-29T01')) return [];
    const utc = Date.parse(`${local}.000Z`);
    const summer = new Date(utc - 3_600_000).toISOString();
    if (local >= '2026-10-25T02') return [new Date(utc).toISOString()];
    return local < '2026-10-25T01' ? [summer] : [summer, new Date(utc).toISOString()];
  };
  const collected = (drawn: string, sent: string, receivedAt?: string) => {
    const order = ['ORC|NW|P-1', 'OBR|1|||K', `SPM|1|W-1||SER${'|'.repeat(13)}${drawn}`];
    const text = [`MSH|^~\\&|HIS|STB|LEVEY|LAB|${sent}||OML^O21|1|P|2.5.1`, SUSAN, ...order, ''].join('\r');
    const clock = { toInstant: (local: string) => `${local}.000Z`, instantsOf, receivedAt };
    const [read] = readOrders(parseHl7(text).messages[0]!, { ...rules, ...clock }).orders;
    return [read!.specimens[0]!.collected, read!.note];
  };
  const doubt = `Collection time: The clocks were put back: its time came twice. Taken as 2026-10-25 01:20 UTC; it may have been 2026-10-25 00:20 UTC.`;

  test('is of the one before the message was sent, or came', () => {
    expect(collected('20261025012000', '20261025012500+0100')).toEqual([FIRST, '']);
    expect(collected('20261025012000', '20261025012500', '2026-10-25T00:26:00.000Z')).toEqual([FIRST, '']);
    expect(collected('20261025015000', '20261025011000')).toEqual(['2026-10-25T00:50:00.000Z', '']);
    expect(collected('20261025012000+0100', '20261025090000')).toEqual([FIRST, '']);
  });

  test('is of the later one where nothing tells, and the order says so; so it does of an hour that never came', () => {
    expect(collected('20261025012000', '20261025090000', '2026-10-25T09:00:01.000Z')).toEqual([
      SECOND,
      doubt,
    ]);
    expect(collected('20260329012000', '20260329090000')).toEqual([
      '2026-03-29T01:20:00.000Z',
      'Collection time: The clocks were put forward: its time never came. Taken as 2026-03-29 01:20 UTC.',
    ]);
    expect(collected('20261025003000', '20261025090000')).toEqual(['2026-10-24T23:30:00.000Z', '']);
  });
});

const catalogue = [
  newCatalogEntry({ kind: 'test', code: 'K', name: 'Potassium', loinc: '2823-3' }),
  newCatalogEntry({ kind: 'test', code: 'NA', name: 'Sodium', loinc: '2951-2' }),
  newCatalogEntry({ kind: 'test', code: 'OLD', name: 'Old', loinc: '1-8', active: false }),
  newCatalogEntry({ kind: 'test', code: 'CRP1', name: 'CRP', loinc: '1988-5' }),
  newCatalogEntry({ kind: 'test', code: 'CRP2', name: 'CRP, sensitive', loinc: '1988-5' }),
  newCatalogEntry({ kind: 'panel', code: 'LYTES', name: 'Electrolytes', members: ['NA', 'K'] }),
  newCatalogEntry({ kind: 'panel', code: 'TORN', name: 'Torn', members: ['NA', 'GONE'] }),
  newCatalogEntry({ kind: 'specimenType', code: 'SER', name: 'Serum' }),
];
const code = (text: string): SentCode => {
  const [first = '', words = '', system = '', alternate = '', alternateText = '', alternateSystem = ''] =
    text.split('^');
  return { code: first, text: words, system, alternate, alternateText, alternateSystem };
};

test.each([
  ['K', 'local', 'K'],
  ['LYTES^Electrolytes^L', 'local', 'LYTES'],
  ['KALIUM', 'local', 'K'],
  ['2823-3^^LN', 'local', 'K'],
  ['X^^99HIS^2823-3^^LN', 'local', 'K'],
  ['X^^99HIS^NA', 'local', 'NA'],
  ['2823-3', 'loinc', 'K'],
  ['KALIUM^^99HIS', 'loinc', 'K'],
  ['K^^L^2823-3^^LN', 'loinc', 'K'],
] as const)('M9 %s with codes %s is %s', (text, codes, wanted) => {
  const found = resolveCode(code(text), { codes, tests: { KALIUM: 'K' } }, catalogue);
  expect(found).toMatchObject({ ok: true, entry: { code: wanted } });
});

test.each([
  ['ZINC', 'no test or panel ZINC'],
  ['OLD', 'no test or panel OLD'],
  ['SER', 'no test or panel SER'],
  ['2823-3', 'no test or panel 2823-3'],
  ['1988-5^^LN', 'CRP1, CRP2'],
  ['K^^L^2951-2^^LN', 'K, NA'],
  ['TORN', 'names a test'],
  ['', 'No test'],
  ['constructor', 'no test or panel constructor'],
])('M9 %s is not decided here: %s', (text, why) => {
  const found = resolveCode(code(text), { codes: 'local', tests: { KALIUM: 'K' } }, catalogue);
  expect(found.ok ? '' : found.why).toContain(why);
});
