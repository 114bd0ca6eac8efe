import type { Reason } from '../documents/common.ts';
import type { OrderDoc } from '../documents/order.ts';
import type { PatientDoc } from '../documents/patient.ts';
import type { ResultDoc } from '../documents/result.ts';
import type { SpecimenDoc } from '../documents/specimen.ts';
import type { GateState } from './qc/gate.ts';
import { has, reason } from './reason.ts';

type ReportOrder = Pick<OrderDoc, 'id' | 'status' | 'testCodes' | 'display' | 'catalogCode'>;
type ReportSpecimen = Pick<
  SpecimenDoc,
  | 'id'
  | 'status'
  | 'testCodes'
  | 'typeDisplay'
  | 'collectedTime'
  | 'receivedTime'
  | 'conditionCode'
  | 'conditionText'
>;

/** One test that the report still waits for. */
export interface MissingTest {
  orderId: string;
  testCode: string;
  why:
    | 'notDrawn'
    | 'notReceived'
    | 'specimenRejected'
    | 'notMeasured'
    | 'rejected'
    | 'held'
    | 'ready'
    | 'blocked';
}

export interface Readiness {
  /** `waiting`: every ordered test is released or cancelled, the report waits for its signature. */
  state: 'incomplete' | 'waiting';
  missing: MissingTest[];
  /** Ids of the current released results, in the order of the orders and their tests. */
  resultIds: string[];
}

/** Orders that ask for something: not drafts, not cancelled. */
function live(orders: readonly ReportOrder[]): ReportOrder[] {
  return orders.filter((one) => !['draft', 'revoked', 'entered-in-error'].includes(one.status));
}

/** A version that stands: current and not withdrawn. */
function standing(result: Pick<ResultDoc, 'current' | 'status'>): boolean {
  return result.current && result.status !== 'entered-in-error';
}

/**
 * Is the report of a requisition complete? Every test of every live order needs a current released result, or one the instrument or a
 * person cancelled and released as such. A requisition with no live order is never complete.
 */
export function reportReadiness(
  orders: readonly ReportOrder[],
  specimens: readonly ReportSpecimen[],
  results: readonly Pick<ResultDoc, 'id' | 'testCode' | 'current' | 'status' | 'verdict'>[],
): Readiness {
  const current = results.filter(standing);
  const missing: MissingTest[] = [];
  const resultIds = new Set<string>();
  const asked = live(orders);
  for (const order of asked) {
    for (const testCode of order.testCodes) {
      const found = current.filter((one) => one.testCode === testCode);
      const released = found.filter((one) => one.verdict === 'released');
      for (const one of released) resultIds.add(one.id);
      const open = found.find((one) => one.verdict !== 'released' && one.verdict !== 'rejected');
      if (open !== undefined && open.verdict !== 'released') {
        missing.push({ orderId: order.id, testCode, why: open.verdict });
      } else if (released.length === 0) {
        missing.push({ orderId: order.id, testCode, why: whyNot(testCode, found.length > 0, specimens) });
      }
    }
  }
  const complete = asked.length > 0 && missing.length === 0 && resultIds.size > 0;
  return { state: complete ? 'waiting' : 'incomplete', missing, resultIds: [...resultIds] };
}

function whyNot(
  testCode: string,
  rejected: boolean,
  specimens: readonly ReportSpecimen[],
): MissingTest['why'] {
  if (rejected) return 'rejected';
  const tubes = specimens.filter((one) => one.testCodes.includes(testCode));
  if (tubes.some((one) => one.status === 'received' || one.status === 'disposed')) return 'notMeasured';
  if (tubes.some((one) => one.status === 'expected')) return 'notReceived';
  return tubes.length > 0 ? 'specimenRejected' : 'notDrawn';
}

