/** Orders as HL7 messages: the answers to QBP^Q11, ORM^O01 and QRY^Q02, and OML^O33, OML^O21, ORM^O01 unasked. */
import { encodeHl7, type OutHl7Field, type OutSegment, outSegment } from '../../protocols/hl7/encode.ts';
import type { CanonicalQuery } from '../canonical.ts';
import type { Hl7Profile } from '../profile.ts';
import { displaySegments } from './display.ts';
import type { EncodedOrders, OrderEnvelope } from './encode.ts';
import { nothingFor, type OrderForInstrument, placerNumber, type TestOrder } from './order.ts';

const PRIORITIES = { stat: 'S', asap: 'A', urgent: 'A', routine: 'R' } as const;
const CHARSETS = { utf8: 'UNICODE UTF-8', latin1: '8859/1', ascii: 'ASCII' } as const;

/** What is written: the profile, who asks, and the surroundings. */
interface Writing {
  profile: Hl7Profile;
  envelope: OrderEnvelope;
  query: CanonicalQuery | undefined;
}

/** Work sent unasked, as the profile's `download` says: one message per specimen. */
export function hl7Download(
  profile: Hl7Profile,
  orders: readonly OrderForInstrument[],
  envelope: OrderEnvelope,
): EncodedOrders[] {
  const writing: Writing = { profile, envelope, query: undefined };
  const work = orders.filter((order) => order.tests.length > 0);
  switch (profile.dialect.download) {
    case 'oml33':
      return work.map((order) => specimenOrders(writing, order));
    case 'oml21':
      return work.map((order) =>
        message(writing, ['OML', 'O21', 'OML_O21'], patientAnd(order, testOrders(order)), [order]),
      );
    case 'orm':
      return work.map((order) =>
        message(writing, ['ORM', 'O01', 'ORM_O01'], patientAnd(order, plainOrders(order)), [order]),
      );
    case 'none':
      return [];
  }
}

/** The answer to a query, as the profile's `query` says. A query that cannot be answered gets its reason. */
export function hl7Answer(
  profile: Hl7Profile,
  orders: readonly OrderForInstrument[],
  envelope: OrderEnvelope,
  query: CanonicalQuery,
): EncodedOrders[] {
  const writing: Writing = { profile, envelope, query };
  const why = query.problems.find((problem) => problem.severity === 'hold')?.text ?? '';
  const work = orders.filter((order) => order.tests.length > 0);
  switch (profile.dialect.query) {
    case 'law':
      return lawAnswer(writing, orders, why);
    case 'rsp':
      return [parameterResponse(writing, why, work)];
    case 'orm':
      return [orderResponse(writing, why, work)];
    case 'qry':
      return displayAnswer(writing, why, work);
    case 'none':
      return [];
  }
}

/** IHE LAW: RSP^K11, then the work of each specimen in a message of its own; of one without work a negative response (ORC-1 DC). */
function lawAnswer(writing: Writing, orders: readonly OrderForInstrument[], why: string): EncodedOrders[] {
  const response = parameterResponse(writing, why, null);
  if (why !== '') return [response];
  const named = (writing.query?.specimenIds ?? []).filter(
    (id) => !orders.some((order) => order.named === id || order.specimenId === id),
  );
  const all = [...orders, ...named.map(nothingFor)];
  const asked = writing.query?.all === true ? all.filter((order) => order.tests.length > 0) : all;
  return [response, ...asked.map((order) => specimenOrders(writing, order))];
}

/** RSP^K11. `work`: the orders it holds itself; null: they follow in messages of their own (IHE LAW). */
function parameterResponse(
  writing: Writing,
  why: string,
  work: readonly OrderForInstrument[] | null,
): EncodedOrders {
  const qpd = echoed(writing.query, 'QPD');
  const status = why !== '' ? 'AE' : work !== null && work.length === 0 ? 'NF' : 'OK';
  const segments: OutSegment[] = [
    answering(writing, why === '' ? 'AA' : 'AE'),
    ...errorFor(why),
    outSegment('QAK', { 1: qpd[1], 2: status, 3: qpd[0] }),
    ['QPD', ...qpd],
    ...(work ?? []).flatMap((order) => patientAnd(order, specimenAnd(order, work ?? []))),
  ];
  return message(writing, ['RSP', 'K11', 'RSP_K11'], segments, work ?? []);
}

