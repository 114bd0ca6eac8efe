/**
 * From a decoded message and a profile to canonical results and queries. Pure. Nothing is dropped and nothing is guessed: every R record
 * gives one result, every Q record one query, and whatever does not fit comes as a problem beside it.
 */
import { multiplyDecimal, type ParsedValue, parseValue } from '../domain/value.ts';
import {
  type AstmMessage,
  type AstmRecord,
  component,
  field,
  fieldText,
  type LocalTime,
  parseTime,
} from '../protocols/astm/records.ts';
import type { FlagMeaning, Profile, TestMapping } from './profile.ts';

/** A value in our unit, in the shape results are stored in. */
export type CanonicalValue = ParsedValue & { unit: string };

export type ProblemCode =
  | 'unknownTest'
  | 'noSpecimen'
  | 'unmappedStatus'
  | 'unmappedFlag'
  | 'unitMismatch'
  | 'emptyValue'
  | 'notConvertible'
  | 'badTime'
  | 'notProduction'
  | 'incomplete'
  | 'unparsable'
  | 'structure'
  | 'unsupportedQuery';

export interface InterpretProblem {
  code: ProblemCode;
  /** `hold`: must not be posted, an exception for a person. `notice`: post, but verification must hold. */
  severity: 'hold' | 'notice';
  /** for a person; contains no patient data */
  text: string;
  /** index of the record, null for the message */
  record: number | null;
}

/** A flag of R-7; `meaning` is null when the profile does not know it. */
export interface CanonicalFlag {
  code: string;
  meaning: FlagMeaning | null;
}

export interface CanonicalComment {
  source: string;
  text: string;
  type: string;
  record: number;
}

/** A time of the instrument; `instant` (ISO 8601 UTC) only when {@link InterpretOptions.toInstant} was given and could tell. */
export type InstrumentTime = LocalTime & { instant: string | null };

export interface CanonicalResult {
  /** null: the result has no order record, or its id is empty */
  specimenId: string | null;
  /** O-4, whole field as sent; for a control often its lot */
  instrumentSpecimenId: string;
  /** our code; null: unknown to the profile */
  testCode: string | null;
  /** as sent */
  instrumentCode: string;
  loinc: string | null;
  /** in our unit; text exactly as sent unless the profile has a factor */
  value: CanonicalValue;
  /** as sent; `specimen` is the whole O-3 when it does not name one specimen */
  sent: { text: string; unit: string; specimen?: string };
  flags: CanonicalFlag[];
  /** null: the profile does not map `sentStatus` */
  status: 'preliminary' | 'final' | 'corrected' | 'cancelled' | null;
  sentStatus: string;
  operator: string;
  startedAt: InstrumentTime;
  completedAt: InstrumentTime;
  /** R-14, else the third component of H-5, else '' */
  instrumentSerial: string;
  isQc: boolean;
  /** as sent, '' = none */
  dilution: string;
  /** 1 for the first result of this code in its order, 2 for the next … */
  replicate: number;
  comments: CanonicalComment[];
  /** indices into `message.records` */
  records: { header: number | null; patient: number | null; order: number | null; result: number };
  /** what concerns this result; the whole message's problems are beside the results */
  problems: InterpretProblem[];
}

/** A request for orders (R8). */
export interface CanonicalQuery {
  specimenIds: string[];
  /** asks for every specimen that has work */
  all: boolean;
  /** takes an earlier request back (Q-13 A) */
  cancel: boolean;
  /** our codes where known, else the instrument's; empty = all tests */
  tests: string[];
  record: number;
  problems: InterpretProblem[];
}

export interface Interpretation {
  /** H-5 components */
  sender: { name: string; version: string; serial: string };
  /** H-12: P, T, D, Q or '' */
  processing: string;
  sentAt: InstrumentTime;
  results: CanonicalResult[];
  queries: CanonicalQuery[];
  /** comments that belong to no result */
  comments: CanonicalComment[];
  /** problems of the message; a `hold` here holds all its results */
  problems: InterpretProblem[];
}

export interface InterpretOptions {
  /** The instrument's local time (`2026-07-29T06:42:05`) as an instant; null when it cannot be told. */
  toInstant?(local: string): string | null;
}

