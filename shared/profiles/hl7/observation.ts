/** One OBX with what stands around it (M7) to one canonical result or image. */
import type { Hl7Message } from '../../protocols/hl7/message.ts';
import type { Hl7Segment } from '../../protocols/hl7/segment.ts';
import type {
  CanonicalComment,
  CanonicalFlag,
  CanonicalImage,
  CanonicalResult,
  InstrumentTime,
  InterpretProblem,
  ProblemCode,
  SentPatient,
} from '../canonical.ts';
import {
  answered,
  canonicalFlags,
  canonicalStatus,
  canonicalValue,
  matches,
  own,
  plainUnit,
  type Report,
  remarkOf,
  startsLike,
} from '../measure.ts';
import type { Hl7Profile } from '../profile.ts';
import type { TestMapping } from '../schema/common.ts';
import { readImage } from './image.ts';
import { at, type Found, firstAt, pathOf } from './places.ts';
import type { MessageTimes } from './times.ts';
import { nearest, type Observation, type OrderGroup } from './tree.ts';
import { sentValue } from './value.ts';

/** SPM-11 (table 0369) values that are no patient's specimen and no control: nothing of theirs may become a result. */
const NOT_PATIENT: Readonly<Record<string, string>> = {
  C: 'a calibrator',
  E: 'an electronic control',
  F: 'a proficiency test of an operator',
  V: 'a verifying calibrator',
};

/** OBR-25 (table 0123): what an order with results may be; Y and Z say that there is no such order or patient. OBX-11 has another value set (M8). */
const ORDER_STATUSES = new Set(['', 'O', 'I', 'S', 'A', 'P', 'C', 'R', 'F', 'X']);

/** OBR-25 of an order that is not finished, as the status of a result whose own is empty. */
const UNFINISHED = {
  O: 'preliminary',
  I: 'preliminary',
  S: 'preliminary',
  A: 'preliminary',
  P: 'preliminary',
  R: 'preliminary',
} as const;

/** Reads the observations of one message. */
export class ObservationReader {
  readonly #message: Hl7Message;
  readonly #profile: Hl7Profile;
  readonly #times: MessageTimes;
  readonly #tests: Map<string, TestMapping>;
  readonly #remarksOf = new Map<OrderGroup, CanonicalFlag[]>();
  readonly #notesOf = new Map<readonly Hl7Segment[], readonly CanonicalComment[]>();

  constructor(message: Hl7Message, profile: Hl7Profile, times: MessageTimes) {
    this.#message = message;
    this.#profile = profile;
    this.#times = times;
    this.#tests = new Map(profile.tests.map((test) => [test.code, test]));
  }

