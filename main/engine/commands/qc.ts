import { newBase } from '../../../shared/documents/common.ts';
import type { ControlDoc, LotDoc } from '../../../shared/documents/index.ts';
import type { QcTarget } from '../../../shared/documents/lot.ts';
import type { GateOverride } from '../../../shared/domain/qc/gate.ts';
import { establishTarget } from '../../../shared/domain/qc/target.ts';
import { parseValue } from '../../../shared/domain/value.ts';
import type { CommandName } from '../../../shared/ipc/contract.ts';
import { ENTERED_LATE_DAYS } from '../../../shared/ipc/qc.ts';
import { type Call, person } from '../bench.ts';
import { refuse } from '../faults.ts';
import { addEvent, type QcEvent } from '../qc/events.ts';
import { overrideId } from '../qc/gate.ts';
import { decimalOf, earlierControls } from '../qc/judge.ts';
import { targetOf } from '../qc/lots.ts';
import { sharePerson } from '../qc/people.ts';
import { followGate, judgeAgain, recordControl } from '../qc/record.ts';
import { keepOverride } from '../qc/review.ts';
import { targetPoints } from '../qc/target-points.ts';
import { rerunTask } from '../results/release.ts';
import { openRerun } from '../results/rerun.ts';
import { putShared } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';
import { authenticate } from './access.ts';
import type { Handlers } from './handler.ts';
import { qcFileHandlers } from './qc-files.ts';
import { qcPlanHandlers } from './qc-plan.ts';
import { qcRepeatHandlers } from './qc-repeats.ts';

async function controlOf(reader: Reader, id: string): Promise<ControlDoc> {
  const control = await reader.get('controls', id);
  if (control === undefined)
    throw refuse('qc.unknownControl', 'This control is not on this station.', 'Look it up again.');
  return control;
}

async function lotOf(reader: Reader, id: string): Promise<LotDoc> {
  const lot = await reader.get('lots', id);
  if (lot === undefined)
    throw refuse('qc.unknownLot', 'This lot is not on this station.', 'Look it up again.');
  return lot;
}

/** Tests and instruments a lot's points were measured on, to be judged again after it changed. */
async function judgeLotAgain({ bench, at }: Call, unit: Writer, lot: LotDoc): Promise<void> {
  const keys = new Map(
    lot.targets.map((target) => [`${target.instrumentId} ${target.testCode}`, target] as const),
  );
  const instruments = bench.instruments.lines().map((line) => line.id);
  for (const { testCode, instrumentId } of keys.values())
    for (const id of instrumentId === '' ? instruments : [instrumentId])
      await judgeAgain(bench, unit, at, id, testCode);
}

function withTarget(lot: LotDoc, target: QcTarget): LotDoc {
  return { ...lot, targets: [...lot.targets, target] };
}

/** True where points are judged by another target until this one is approved. */
function replaces(lot: LotDoc, { testCode, instrumentId }: QcTarget, at: string): boolean {
  return targetOf(lot, testCode, instrumentId, at) !== undefined;
}

/** A control typed again so soon with the same value is the same control, milliseconds. */
const TWICE_MS = 60_000;

/** When a typed control was measured. @throws LeveyError `qc.wrongTime` for a time to come, or one too long ago */
function enteredTime(given: string | undefined, at: string): string {
  if (given === undefined) return at;
  const measured = new Date(given).toISOString();
  if (measured <= at && Date.parse(at) - Date.parse(measured) <= ENTERED_LATE_DAYS * 86_400_000)
    return measured;
  throw refuse(
    'qc.wrongTime',
    'A control typed by hand was measured in the last seven days, not later than now.',
    'Check the time. What is older comes from a file.',
  );
}

/** The same value of the same control typed twice within a minute is one control (a second Enter): the second is refused. */
async function refuseTwice(
  unit: Writer,
  typed: { instrumentId: string; testCode: string; lotId: string; text: string; at: string },
): Promise<void> {
  const since = new Date(Date.parse(typed.at) - TWICE_MS).toISOString();
  const until = new Date(Date.parse(typed.at) + TWICE_MS).toISOString();
  const newest = await earlierControls(
    unit,
    typed.instrumentId,
    typed.testCode,
    2_000,
    (one) => one.effectiveTime < since,
  );
  const same = newest.some(
    (one) =>
      one.effectiveTime >= since &&
      one.effectiveTime <= until &&
      one.lotId === typed.lotId &&
      one.excluded === null &&
      one.value.text.trim() === typed.text,
  );
  if (same)
    throw refuse(
      'qc.duplicate',
      `This control with ${typed.text} was entered within the last minute.`,
      'It is stored once. Measure again before a second value is entered.',
    );
}

