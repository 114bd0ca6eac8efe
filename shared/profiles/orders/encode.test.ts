import { describe, expect, it } from 'vitest';
import { parseHl7 } from '../../protocols/hl7/parse.ts';
import { hl7, hl7Profile, read } from '../hl7/fixture.ts';
import { parseProfile } from '../profile.ts';
import { canDownload, encodeOrders } from './encode.ts';
import { nothingFor, type OrderForInstrument, placerNumber, testOfPlacer } from './order.ts';

const order: OrderForInstrument = {
  specimenId: 'A1',
  tests: [
    { test: 'NA', code: 'Na', change: 'new' },
    { test: 'K', code: 'K', change: 'cancel' },
  ],
  priority: 'stat',
  orderedAt: '20260729060000',
  collectedAt: '20260729061000',
  receivedAt: '20260729062000',
  specimenType: 'SER',
  patient: { id: 'P|1', familyName: 'Doe', givenName: 'Jane', birthDate: '19800102', sex: 'F' },
};
const envelope = () => {
  let n = 0;
  return {
    sender: 'Levey T1',
    time: '20260729064205',
    controlId: () => {
      n += 1;
      return `C${n}`;
    },
  };
};
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split('\r').slice(0, -1);
const queryOf = (message: string, profile = hl7Profile()) => {
  const [query] = read(message, profile).queries;
  if (query === undefined) throw new Error('no query');
  return query;
};
const law = hl7('QBP^Q11^QBP_Q11', ['QPD|WOS^Work Order Step^IHE_LABTF|T7|A1', 'RCP|I||R^^HL70394']);
const say = (profile: ReturnType<typeof hl7Profile>, orders: OrderForInstrument[], message: string) =>
  encodeOrders(profile, orders, envelope(), queryOf(message, profile));

