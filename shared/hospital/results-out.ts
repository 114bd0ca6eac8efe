/** A signed report as ORU^R01 (M7), pure: PID, and for each order ORC, OBR, OBX with NTE, SPM. */
import type { OrderDoc, PatientDoc, ReportDoc, ResultDoc, SpecimenDoc } from '../documents/index.ts';
import { corrections } from '../domain/report.ts';
import { type OutHl7Field, type OutSegment, outSegment } from '../protocols/hl7/encode.ts';
import type { SentCode } from './codes.ts';

export interface OutRules {
  charset: string;
  identifierType: string;
  identifierAuthority: string;
  codes: 'local' | 'loinc';
  sender: { application: string; facility: string };
  receiver: { application: string; facility: string };
  acknowledge: 'original' | 'enhanced';
}

/** An order of the report; `link` when the hospital has sent it. */
export interface OutOrder {
  order: OrderDoc;
  link: { placer: string; group: string; code: SentCode } | undefined;
}

export interface OutReport {
  rules: OutRules;
  /** MSH-10, the same for every attempt of one delivery (M4) */
  controlId: string;
  /** instant of MSH-7 */
  at: string;
  report: ReportDoc;
  /** Result ids of the version that this one corrects; what is missing now is withdrawn. */
  replacedIds: readonly string[];
  patient: PatientDoc;
  orders: readonly OutOrder[];
  specimens: readonly SpecimenDoc[];
  /** all versions */
  results: readonly ResultDoc[];
  /** LOINC codes of the catalogue's panels and tests, by code */
  loinc: (catalogCode: string) => string;
  /** people by id */
  names: ReadonlyMap<string, { username: string; name: string }>;
  laboratory: { name: string; address: string };
  /** The signed PDF in base64; undefined: not sent. */
  pdf?: string | undefined;
  /** An instant as `YYYYMMDDHHMMSS+ZZZZ` of the station; '' for ''. */
  time(instant: string): string;
}

/** OBX-11 (table 0085): F final, C corrected, P preliminary, X cancelled, W withdrawn as wrong. */
export function resultStatus(status: ResultDoc['status'], corrected: boolean): 'F' | 'C' | 'P' | 'X' | 'W' {
  switch (status) {
    case 'cancelled':
      return 'X';
    case 'entered-in-error':
      return 'W';
    case 'preliminary':
      return 'P';
    case 'corrected':
      return 'C';
    case 'final':
      return corrected ? 'C' : 'F';
  }
}

/** OBR-25 (table 0123, M8: not the one of OBX-11): F final, C corrected, R partial, O registered. */
export function reportStatus(report: Pick<ReportDoc, 'status' | 'version'>): 'F' | 'C' | 'R' | 'O' {
  switch (report.status) {
    case 'corrected':
      return 'C';
    case 'final':
      return report.version > 1 ? 'C' : 'F';
    case 'partial':
      return 'R';
    case 'registered':
      return 'O';
  }
}

/** OBX-2 and OBX-5: NM only for a plain decimal number, SN for one with comparator, else the text as it was sent (R12). */
export function resultValue(value: ResultDoc['value']): { type: 'NM' | 'SN' | 'ST'; value: OutHl7Field } {
  const text = value.text.trim();
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return { type: 'NM', value: text };
  const compared = /^(<=|>=|<|>)\s*(\d+(?:\.\d+)?)$/.exec(text);
  if (compared !== null) return { type: 'SN', value: [compared[1], compared[2]] };
  return { type: 'ST', value: text };
}

