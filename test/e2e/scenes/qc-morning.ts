import type { Engine } from '../../../main/engine/engine.ts';
import { eventsId, type QcEvent } from '../../../main/engine/qc/events.ts';
import { type ArrivedControl, recordControls } from '../../../main/engine/qc/record.ts';
import { putSetting } from '../../../main/engine/settings.ts';
import { newBase } from '../../../shared/documents/common.ts';
import type { LotDoc } from '../../../shared/documents/lot.ts';
import { EngineClient } from '../../contract/engine-client.ts';
import { gaussian, seeded, seedOf } from '../../sim/analyser/random.ts';
import { qcTarget } from '../../sim/analyser/values.ts';
import { scenePeople } from './prepare.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Days of controls, and how many days ago the lots in use began. */
const DAYS = 60;
const LOT_CHANGE = 22;
/** Days since the last calibration of the chemistry analyser. */
const CALIBRATED = 5;

/** Tests with controls by instrument. */
const measured: Readonly<Record<string, readonly string[]>> = {
  CHEM1: ['NA', 'K', 'CL', 'CREA', 'GLU', 'ALT', 'ALB', 'CRP'],
  HEM1: ['HGB', 'WBC', 'PLT'],
  COAG1: ['INR', 'PT'],
};

/** Deviations that are not left to chance: by test, level and days ago. */
const told: Readonly<Record<string, number>> = {
  'NA 1 0': 2.31,
  'NA 2 0': 3.42,
  'NA 1 1': 0.9,
  'NA 2 1': 1.1,
  'NA 1 2': 0.7,
  'NA 2 2': 0.8,
  'NA 1 3': 0.2,
  'NA 2 3': 0.4,
  'NA 1 17': -2.15,
  'NA 2 13': -3.31,
  'ALB 1 0': 2.21,
  'CRP 2 0': -2.14,
};

export interface QcMorningOptions {
  /** False: today's controls were all good. Default true: sodium was rejected, albumin and CRP warn, the INR is overdue. */
  trouble?: boolean;
}

/** What the controls of a morning are made of. */
interface Making {
  engine: Engine;
  now: number;
  station: string;
  trouble: boolean;
}

/**
 * Sixty days of controls of two levels on three analysers, posted as they came and judged by the engine: a change of lots, a calibration that ends the
 * windows, an exclusion with its reason, and this morning's trouble.
 */
export async function qcMorning(engine: Engine, { trouble = true }: QcMorningOptions = {}): Promise<void> {
  const making: Making = { engine, now: Date.now(), station: engine.station.code, trouble };
  const old = ([1, 2] as const).map((level) => lotOf(making, level, false));
  const used = ([1, 2] as const).map((level) => lotOf(making, level, true));
  await putLots(making, old);
  await putEvents(making);
  await post(making, DAYS, LOT_CHANGE + 1);
  await putLots(making, [...old.map((lot): LotDoc => ({ ...lot, state: 'ended' })), ...used]);
  await post(making, LOT_CHANGE, 0);
  await explain(making);
}

const idOf = (making: Making, instrument: string): string => `${making.station}.${instrument}`;
const daysAgo = (making: Making, days: number): string => new Date(making.now - days * DAY).toISOString();

function lotOf(making: Making, level: 1 | 2, used: boolean): LotDoc {
  const from = daysAgo(making, used ? LOT_CHANGE + 0.5 : DAYS + 5);
  const id = `qc-lot-${used ? 'used' : 'old'}-${level}`;
  const lot = used ? `LOT${level}01` : `LOT${level}00`;
  return {
    ...newBase(id, from, 'local'),
    material: 'Level',
    manufacturer: 'Example Controls',
    lot,
    level: String(level),
    expiresOn: daysAgo(making, used ? -200 : 10).slice(0, 10),
    openedTime: daysAgo(making, used ? 3 : 30),
    openStabilityHours: 14 * 24,
    sentAs: [`QC-L${level}`],
    state: 'current',
    targets: Object.values(measured)
      .flat()
      .map((testCode) => {
        const { mean, sd, decimals } = qcTarget(testCode, level);
        return {
          id: `${id}-${testCode}`,
          testCode,
          instrumentId: '',
          kind: used ? ('established' as const) : ('manufacturer' as const),
          mean: mean.toFixed(decimals),
          sd: sd.toFixed(decimals + 1),
          unit: making.engine.bench.catalog.test(testCode)?.unit ?? '',
          points: used ? 20 : 0,
          fromTime: from,
          setBy: scenePeople.lead.name,
          setTime: from,
          approvedBy: scenePeople.supervisor.name,
          approvedTime: from,
        };
      }),
  };
}

async function putLots({ engine, station, now }: Making, lots: readonly LotDoc[]): Promise<void> {
  const at = new Date(now).toISOString();
  await engine.bench.store.write({ actor: 'scene', command: 'seed', station, at }, async (unit) => {
    for (const lot of lots) unit.put('lots', lot);
  });
  await engine.bench.qcLots.load(engine.bench.store);
}