/** Title of a report from its orders: `Electrolytes, Renal`; more than three: `Electrolytes, Renal and 2 more`. */
export function reportTitle(orders: readonly ReportOrder[]): string {
  const names = [...new Set(live(orders).map((one) => one.display.trim() || one.catalogCode))];
  if (names.length <= 3) return names.join(', ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

export interface SignInput {
  patient: Pick<PatientDoc, 'identifier' | 'familyName' | 'givenName' | 'birthDate' | 'mergedInto'> | null;
  laboratory: { name: string; address: string };
  orders: readonly ReportOrder[];
  specimens: readonly ReportSpecimen[];
  /** All versions of the requisition's results. */
  results: readonly ResultDoc[];
  /** Critical results whose call is recorded (V3), by id: the code of the station it was recorded at, empty for this one. */
  called: ReadonlyMap<string, string>;
  /** What the controls said when a result was judged, by result id; a result not in it counts as without control. */
  qc: ReadonlyMap<string, GateState>;
  /** Version of the report and, from version 2 on, why it corrects the one before. */
  version: number;
  correctionReason: string;
}

/**
 * Checks before signing: completeness, the elements of C1, QC since release (W13), critical calls (V3), corrections (C1 k). Outcomes are
 * `pass`, `block` (may not be signed) and `note` (the signer should see it). One reason per rule, passes included, in a fixed order.
 */
export function signChecks(input: SignInput): Reason[] {
  const readiness = reportReadiness(input.orders, input.specimens, input.results);
  const released = input.results.filter((one) => standing(one) && readiness.resultIds.includes(one.id));
  const tubes = input.specimens.filter((one) => released.some((r) => r.specimenId === one.id));
  return [
    completeCheck(readiness, released),
    patientCheck(input.patient),
    input.laboratory.name.trim() !== '' && input.laboratory.address.trim() !== ''
      ? reason('C1.laboratory', 'pass', 'Laboratory name and address are on the report.')
      : reason(
          'C1.laboratory',
          'block',
          'The laboratory’s name or address is missing: enter it under Admin.',
        ),
    specimenCheck(released, tubes),
    conditionCheck(tubes),
    unitCheck(released),
    qcCheck(released, input.qc),
    criticalCheck(released, input.called),
    correctionCheck(input),
  ];
}

/** True when nothing blocks the signature. */
export function maySign(checks: readonly Reason[]): boolean {
  return checks.length > 0 && !has(checks, 'block');
}

/** A test of a tube that two stations entered stands twice until a person has decided: until then no report may say both. */
function twiceIn(released: readonly ResultDoc[]): string[] {
  const tests = Map.groupBy(released, (one) => `${one.accessionIdentifier} ${one.testCode}`);
  return [...tests.values()].flatMap(([first, second]) =>
    first === undefined || second === undefined
      ? []
      : [`${first.testName} (${first.value.text} and ${second.value.text})`],
  );
}

function completeCheck(readiness: Readiness, released: readonly ResultDoc[]): Reason {
  if (readiness.state === 'waiting') {
    const twice = twiceIn(released).join(', ');
    if (twice !== '') {
      return reason('complete', 'block', `Entered at two stations, not decided yet: ${twice}.`, { twice });
    }
    return reason('complete', 'pass', `All ${readiness.resultIds.length} results are released.`);
  }
  const codes = readiness.missing.map((one) => one.testCode).join(', ');
  return reason('complete', 'block', codes === '' ? 'Nothing is ordered.' : `Not released: ${codes}.`, {
    missing: codes,
  });
}

function patientCheck(patient: SignInput['patient']): Reason {
  if (patient === null) return reason('C1.patient', 'block', 'The patient is not known.');
  const name = `${patient.familyName}${patient.givenName}`.trim();
  if (name === '' || patient.identifier === '') {
    return reason('C1.patient', 'block', 'Name or identifier of the patient is missing.');
  }
  if (patient.mergedInto !== '')
    return reason('C1.patient', 'note', 'This patient was merged into another one.');
  return patient.birthDate === ''
    ? reason('C1.patient', 'note', 'Name and identifier are there; the birth date is not known.')
    : reason('C1.patient', 'pass', 'Name, identifier and birth date are there.');
}

function specimenCheck(released: readonly ResultDoc[], tubes: readonly ReportSpecimen[]): Reason {
  const known = new Set(tubes.filter((one) => one.typeDisplay !== '').map((one) => one.id));
  const without = released.filter((one) => !known.has(one.specimenId)).map((one) => one.testCode);
  if (without.length > 0) {
    return reason('C1.specimen', 'block', `No specimen source for ${without.join(', ')}.`, {
      tests: without.join(', '),
    });
  }
  if (tubes.some((one) => one.collectedTime === '')) {
    return reason('C1.specimen', 'note', 'A collection time is not known.');
  }
  return reason('C1.specimen', 'pass', 'Every result names its specimen and collection time.');
}

function conditionCheck(tubes: readonly ReportSpecimen[]): Reason {
  const poor = tubes.filter((one) => one.conditionCode !== '' || one.status === 'rejected');
  if (poor.length === 0) return reason('C1.condition', 'pass', 'All specimens were acceptable.');
  if (poor.some((one) => one.conditionText.trim() === '')) {
    return reason('C1.condition', 'block', 'A specimen was not acceptable and its condition is not stated.');
  }
  return reason(
    'C1.condition',
    'note',
    `Stated on the report: ${poor.map((one) => one.conditionText).join('; ')}.`,
  );
}

function unitCheck(released: readonly ResultDoc[]): Reason {
  const bare = released
    .filter((one) => one.value.kind === 'quantity' && one.value.unit === '')
    .map((one) => one.testCode);
  if (bare.length > 0)
    return reason('C1.unit', 'block', `No unit: ${bare.join(', ')}.`, { tests: bare.join(', ') });
  const open = released.filter((one) => one.range === null).map((one) => one.testCode);
  if (open.length > 0)
    return reason('C1.unit', 'note', `Without a reference range: ${open.join(', ')}.`, {
      tests: open.join(', '),
    });
  return reason('C1.unit', 'pass', 'Every result has its unit and range.');
}

function qcCheck(released: readonly ResultDoc[], qc: SignInput['qc']): Reason {
  const of = (state: GateState) =>
    released.filter((one) => (qc.get(one.id) ?? 'none') === state).map((one) => one.testCode);
  const rejected = of('rejected');
  if (rejected.length > 0) {
    return reason('W13.qc', 'block', `Quality control rejected: ${rejected.join(', ')}.`, {
      tests: rejected.join(', '),
    });
  }
  const open = of('none');
  if (open.length > 0) {
    return reason('W13.qc', 'note', `Quality control not evaluated: ${open.join(', ')}.`, {
      tests: open.join(', '),
    });
  }
  return reason('W13.qc', 'pass', 'Quality control in control for every result.');
}

function criticalCheck(released: readonly ResultDoc[], called: SignInput['called']): Reason {
  const critical = released.filter((one) => one.interpretation === 'LL' || one.interpretation === 'HH');
  const uncalled = critical.filter((one) => !called.has(one.id)).map((one) => one.testCode);
  if (uncalled.length > 0) {
    return reason('V3.critical', 'block', `Critical and the call not recorded: ${uncalled.join(', ')}.`, {
      tests: uncalled.join(', '),
    });
  }
  return critical.length === 0
    ? reason('V3.critical', 'pass', 'No critical value.')
    : reason('V3.critical', 'pass', `Call recorded for ${critical.map(named).join(', ')}.`);

  function named({ id, testCode }: ResultDoc): string {
    const station = called.get(id) ?? '';
    return station === '' ? testCode : `${testCode} (at ${station})`;
  }
}

function correctionCheck(input: SignInput): Reason {
  const list = corrections(input.results);
  if (input.version > 1 && input.correctionReason.trim() === '') {
    return reason('C1.correction', 'block', 'A corrected report needs its reason.');
  }
  if (list.length === 0) return reason('C1.correction', 'pass', 'No released value was corrected.');
  return reason(
    'C1.correction',
    'note',
    `Old and new value are both shown: ${list.map((one) => one.testCode).join(', ')}.`,
  );
}

/** A corrected value with both versions (C1 k). Times are instants of release. */
export interface Correction {
  resultId: string;
  testCode: string;
  testName: string;
  unit: string;
  oldText: string;
  newText: string;
  oldAt: string;
  newAt: string;
  by: string;
  why: string;
}

/**
 * Corrections a report must show (C1 k): each current released result that replaces a version which had itself been released.
 * Versions that were never released (reruns before release) are passed over, back to the last released one.
 * @param results all versions.
 */
export function corrections(results: readonly ResultDoc[]): Correction[] {
  const byId = new Map(results.map((one) => [one.id, one]));
  const found: Correction[] = [];
  for (const now of results) {
    if (!standing(now) || now.verdict !== 'released') continue;
    const seen = new Set<string>([now.id]);
    let before = byId.get(now.replacesId);
    while (before !== undefined && before.verifiedTime === '' && !seen.has(before.id)) {
      seen.add(before.id);
      before = byId.get(before.replacesId);
    }
    if (before === undefined || before.verifiedTime === '' || seen.has(before.id)) continue;
    found.push({
      resultId: now.id,
      testCode: now.testCode,
      testName: now.testName,
      unit: now.value.unit,
      oldText: before.value.text,
      newText: now.value.text,
      oldAt: before.verifiedTime,
      newAt: now.verifiedTime,
      by: now.verifiedBy,
      why: now.comment,
    });
  }
  return found;
}