describe('IHE LAW', () => {
  it('LAW answers QBP^Q11 with RSP^K11, then the specimen alone as OML^O33', () => {
    const messages = say(hl7Profile(), [{ ...order, named: 'A1' }], law);
    expect(messages.map((one) => [one.type, one.controlId, one.specimenIds, one.lost])).toEqual([
      ['RSP^K11', 'C1', [], []],
      ['OML^O33', 'C2', ['A1'], []],
    ]);
    expect(text(messages[0]!.bytes)).toEqual([
      'MSH|^~\\&|LEVEY|Levey T1|ANA|LAB|20260729064205||RSP^K11^RSP_K11|C1|P|2.5.1|||NE|NE||UNICODE UTF-8|||LAB-27^IHE',
      'MSA|AA|M1',
      'QAK|T7|OK|WOS^Work Order Step^IHE_LABTF',
      'QPD|WOS^Work Order Step^IHE_LABTF|T7|A1',
    ]);
    expect(text(messages[1]!.bytes)).toEqual([
      'MSH|^~\\&|LEVEY|Levey T1|ANA|LAB|20260729064205||OML^O33^OML_O33|C2|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-28^IHE',
      'PID|1||P\\F\\1^^^^MR||Doe^Jane||19800102|F',
      'SPM|1|A1||SER|||||||P^^HL70369||||||20260729061000|20260729062000',
      'SAC|||A1',
      'ORC|NW|A1.NA|||||||20260729060000',
      'TQ1|1||||||||S',
      'OBR|1|A1.NA||Na',
      'ORC|CA|A1.K|||||||20260729060000',
      'TQ1|1||||||||S',
      'OBR|2|A1.K||K',
    ]);
    for (const one of messages) expect(parseHl7(one.bytes).problems).toEqual([]);
  });

  it('LAW no work is a negative response: MSH, SPM, SAC and ORC with DC only', () => {
    for (const orders of [[], [nothingFor('A1')]]) {
      const messages = say(hl7Profile(), orders, law);
      expect(messages.map((one) => one.type)).toEqual(['RSP^K11', 'OML^O33']);
      expect(text(messages[1]!.bytes).slice(1)).toEqual([
        'SPM|1|A1||""|||||||U^^HL70369',
        'SAC|||A1',
        'ORC|DC||||||||20260729064205',
      ]);
    }
  });

  it('LAW WOS_ALL uses QPD-1 and QPD-2 only, and gets one message per specimen with work', () => {
    const message = hl7('QBP^Q11^QBP_Q11', ['QPD|WOS_ALL^Work Order Step All^IHE_LABTF|T8', 'RCP|I']);
    expect(queryOf(message)).toMatchObject({ all: true, specimenIds: [], problems: [] });
    const messages = say(hl7Profile(), [order, nothingFor('A2'), { ...order, specimenId: 'A3' }], message);
    expect(messages.map((one) => one.specimenIds)).toEqual([[], ['A1'], ['A3']]);
  });

  it.each([
    ['QPD|WOS_BY_RACK^x^IHE_LABTF|T|R1', 'The request is for a whole rack.'],
    ['QPD|WOS_BY_TRAY^x^IHE_LABTF|T|R1', 'The request is for a whole tray.'],
    ['QPD|OTHER^x|T|A1', 'The request "OTHER" is not known.'],
    ['QPD|WOS^x|T|', 'The request names no specimen.'],
    ['QPD|WOS^x|T|A1~A2', 'The request names more than one specimen.'],
  ])('LAW %s is answered with its reason, never with work', (qpd, why) => {
    const message = hl7('QBP^Q11^QBP_Q11', [qpd, 'RCP|I']);
    const query = queryOf(message);
    expect(query.problems).toEqual([{ code: 'unsupportedQuery', severity: 'hold', text: why, record: 1 }]);
    const messages = say(hl7Profile(), [order], message);
    expect(messages.map((one) => one.type)).toEqual(['RSP^K11']);
    const lines = text(messages[0]!.bytes);
    expect(lines[1]).toBe('MSA|AE|M1');
    expect(lines[2]).toContain(why);
    expect(lines[3]).toMatch(/^QAK\|T\|AE/);
  });

  it('M2 a query with other delimiters is echoed in ours', () => {
    const message = 'MSH$*!/+$ANA$$$$20260729$$QBP*Q11$M9$P$2.5.1\rQPD$WOS*Work^Order$T7$A1\rRCP$I\r';
    const [response] = say(hl7Profile(), [], message);
    expect(text(response!.bytes)[3]).toBe('QPD|WOS^Work\\S\\Order|T7|A1');
  });
});

