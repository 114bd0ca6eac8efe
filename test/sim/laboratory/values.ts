import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { ResultValue, UsedRange } from '../../../shared/documents/result.ts';
import { chooseRange, type RangeChoice } from '../../../shared/domain/range.ts';
import { Random } from './random.ts';

/** Lower ends of measuring ranges: below them the analyser prints `<…`. */
const smallest: Record<string, number> = { CRP: 0.6, TROP: 3, TSH: 0.01 };

/** What some patients live with: factors on the middle of the range. */
const conditions: readonly { share: number; factors: Record<string, number> }[] = [
  { share: 0.06, factors: { CREA: 2.4, UREA: 2.6, K: 1.12, HGB: 0.82, RBC: 0.82 } },
  { share: 0.07, factors: { GLU: 1.9 } },
  { share: 0.06, factors: { ALT: 2.5, AST: 2.2, GGT: 4, BILT: 1.8, ALB: 0.85 } },
  { share: 0.06, factors: { HGB: 0.78, RBC: 0.88, MCV: 0.87 } },
  { share: 0.04, factors: { INR: 2.4 } },
  { share: 0.03, factors: { TSH: 3, FT4: 0.7 } },
  { share: 0.05, factors: { CRP: 12, WBC: 1.6 } },
  { share: 0.03, factors: { PLT: 0.4 } },
];

interface State {
  /** Level around which the patient moves. */
  base: number;
  /** Present deviation from it, in units of `step`. */
  deviation: number;
  step: number;
}

/**
 * Values of a patient over time: each test has its own level and moves around it with memory (autoregressive), so that neighbours in
 * time resemble each other as real ones do. HCT and HGB follow from RBC and MCV, NEUT and LYMPH from WBC, PT from INR.
 */
export class Patients {
  readonly #seed: string;
  readonly #tests: ReadonlyMap<string, CatalogDoc>;
  readonly #states = new Map<string, State>();
  readonly #ranges = new Map<string, RangeChoice>();
  readonly #ills = new Map<string, Record<string, number>>();
  /** True when no range changes between 19 and 119 years: then an adult's range does not depend on the day. */
  readonly #adultsAreOne: boolean;

