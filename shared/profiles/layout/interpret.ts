/**
 * From the lines of a file, or the blocks of a stream, to canonical results, as the profile's layout says. Pure. Nothing is dropped: a line that does
 * not fit becomes a held result with its number and text, and the other lines go on.
 */
import { toBinary } from '../../protocols/astm/bytes.ts';
import { markOf, splitBlocks } from '../../protocols/stream/framing.ts';
import type {
  CanonicalFlag,
  CanonicalQuery,
  CanonicalResult,
  InstrumentTime,
  Interpretation,
  InterpretOptions,
  InterpretProblem,
} from '../canonical.ts';
import {
  answered,
  canonicalFlags,
  canonicalStatus,
  canonicalValue,
  matches,
  type Report,
  remarkOf,
  startsLike,
} from '../measure.ts';
import type { FileProfile, StreamProfile } from '../profile.ts';
import type { TestMapping } from '../schema/common.ts';
import type { Field, FieldRole } from '../schema/layout.ts';
import { benchTime } from '../times.ts';
import { unreadable } from '../unreadable.ts';
import { type Cell, type Columns, columnsOf, type Reading, readingsOf } from './fields.ts';
import { cutLines, type Line, textOf } from './lines.ts';
import { requestOf } from './request.ts';
import { separated } from './separator.ts';
import { timeBy } from './times.ts';

/** Longest part of a line that does not fit that is shown with it, characters. */
const SHOWN = 400;
/** A file of which no line fits is held as a whole when it has more lines than so. */
const HOPELESS = 20;

/** Roles whose field, cut short, would make another result of it. */
const TELLING: readonly FieldRole[] = [
  'specimen',
  'control',
  'test',
  'value',
  'valueWithUnit',
  'unit',
  'flag',
  'status',
  'measured',
  'date',
  'time',
  'dilution',
  'kind',
];

/** Reads a whole file. */
export function interpretFile(
  bytes: Uint8Array,
  profile: FileProfile,
  options: InterpretOptions,
): Interpretation {
  if (bytes.length === 0) return unreadable('The file is empty.');
  const { text, problem } = textOf(toBinary(bytes), profile.dialect);
  if (problem !== null) return unreadable(problem);
  if (/[\0-\x08\x0e-\x19]/.test(text)) return unreadable('The file is not a text file.');
  const codes = new Set(profile.tests.map((test) => test.code));
  const dialect = separated(text, profile.dialect, (code) => codes.has(code));
  const view = new LayoutView({ ...profile, dialect }, options);
  return view.interpret(cutLines(text, dialect, false), true);
}

/** Reads the blocks of one message, each ended by the end mark (see `joinBlocks`). */
export function interpretStream(
  bytes: Uint8Array,
  profile: StreamProfile,
  options: InterpretOptions,
): Interpretation {
  const lines = splitBlocks(bytes, { end: markOf(profile.link.end) }).flatMap((block) =>
    cutLines(textOf(toBinary(block), profile.dialect).text, profile.dialect, true),
  );
  const view = new LayoutView(profile, options);
  return view.interpret(
    lines.map((line, at) => ({ ...line, number: at + 1 })),
    false,
  );
}

class LayoutView {
  readonly #profile: FileProfile | StreamProfile;
  readonly #options: InterpretOptions;
  readonly #tests: ReadonlyMap<string, TestMapping>;
  readonly #fields: readonly Field[];
  readonly #replicates = new Map<string, number>();
  /** remarks on a whole specimen, by its id */
  readonly #remarks = new Map<string, CanonicalFlag[]>();
  readonly #queries: CanonicalQuery[] = [];
  /** The blocks of a stream are a message with a beginning; the lines of a file stand by themselves, since a file that grows is read anew. */
  readonly #places: Pick<CanonicalResult['records'], 'header' | 'patient' | 'order'>;
  #leftOut = 0;

  constructor(profile: FileProfile | StreamProfile, options: InterpretOptions) {
    this.#profile = profile;
    this.#options = options;
    this.#tests = new Map(profile.tests.map((test) => [test.code, test]));
    this.#fields = profile.dialect.fields;
    this.#places = { header: profile.protocol === 'file' ? null : 0, patient: null, order: null };
  }