/** The segments of the message. */
export function reportMessage(out: OutReport): OutSegment[] {
  const { patient, report, rules, time } = out;
  const enhanced = rules.acknowledge === 'enhanced';
  const header = outSegment('MSH', {
    3: rules.sender.application,
    4: rules.sender.facility,
    5: rules.receiver.application,
    6: rules.receiver.facility,
    7: time(out.at),
    9: ['ORU', 'R01', 'ORU_R01'],
    10: out.controlId,
    11: 'P',
    12: '2.5.1',
    15: enhanced ? 'AL' : null,
    16: enhanced ? 'NE' : null,
    // Named also where it is ASCII: what the peer would take for its own set.
    18: rules.charset,
  });
  const sexes = { male: 'M', female: 'F', other: 'O', unknown: 'U' } as const;
  const [latinFamily, latinGiven] = patient.transliteration.split(/,\s*/);
  const names = [
    [patient.familyName, patient.givenName, '', '', '', '', 'L'],
    ...(latinFamily === undefined || latinFamily === ''
      ? []
      : [[latinFamily, latinGiven ?? '', '', '', '', '', 'L', 'A']]),
  ];
  const pid = outSegment('PID', {
    1: 1,
    3: [patient.identifier, '', '', rules.identifierAuthority, rules.identifierType],
    5: { repeats: names },
    7: patient.birthDate.replace(/-/g, ''),
    8: sexes[patient.sex],
  });
  const ward = out.orders.find(({ order }) => order.ward !== '')?.order.ward || patient.ward;
  const visit = ward === '' ? [] : [outSegment('PV1', { 1: 1, 2: 'U', 3: [ward] })];
  const sorted = [...out.orders].sort(
    (a, b) =>
      a.order.createdAt.localeCompare(b.order.createdAt) ||
      (a.link?.placer ?? '').localeCompare(b.link?.placer ?? '', 'en', { numeric: true }),
  );
  const groups = sorted
    .map((one) => ({ ...one, rows: rowsOf(out, one.order) }))
    .filter(({ rows }) => rows.length > 0);
  const body = groups.flatMap((one, n) => orderSegments(out, one, n + 1, report, n === groups.length - 1));
  return [header, pid, ...visit, ...body];
}

/** ORC-5 (section 4): CM completed, IP active, HD on hold, ER entered in error, else CA. */
function orderState(status: OrderDoc['status']): string {
  const codes: Partial<Record<OrderDoc['status'], string>> = {
    completed: 'CM',
    active: 'IP',
    'on-hold': 'HD',
    'entered-in-error': 'ER',
  };
  return codes[status] ?? 'CA';
}

interface Row {
  result: ResultDoc;
  withdrawn: boolean;
}

/** The results of an order: those of the report, then what an earlier version said and this one does not. */
function rowsOf(out: OutReport, order: OrderDoc): Row[] {
  const said = new Set(out.report.resultIds);
  const replaced = new Set(out.replacedIds);
  return order.testCodes.flatMap((code): Row[] => {
    const now = out.results.find((one) => one.testCode === code && said.has(one.id));
    if (now !== undefined) return [{ result: now, withdrawn: false }];
    const before = out.results.find((one) => one.testCode === code && replaced.has(one.id));
    return before === undefined ? [] : [{ result: before, withdrawn: true }];
  });
}

function orderSegments(
  out: OutReport,
  { order, link, rows }: OutOrder & { rows: readonly Row[] },
  number: number,
  report: ReportDoc,
  last: boolean,
): OutSegment[] {
  const { time } = out;
  const filler = `${order.requisition}.${order.catalogCode}`;
  const service = link === undefined ? codeOf(out, order.catalogCode, order.display) : sentAs(link.code);
  const group = link?.group ?? order.requisition;
  const used = new Set(rows.map(({ result }) => result.specimenId));
  const specimens = out.specimens.filter((one) => used.has(one.id));
  const [specimen] = specimens;
  const signer = report.signature;
  const requester = order.requester === '' ? null : ['', order.requester];
  const changed = new Map(corrections(out.results).map((one) => [one.resultId, one]));
  const segments: OutSegment[] = [
    outSegment('ORC', {
      1: 'RE',
      2: link?.placer ?? '',
      3: filler,
      4: group,
      5: orderState(order.status),
      9: time(report.issuedTime),
      12: requester,
    }),
    outSegment('OBR', {
      1: number,
      2: link?.placer ?? '',
      3: filler,
      4: service,
      7: time(specimen?.collectedTime ?? ''),
      14: time(specimen?.receivedTime ?? ''),
      16: requester,
      22: time(report.issuedTime),
      24: 'LAB',
      25: reportStatus(report),
      // NDL: the name is a CNN of sub-components.
      32: signer === null ? null : [personOf(out, signer.personId, signer.name), time(signer.at)],
    }),
  ];
  const notes = number === 1 ? [report.conclusion, report.correctionReason] : [];
  segments.push(...noteSegments(notes));
  rows.forEach(({ result, withdrawn }, n) => {
    const correction = changed.get(result.id);
    segments.push(resultSegment(out, result, n + 1, withdrawn, correction !== undefined));
    const before =
      correction === undefined
        ? ''
        : `Corrected: ${correction.oldText} ${correction.unit} before, reported ${correction.oldAt}.`;
    const condition = out.specimens.find((one) => one.id === result.specimenId)?.conditionText ?? '';
    segments.push(...noteSegments([result.comment, before, withdrawn ? 'Withdrawn.' : '', condition]));
  });
  if (last && out.pdf !== undefined) segments.push(pdfSegment(out.pdf, rows.length + 1, out));
  specimens.forEach((one, n) => {
    segments.push(
      outSegment('SPM', {
        1: n + 1,
        // EIP: the number on the tube is the filler's.
        2: [null, one.accessionIdentifier],
        4: [one.typeCode, one.typeDisplay],
        17: time(one.collectedTime),
        18: time(one.receivedTime),
        21: one.conditionCode === '' ? null : [one.conditionCode, one.conditionText, 'HL70490'],
      }),
    );
  });
  return segments;
}