describe('other queries', () => {
  it('QBP^Q11 answered by an RSP^K11 that holds the orders; none is NF', () => {
    const profile = hl7Profile({ dialect: { query: 'rsp' } });
    const [response, ...more] = say(profile, [order], law);
    expect(more).toEqual([]);
    expect(text(response!.bytes).map((line) => line.split('|').slice(0, 3).join('|'))).toEqual([
      'MSH|^~\\&|LEVEY',
      'MSA|AA|M1',
      'QAK|T7|OK',
      'QPD|WOS^Work Order Step^IHE_LABTF|T7',
      'PID|1|',
      'SPM|1|A1',
      'SAC||',
      'ORC|NW|A1.NA',
      'TQ1|1|',
      'OBR|1|A1.NA',
      'ORC|CA|A1.K',
      'TQ1|1|',
      'OBR|2|A1.K',
    ]);
    const [none] = say(profile, [], law);
    expect(text(none!.bytes)[2]).toMatch(/^QAK\|T7\|NF/);
  });

  it('ORM^O01 with ORC-1 RF is a query, answered by ORR^O02; none is AR', () => {
    const profile = hl7Profile({ dialect: { query: 'orm', version: '2.3.1' } });
    const message = hl7('ORM^O01', ['ORC|RF||A1||IP'], 'P|2.3.1');
    expect(queryOf(message, profile)).toMatchObject({ specimenIds: ['A1'], all: false, problems: [] });
    const [answer] = say(profile, [order], message);
    expect(text(answer!.bytes).slice(1)).toEqual([
      'MSA|AA|M1',
      'PID|1||P\\F\\1^^^^MR||Doe^Jane||19800102|F',
      'ORC|AF|A1|||||||20260729060000',
      'OBR|1|A1||Na|S||20260729061000|||||||20260729062000|SER',
      'OBR|2|A1||K|S||20260729061000|||||||20260729062000|SER',
    ]);
    expect(text(answer!.bytes)[0]).toContain('|ORR^O02|C1|P|2.3.1|');
    expect(text(say(profile, [], message)[0]!.bytes).slice(1)).toEqual(['MSA|AR|M1']);
    const wrong = queryOf(hl7('ORM^O01', ['ORC|NW|A1']), profile);
    expect(wrong.problems.map((one) => one.text)).toEqual(['The request is not for orders (ORC-1 NW).']);
  });

  it('QRY^Q02 is answered by QCK^Q02 and DSR^Q03 with the numbered display lines', () => {
    const profile = hl7Profile({ dialect: { query: 'qry', version: '2.3.1', charset: 'ascii' } });
    const qrd = 'QRD|20260729064000|R|D|1|||RD|A1|OTH|||T';
    const qrf = 'QRF|BS-480|20260729|20260729|||RCT|COR|ALL';
    const message = hl7('QRY^Q02', [qrd, qrf], 'P|2.3.1');
    expect(queryOf(message, profile)).toMatchObject({ specimenIds: ['A1'], all: false, cancel: false });
    const [quick, display, ...more] = say(profile, [order], message);
    expect(more).toEqual([]);
    expect(text(quick!.bytes).slice(1)).toEqual(['MSA|AA|M1|Message accepted|||0', 'ERR|0', 'QAK|SR|OK']);
    const lines = text(display!.bytes);
    expect(lines.slice(4, 6)).toEqual([qrd, qrf]);
    expect(lines.slice(6)).toEqual([
      'DSP|1||P\\F\\1',
      'DSP|2',
      'DSP|3||Jane Doe',
      'DSP|4||19800102000000',
      'DSP|5||F',
      ...Array.from({ length: 15 }, (_, i) => `DSP|${i + 6}`),
      'DSP|21||A1',
      'DSP|22',
      'DSP|23||20260729061000',
      'DSP|24||Y',
      'DSP|25',
      'DSP|26||serum',
      'DSP|27',
      'DSP|28',
      'DSP|29||Na^^^',
      'DSP|30||K^^^',
      'DSC',
    ]);
    expect(text(say(profile, [], message)[0]!.bytes)[3]).toBe('QAK|SR|NF');
    const two = say(
      profile,
      [order, { ...order, specimenId: 'A2' }],
      hl7('QRY^Q02', ['QRD|1|R|D|1|||RD||OTH', qrf]),
    );
    expect(two.map((one) => one.type)).toEqual(['QCK^Q02', 'DSR^Q03', 'DSR^Q03']);
    expect([text(two[1]!.bytes).at(-1), text(two[2]!.bytes).at(-1)]).toEqual(['DSC|1', 'DSC']);
    const cancel = hl7('QRY^Q02', [qrd, 'QRF|BS|||||RCT|CAN|ALL']);
    expect(queryOf(cancel, profile).cancel).toBe(true);
    expect(say(profile, [], cancel).map((one) => one.type)).toEqual(['QCK^Q02']);
  });
});