/** Interprets one message. Never throws. */
export function interpretMessage(
  message: AstmMessage,
  profile: Profile,
  options: InterpretOptions = {},
): Interpretation {
  const view = new MessageView(message, profile, options);
  const header = message.records.find((record) => record.kind === 'header') ?? null;
  const processing = header === null ? '' : component(header, 12).trim();
  const results = message.records
    .filter((record) => record.kind === 'result')
    .map((record) => view.result(record, header));
  const attached = new Set(results.flatMap((result) => result.comments.map((comment) => comment.record)));
  return {
    sender: {
      name: header === null ? '' : component(header, 5, 1),
      version: header === null ? '' : component(header, 5, 2),
      serial: header === null ? '' : component(header, 5, 3),
    },
    processing,
    sentAt: view.time(header, 14),
    results: numberReplicates(results),
    queries: message.records.filter((record) => record.kind === 'query').map((record) => view.query(record)),
    comments: message.records
      .filter((record) => record.kind === 'comment' && !attached.has(record.index))
      .map((record) => view.comment(record)),
    problems: messageProblems(message, processing),
  };
}

function messageProblems(message: AstmMessage, processing: string): InterpretProblem[] {
  const problems: InterpretProblem[] = message.problems.map((problem) => ({
    code: problem.rule === 'R11' ? 'incomplete' : problem.rule === 'R1' ? 'unparsable' : 'structure',
    severity: problem.rule === 'R2' ? 'notice' : 'hold',
    text: problem.text,
    record: problem.record,
  }));
  if (!['', 'P', 'Q'].includes(processing)) {
    const marks: Record<string, string> = { T: 'training', D: 'debugging' };
    const what = own(marks, processing) ?? 'something unknown';
    problems.push({
      code: 'notProduction',
      severity: 'hold',
      text: `The message is marked as ${what} (H-12 ${processing}).`,
      record: 0,
    });
  }
  return problems;
}

/** Two results of one code on one specimen are replicates, in the order they were sent. */
function numberReplicates(results: CanonicalResult[]): CanonicalResult[] {
  const seen = new Map<string, number>();
  return results.map((result) => {
    const key = JSON.stringify([result.specimenId ?? result.records.order, result.instrumentCode]);
    const replicate = (seen.get(key) ?? 0) + 1;
    seen.set(key, replicate);
    return { ...result, replicate };
  });
}

class MessageView {
  readonly #message: AstmMessage;
  readonly #profile: Profile;
  readonly #options: InterpretOptions;
  readonly #tests: Map<string, TestMapping>;

  constructor(message: AstmMessage, profile: Profile, options: InterpretOptions) {
    this.#message = message;
    this.#profile = profile;
    this.#options = options;
    this.#tests = new Map(profile.tests.map((test) => [test.code, test]));
  }

