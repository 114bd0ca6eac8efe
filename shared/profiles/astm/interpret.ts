/** From a decoded ASTM message and a profile to canonical results and queries. Pure: every R record gives one result, every Q record one query. */
import {
  type AstmMessage,
  type AstmRecord,
  component,
  field,
  fieldText,
} from '../../protocols/astm/records.ts';
import type {
  CanonicalComment,
  CanonicalFlag,
  CanonicalQuery,
  CanonicalResult,
  InstrumentTime,
  Interpretation,
  InterpretOptions,
  InterpretProblem,
  ProblemCode,
} from '../canonical.ts';
import {
  answered,
  canonicalFlags,
  canonicalStatus,
  canonicalValue,
  matches,
  numberReplicates,
  own,
  type Report,
  remarkOf,
  startsLike,
} from '../measure.ts';
import type { AstmProfile } from '../profile.ts';
import type { TestMapping } from '../schema/common.ts';
import { astmTime } from '../times.ts';
import { type CommentView, commentsAbout } from './comments.ts';
import { controlLotOf, isControl, orderStatus, patientOf, specimenOf } from './order.ts';
import { readQuery } from './query.ts';

/** The tables of a profile by code; many messages are read with the same profile. */
const TESTS = new WeakMap<AstmProfile, Map<string, TestMapping>>();

function testsOf(profile: AstmProfile): Map<string, TestMapping> {
  let tests = TESTS.get(profile);
  if (tests === undefined) {
    tests = new Map(profile.tests.map((test) => [test.code, test]));
    TESTS.set(profile, tests);
  }
  return tests;
}

/** Interprets one message. Never throws. */
export function interpretAstm(
  message: AstmMessage,
  profile: AstmProfile,
  options: InterpretOptions = {},
): Interpretation {
  const view = new MessageView(message, profile, options);
  const header = message.records.find((record) => record.kind === 'header') ?? null;
  const processing = header === null ? '' : component(header, 12).trim();
  const results = message.records
    .filter((record) => record.kind === 'result' && view.isResult(record))
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
    images: [],
    orderOutcomes: [],
    leftOut: message.records.filter((record) => record.kind === 'result').length - results.length,
    comments: message.records
      .filter((record) => record.kind === 'comment' && !attached.has(record.index))
      .map((record) => view.comment(record)),
    problems: messageProblems(message, processing, results.length > 0),
  };
}

/** L-3 (R7) of a message that was broken off by an orderly end: what it lacks is not known. */
const ABORTED: Readonly<Record<string, string>> = {
  T: 'aborted by its sender',
  R: 'aborted as its receiver asked',
  E: 'ended by an error of the instrument',
};

