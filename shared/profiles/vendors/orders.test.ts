import { describe, expect, it } from 'vitest';
import { BUILTIN_PROFILES } from '../builtin.ts';
import { canDownload, canQuery, encodeOrders } from '../orders/encode.ts';
import { nothingFor, type OrderForInstrument, orderCode } from '../orders/order.ts';
import { profileOf, readWith } from './fixture.ts';

const envelope = () => {
  let n = 0;
  return { sender: 'Levey B2', time: '20260729064205', controlId: () => `C${++n}` };
};

/** Work of one specimen for a device, by our test codes; `named` as its query named it. */
function work(id: string, tests: readonly string[], named = 'A100001'): OrderForInstrument {
  return {
    specimenId: 'A100001',
    named,
    tests: tests.map((test) => ({ test, code: orderCode(profileOf(id), test) ?? '?', change: 'new' })),
    priority: 'routine',
    orderedAt: '20260729060000',
    collectedAt: '',
    receivedAt: '',
    specimenType: 'SER',
    patient: null,
  };
}

const lines = (encoded: readonly { bytes: Uint8Array }[]) =>
  encoded.map((one) => Buffer.from(one.bytes).toString('latin1').split('\r').filter(Boolean));

describe('orders in the words of each device', () => {
  it('roche-cobas-e411 is answered as its manual prints it, work unasked is a batch', () => {
    const profile = profileOf('roche-cobas-e411');
    const [query] = readWith('roche-cobas-e411', [
      'H|\\^&|||cobas-e411^1|||||host|TSREQ^REAL|P|1',
      'Q|1|^^A100001^40^0^5^^S1^SC||ALL||||||||O',
      'L|1|N',
    ]).queries;
    const order = work('roche-cobas-e411', ['TSH', 'FT4']);
    expect(lines(encodeOrders(profile, [order], envelope(), query))).toEqual([
      [
        'H|\\^&|||Levey B2||||||TSDWN^REPLY|P|1|20260729064205',
        'P|1',
        'O|1|A100001|40^0^5^^S1^SC|^^^10\\^^^901|R|20260729060000|||||A||||1||||||||||O',
        'L|1|N',
      ],
    ]);
    const [nothing] = lines(encodeOrders(profile, [work('roche-cobas-e411', [])], envelope(), query));
    expect(nothing?.[2]).toMatch(/^O\|1\|A100001\|40\^0\^5\^\^S1\^SC\|\|R\|.*\|A\|\|\|\|1\|+O$/);
    const [unasked] = lines(encodeOrders(profile, [order], envelope()));
    expect(unasked?.[0]).toContain('|TSDWN^BATCH|');
    expect(unasked?.[2]).toMatch(/^O\|1\|A100001\|\|\^\^\^10\\\^\^\^901\|R/);
  });

  it('roche-cobas-c111 without work gets an order without tests, for the sample it named', () => {
    const [query] = readWith('roche-cobas-c111', [
      'H|\\^&|||c111^Roche^c111^4.0.0.1100^1^1005|||||host|TSREQ^REAL|P|1|20260729064205',
      'Q|1|^A100001||ALL||||||||O',
      'L|1|N',
    ]).queries;
    const answer = (orders: OrderForInstrument[]) =>
      lines(encodeOrders(profileOf('roche-cobas-c111'), orders, envelope(), query)).flat();
    const empty = /^O\|1\|A100001\|\|\|R\|{6}A\|{14}Z$/;
    expect(answer([nothingFor('A100001')])).toEqual([
      'H|\\^&|||Levey B2||||||TSDWN^REPLY|P|1|20260729064205',
      'P|1',
      expect.stringMatching(empty),
      'L|1|N',
    ]);
    expect(answer([])[2]).toMatch(empty);
    expect(answer([work('roche-cobas-c111', ['ALT'])])[2]).toMatch(/^O\|1\|A100001\|\|\^\^\^685\|R\|/);
  });

  it('R9 a request for everything is answered with the work there is, and with no specimen called ALL', () => {
    const [query] = readWith('roche-cobas-c311', [
      'H|\\^&|||c311^1|||||host|TSREQ^REAL|P|1',
      'Q|1|^^ALL||ALL||||||||O',
      'L|1|N',
    ]).queries;
    expect(query).toMatchObject({ all: true, specimenIds: [], problems: [] });
    const orders = [work('roche-cobas-c311', ['ALT']), nothingFor('A2')];
    const [answer] = lines(encodeOrders(profileOf('roche-cobas-c311'), orders, envelope(), query));
    expect(answer?.filter((line) => line.startsWith('O')).map((line) => line.split('|')[2])).toEqual([
      'A100001',
    ]);
  });

  it('sysmex-xn gets its query’s own words and codes in the fifth component', () => {
    const [query] = readWith('sysmex-xn', [
      'H|\\^&|||XN-10^00-22^11001^^^^BG634545||||||||E1394-97',
      'Q|1|2001^1^               A100001^B||||20260729064205|||||||N',
      'L|1|N',
    ]).queries;
    const order = work('sysmex-xn', ['WBC', 'NEUT', 'RET-HE']);
    const [answer] = lines(encodeOrders(profileOf('sysmex-xn'), [order], envelope(), query));
    expect(answer?.[2]).toMatch(
      /^O\|1\|2001\^1\^ +A100001\^B\|\|\^{4}WBC\\\^{4}NEUT#\\\^{4}RET-He\|R\|20260729060000\|+N\|+SER\|+Q$/,
    );
  });

  it('cepheid-genexpert gets one order per assay, in its own delimiters', () => {
    const [query] = readWith('cepheid-genexpert', [
      'H|@^\\|m1||GeneXpert PC^GeneXpert^6.4|||||LIS||P|1394-97|20260729064205',
      'Q|1|^A100001||||||||||O@N',
      'L|1|N',
    ]).queries;
    const order = work('cepheid-genexpert', ['MTB', 'RIF', 'MRSA']);
    const [answer] = lines(encodeOrders(profileOf('cepheid-genexpert'), [order], envelope(), query));
    expect(answer?.[0]).toMatch(/^H\|@\^\\\|/);
    expect(answer?.filter((line) => line.startsWith('O')).map((line) => line.split('|')[4])).toEqual([
      '^^^MTBRIF',
      '^^^MRSA',
    ]);
  });

  it('what a profile claims of orders is what can be said to its device', () => {
    for (const profile of BUILTIN_PROFILES) {
      expect([profile.id, canQuery(profile)]).toEqual([profile.id, profile.capabilities.query]);
      expect([profile.id, canDownload(profile)]).toEqual([profile.id, profile.capabilities.download]);
      if (!profile.capabilities.query) continue;
      const silent = ['abbott-architect', 'ortho-vision'].includes(profile.id);
      const codes = profile.tests.map((one) => orderCode(profile, one.test));
      expect([profile.id, codes.every((code) => (code === null) === silent)]).toEqual([profile.id, true]);
    }
  });
});