  result(record: AstmRecord, header: AstmRecord | null): CanonicalResult {
    const problems: InterpretProblem[] = [];
    const report = (code: ProblemCode, severity: 'hold' | 'notice', text: string): void => {
      problems.push({ code, severity, text, record: record.index });
    };
    const order = this.#parent(record, 'order');
    const patient = order === null ? null : this.#parent(order, 'patient');
    const specimens = order === null ? 0 : field(order, 3).repeats.length;
    const specimenId = order === null || specimens > 1 ? '' : component(order, 3).trim();
    if (specimens > 1) report('noSpecimen', 'hold', 'The order names more than one specimen.');
    else if (specimenId === '') report('noSpecimen', 'hold', 'The result names no specimen.');
    const { instrumentCode, mapping } = this.#test(record);
    if (mapping === undefined) {
      report('unknownTest', 'hold', `The profile does not know the test "${instrumentCode}".`);
    }
    const sentStatus = component(record, 9).trim();
    const status = own(this.#profile.statuses, sentStatus);
    if (status === null)
      report('unmappedStatus', 'hold', `The profile does not map the status "${sentStatus}".`);
    const named = specimenId !== '' || order === null ? '' : this.#whole(order, 3);
    const sent = {
      text: this.#whole(record, 4),
      unit: this.#whole(record, 5),
      ...(named === '' ? {} : { specimen: named }),
    };
    const dilution = this.#profile.dialect.dilutionComponent;
    return {
      specimenId: specimenId === '' ? null : specimenId,
      instrumentSpecimenId: order === null ? '' : this.#whole(order, 4),
      testCode: mapping?.test ?? null,
      instrumentCode,
      loinc: mapping?.loinc ?? null,
      value: this.#value(sent, mapping, status, report),
      sent,
      flags: this.#flags(record, report),
      status,
      sentStatus,
      operator: this.#whole(record, 11),
      startedAt: this.#timeOf(record, 12, report),
      completedAt: this.#timeOf(record, 13, report),
      instrumentSerial: component(record, 14) || (header === null ? '' : component(header, 5, 3)),
      isQc: this.#isQc(header, order, specimenId),
      dilution: dilution === null ? '' : component(record, 3, dilution),
      replicate: 1,
      comments: this.#message.records
        .filter((one) => one.kind === 'comment' && one.parent === record.index)
        .map((one) => this.comment(one)),
      records: {
        header: header?.index ?? null,
        patient: patient?.index ?? null,
        order: order?.index ?? null,
        result: record.index,
      },
      problems,
    };
  }

  /**
   * R6: which test a result is of. Its code stands in one component of R-3; with the leniencies also in the first one, or it is a LOINC
   * code the profile gives to one test only. A field that names two tests names none.
   */
  #test(record: AstmRecord): { instrumentCode: string; mapping: TestMapping | undefined } {
    const { codeComponent, leniencies } = this.#profile.dialect;
    const whole = this.#whole(record, 3).trim();
    if (field(record, 3).repeats.length > 1) return { instrumentCode: whole, mapping: undefined };
    const code = component(record, 3, codeComponent).trim();
    const first = leniencies.includes('R6-first-component') ? component(record, 3).trim() : '';
    const byFirst = this.#mapped(first);
    if (code === '') return { instrumentCode: first || whole, mapping: byFirst };
    const byCode = this.#mapped(code);
    const two = byFirst !== undefined && byCode !== undefined && byFirst.test !== byCode.test;
    return two ? { instrumentCode: whole, mapping: undefined } : { instrumentCode: code, mapping: byCode };
  }

  #mapped(code: string): TestMapping | undefined {
    const exact = this.#tests.get(code);
    if (exact !== undefined || !this.#profile.dialect.leniencies.includes('R6-loinc')) return exact;
    const [one, ...others] = this.#profile.tests.filter((test) => test.loinc !== null && test.loinc === code);
    return others.some((other) => other.test !== one?.test) ? undefined : one;
  }