describe('downloads', () => {
  const download = (how: string) =>
    encodeOrders(hl7Profile({ dialect: { download: how } }), [order, nothingFor('A2')], envelope());

  it('OML^O33, OML^O21 and ORM^O01, one message per specimen', () => {
    expect(download('oml33').map((one) => one.type)).toEqual(['OML^O33']);
    const [oml21] = download('oml21');
    expect(text(oml21!.bytes).map((line) => line.slice(0, 3))).toEqual(
      'MSH PID ORC TQ1 OBR SPM SAC ORC TQ1 OBR SPM SAC'.split(' '),
    );
    const [orm] = download('orm');
    expect(text(orm!.bytes).slice(2, 5)).toEqual([
      'ORC|NW|A1|||||||20260729060000',
      'OBR|1|A1||Na|S||20260729061000|||||||20260729062000|SER',
      'ORC|CA|A1|||||||20260729060000',
    ]);
    expect(download('none')).toEqual([]);
    expect(download('oml33')[0]!.bytes).toEqual(download('oml33')[0]!.bytes);
  });

  it('several tests that are ordered by one code are one order', () => {
    const tests = ['WBC', 'RBC'].map((test) => ({ test, code: 'CBC', change: 'new' as const }));
    const [message] = encodeOrders(hl7Profile(), [{ ...order, tests }], envelope());
    expect(text(message!.bytes).filter((line) => line.startsWith('OBR'))).toEqual(['OBR|1|A1.WBC||CBC']);
  });

  it('R9 ASTM: what is new with O-26 O, what is cancelled with O-12 C', () => {
    const profile = parseProfile({ ...hl7Profile(), protocol: 'astm', link: {}, dialect: {} });
    expect(canDownload(profile)).toBe(true);
    const [message, ...more] = encodeOrders(profile, [order], envelope());
    expect(more).toEqual([]);
    expect(text(message!.bytes)).toEqual([
      'H|\\^&|||Levey T1|||||||P|1|20260729064205',
      'P|1||P&F&1||Doe^Jane||19800102|F',
      'O|1|A1||^^^Na|S|20260729060000|20260729061000||||N||||SER||||||||||O',
      'P|2||P&F&1||Doe^Jane||19800102|F',
      'O|1|A1||^^^K|S|20260729060000|20260729061000||||C||||SER||||||||||O',
      'L|1|N',
    ]);
    expect(encodeOrders(profile, [nothingFor('A1')], envelope())).toEqual([]);
  });

  it('characters a device cannot read are told', () => {
    const profile = hl7Profile({ dialect: { download: 'oml33', charset: 'latin1' } });
    const named = { ...order, patient: { ...order.patient!, familyName: 'Nguyễn' } };
    expect(encodeOrders(profile, [named], envelope())[0]!.lost).toEqual(['ễ']);
  });

  it('placer numbers are the same whenever they are sent, and name their test again', () => {
    const placer = placerNumber('A1', 'NA');
    expect([testOfPlacer('A1', placer), testOfPlacer('A1', 'A1'), testOfPlacer('A2', placer)]).toEqual([
      'NA',
      '',
      null,
    ]);
  });
});

describe('what a device says of its orders', () => {
  const orl = (segments: string[], type = 'ORL^O34^ORL_O34') =>
    read(hl7(type, segments)).orderOutcomes.map(({ specimenId, placer, taken, text: words }) => [
      specimenId,
      placer,
      taken,
      words,
    ]);

  it('LAW ORL^O34 tells of each order whether it is taken', () => {
    expect(
      orl([
        'MSA|AA|C2',
        'PID|1',
        'SPM|1|A1||SER|||||||P',
        'SAC|||A1',
        'ORC|OK|A1.NA|||SC',
        'OBR|1|A1.NA||Na',
        'ORC|UA|A1.K|||CA|||||||||||REAGENT^no reagent',
        'OBR|2|A1.K||K',
      ]),
    ).toEqual([
      ['A1', 'A1.NA', true, ''],
      ['A1', 'A1.K', false, 'no reagent'],
    ]);
  });

  it('M4 a refused message is refused as a whole, with its words', () => {
    expect(orl(['MSA|AE|C2', 'ERR|||207^Application internal error|E||||Specimen unknown'])).toEqual([
      ['', '', false, 'Specimen unknown'],
    ]);
    expect(orl(['MSA|AR|C2|wrong type'], 'ORR^O02')).toEqual([['', '', false, 'wrong type']]);
    expect(orl(['MSA|AA|C2'], 'ORR^O02')).toEqual([['', '', true, '']]);
    expect(orl(['MSA|AA|C2', 'SPM|1|A1', 'ORC|UC|A1.K'])).toEqual([
      ['A1', 'A1.K', false, 'unable to cancel the order'],
    ]);
  });
});