  interpret(all: readonly Line[], file: boolean): Interpretation {
    const { dialect } = this.#profile;
    const lines = all.filter((line) => !dialect.skip.some((begin) => line.text.startsWith(begin)));
    const header = dialect.header ? (lines.shift() ?? null) : null;
    if (header?.fault) return unreadable(`The header does not fit: ${header.fault}`);
    if (dialect.header && header === null) return unreadable('The file has no header.');
    const columns = columnsOf(dialect, header, (code) => this.#tests.has(code));
    if ('fault' in columns) return unreadable(columns.fault);
    if (all.length === 0) return unreadable(file ? 'The file holds nothing.' : 'The block is empty.');
    const several = file || lines.length > 1;
    const results: CanonicalResult[] = [];
    let fitted = 0;
    let first = '';
    for (const line of lines) {
      const read = this.#line(line, columns, several);
      if (typeof read !== 'string') {
        fitted += 1;
        results.push(...read);
        continue;
      }
      first ||= `${several ? `Line ${line.number}: ` : ''}${read}`;
      results.push(this.#unfitting(line, `${several ? `Line ${line.number}: ` : ''}${read}`));
    }
    if (fitted === 0 && lines.length > HOPELESS)
      return unreadable(`None of the ${lines.length} lines fits the profile. ${first}`);
    return {
      ...unreadable(''),
      results: this.#remarked(results),
      queries: this.#queries,
      problems: [],
      leftOut: this.#leftOut,
    };
  }

  /** The results of a line; none when it is of another kind; or why it does not fit. */
  #line(line: Line, columns: Columns, several: boolean): CanonicalResult[] | string {
    const { dialect } = this.#profile;
    const kind = dialect.kinds.length + dialect.otherKinds.length === 0 ? null : this.#kind(line, columns);
    const query = this.#profile.protocol === 'stream' ? requestOf(line, kind, this.#profile) : null;
    if (query !== null) {
      this.#queries.push(query);
      return [];
    }
    if (kind !== null && dialect.otherKinds.includes(kind)) return [];
    const { readings, fault } = readingsOf(line, dialect, columns);
    if (fault !== null) return fault;
    if (kind !== null && !dialect.kinds.includes(kind)) return 'The profile does not know its kind.';
    const odd = readings.flat().find(({ field, text }) => field.only?.includes(text) === false);
    if (odd !== undefined)
      return `It is laid out otherwise: its ${odd.field.name} is not ${odd.field.only?.join(' or ')}.`;
    return readings.flatMap((reading) => {
      const wide = reading.filter((cell) => cell.field.test !== undefined);
      const measured = dialect.shape === 'wide' ? wide.filter((cell) => cell.text !== '') : [null];
      return measured
        .map((cell) => this.#result(line, reading, cell, several))
        .filter((result) => this.#isResult(result));
    });
  }

  /** The kind of a line, also of one that is too short for the other fields: what begins and ends a transfer often is. */
  #kind(line: Line, columns: Columns): string {
    const field = this.#fields.find((one) => one.role === 'kind');
    if (field === undefined) return '';
    const { form } = this.#profile.dialect;
    if (form === 'fixed') {
      const start = (field.at ?? 1) - 1;
      return line.text.slice(start, start + (field.length ?? 0)).trim();
    }
    if (form === 'delimited') {
      const place = columns.places.find((one) => one.field === field);
      return (line.cells[place?.at ?? -1] ?? '').trim();
    }
    const { readings } = readingsOf(line, this.#profile.dialect, columns);
    return readings[0]?.find((cell) => cell.field === field)?.text ?? '';
  }

  /** False for what a device writes among its results and is none: settings, and remarks on the whole specimen, which are noted. */
  #isResult({ testCode, instrumentCode, specimenId, sent, flags }: CanonicalResult): boolean {
    if (testCode !== null) return true;
    const remark = remarkOf(this.#profile, instrumentCode);
    const none = this.#profile.notResults.some((one) => startsLike(one.code, instrumentCode));
    if (remark === null && !none) return true;
    this.#leftOut += 1;
    const said = [sent.text, ...flags.map((flag) => flag.code)];
    if (remark === null || said.some((one) => one !== '' && remark.unless.includes(one))) return false;
    const { text, interpretation, hold } = remark;
    const before = this.#remarks.get(specimenId ?? '') ?? [];
    const flag = { code: instrumentCode, meaning: { text, interpretation, hold } };
    this.#remarks.set(specimenId ?? '', [...before, flag]);
    return false;
  }

  #remarked(results: readonly CanonicalResult[]): CanonicalResult[] {
    return results.map((result) => {
      const remarks = this.#remarks.get(result.specimenId ?? '') ?? [];
      return remarks.length === 0 ? result : { ...result, flags: [...result.flags, ...remarks] };
    });
  }

  #result(line: Line, reading: Reading, wide: Cell | null, several: boolean): CanonicalResult {
    const profile = this.#profile;
    const problems: InterpretProblem[] = [];
    const report: Report = (code, severity, text) => {
      const where = several ? `Line ${line.number}: ` : '';
      problems.push({ code, severity, text: `${where}${text}`, record: line.number - 1 });
    };
    const get = (role: FieldRole): string => first(reading, role)?.text ?? '';
    const instrumentCode = wide?.field.test ?? get('test');
    const mapping = this.#tests.get(instrumentCode);
    const sent = sentValue(reading, wide, mapping?.unit ?? null);
    const isQc = this.#isQc(reading);
    const specimenId = get('specimen') || (isQc ? get('control') : '');
    if (specimenId === '') report('noSpecimen', 'hold', 'The result names no specimen.');
    if (instrumentCode === '') report('unknownTest', 'hold', 'The result names no test.');
    else if (mapping === undefined)
      report('unknownTest', 'hold', `The profile does not know the test "${instrumentCode}".`);
    const sentStatus = get('status');
    const status = canonicalStatus(sentStatus, profile, report);
    if (!line.ended) this.#cut(reading, wide, report);
    if (reading.some((cell) => cell.text.includes('\ufffd') && isTelling(cell, wide)))
      report('structure', 'hold', `It has bytes that are not ${profile.dialect.charset}.`);
    const measured = { text: answered(mapping, sent.text), unit: sent.unit };
    const value = canonicalValue(measured, mapping, status, profile.dialect.comma, report);
    const flags = reading.filter((cell) => cell.field.role === 'flag').map((cell) => cell.text);
    const completedAt = this.#time(reading, report);
    return {
      specimenId: specimenId === '' ? null : specimenId,
      instrumentSpecimenId: get('sequence') || get('control'),
      testCode: mapping?.test ?? null,
      instrumentCode,
      loinc: mapping?.loinc ?? null,
      value,
      sent: { text: sent.text, unit: sent.unit },
      flags: canonicalFlags(
        flags.flatMap((text) => this.#splitFlags(text)),
        profile,
        report,
      ),
      status,
      sentStatus,
      operator: get('operator'),
      startedAt: { text: '', local: null, instant: null },
      completedAt,
      instrumentSerial: get('serial'),
      isQc,
      dilution: get('dilution'),
      replicate: this.#replicate(specimenId, instrumentCode, completedAt.text),
      comments: [...sent.others, ...reading.filter((cell) => cell.field.role === 'comment')]
        .filter((cell) => cell.text !== '')
        .map((cell) => ({ source: 'I', text: cell.text, type: cell.field.name, record: line.number - 1 })),
      records: { ...this.#places, result: line.number - 1 },
      problems,
    };
  }

  /** Two results of one code, specimen and time are replicates, in the order they were sent: a file that lists earlier ones again counts them alike. */
  #replicate(...about: string[]): number {
    const key = JSON.stringify(about);
    const replicate = (this.#replicates.get(key) ?? 0) + 1;
    this.#replicates.set(key, replicate);
    return replicate;
  }

  /** A last line without line break may be cut: what stands last in it is not believed. */
  #cut(reading: Reading, wide: Cell | null, report: Report): void {
    if (reading.some((cell) => cell.last && isTelling(cell, wide)))
      report(
        'incomplete',
        'hold',
        'The file ends in the middle of the line, or its last line break is missing.',
      );
  }

  #splitFlags(text: string): string[] {
    return this.#profile.dialect.flags === 'characters' ? [...text] : text.split(/[\s,;~]+/);
  }

  #isQc(reading: Reading): boolean {
    const { specimenPrefixes, places } = this.#profile.qc;
    const named = (name: string): string => reading.find((cell) => cell.field.name === name)?.text ?? '';
    const ids = [first(reading, 'specimen')?.text ?? '', first(reading, 'control')?.text ?? ''];
    return (
      places.some(({ place, values }) => matches(values, named(place))) ||
      specimenPrefixes.some((prefix) => ids.some((id) => id.startsWith(prefix)))
    );
  }