  /** True for what a device sends as OBX besides its results: modes, settings, reagent data. */
  isNoResult(group: OrderGroup, observation: Observation): boolean {
    const { code, mapping } = this.#test(group, observation);
    if (mapping !== undefined) return false;
    if (remarkOf(this.#profile, code) !== null) return true;
    return this.#profile.notResults.some((one) => startsLike(one.code, code));
  }

  /** Remarks on the whole specimen that came with the same order, as flags. */
  #remarks(group: OrderGroup): CanonicalFlag[] {
    if (this.#profile.remarks.length === 0) return [];
    const known = this.#remarksOf.get(group);
    if (known !== undefined) return known;
    const found = group.observations.flatMap((observation) => {
      const { code, mapping } = this.#test(group, observation);
      const remark = mapping === undefined ? remarkOf(this.#profile, code) : null;
      if (remark === null) return [];
      const { obx } = observation;
      const said = [sentValue(obx, obx.value(2), 5).text.trim(), ...this.#flagCodes(group, observation)];
      if (said.some((one) => one !== '' && remark.unless.includes(one))) return [];
      const { text, interpretation, hold } = remark;
      return [{ code, meaning: { text, interpretation, hold } }];
    });
    this.#remarksOf.set(group, found);
    return found;
  }

  result(group: OrderGroup, observation: Observation): CanonicalResult {
    const { obx } = observation;
    const problems: InterpretProblem[] = [];
    const report: Report = (code, severity, text) =>
      problems.push({ code, severity, text, record: obx.index });
    const specimen = this.#specimen(group, observation, report);
    const { code, mapping } = this.#test(group, observation);
    if (mapping === undefined) report('unknownTest', 'hold', `The profile does not know the test "${code}".`);
    const { status, sentStatus } = this.#status(group, observation, report);
    const { value, sent } = this.#value(group, observation, mapping, status, report);
    const patient = patientOf(group);
    const { dilution } = this.#profile.dialect;
    const order = nearest(group, observation, 'OBR');
    const isQc = this.#isQc(group, observation, specimen.id ?? '', report);
    const lotAt = this.#profile.qc.lot ?? 'INV-16.1';
    const controlLot = isQc ? (at(group, observation, lotAt)?.text ?? '') : '';
    return {
      specimenId: specimen.id,
      instrumentSpecimenId: order?.value(3, 1).trim() ?? '',
      testCode: mapping?.test ?? null,
      instrumentCode: code,
      loinc: mapping?.loinc ?? null,
      value,
      sent: { ...sent, ...(specimen.sent === '' ? {} : { specimen: specimen.sent }) },
      flags: [
        ...canonicalFlags(this.#flagCodes(group, observation), this.#profile, report),
        ...this.#remarks(group),
      ],
      status,
      sentStatus,
      operator: firstAt(group, observation, this.#profile.dialect.operator)?.text ?? '',
      startedAt: { text: '', local: null, instant: null },
      completedAt: this.#measured(group, observation, report),
      instrumentSerial: firstAt(group, observation, this.#profile.dialect.serial)?.text ?? '',
      ...(patient === null ? {} : { patient }),
      isQc,
      ...(controlLot === '' ? {} : { controlLot }),
      dilution: dilution === null ? '' : withoutDelimiters(at(group, observation, dilution)),
      replicate: 1,
      comments: this.comments(group, observation),
      records: {
        header: 0,
        patient: nearest(group, observation, 'PID')?.index ?? null,
        order: order?.index ?? nearest(group, observation, 'SPM')?.index ?? null,
        result: obx.index,
      },
      problems,
    };
  }

  /** A picture, and what is wrong with it; `fault` is '' when nothing is. */
  image(group: OrderGroup, observation: Observation): { image: CanonicalImage; fault: string } {
    const { obx } = observation;
    const { data, contentType, fault } = readImage(obx);
    const { code } = this.#test(group, observation);
    return {
      image: {
        specimenId: this.#specimen(group, observation, () => {}).id,
        code,
        title: obx.value(3, 2).trim() || obx.value(3, 5).trim() || code,
        contentType,
        data,
        record: obx.index,
      },
      fault,
    };
  }

  /** NTE behind the observation, and behind its order and specimen: they are about it too. */
  comments(group: OrderGroup, observation: Observation): CanonicalComment[] {
    const scopes = [observation.about, group.order, group.specimen];
    return scopes.flatMap((scope) => this.#notes(scope));
  }

  /** Kept, since the notes of a specimen are those of all its results. */
  #notes(scope: readonly Hl7Segment[]): readonly CanonicalComment[] {
    const known = this.#notesOf.get(scope);
    if (known !== undefined) return known;
    const notes = scope.filter((one) => one.id === 'NTE').map((note) => this.comment(note));
    this.#notesOf.set(scope, notes);
    return notes;
  }

  comment(note: Hl7Segment): CanonicalComment {
    const count = note.repeats(3);
    const lines = Array.from({ length: count }, (_, i) => note.value(3, undefined, undefined, i + 1));
    return {
      source: note.value(2),
      text: lines.filter(Boolean).join('\n'),
      type: note.value(4, 1),
      record: note.index,
    };
  }

  /** The specimen by the profile's places. A field that names two specimens, or an order with two SPM, names none. */
  #specimen(
    group: OrderGroup,
    observation: Observation,
    report: Report,
  ): { id: string | null; sent: string } {
    const found = firstAt(group, observation, this.#profile.dialect.specimen);
    if (found === null) {
      report('noSpecimen', 'hold', 'The result names no specimen.');
      return { id: null, sent: '' };
    }
    const { segment, path, place } = found;
    const repeats = place.includes('[') ? 1 : segment.repeats(path.field);
    if (repeats > 1 || (group.specimens > 1 && path.segment === 'SPM')) {
      report('noSpecimen', 'hold', 'The order names more than one specimen.');
      return { id: null, sent: segment.field(path.field) };
    }
    return { id: found.text, sent: '' };
  }

  /**
   * M9: which test an observation is of. The first of the profile's places whose code it maps, else the first that has one. Two places with
   * codes of two different tests, or a field with two repeats, name none. A code that says it is LOINC (OBX-3.3, 3.6 `LN`) may be
   * the LOINC code the profile gives to one test only.
   */
  #test(group: OrderGroup, observation: Observation): { code: string; mapping: TestMapping | undefined } {
    const found = this.#profile.dialect.test
      .map((place) => at(group, observation, place))
      .filter((one) => one !== null);
    const [first] = found;
    const whole = observation.obx.value(3);
    if (first === undefined) return { code: whole, mapping: this.#tests.get(whole) };
    if (found.some((one) => !one.place.includes('[') && one.segment.repeats(one.path.field) > 1))
      return { code: observation.obx.field(3), mapping: undefined };
    const mapped = found.flatMap((one) => {
      const mapping = this.#mapped(one);
      return mapping === undefined ? [] : [{ code: one.text, mapping }];
    });
    const [best] = mapped;
    if (best === undefined) return { code: first.text, mapping: undefined };
    if (mapped.some((one) => one.mapping.test !== best.mapping.test))
      return { code: whole, mapping: undefined };
    return best;
  }

  #mapped({ text, path, segment }: Found): TestMapping | undefined {
    const exact = this.#tests.get(text);
    const system = path.component === 1 ? 3 : path.component === 4 ? 6 : null;
    const isLoinc = path.segment === 'OBX' && path.field === 3 && system !== null;
    if (exact !== undefined || !isLoinc || segment.value(3, system).trim() !== 'LN') return exact;
    const [one, ...others] = this.#profile.tests.filter((test) => test.loinc === text);
    return others.some((other) => other.test !== one?.test) ? undefined : one;
  }

  #value(
    group: OrderGroup,
    observation: Observation,
    mapping: TestMapping | undefined,
    status: CanonicalResult['status'],
    report: Report,
  ): Pick<CanonicalResult, 'value' | 'sent'> {
    const { obx } = observation;
    const { dialect } = this.#profile;
    const found = dialect.value === 'OBX-5' ? null : at(group, observation, dialect.value);
    const type = obx.value(2);
    const given =
      dialect.value === 'OBX-5'
        ? sentValue(obx, type, 5)
        : { text: found?.text ?? '', as: 'value' as const, raw: found?.text ?? '', fault: '' };
    if (given.fault !== '') report('structure', 'hold', given.fault);
    const cutShort = dialect.value === 'OBX-5' && obx.truncated(5);
    if (cutShort) report('structure', 'hold', 'The device cut the value short.');
    const [named, within] = [this.#unit(group, observation), cqUnit(obx, type)];
    if (named !== '' && within !== '' && plainUnit(named) !== plainUnit(within))
      report('unitMismatch', 'hold', `The value is in "${within}", but OBX-6 says "${named}".`);
    const unit = named || within;
    const text = answered(mapping, given.text);
    const value = canonicalValue({ text, unit }, mapping, status, dialect.comma, report, given.as);
    return { value, sent: { text: given.raw, unit } };
  }

  /**
   * The code of the unit, or its text where there is no code, or what the alternate coding or the original text say. A coding system alone
   * (`^^UCUM`, also one component too early) names no unit. A power such as `x10^9/L` whose `^` was not escaped is put together again: its first
   * half alone is the same for `10^9/L` and `10^6/L`, and must never be taken, or mapped, for a unit.
   */
  #unit(group: OrderGroup, observation: Observation): string {
    const { unit } = this.#profile.dialect;
    const found = at(group, observation, unit);
    const path = pathOf(unit);
    const segment = path === null ? undefined : nearest(group, observation, path.segment);
    if (path === null || segment === undefined || path.component !== 1) return found?.text ?? '';
    const [second = '', ...others] = [2, 4, 5, 9].map((n) => segment.value(path.field, n).trim());
    if (found === null) return [second, ...others].find((one) => one !== '' && one !== 'UCUM') ?? '';
    return /10$/.test(found.text) && /^[-+]?\d/.test(second) ? `${found.text}^${second}` : found.text;
  }

  #flagCodes(group: OrderGroup, observation: Observation): string[] {
    const found = at(group, observation, this.#profile.dialect.flags);
    const codes: string[] = [];
    if (found === null) return codes;
    const { segment, path } = found;
    for (let repeat = 1; repeat <= segment.repeats(path.field); repeat += 1) {
      const code = segment.value(path.field, path.component ?? 1, path.subcomponent, repeat).trim();
      codes.push(code || segment.value(path.field, undefined, undefined, repeat).trim());
    }
    return codes;
  }

  /**
   * M8: OBX-11 by the profile; OBR-25 is of another value set and never stands in for it. But a cancelled order has no results, and where OBX-11 is
   * empty a result is not final before its order is.
   */
  #status(
    group: OrderGroup,
    observation: Observation,
    report: Report,
  ): Pick<CanonicalResult, 'status' | 'sentStatus'> {
    const sentStatus = at(group, observation, this.#profile.dialect.status)?.text ?? '';
    const ofOrder = nearest(group, observation, 'OBR')?.value(25, 1).trim() ?? '';
    const order = { place: 'OBR-25', text: ofOrder, means: UNFINISHED };
    const status = canonicalStatus(sentStatus, this.#profile, report, order);
    if (!ORDER_STATUSES.has(ofOrder))
      report('unmappedStatus', 'hold', `OBR-25 is no status of an order with results: "${ofOrder}".`);
    return { status, sentStatus };
  }

  #measured(group: OrderGroup, observation: Observation, report: Report): InstrumentTime {
    const found = firstAt(group, observation, this.#profile.dialect.measured);
    if (found === null) return { text: '', local: null, instant: null };
    const { segment, path, place } = found;
    const text = segment.value(path.field, path.component ?? 1, path.subcomponent, path.repeat).trim();
    const time = this.#times.read(text);
    if (time.local === null) report('badTime', 'notice', `${place} is not a time.`);
    return time;
  }

  /** M6: MSH-11 or SPM-11 `Q`, the specimen action code (OBR-11), the beginning of the specimen's number, and the profile's own places. */
  #isQc(group: OrderGroup, observation: Observation, specimenId: string, report: Report): boolean {
    const { processing, actionCodes, specimenPrefixes, places } = this.#profile.qc;
    const role = nearest(group, observation, 'SPM')?.value(11, 1).trim() ?? '';
    const byPlace = places.some(({ place, values }) => {
      const found = at(group, observation, place);
      return found !== null && matches(values, found.text);
    });
    const mark = this.#message.processingId.trim();
    const action = nearest(group, observation, 'OBR')?.value(11, 1).trim() ?? '';
    const isQc =
      byPlace ||
      mark === 'Q' ||
      processing.includes(mark) ||
      role === 'Q' ||
      (action !== '' && actionCodes.includes(action)) ||
      specimenPrefixes.some((prefix) => specimenId.startsWith(prefix));
    const other = own(NOT_PATIENT, role);
    if (!isQc && other !== null) {
      report('notProduction' satisfies ProblemCode, 'hold', `The specimen is ${other} (SPM-11 ${role}).`);
    }
    return isQc;
  }
}

/** PID-2, PID-3 and PID-4 with all repeats, and PID-5; null when there is none of them. */
function patientOf(group: OrderGroup): SentPatient | null {
  const pid = group.patient.find((one) => one.id === 'PID');
  if (pid === undefined) return null;
  const ids = [2, 3, 4].flatMap((n) =>
    Array.from({ length: pid.repeats(n) }, (_, i) => pid.value(n, 1, undefined, i + 1).trim()),
  );
  const known = [...new Set(ids.filter((id) => id !== ''))];
  const family = pid.value(5, 1, 1).trim();
  const given = pid.value(5, 2).trim();
  return known.length === 0 && family === '' && given === '' ? null : { ids: known, family, given };
}

/** CQ: a quantity with its unit in the second component. */
function cqUnit(obx: Hl7Segment, type: string): string {
  return type.trim().toUpperCase() === 'CQ' ? obx.value(5, 2, 1).trim() : '';
}

/** `^1^:^5` (SN) as `1:5`. */
function withoutDelimiters(found: Found | null): string {
  if (found === null) return '';
  const { segment, path } = found;
  if (path.component !== undefined) return found.text;
  return (segment.parts(path.field)[path.repeat - 1] ?? []).map((piece) => piece.join('')).join('');
}