type Names = Extract<CommandName, `qc.${string}`>;

export const qcHandlers: Handlers<Names> = {
  ...qcFileHandlers,
  ...qcPlanHandlers,
  ...qcRepeatHandlers,

  'qc.enter': async (call, { instrumentId, testCode, lotId, valueText, ...given }) => {
    const { bench, at, context } = call;
    const measuredTime = enteredTime(given.measuredTime, at);
    return bench.store.write(context, async (unit) => {
      const lot = await lotOf(unit, lotId);
      const test = bench.catalog.test(testCode);
      const value = parseValue(valueText);
      if (test === undefined || value.kind !== 'quantity') {
        throw refuse('qc.notANumber', `“${valueText}” is not a number.`, 'Type the value the device shows.');
      }
      await refuseTwice(unit, { instrumentId, testCode, lotId, text: valueText.trim(), at: measuredTime });
      const control = await recordControl(bench, unit, at, {
        instrumentId,
        testCode,
        material: lot.sentAs[0] ?? lot.lot,
        lot: lot.lot,
        value: { ...value, unit: test.unit },
        measuredTime,
        postedTime: at,
        operator: person(call).name,
        sourceKey: '',
        messageId: '',
      });
      return { controlId: control.id, state: control.state };
    });
  },

  'qc.exclude': async (call, { controlId, reason }) => {
    const { bench, at, context } = call;
    await bench.store.write({ ...context, reason }, async (unit) => {
      const control = await controlOf(unit, controlId);
      if (control.excluded !== null) return;
      unit.put('controls', {
        ...control,
        state: 'excluded',
        hits: [],
        excluded: { reason, by: person(call).id, at },
      });
      await sharePerson(unit, at, bench.station.code, person(call));
      await judgeAgain(bench, unit, at, control.instrumentId, control.testCode);
    });
    return null;
  },

  'qc.include': async (call, { controlId, reason }) => {
    const { bench, at, context } = call;
    await bench.store.write({ ...context, reason }, async (unit) => {
      const control = await controlOf(unit, controlId);
      if (control.excluded === null) return;
      unit.put('controls', { ...control, excluded: null });
      await judgeAgain(bench, unit, at, control.instrumentId, control.testCode);
    });
    return null;
  },

  'qc.review': async (call, { controlId, kind, code, text }) => {
    const { bench, at, context } = call;
    if (text.trim() === '' && kind !== 'reviewed' && (kind === 'comment' || code === '')) {
      throw refuse(
        'qc.emptyReview',
        'There is nothing to keep.',
        'Say in a few words what was seen or done.',
      );
    }
    await bench.store.write(context, async (unit) => {
      const control = await controlOf(unit, controlId);
      const review = { id: bench.newId(), kind, code, text: text.trim(), by: person(call).id, at };
      unit.put('controls', { ...control, reviews: [...control.reviews, review] });
      await sharePerson(unit, at, bench.station.code, person(call));
    });
    return null;
  },

  'qc.event': async (call, { instrumentId, kind, text, breaksWindow }) => {
    const { bench, at, context } = call;
    await bench.store.write(context, async (unit) => {
      const event: QcEvent = { id: bench.newId(), at, kind, text, by: person(call).id, breaksWindow };
      await addEvent(unit, at, instrumentId, event);
      await sharePerson(unit, at, bench.station.code, person(call));
    });
    return null;
  },

  'qc.override': async (call, { instrumentId, testCode, reason, hours, pin }) => {
    const { bench, at, context } = call;
    await authenticate(call, person(call), { pin });
    await bench.store.write({ ...context, reason }, async (unit) => {
      const until = new Date(Date.parse(at) + hours * 3_600_000).toISOString();
      const override: GateOverride = { by: person(call).name, at, until, reason };
      await putShared(unit, at, overrideId(instrumentId, testCode), { ...override, instrumentId });
      await keepOverride(unit, at, instrumentId, testCode, override);
      await followGate(bench, unit, at, instrumentId, testCode);
    });
    return null;
  },

  'qc.lot.save': async (call, { lotId, opened, ...given }) => {
    const { bench, at, context } = call;
    return bench.store.write(context, async (unit) => {
      const taken = (await unit.find('lots', { selector: {} })).find(
        (lot) =>
          lot.id !== lotId &&
          lot.state !== 'ended' &&
          given.state === 'current' &&
          lot.state === 'current' &&
          lot.sentAs.some((name) => given.sentAs.includes(name)),
      );
      if (taken !== undefined) {
        throw refuse(
          'qc.lotNameTaken',
          `The lot ${taken.lot} in use is sent by the same name.`,
          'End that lot first, or run this one in parallel until then.',
        );
      }
      const before = lotId === null ? undefined : await lotOf(unit, lotId);
      const id = before?.id ?? bench.newId();
      const openedTime = opened ? before?.openedTime || at : '';
      const doc: LotDoc = {
        ...(before ?? { ...newBase(id, at, 'queued'), targets: [] }),
        ...given,
        openedTime,
      };
      unit.put('lots', doc);
      return { lotId: id };
    });
  },

  'qc.lot.openVial': async ({ bench, at, context }, { lotId }) => {
    await bench.store.write(context, async (unit) => {
      unit.put('lots', { ...(await lotOf(unit, lotId)), openedTime: at });
    });
    return null;
  },

  'qc.target.set': async (call, { lotId, testCode, instrumentId, kind, mean, sd }) => {
    const { bench, at, context } = call;
    return bench.store.write(context, async (unit) => {
      const lot = await lotOf(unit, lotId);
      const id = bench.newId();
      const unitCode = bench.catalog.test(testCode)?.unit ?? '';
      const who = person(call);
      const approved = who.roles.includes('supervisor');
      unit.put(
        'lots',
        withTarget(lot, {
          ...{ id, testCode, instrumentId, kind, mean, sd, unit: unitCode, points: 0, fromTime: at },
          ...{ setBy: who.id, setTime: at },
          ...{ approvedBy: approved ? who.id : '', approvedTime: approved ? at : '' },
        }),
      );
      return { targetId: id };
    });
  },

  'qc.target.establish': async (call, { lotId, testCode, instrumentId, kind }) => {
    const { bench, at, context } = call;
    return bench.store.write(context, async (unit) => {
      const lot = await lotOf(unit, lotId);
      const { used, window } = await targetPoints(unit, at, { lotId, testCode, instrumentId, kind });
      const found = establishTarget(used.map((one) => decimalOf(one.value)));
      if (!found.ok) {
        const why = {
          tooFew: `There are ${found.n} points${window === '' ? '' : ` in ${window} since the last break`}; at least 20 are needed.`,
          noSpread: `All ${found.n} points are equal: an SD of zero cannot judge.`,
          notNumbers: 'Some points are no numbers: exclude them first.',
        }[found.why];
        throw refuse('qc.noTarget', why, 'Measure more points, or set the target from the insert.');
      }
      const id = bench.newId();
      const { mean, sd, n } = found;
      const unitCode = bench.catalog.test(testCode)?.unit ?? '';
      unit.put(
        'lots',
        withTarget(lot, {
          ...{ id, testCode, instrumentId, kind, mean, sd, unit: unitCode, points: n, fromTime: at },
          basis: { from: used[0]?.effectiveTime ?? at, to: used.at(-1)?.effectiveTime ?? at, window },
          ...{ setBy: person(call).id, setTime: at, approvedBy: '', approvedTime: '' },
        }),
      );
      return { targetId: id, mean, sd, points: n };
    });
  },

  'qc.target.approve': async (call, { lotId, targetId }) => {
    const { bench, at, context } = call;
    const changed = await bench.store.write(context, async (unit) => {
      const lot = await lotOf(unit, lotId);
      const next: LotDoc = {
        ...lot,
        targets: lot.targets.map((target) =>
          target.id === targetId && target.approvedBy === ''
            ? {
                ...target,
                ...{ approvedBy: person(call).id, approvedTime: at },
                // What was judged by the target before it stays as it was judged.
                fromTime: replaces(lot, target, at) ? at : target.fromTime,
              }
            : target,
        ),
      };
      unit.put('lots', next);
      return next;
    });
    await bench.qcLots.load(bench.store);
    await bench.store.write(context, (unit) => judgeLotAgain(call, unit, changed));
    return null;
  },

  'qc.lookBack.repeat': async (call, { resultIds }) => {
    const { bench, at, context } = call;
    return bench.store.write(context, async (unit) => {
      let asked = 0;
      for (const id of new Set(resultIds)) {
        const result = await unit.get('results', id);
        if (result === undefined || !result.current || (await rerunTask(unit, id)) !== undefined) continue;
        openRerun(bench, unit, at, result, person(call).id);
        asked += 1;
      }
      return { asked };
    });
  },
};