function resultSegment(
  out: OutReport,
  result: ResultDoc,
  number: number,
  withdrawn: boolean,
  corrected: boolean,
): OutSegment {
  const { time, laboratory } = out;
  const status = withdrawn ? 'W' : resultStatus(result.status, corrected);
  const { type, value } = resultValue(result.value);
  const silent = withdrawn || status === 'X' || result.value.kind === 'empty';
  const { unit } = result.value;
  const people = [result.verifiedBy, result.operator].filter(Boolean).map((id) => {
    const found = out.names.get(id);
    return found === undefined ? [id] : [found.username, found.name];
  });
  return outSegment('OBX', {
    1: number,
    2: silent ? null : type,
    3: codeOf(out, result.testCode, result.testName, result.loinc),
    5: silent ? null : value,
    6: unit === '' ? null : [unit, unit, 'UCUM'],
    7: (result.range?.text ?? '').replace(/[–−]/g, '-'),
    8: result.interpretation,
    11: status,
    14: time(result.effectiveTime),
    15: laboratory.name === '' ? null : ['', laboratory.name],
    16: people.length === 0 ? null : { repeats: people },
    18: result.instrumentId,
    19: time(result.measuredTime || result.verifiedTime),
    23: laboratory.name,
    24: laboratory.address === '' ? null : [laboratory.address],
  });
}

function pdfSegment(pdf: string, number: number, out: OutReport): OutSegment {
  return outSegment('OBX', {
    1: number,
    2: 'ED',
    3: ['PDF', 'Laboratory report', 'L', '11502-2', 'Laboratory report', 'LN'],
    5: ['', 'application', 'pdf', 'Base64', pdf],
    11: reportStatus(out.report) === 'C' ? 'C' : 'F',
    14: out.time(out.report.issuedTime),
  });
}

function noteSegments(texts: readonly string[]): OutSegment[] {
  return texts
    .filter((text) => text.trim() !== '')
    .map((text, n) => outSegment('NTE', { 1: n + 1, 2: 'L', 3: text.trim() }));
}

/** OBX-3 or OBR-4: our code and LOINC, the one the hospital goes by first (M9). */
function codeOf(out: OutReport, code: string, name: string, known = ''): OutHl7Field {
  const loinc = known || out.loinc(code);
  const ours = [code, name, 'L'];
  if (loinc === '') return ours;
  const theirs = [loinc, name, 'LN'];
  return out.rules.codes === 'loinc' ? [...theirs, ...ours] : [...ours, ...theirs];
}

function sentAs(code: SentCode): OutHl7Field {
  return [code.code, code.text, code.system, code.alternate, code.alternateText, code.alternateSystem];
}

function personOf(out: OutReport, id: string, name: string): string[] {
  return [out.names.get(id)?.username ?? '', name];
}