  constructor(seed: string, catalog: readonly CatalogDoc[]) {
    this.#seed = seed;
    this.#tests = new Map(catalog.filter((one) => one.kind === 'test').map((one) => [one.code, one]));
    this.#adultsAreOne = catalog.every((test) =>
      test.ranges.every((rule) =>
        [rule.ageLowDays, rule.ageHighDays].every((days) => days <= 19 * 365.25 || days >= 119 * 365.25),
      ),
    );
  }

  /** The range for a patient on a day, remembered. */
  range(test: CatalogDoc, patient: PatientDoc, collectedTime: string): RangeChoice {
    const { sex, birthDate } = patient;
    const years = Number(collectedTime.slice(0, 4)) - Number(birthDate.slice(0, 4));
    const grown = this.#adultsAreOne && birthDate !== '' && years > 20 && years < 118;
    const key = `${test.code} ${sex} ${grown ? '' : `${birthDate} ${collectedTime.slice(0, 10)}`}`;
    let choice = this.#ranges.get(key);
    if (choice === undefined) {
      if (this.#ranges.size > 50_000) this.#ranges.clear();
      choice = chooseRange(test, { sex, birthDate, collectedTime, specimenType: test.specimenType });
      this.#ranges.set(key, choice);
    }
    return choice;
  }

  /** Measures tests of one patient at one time. A test the catalogue does not have is left out. */
  measure(
    random: Random,
    patient: PatientDoc,
    testCodes: readonly string[],
    collectedTime: string,
  ): Map<string, { value: ResultValue; choice: RangeChoice }> {
    const level = new Map<string, number>();
    const of = (code: string): number => {
      const known = level.get(code);
      if (known !== undefined) return known;
      const n = this.#level(random, patient, code, collectedTime, of);
      level.set(code, n);
      return n;
    };
    const measured = new Map<string, { value: ResultValue; choice: RangeChoice }>();
    for (const code of testCodes) {
      const test = this.#tests.get(code);
      if (test === undefined) continue;
      measured.set(code, { value: asSent(test, of(code)), choice: this.range(test, patient, collectedTime) });
    }
    return measured;
  }

  #level(
    random: Random,
    patient: PatientDoc,
    code: string,
    at: string,
    of: (code: string) => number,
  ): number {
    if (code === 'HCT') return (of('RBC') * of('MCV')) / 10;
    if (code === 'HGB') return of('HCT') * 3.34 * (1 + 0.008 * random.normal());
    if (code === 'NEUT') return of('WBC') * clamp(0.58 + 0.05 * random.normal(), 0.35, 0.68);
    if (code === 'LYMPH') return of('WBC') * clamp(0.29 + 0.03 * random.normal(), 0.12, 0.32);
    if (code === 'PT') return of('INR') * 10.9 * (1 + 0.01 * random.normal());
    const key = `${patient.id} ${code}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = this.#start(patient, code, at);
      this.#states.set(key, state);
    }
    state.deviation = 0.75 * state.deviation + 0.66 * random.normal();
    const test = this.#tests.get(code);
    const low = Math.max(test?.plausibleLow ?? 0, state.base * 0.1);
    return clamp(state.base + state.deviation * state.step, low, test?.plausibleHigh ?? Number.MAX_VALUE);
  }

  /** A patient's own level: somewhere in the middle of the range, moved by what the patient lives with. */
  #start(patient: PatientDoc, code: string, at: string): State {
    const own = new Random(`${this.#seed}/${patient.id}/${code}`);
    const test = this.#tests.get(code);
    const limits = test === undefined ? null : this.#likelyRange(test, patient, at);
    const high = limits?.high ?? 10;
    const low = limits?.low ?? high * 0.1;
    const middle = (low + high) / 2;
    const width = high - low;
    const oneSided = limits?.low === undefined;
    const base = oneSided
      ? high * clamp(0.4 + 0.12 * own.normal(), 0.15, 0.8)
      : middle + 0.13 * width * own.normal();
    const factor = this.#illness(patient)[code] ?? 1;
    return {
      base: base * factor,
      deviation: own.normal() * 0.8,
      step: width * 0.06 * Math.max(1, factor * 0.8),
    };
  }

  /** The range the values are made from: the patient's, else the one for a woman, else any the test has. */
  #likelyRange(test: CatalogDoc, patient: PatientDoc, at: string): Pick<UsedRange, 'low' | 'high'> | null {
    const { birthDate } = patient;
    const subject = { sex: 'female' as const, birthDate, collectedTime: at, specimenType: test.specimenType };
    return (
      this.range(test, patient, at).range ?? chooseRange(test, subject).range ?? test.ranges.at(-1) ?? null
    );
  }

  #illness(patient: PatientDoc): Record<string, number> {
    let factors = this.#ills.get(patient.id);
    if (factors === undefined) {
      const own = new Random(`${this.#seed}/${patient.id}`);
      factors = {};
      for (const one of conditions) if (own.chance(one.share)) factors = { ...factors, ...one.factors };
      this.#ills.set(patient.id, factors);
    }
    return factors;
  }
}

function clamp(n: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, n));
}

/** A number as the analyser would send it: with the test's decimals, or with a comparator below the measuring range. */
function asSent(test: CatalogDoc, n: number): ResultValue {
  const limit = smallest[test.code];
  if (limit !== undefined && n < limit) {
    return { text: `<${limit}`, kind: 'quantity', number: limit, comparator: '<', unit: test.unit };
  }
  const text = n.toFixed(test.decimals);
  return { text, kind: 'quantity', number: Number(text), unit: test.unit };
}