/** OML^O33 of one specimen. Without work: MSH, SPM, SAC and ORC with DC, nothing else. */
function specimenOrders(writing: Writing, order: OrderForInstrument): EncodedOrders {
  const type = ['OML', 'O33', 'OML_O33'];
  if (order.tests.length > 0) return message(writing, type, patientAnd(order, specimenAnd(order)), [order]);
  const segments: OutSegment[] = [
    outSegment('SPM', { 1: 1, 2: [[numberOf(order)]], 4: { delete: true }, 11: ['U', '', 'HL70369'] }),
    outSegment('SAC', { 3: numberOf(order) }),
    outSegment('ORC', { 1: 'DC', 9: writing.envelope.time }),
  ];
  return message(writing, type, segments, [order]);
}

function patientAnd(order: OrderForInstrument, segments: OutSegment[]): OutSegment[] {
  const { patient } = order;
  if (patient === null) return segments;
  const pid = outSegment('PID', {
    1: 1,
    3: patient.id === '' ? null : [patient.id, '', '', '', 'MR'],
    5: [[patient.familyName], patient.givenName],
    7: patient.birthDate,
    8: patient.sex,
  });
  return [pid, ...segments];
}

/** Tests that are ordered by one code (a count of many results) are one order, named by the first of them. */
function ordered({ tests }: OrderForInstrument): TestOrder[] {
  return tests.filter(
    (test, at) => tests.findIndex((one) => one.code === test.code && one.change === test.change) === at,
  );
}

/** The number on the tube: as the device wrote it, so that it knows its own. */
function numberOf(order: OrderForInstrument): string {
  return order.named ?? order.specimenId;
}

/** SPM, SAC, then per test ORC, TQ1, OBR (OML^O33). @param all the orders of the message, for the number of this one */
function specimenAnd(order: OrderForInstrument, all: readonly OrderForInstrument[] = [order]): OutSegment[] {
  return [
    ...specimenSegments(order, all.indexOf(order) + 1),
    ...ordered(order).flatMap((test, at) => orderSegments(order, test, at)),
  ];
}

function specimenSegments(order: OrderForInstrument, number: number): OutSegment[] {
  return [
    outSegment('SPM', {
      1: number,
      2: [[numberOf(order)]],
      4: order.specimenType === '' ? { delete: true } : order.specimenType,
      11: ['P', '', 'HL70369'],
      17: order.collectedAt,
      18: order.receivedAt,
    }),
    outSegment('SAC', { 3: numberOf(order) }),
  ];
}

function orderSegments(order: OrderForInstrument, test: TestOrder, at: number): OutSegment[] {
  const placer = placerNumber(order.specimenId, test.test);
  return [
    outSegment('ORC', { 1: test.change === 'new' ? 'NW' : 'CA', 2: placer, 9: order.orderedAt }),
    outSegment('TQ1', { 1: 1, 9: PRIORITIES[order.priority] }),
    outSegment('OBR', { 1: at + 1, 2: placer, 4: test.code }),
  ];
}

/** OML^O21: the specimen stands behind each test. */
function testOrders(order: OrderForInstrument): OutSegment[] {
  return ordered(order).flatMap((test, at) => [
    ...orderSegments(order, test, at),
    ...specimenSegments(order, 1),
  ]);
}

/** ORM^O01: the number on the tube is the placer number (ORC-2, OBR-2), for there is no other place for it. */
function plainOrders(order: OrderForInstrument): OutSegment[] {
  return ordered(order).flatMap((test, at) => [
    outSegment('ORC', { 1: test.change === 'new' ? 'NW' : 'CA', 2: numberOf(order), 9: order.orderedAt }),
    outSegment('OBR', {
      1: at + 1,
      2: numberOf(order),
      4: test.code,
      5: PRIORITIES[order.priority],
      7: order.collectedAt,
      14: order.receivedAt,
      15: order.specimenType,
    }),
  ]);
}

