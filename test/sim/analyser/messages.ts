/** The messages a simulated analyser sends and understands. */

import type { AstmProfile } from '../../../shared/profiles/profile.ts';
import { encodeMessage, type OutField, type OutRecord } from '../../../shared/protocols/astm/encode.ts';
import { type AstmMessage, component, field } from '../../../shared/protocols/astm/records.ts';
import type { Measurement } from './values.ts';

/** Who is speaking. */
export interface Speaker {
  profile: AstmProfile;
  serial: string;
  operator: string;
}

/** One result to report; `code` as the instrument knows it. */
export interface ReportedResult extends Measurement {
  code: string;
  unit: string;
  comment?: string;
}

/** `YYYYMMDDHHMMSS` in local time (R10). */
export function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** A request for the orders of one specimen (R8). */
export function queryMessage(speaker: Speaker, id: string, specimenId: string, at: Date): Uint8Array {
  const { queryComponent } = speaker.profile.dialect;
  const named = Array.from({ length: queryComponent }, (_, at) =>
    at === queryComponent - 1 ? specimenId : '',
  );
  const query: OutField[] = sparse({ 1: 'Q', 2: 1, 3: named, 5: 'ALL', 13: 'O' });
  return encode(speaker, [header(speaker, id, at, 'P'), query, ['L', 1, 'N']]);
}

/** What a result message is about. */
export interface ResultMessage {
  id: string;
  specimenId: string;
  /** O-4; for a control its lot */
  instrumentSpecimenId: string;
  results: readonly ReportedResult[];
  startedAt: Date;
  completedAt: Date;
  qc: boolean;
}

/** H P O R.. C L with operator, times, flags and serial number. */
export function resultMessage(speaker: Speaker, message: ResultMessage): Uint8Array {
  const { dialect } = speaker.profile;
  const blanks = Array.from({ length: dialect.codeComponent - 1 }, () => '');
  const order = sparse({
    1: 'O',
    2: 1,
    3: componentAt(dialect.specimenComponent, message.specimenId),
    4: message.instrumentSpecimenId,
    5: { repeats: message.results.map((result) => [...blanks, plainCode(result.code, dialect)]) },
    6: 'R',
    7: localTime(message.startedAt),
    12: message.qc ? 'Q' : 'N',
    26: 'F',
  });
  const patient: OutField[] = ['P', 1];
  const [, record, place, part] = /^([OP])-(\d+)(?:\.(\d+))?$/.exec(dialect.specimen[0] ?? '') ?? [];
  const holder = record === 'P' ? patient : order;
  while (record !== undefined && holder.length < Number(place)) holder.push(null);
  if (record !== undefined) holder[Number(place) - 1] = componentAt(Number(part ?? 1), message.specimenId);
  const records: OutRecord[] = [
    header(speaker, message.id, message.completedAt, message.qc ? 'Q' : 'P'),
    patient,
    order,
  ];
  for (const [at, result] of message.results.entries()) {
    const code = [...blanks, plainCode(result.code, dialect)];
    if (dialect.aspect !== null) code[dialect.aspect.component - 1] = aspectOf(result.code, dialect);
    if (result.dilution !== '' && dialect.dilutionComponent !== null) {
      code[dialect.dilutionComponent - 1] = result.dilution;
    }
    records.push(
      sparse({
        1: 'R',
        2: at + 1,
        3: Array.from(code, (part) => part ?? ''),
        4: componentAt(dialect.value[0] ?? 1, result.text),
        5: result.unit,
        6: result.range,
        7: Object.hasOwn(speaker.profile.flags, result.flag) ? result.flag : '',
        9: 'F',
        11: speaker.operator,
        12: localTime(message.startedAt),
        13: localTime(message.completedAt),
        14: speaker.serial,
      }),
    );
    if (result.comment !== undefined) records.push(['C', 1, 'I', result.comment, 'I']);
  }
  records.push(['L', 1, 'N']);
  return encode(speaker, records);
}

/** Orders the host sent: the specimen's test codes, or `none` when it has nothing to do (R9: L|1|I). */
export interface HostAnswer {
  none: boolean;
  orders: Map<string, string[]>;
  /** orders it takes back */
  cancelled?: Map<string, string[]>;
}

/** Reads the host's answer or download; O-12 C takes back. */
export function readAnswer(message: AstmMessage, profile: AstmProfile): HostAnswer {
  const orders = new Map<string, string[]>();
  const cancelled = new Map<string, string[]>();
  for (const record of message.records) {
    if (record.kind !== 'order') continue;
    const told = component(record, 12) === 'C' ? cancelled : orders;
    const { answer, queryComponent } = profile.dialect;
    const specimenId = component(record, 3, answer.echo === 'O-3' ? queryComponent : 1);
    const { orderComponent, codeComponent } = profile.dialect;
    const codes = field(record, 5).repeats.flatMap((repeat) =>
      measuredFor(repeat[(orderComponent ?? codeComponent) - 1] ?? '', profile),
    );
    told.set(specimenId, [...(told.get(specimenId) ?? []), ...codes.filter((code) => code !== '')]);
  }
  const last = message.records.at(-1);
  const empty = orders.size > 0 && [...orders.values()].every((codes) => codes.length === 0);
  const nothing = orders.size === 0 && last !== undefined && component(last, 3) === 'I';
  return { none: empty || nothing, orders, cancelled };
}

/** What the analyser measures for an order code: its test, or all tests ordered by that code. */
function measuredFor(code: string, profile: AstmProfile): string[] {
  const all = profile.tests.filter((one) => (one.order ?? one.code) === code).map((one) => one.code);
  return all.length > 0 ? all : [code];
}

type Dialect = AstmProfile['dialect'];

/** A field with one component, from 1. */
function componentAt(place: number, text: string): OutField {
  return place === 1 ? text : [...Array.from({ length: place - 1 }, () => ''), text];
}

/** The code on the wire: a code of another aspect (`0021/I`) goes as its test. */
function plainCode(code: string, dialect: Dialect): string {
  return dialect.aspect === null ? code : code.replace(/\/[^/]*$/, '');
}

/** What stands in the aspect's component: the one of `0021/I`, else the one results have. */
function aspectOf(code: string, dialect: Dialect): string {
  const own = /\/([^/]*)$/.exec(code)?.[1];
  const [usual = ''] = dialect.aspect?.results ?? [];
  return own ?? (usual === '*' ? 'Assay' : usual);
}

function header(speaker: Speaker, id: string, at: Date, processing: string): OutRecord {
  return sparse({
    1: 'H',
    3: id,
    5: [speaker.profile.model, '1.0', speaker.serial],
    10: 'HOST',
    12: processing,
    13: '1',
    14: localTime(at),
  });
}

function encode(speaker: Speaker, records: readonly OutRecord[]): Uint8Array {
  const { delimiters, charset } = speaker.profile.dialect;
  return encodeMessage(records, { delimiters, charset }).bytes;
}

/** A record from its fields as LIS02 numbers them. */
function sparse(fields: Record<number, OutField>): OutField[] {
  const last = Math.max(...Object.keys(fields).map(Number));
  return Array.from({ length: last }, (_, at) => fields[at + 1] ?? null);
}