  #time(reading: Reading, report: Report): InstrumentTime {
    const get = (role: FieldRole): string => first(reading, role)?.text ?? '';
    const text = get('measured') || `${get('date')} ${get('time')}`.trim();
    const time = timeBy(this.#profile.dialect.timeFormat, text);
    if (time.text !== '' && time.local === null)
      report('badTime', 'notice', 'Its time is not written as the profile says.');
    return benchTime(time, this.#options);
  }

  /** A line that does not fit, as a result that is held with what was wrong with it. */
  #unfitting(line: Line, text: string): CanonicalResult {
    const none: InstrumentTime = { text: '', local: null, instant: null };
    const shown = line.text.slice(0, SHOWN);
    return {
      specimenId: null,
      instrumentSpecimenId: '',
      testCode: null,
      instrumentCode: '',
      loinc: null,
      value: { text: shown, kind: 'string', unit: '' },
      sent: { text: shown, unit: '' },
      flags: [],
      status: null,
      sentStatus: '',
      operator: '',
      startedAt: none,
      completedAt: none,
      instrumentSerial: '',
      isQc: false,
      dilution: '',
      replicate: this.#replicate('', '', shown),
      comments: [],
      records: { ...this.#places, result: line.number - 1 },
      problems: [{ code: 'structure', severity: 'hold', text, record: line.number - 1 }],
    };
  }
}

/** The first field of this role that is not empty; else the first. */
function first(reading: Reading, role: FieldRole): Cell | undefined {
  const of = reading.filter((cell) => cell.field.role === role);
  return of.find((cell) => cell.text !== '') ?? of[0];
}

function isTelling({ field, text }: Cell, wide: Cell | null): boolean {
  if (field.test !== undefined) return field === wide?.field;
  return field.role !== undefined && TELLING.includes(field.role) && (text !== '' || field.role !== 'flag');
}

interface Sent {
  text: string;
  unit: string;
  /** what else was given as a value */
  others: Cell[];
}

/**
 * The value and its unit as they were sent. Of several values (an answer and its index) the first that is given; for a test with a unit the first
 * that is a number, if one is.
 */
function sentValue(reading: Reading, wide: Cell | null, unit: string | null): Sent {
  const candidates = wide === null ? reading.filter(isValue) : [wide];
  const given = candidates.filter((one) => one.text !== '');
  const number =
    unit === null ? undefined : given.find((one) => /^[<>\u2264\u2265=]*\s*[-\d.,]*\d/.test(one.text));
  const cell = number ?? given[0] ?? candidates[0];
  const others = candidates.filter((one) => one !== cell);
  const apart = first(reading, 'unit')?.text ?? '';
  if (cell === undefined) return { text: '', unit: apart, others };
  if (cell.field.role !== 'valueWithUnit') return { text: cell.text, unit: cell.unit || apart, others };
  const split = splitUnit(cell.text);
  return { text: split.text, unit: split.unit || apart, others };
}

function isValue({ field }: Cell): boolean {
  return field.role === 'value' || field.role === 'valueWithUnit';
}

/** A number, and behind it a unit that cannot be part of a number, a time or a ratio. */
const WITH_UNIT =
  /^((?:<=|>=|[<>\u2264\u2265])?\s*[-\u2212]?(?:\d[\d.,]*|[.,]\d+))(?:\s*([A-Za-z%\u00b5\u03bc\u00b0{[].*)|\s+(10\D.*))?$/;

/** `28,94mUI/ml` in two; a text that does not begin with a number, or goes on otherwise, is all value. */
function splitUnit(text: string): { text: string; unit: string } {
  const [, number, unit, power] = WITH_UNIT.exec(text) ?? [];
  return number === undefined ? { text, unit: '' } : { text: number, unit: unit ?? power ?? '' };
}