function messageProblems(message: AstmMessage, processing: string, hasResults: boolean): InterpretProblem[] {
  const problems: InterpretProblem[] = message.problems.map((problem) => ({
    code: problem.rule === 'R11' ? 'incomplete' : problem.rule === 'R1' ? 'unparsable' : 'structure',
    severity: problem.rule === 'R2' ? 'notice' : 'hold',
    text: problem.text,
    record: problem.record,
  }));
  const last = message.records.at(-1);
  const aborted = last?.kind === 'terminator' ? own(ABORTED, component(last, 3).trim()) : null;
  if (last !== undefined && aborted !== null && hasResults) {
    const text = `The message was ${aborted} (L-3 ${component(last, 3).trim()}).`;
    problems.push({ code: 'incomplete', severity: 'hold', text, record: last.index });
  }
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

class MessageView {
  readonly #message: AstmMessage;
  readonly #profile: AstmProfile;
  readonly #options: InterpretOptions;
  readonly #tests: Map<string, TestMapping>;
  /** records by the record they belong to, so that a message of many results is read in one go (R2) */
  readonly #children = new Map<number, AstmRecord[]>();
  readonly #commentsUnder = new Map<number, AstmRecord[]>();
  readonly #remarksOf = new Map<number, CanonicalFlag[]>();
  /** Times of this message by what was sent: most of its results have the same. */
  readonly #times = new Map<string, InstrumentTime>();

  constructor(message: AstmMessage, profile: AstmProfile, options: InterpretOptions) {
    this.#message = message;
    this.#profile = profile;
    this.#options = options;
    this.#tests = testsOf(profile);
    for (const record of message.records) {
      if (record.parent === null) continue;
      add(this.#children, record.parent, record);
      if (record.kind === 'comment') add(this.#commentsUnder, record.parent, record);
    }
  }

  /** False for what a device sends as R records besides its results: settings, and other aspects of one measurement. */
  isResult(record: AstmRecord): boolean {
    const { aspect } = this.#profile.dialect;
    const { instrumentCode, mapping } = this.#test(record);
    const kind = aspect === null ? '' : component(record, 3, aspect.component).trim();
    if (aspect !== null && !matches(aspect.results, kind)) return mapping?.code.endsWith(`/${kind}`) === true;
    if (mapping !== undefined) return true;
    if (remarkOf(this.#profile, instrumentCode) !== null) return false;
    return !this.#profile.notResults.some((one) => startsLike(one.code, instrumentCode));
  }

  /** R7: alarms an instrument puts into comments, as flags that hold: one for each repeat of C-4, by the first of its components that has text. */
  #alarms(comments: readonly AstmRecord[]): CanonicalFlag[] {
    const { alarms } = this.#profile.dialect;
    if (alarms === null) return [];
    return comments.flatMap((record) => {
      if (!alarms.types.includes(component(record, 5).trim())) return [];
      const codes = field(record, 4).repeats.map((parts) => parts.map((part) => part.trim()).find(Boolean));
      return codes
        .filter((code) => code !== undefined && !alarms.none.includes(code))
        .map((code = '') => {
          const text = own(alarms.texts, code) ?? `The instrument raised the alarm ${code}.`;
          return { code: `alarm ${code}`, meaning: { interpretation: 'A' as const, hold: true, text } };
        });
    });
  }

  /** Remarks on the whole specimen that came with the same order, as flags. */
  #remarks(order: AstmRecord | null): CanonicalFlag[] {
    if (order === null || this.#profile.remarks.length === 0) return [];
    const known = this.#remarksOf.get(order.index);
    if (known !== undefined) return [...known];
    const found = (this.#children.get(order.index) ?? []).flatMap((record) => {
      if (record.kind !== 'result') return [];
      const { instrumentCode, mapping } = this.#test(record);
      const remark = mapping === undefined ? remarkOf(this.#profile, instrumentCode) : null;
      if (remark === null) return [];
      const said = [this.#whole(record, 4).trim(), ...field(record, 7).repeats.flat()];
      if (said.some((one) => one !== '' && remark.unless.includes(one))) return [];
      const { text, interpretation, hold } = remark;
      return [{ code: instrumentCode, meaning: { text, interpretation, hold } }];
    });
    this.#remarksOf.set(order.index, found);
    return [...found];
  }

  #comments(record: AstmRecord, order: AstmRecord | null): AstmRecord[] {
    const view: CommentView = {
      message: this.#message,
      commentsUnder: ({ index }) => this.#commentsUnder.get(index) ?? [],
      isPartOf: (one, result) =>
        this.#profile.dialect.aspect !== null &&
        !this.isResult(one) &&
        this.#code(one, this.#profile.dialect.codeComponent) ===
          this.#code(result, this.#profile.dialect.codeComponent),
    };
    return commentsAbout(record, order, view);
  }

  result(record: AstmRecord, header: AstmRecord | null): CanonicalResult {
    const problems: InterpretProblem[] = [];
    const report = (code: ProblemCode, severity: 'hold' | 'notice', text: string): void => {
      problems.push({ code, severity, text, record: record.index });
    };
    const order = this.#parent(record, 'order');
    const patient = order === null ? null : this.#parent(order, 'patient');
    const { id: specimenId, several } =
      order === null ? { id: '', several: false } : specimenOf(order, patient, this.#profile);
    if (several) report('noSpecimen', 'hold', 'The order names more than one specimen.');
    else if (specimenId === '') report('noSpecimen', 'hold', 'The result names no specimen.');
    const { instrumentCode, mapping } = this.#test(record);
    if (mapping === undefined) {
      report('unknownTest', 'hold', `The profile does not know the test "${instrumentCode}".`);
    }
    // Two statuses in one field are none that the profile knows.
    const sentStatus = (
      field(record, 9).repeats.length > 1 ? this.#whole(record, 9) : component(record, 9)
    ).trim();
    const status = canonicalStatus(sentStatus, this.#profile, report, orderStatus(order));
    const named = specimenId !== '' || order === null ? '' : this.#whole(order, 3) || this.#whole(order, 4);
    const sent = {
      text: this.#whole(record, 4),
      unit: this.#whole(record, 5),
      ...(named === '' ? {} : { specimen: named }),
    };
    const measured = answered(mapping, this.#value(record));
    const isQc = isControl(header, order, specimenId, this.#profile);
    const controlLot = isQc ? controlLotOf(order, specimenId, this.#profile) : '';
    const comments = this.#comments(record, order);
    return {
      specimenId: specimenId === '' ? null : specimenId,
      instrumentSpecimenId: order === null ? '' : this.#whole(order, 4),
      testCode: mapping?.test ?? null,
      instrumentCode,
      loinc: mapping?.loinc ?? null,
      value: canonicalValue(
        { text: measured, unit: sent.unit },
        mapping,
        status,
        this.#profile.dialect.comma,
        report,
      ),
      sent,
      flags: [
        ...canonicalFlags(field(record, 7).repeats.flat(), this.#profile, report),
        ...this.#alarms(comments),
        ...this.#remarks(order),
      ],
      status,
      sentStatus,
      operator: this.#whole(record, 11),
      startedAt: this.#timeOf(record, 12, report),
      completedAt: this.#timeOf(record, 13, report),
      instrumentSerial: component(record, 14) || (header === null ? '' : component(header, 5, 3)),
      ...patientOf(patient),
      isQc,
      ...(controlLot === '' ? {} : { controlLot }),
      dilution: this.#dilution(record),
      replicate: 1,
      comments: comments.map((one) => this.comment(one)),
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
   * code the profile gives to one test only. A field that names two tests names none. One that has its code elsewhere is known by the whole of
   * it, so that a laboratory can map it: `^^^^WBC^1`.
   */
  #test(record: AstmRecord): { instrumentCode: string; mapping: TestMapping | undefined } {
    const { codeComponent, leniencies } = this.#profile.dialect;
    const whole = this.#whole(record, 3).trim();
    if (field(record, 3).repeats.length > 1) return { instrumentCode: whole, mapping: undefined };
    const code = this.#code(record, codeComponent);
    const first = leniencies.includes('R6-first-component') ? component(record, 3).trim() : '';
    const byFirst = this.#mapped(first);
    if (code === '' && first === '' && field(record, 3).repeats[0]?.length !== 1)
      return { instrumentCode: whole, mapping: this.#tests.get(whole) };
    if (code === '') return { instrumentCode: first || whole, mapping: byFirst };
    const byCode = this.#mapped(code);
    const two = byFirst !== undefined && byCode !== undefined && byFirst.test !== byCode.test;
    return two ? { instrumentCode: whole, mapping: undefined } : { instrumentCode: code, mapping: byCode };
  }

  /** The code of R-3 as the profile's table has it: without what `codeEnd` cuts off, with the aspect where that makes another test. */
  #code(record: AstmRecord, place: number): string {
    const { codeEnd, aspect } = this.#profile.dialect;
    const [code = ''] =
      codeEnd === '' ? [component(record, 3, place)] : component(record, 3, place).split(codeEnd);
    const kind = aspect === null ? '' : component(record, 3, aspect.component).trim();
    const other = `${code.trim()}/${kind}`;
    const named = aspect !== null && !matches(aspect.results, kind) && this.#tests.has(other);
    return named ? other : code.trim();
  }

  /** The value's text: the whole field, or the first of the profile's components that has text. Of two values in one field none is taken alone. */
  #value(record: AstmRecord): string {
    const { value } = this.#profile.dialect;
    const sent = field(record, 4).repeats;
    // `5.4^`, `5.4\`: nothing stands behind the delimiters.
    const last = sent.findLastIndex((parts) => parts.some((part) => part !== ''));
    const repeats = sent.slice(0, last + 1);
    const [only = []] = repeats;
    const isFirst = value.length === 0 || value.includes(1);
    if (isFirst && repeats.length === 1 && only.slice(1).every((part) => part === '')) return only[0] ?? '';
    if (value.length === 0 || repeats.length > 1) return this.#whole(record, 4);
    return value.map((part) => component(record, 4, part)).find((text) => text.trim() !== '') ?? '';
  }

  #dilution(record: AstmRecord): string {
    const { dilutionComponent, codeComponent, codeEnd, undiluted } = this.#profile.dialect;
    const inCode = codeEnd === '' ? '' : (component(record, 3, codeComponent).split(codeEnd)[1] ?? '');
    const own = dilutionComponent === null ? '' : component(record, 3, dilutionComponent);
    const said = (own.trim() || inCode).trim();
    return undiluted.includes(said) ? '' : said;
  }

  #mapped(code: string): TestMapping | undefined {
    const exact = this.#tests.get(code);
    if (exact !== undefined || !this.#profile.dialect.leniencies.includes('R6-loinc')) return exact;
    const [one, ...others] = this.#profile.tests.filter((test) => test.loinc !== null && test.loinc === code);
    return others.some((other) => other.test !== one?.test) ? undefined : one;
  }

  query(record: AstmRecord): CanonicalQuery {
    return readQuery(record, this.#profile, (code) => this.#mapped(code)?.test ?? code);
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
    const text = record === null ? '' : component(record, number);
    let time = this.#times.get(text);
    if (time === undefined) {
      time = astmTime(text, this.#options);
      this.#times.set(text, time);
    }
    return time;
  }

  #timeOf(record: AstmRecord, number: number, report: Report): InstrumentTime {
    const time = this.time(record, number);
    if (time.text !== '' && time.local === null) report('badTime', 'notice', `R-${number} is not a time.`);
    return time;
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

function add(lists: Map<number, AstmRecord[]>, key: number, record: AstmRecord): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [record]);
  else list.push(record);
}
