/** Requests for orders in HL7: QBP^Q11 (IHE LAW), ORM^O01 (order control RF), QRY^Q02. */
import type { Hl7Message } from '../../protocols/hl7/message.ts';
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';
import type { CanonicalQuery, InterpretProblem } from '../canonical.ts';

/** Names of LAW queries that we do not answer with work, in words. */
const OTHER_QUERIES: Readonly<Record<string, string>> = {
  WOS_BY_RACK: 'a whole rack',
  WOS_BY_TRAY: 'a whole tray',
  WOS_BY_LOCATION: 'a place in the laboratory',
};

/** The request in a message; null when it holds none. `echo` is what the answer repeats, see {@link encodeOrders}. */
export function readQuery(message: Hl7Message): CanonicalQuery | null {
  const { code } = message.type;
  if (code === 'QBP') return queryByParameter(message);
  if (code === 'QRY') return displayQuery(message);
  if (code === 'ORM') return orderQuery(message);
  return null;
}

function echoOf(message: Hl7Message, ids: readonly string[]): Record<string, string> {
  const { header } = message;
  const echo: Record<string, string> = {
    'MSH-3': header.value(3, 1),
    'MSH-4': header.value(4, 1),
    'MSH-9.1': message.type.code,
    'MSH-9.2': message.type.trigger,
    'MSH-10': message.controlId,
    'MSH-12': message.version,
    'MSH-18': header.value(18),
  };
  for (const id of ids) {
    const segment = message.segment(id);
    if (segment !== undefined) echo[id] = JSON.stringify(fieldsOf(segment));
  }
  return echo;
}

/** All fields of a segment as repeats of components of sub-components, escapes resolved: independent of the sender's delimiters. */
function fieldsOf(segment: Hl7Segment): string[][][][] {
  return Array.from({ length: segment.length }, (_, i) => segment.parts(i + 1));
}

function problemsIn(record: number): {
  problems: InterpretProblem[];
  unsupported: (text: string) => void;
} {
  const problems: InterpretProblem[] = [];
  return {
    problems,
    unsupported: (text) => problems.push({ code: 'unsupportedQuery', severity: 'hold', text, record }),
  };
}

/** IHE LAW: QPD-1 names the query, QPD-2 its tag, QPD-3 the container (SAC-3). WOS_ALL uses QPD-1 and QPD-2 only. */
function queryByParameter(message: Hl7Message): CanonicalQuery {
  const qpd = message.segment('QPD');
  const { problems, unsupported } = problemsIn(qpd?.index ?? 0);
  const name = qpd?.value(1, 1).trim() ?? '';
  const all = name === 'WOS_ALL';
  const ids = qpd === undefined || all ? [] : idsIn(qpd, 3);
  if (qpd === undefined) unsupported('The request has no QPD segment.');
  else if (Object.hasOwn(OTHER_QUERIES, name)) unsupported(`The request is for ${OTHER_QUERIES[name]}.`);
  else if (name !== 'WOS' && !all) unsupported(`The request "${name}" is not known.`);
  else if (!all && ids.length === 0) unsupported('The request names no specimen.');
  else if (ids.length > 1) unsupported('The request names more than one specimen.');
  const known = problems.length === 0;
  return {
    specimenIds: known ? ids : [],
    all: known && all,
    cancel: false,
    tests: [],
    echo: echoOf(message, ['QPD']),
    record: qpd?.index ?? 0,
    problems,
  };
}

/** QRY^Q02: QRD-8 is the number on the tube; none asks for everything. QRF-7 `CAN` takes an earlier request back. */
function displayQuery(message: Hl7Message): CanonicalQuery {
  const qrd = message.segment('QRD');
  const { problems, unsupported } = problemsIn(qrd?.index ?? 0);
  if (qrd === undefined) unsupported('The request has no QRD segment.');
  const subject = qrd?.value(9, 1).trim() ?? '';
  if (!['', 'OTH'].includes(subject)) unsupported(`The request is not for orders (QRD-9 ${subject}).`);
  const ids = qrd === undefined ? [] : idsIn(qrd, 8);
  const known = problems.length === 0;
  return {
    specimenIds: known ? ids : [],
    all: known && ids.length === 0,
    cancel: message.segment('QRF')?.value(7, 1).trim() === 'CAN',
    tests: [],
    echo: echoOf(message, ['QRD', 'QRF']),
    record: qrd?.index ?? 0,
    problems,
  };
}

/** ORM^O01 with order control RF: the specimen stands in ORC-3, on some devices in ORC-2. */
function orderQuery(message: Hl7Message): CanonicalQuery {
  const orc = message.segment('ORC');
  const { problems, unsupported } = problemsIn(orc?.index ?? 0);
  const control = orc?.value(1).trim() ?? '';
  if (orc === undefined) unsupported('The request has no ORC segment.');
  else if (control !== 'RF') unsupported(`The request is not for orders (ORC-1 ${control}).`);
  if (message.all('ORC').length > 1) unsupported('The request names more than one specimen.');
  const ids = orc === undefined ? [] : [idsIn(orc, 3), idsIn(orc, 2)].find((one) => one.length > 0);
  if (problems.length === 0 && (ids === undefined || ids.length === 0))
    unsupported('The request names no specimen.');
  if ((ids?.length ?? 0) > 1) unsupported('The request names more than one specimen.');
  return {
    specimenIds: problems.length === 0 ? (ids ?? []) : [],
    all: false,
    cancel: false,
    tests: [],
    echo: echoOf(message, ['ORC']),
    record: orc?.index ?? 0,
    problems,
  };
}

/** First components of a field's repeats. */
function idsIn(segment: Hl7Segment, field: number): string[] {
  const all = Array.from({ length: segment.repeats(field) }, (_, i) =>
    segment.value(field, 1, undefined, i + 1).trim(),
  );
  return [...new Set(all.filter((id) => id !== ''))];
}