/** The calibration of the chemistry analyser, between two days' controls. */
async function putEvents(making: Making): Promise<void> {
  const { engine, station } = making;
  const at = daysAgo(making, CALIBRATED + 0.35);
  const event: QcEvent = {
    id: 'qc-calibration',
    at,
    kind: 'calibration',
    text: '',
    by: scenePeople.lead.name,
    breaksWindow: true,
  };
  await engine.bench.store.write({ actor: 'scene', command: 'seed', station, at }, (unit) =>
    putSetting(unit, at, eventsId(idOf(making, 'CHEM1')), [event]),
  );
}

/** Controls from so many days ago to so many, each day a run of both levels. */
async function post(making: Making, from: number, to: number): Promise<void> {
  const { engine, station } = making;
  for (const [instrument, tests] of Object.entries(measured)) {
    for (const testCode of tests) {
      const arrived: ArrivedControl[] = [];
      for (let day = from; day >= to; day -= 1) arrived.push(...runOn(making, instrument, testCode, day));
      const at = arrived.at(-1)?.postedTime;
      if (at === undefined) continue;
      await engine.bench.store.write({ actor: instrument, command: 'qc', station, at }, (unit) =>
        recordControls(engine.bench, unit, at, arrived),
      );
    }
  }
}

function runOn(making: Making, instrument: string, testCode: string, day: number): ArrivedControl[] {
  // The coagulation analyser's controls of today were not run: they are overdue.
  if (making.trouble && instrument === 'COAG1' && day === 0) return [];
  const random = seeded(seedOf('qc', testCode, day));
  const early = instrument === 'COAG1' ? 150 : 4;
  return ([1, 2] as const).map((level) => {
    const { mean, sd, decimals } = qcTarget(testCode, level);
    const chance = Math.max(-1.9, Math.min(1.9, gaussian(random) * 0.8));
    const z = making.trouble || day > 0 ? (told[`${testCode} ${level} ${day}`] ?? chance) : chance / 2;
    const at = new Date(making.now - day * DAY - (early - level / 2) * MINUTE).toISOString();
    const text = (mean + sd * z).toFixed(decimals);
    const unit = making.engine.bench.catalog.test(testCode)?.unit ?? '';
    return {
      instrumentId: idOf(making, instrument),
      testCode,
      material: `QC-L${level}`,
      lot: day > LOT_CHANGE ? `LOT${level}00` : `LOT${level}01`,
      value: { text, kind: 'quantity' as const, number: Number(text), unit },
      measuredTime: at,
      postedTime: at,
      operator: scenePeople.technician.name,
      sourceKey: '',
      messageId: '',
    };
  });
}

/** What people did: the wrong vial of two weeks ago was excluded, this morning's reject has a first action. */
async function explain(making: Making): Promise<void> {
  const lead = new EngineClient(making.engine, 'qc-lead');
  await lead.command('access.signIn', {
    username: scenePeople.lead.username,
    secret: scenePeople.lead.secret,
  });
  const [chart] = await lead.rows('qc.chart', {
    instrumentId: idOf(making, 'CHEM1'),
    testCode: 'NA',
    limit: 500,
  });
  const rejected = chart?.points.filter((one) => one.z !== null && Math.abs(one.z) > 3) ?? [];
  const wrong = rejected.find((one) => (one.z ?? 0) < 0);
  if (wrong !== undefined)
    await lead.command('qc.exclude', { controlId: wrong.id, reason: 'wrong vial in the rack' });
  const today = rejected.find((one) => (one.z ?? 0) > 0);
  if (making.trouble && today !== undefined) {
    await lead.command('qc.review', {
      controlId: today.id,
      kind: 'comment',
      code: '',
      text: 'Both levels rise since the calibration.',
    });
  }
}

/** More runs of one test, ten hours apart and all before {@link qcMorning}'s, for charts of many points. */
export async function postRuns(
  engine: Engine,
  { instrument, testCode, runs }: { instrument: string; testCode: string; runs: number },
): Promise<void> {
  const making: Making = { engine, now: Date.now(), station: engine.station.code, trouble: false };
  const lots = await engine.bench.store.find('lots', { selector: {} });
  const arrived = Array.from({ length: runs }, (_, index) =>
    runOn(making, instrument, testCode, DAYS + 2 + ((runs - index) * 10) / 24),
  ).flat();
  const from = arrived[0]?.postedTime ?? '';
  const at = new Date(making.now).toISOString();
  await engine.bench.store.write(
    { actor: instrument, command: 'seed', station: making.station, at },
    async (unit) => {
      for (const lot of lots)
        unit.put('lots', { ...lot, targets: lot.targets.map((target) => ({ ...target, fromTime: from })) });
    },
  );
  await engine.bench.qcLots.load(engine.bench.store);
  // Named by the lots in use: the ended ones are not recognised any more.
  for (let done = 0; done < arrived.length; done += 1_000) {
    const part = arrived
      .slice(done, done + 1_000)
      .map((one) => ({ ...one, lot: one.lot.replace('00', '01') }));
    await engine.bench.store.write(
      { actor: instrument, command: 'qc', station: making.station, at },
      (unit) => recordControls(engine.bench, unit, at, part),
    );
  }
}
