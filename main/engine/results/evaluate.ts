import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { ResultDoc, ResultValue } from '../../../shared/documents/result.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { deltaCheck, previousResult } from '../../../shared/domain/delta.ts';
import { interpret } from '../../../shared/domain/interpret.ts';
import { chooseRange } from '../../../shared/domain/range.ts';
import { decideVerdict } from '../../../shared/domain/verdict.ts';
import type { Bench } from '../bench.ts';
import { utcOffsetMinutes } from '../local-time.ts';
import { gateOf } from '../qc/gate.ts';
import { readSetting } from '../settings.ts';
import type { Latest, Reader } from '../store/store.ts';
import { mappingReasons } from './mapping-verified.ts';

/** Earlier results looked at for one patient and test. */
const HISTORY = 50;

/** What the rules are asked about. */
export interface Measurement {
  id: string;
  test: CatalogDoc;
  specimen: SpecimenDoc;
  patient: PatientDoc;
  value: ResultValue;
  /** As the instrument calls it; `final` for a value entered by hand. */
  status: ResultDoc['status'];
  flags: readonly string[];
  /** '' for a value entered by hand. */
  instrumentId: string;
  enteredByHand: boolean;
}

/** What the rules decided: the fields of a result that hold it. */
export type Evaluation = Pick<
  ResultDoc,
  'interpretation' | 'range' | 'verdict' | 'because' | 'ruleSetVersion' | 'previous'
>;

/** Results of one patient and test, latest collection first. */
export async function historyOf(reader: Reader, patientId: string, testCode: string, limit = HISTORY) {
  return reader.find('results', {
    selector: { patientId: { $eq: patientId }, testCode: { $eq: testCode } },
    sort: [{ patientId: 'desc' }, { testCode: 'desc' }, { effectiveTime: 'desc' }],
    limit,
  });
}

type Compared = Parameters<typeof previousResult<ResultDoc>>[1];

/** V1: the result to compare with, looked for from the latest collection back and no further than needed. */
async function previousOf(reader: Latest, now: Compared): Promise<ResultDoc | null> {
  let second = '';
  const by = { patientId: { $eq: now.patientId }, testCode: { $eq: now.testCode } };
  const history = await reader.latest('results', by, HISTORY, (one) => {
    const at = one.effectiveTime;
    if (second !== '') return !at.startsWith(second);
    if (previousResult([one], now) === null) return false;
    // With milliseconds the texts are in the order of the times. Without, a later one of the same second may follow.
    if (at.length === 'YYYY-MM-DDTHH:MM:SS.mmmZ'.length) return true;
    second = at.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
    return false;
  });
  return previousResult(history, now);
}

/** Asks every rule about one measurement (V1, V2, V4), with what this station knows now. */
export async function evaluate(bench: Bench, reader: Reader & Latest, m: Measurement): Promise<Evaluation> {
  const { test, specimen, patient, value } = m;
  const collected = specimen.collectedTime;
  const rangeChoice = chooseRange(test, {
    sex: patient.sex,
    birthDate: patient.birthDate,
    collectedTime: collected,
    specimenType: specimen.typeCode,
    utcOffsetMinutes: collected === '' ? 0 : utcOffsetMinutes(bench.station.timeZone, new Date(collected)),
  });
  const interpreted = interpret(value, rangeChoice.range, test.unit);
  const effectiveTime = collected || specimen.receivedTime;
  const now = { id: m.id, patientId: patient.id, testCode: test.code, effectiveTime, value };
  const before = await previousOf(reader, now);
  const delta = deltaCheck({
    rule: test.delta,
    current: { value, at: effectiveTime },
    previous: before === null ? null : { resultId: before.id, value: before.value, at: before.effectiveTime },
    historyComplete: true,
  });
  const gate = await gateOf(reader, bench.qcLots, m.instrumentId, test.code, bench.clock.now().toISOString());
  const suspended = await readSetting<boolean>(reader, 'autoverificationSuspended');
  const outcome = decideVerdict({
    value,
    status: m.status,
    test,
    rangeChoice,
    interpreted,
    delta,
    flags: m.flags,
    specimen,
    patient,
    qc: gate.because,
    mapping: await mappingReasons(bench, reader, m.instrumentId, test),
    autoverification: suspended !== true,
    syncConflict: [specimen.syncState, patient.syncState].includes('conflict'),
    enteredByHand: m.enteredByHand,
  });
  return {
    interpretation: interpreted.interpretation,
    range: rangeChoice.range,
    verdict: outcome.verdict,
    because: outcome.because,
    ruleSetVersion: outcome.ruleSetVersion,
    previous:
      before === null
        ? null
        : {
            resultId: before.id,
            text: before.value.text,
            ...(before.value.number === undefined ? {} : { number: before.value.number }),
            at: before.effectiveTime,
            delta: delta.delta,
          },
  };
}