  query(record: AstmRecord): CanonicalQuery {
    const problems: InterpretProblem[] = [];
    const report = (text: string): void => {
      problems.push({ code: 'unsupportedQuery', severity: 'hold', text, record: record.index });
    };
    const firstToo = this.#profile.dialect.leniencies.includes('R8-first-component');
    const asked = field(record, 3).repeats.map(([first = '', second = '']) =>
      (second === '' && firstToo ? first : second).trim(),
    );
    const all = asked.length > 0 && asked.every((id) => id.toUpperCase() === 'ALL');
    const specimenIds = all ? [] : [...new Set(asked.filter((id) => id !== ''))];
    if (!all && specimenIds.length === 0) report('The request names no specimen.');
    if (field(record, 4).given === 'value') report('The request asks for a range of specimens.');
    const status = component(record, 13).trim();
    if (status !== '' && status !== 'O' && status !== 'A') {
      report(`The request is not for orders (status "${status}").`);
    }
    const codeAt = this.#profile.dialect.codeComponent - 1;
    const tests = field(record, 5)
      .repeats.map((repeat) => (repeat[codeAt] ?? repeat[0] ?? '').trim())
      .filter((one) => one !== '' && one.toUpperCase() !== 'ALL')
      .map((one) => this.#mapped(one)?.test ?? one);
    return { specimenIds, all, cancel: status === 'A', tests, record: record.index, problems };
  }

  comment(record: AstmRecord): CanonicalComment {
    return {
      source: component(record, 3),
      text: this.#whole(record, 4),
      type: component(record, 5),
      record: record.index,
    };
  }

  time(record: AstmRecord | null, number: number): InstrumentTime {
    const time = parseTime(record === null ? '' : component(record, number));
    // A date alone is no instant: which time of that day is not known.
    const local = time.local?.includes('T') ? time.local : null;
    const instant = local === null ? null : (this.#options.toInstant?.(local) ?? null);
    // At the ends of the four-figure years a zone leads out of them.
    return { ...time, instant: instant !== null && /^\d{4}-/.test(instant) ? instant : null };
  }

  #timeOf(record: AstmRecord, number: number, report: Report): InstrumentTime {
    const time = this.time(record, number);
    if (time.text !== '' && time.local === null) report('badTime', 'notice', `R-${number} is not a time.`);
    return time;
  }

  #value(
    sent: { text: string; unit: string },
    mapping: TestMapping | undefined,
    status: CanonicalResult['status'],
    report: Report,
  ): CanonicalValue {
    const comma = this.#profile.dialect.comma;
    const parsed = parseValue(sent.text, comma === undefined ? {} : { comma });
    if (parsed.kind === 'empty') {
      if (status !== 'cancelled') report('emptyValue', 'hold', 'The result has no value.');
      return { ...parsed, unit: mapping?.unit ?? sent.unit };
    }
    if (mapping === undefined || mapping.unit === null) return { ...parsed, unit: sent.unit };
    const known = sent.unit === mapping.unit || mapping.sentUnits.includes(sent.unit);
    if (!known && !(parsed.kind === 'string' && sent.unit === '')) {
      report('unitMismatch', 'hold', `The unit "${sent.unit}" is not one the profile knows for this test.`);
      return { ...parsed, unit: sent.unit };
    }
    if (mapping.factor === '1' || parsed.kind === 'string') return { ...parsed, unit: mapping.unit };
    const converted = convert(parsed, mapping.factor);
    if (converted === null) {
      report('notConvertible', 'hold', 'The value cannot be converted exactly.');
      return { ...parsed, unit: sent.unit };
    }
    return { ...converted, unit: mapping.unit };
  }

  #flags(record: AstmRecord, report: Report): CanonicalFlag[] {
    const codes = field(record, 7)
      .repeats.flat()
      .map((one) => one.trim())
      .filter((one) => one !== '');
    return codes.map((flag) => {
      const meaning = own(this.#profile.flags, flag);
      if (meaning === null) report('unmappedFlag', 'notice', `The profile does not map the flag "${flag}".`);
      return { code: flag, meaning };
    });
  }

  #isQc(header: AstmRecord | null, order: AstmRecord | null, specimenId: string): boolean {
    const { processing, actionCodes, specimenPrefixes } = this.#profile.qc;
    if (header !== null && processing.includes(component(header, 12).trim())) return true;
    const actions = order === null ? [] : field(order, 12).repeats.flat();
    if (actions.some((action) => actionCodes.includes(action.trim()))) return true;
    return specimenPrefixes.some((prefix) => specimenId.startsWith(prefix));
  }

  #parent(record: AstmRecord, kind: 'order' | 'patient'): AstmRecord | null {
    const parent = record.parent === null ? undefined : this.#message.records[record.parent];
    return parent?.kind === kind ? parent : null;
  }

  /** The whole field as one text: a value may hold component delimiters that a device did not escape. */
  #whole(record: AstmRecord, number: number): string {
    const delimiters = this.#message.delimiters;
    return delimiters === null ? '' : fieldText(record, number, delimiters);
  }
}

type Report = (code: ProblemCode, severity: 'hold' | 'notice', text: string) => void;

/** An entry of a table; a text such as "constructor" is no entry. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}

/** A quantity times a factor: comparator kept, digits exact. */
function convert(parsed: ParsedValue, factor: string): ParsedValue | null {
  const digits = parsed.text
    .trim()
    .replace(/^(<=|>=|[<>\u2264\u2265])\s*/, '')
    .replace('\u2212', '-')
    .replace(',', '.');
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(digits)) return null;
  const text = `${parsed.comparator ?? ''}${multiplyDecimal(digits, factor)}`;
  return parseValue(text);
}