/** ORR^O02: with work ORC-1 AF, the number in ORC-2 and OBR-2; without, MSA-1 AR. */
function orderResponse(writing: Writing, why: string, work: readonly OrderForInstrument[]): EncodedOrders {
  const [order] = work;
  const found = why === '' && order !== undefined;
  const segments: OutSegment[] = found
    ? [
        answering(writing, 'AA'),
        ...patientAnd(order, [
          outSegment('ORC', { 1: 'AF', 2: numberOf(order), 9: order.orderedAt }),
          ...plainOrders(order).filter(([id]) => id === 'OBR'),
        ]),
      ]
    : [answering(writing, 'AR'), ...errorFor(why)];
  return message(writing, ['ORR', 'O02', 'ORR_O02'], segments, found ? [order] : []);
}

/** QCK^Q02, then one DSR^Q03 per specimen; DSC says whether another one follows. */
function displayAnswer(writing: Writing, why: string, work: readonly OrderForInstrument[]): EncodedOrders[] {
  const cancelled = writing.query?.cancel === true;
  const status = why !== '' ? 'AE' : work.length === 0 && !cancelled ? 'NF' : 'OK';
  const head = (code: string): OutSegment[] => [
    outSegment('MSA', {
      1: code,
      2: writing.query?.echo?.['MSH-10'],
      3: code === 'AA' ? 'Message accepted' : why,
      6: code === 'AA' ? '0' : '207',
    }),
    ['ERR', code === 'AA' ? '0' : '207'],
    ['QAK', 'SR', status],
  ];
  const quick = message(writing, ['QCK', 'Q02'], head(why === '' ? 'AA' : 'AE'), []);
  if (why !== '' || cancelled) return [quick];
  const displays = work.map((order, at) =>
    message(
      writing,
      ['DSR', 'Q03'],
      [
        ...head('AA'),
        ['QRD', ...echoed(writing.query, 'QRD')],
        ['QRF', ...echoed(writing.query, 'QRF')],
        ...displaySegments(order, writing.profile.dialect.delimiters.component),
        ['DSC', at === work.length - 1 ? null : String(at + 1)],
      ],
      [order],
    ),
  );
  return [quick, ...displays];
}

function answering({ query }: Writing, code: 'AA' | 'AE' | 'AR'): OutSegment {
  return ['MSA', code, query?.echo?.['MSH-10']];
}

function errorFor(why: string): OutSegment[] {
  return why === ''
    ? []
    : [outSegment('ERR', { 3: ['207', 'Application internal error', 'HL70357'], 4: 'E', 8: why })];
}

/** The fields of a segment of the query, to be repeated. */
function echoed(query: CanonicalQuery | undefined, id: string): OutHl7Field[] {
  const text = query?.echo?.[id];
  if (text === undefined) return [];
  const fields = JSON.parse(text) as string[][][][];
  return fields.map((repeats) => (repeats.length === 0 ? null : { repeats }));
}

function message(
  { profile, envelope, query }: Writing,
  type: readonly string[],
  segments: readonly OutSegment[],
  orders: readonly OrderForInstrument[],
): EncodedOrders {
  const { dialect } = profile;
  const controlId = envelope.controlId();
  const law = dialect.query === 'law' || dialect.download === 'oml33';
  // Old versions name the message by its code and trigger alone.
  const old = /^2\.[1-3]/.test(dialect.version);
  const [code = '', trigger = ''] = type;
  const own = code === 'OML' || code === 'ORM';
  const header = outSegment('MSH', {
    3: dialect.sender,
    4: envelope.sender,
    5: dialect.receiver || query?.echo?.['MSH-3'],
    6: query?.echo?.['MSH-4'],
    7: envelope.time,
    9: old ? [code, trigger] : [...type],
    10: controlId,
    11: 'P',
    12: dialect.version,
    15: law ? 'NE' : null,
    16: law ? (own ? 'AL' : 'NE') : null,
    21: law ? transactionOf(code) : null,
  });
  const { bytes, lost } = encodeHl7([header, ...segments], {
    delimiters: { ...dialect.delimiters, truncation: '' },
    charset: CHARSETS[dialect.charset],
  });
  return {
    bytes,
    controlId,
    type: `${code}^${trigger}`,
    specimenIds: orders.filter((order) => order.tests.length > 0).map((order) => order.specimenId),
    lost: lost.flatMap((one) => one.characters),
  };
}

/** MSH-21: the IHE transaction. */
function transactionOf(code: string): string[] | null {
  if (code === 'RSP') return ['LAB-27', 'IHE'];
  return code === 'OML' ? ['LAB-28', 'IHE'] : null;
}
