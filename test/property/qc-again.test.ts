/**
 * W11, W12: controls judged one after the other, as they arrive, late ones among them, stand as they do when everything is judged again from the first.
 * Small cases by hand, and random series on the real engine with lots, targets, breaks and exclusions between. Clock and ids follow from the seed, so
 * that a failing seed fails again; what arrived is printed with it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeAgain } from '../../main/engine/qc/record.ts';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { QC_RULES } from '../../shared/domain/qc/westgard.ts';
import { type Arriving, CHEM1, type QcStation, qcStation } from '../contract/qc-station.ts';
import { Random } from './storage-model.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const TESTS = ['NA', 'K', 'CL', 'CREA', 'GLU', 'ALT', 'AST', 'UREA', 'CA', 'TP', 'AMY'];
/** Each case by hand has a test of its own, from here on. */
const BY_HAND = 6;
const STEPS = 60;
const MINUTE = 60_000;
/** The clock goes on by so much, ms: a part of a minute that is exact in binary, so that measured times stay at the minute. */
const TICK = 1_875;
const START = Date.parse('2026-07-29T06:00:00.000Z');
let station: QcStation;
let now = START;
/** Orders the ids to come: of controls that arrive together the next is in front of or behind the one before by chance, as with the ids of one millisecond. */
let ids = new Random(0);
/** Beginnings of the ids to come, where a case says them. */
const given: string[] = [];
let made = 0;
const lots: string[] = [];

function nextId(): string {
  made += 1;
  const start =
    given.shift() ??
    ids
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${start}-0000-7000-8000-${made.toString(16).padStart(12, '0')}`;
}

beforeAll(async () => {
  station = await qcStation({ clock: { now: () => new Date(now) }, newId: nextId });
  const everything = QC_RULES.map((rule) => [rule, { action: 'reject', within: true, across: true }]);
  await station.lead.command('qc.plan.set', {
    ...{ testCode: '', instrumentId: '', reason: 'Every rule' },
    plan: { ...DEFAULT_PLAN.all, levels: 3, rules: Object.fromEntries(everything) },
  });
  for (const level of ['1', '2', '3'])
    lots.push(await station.lot({ level, testCode: TESTS[0]!, mean: '100', sd: '10' }));
  for (const lotId of lots)
    for (const testCode of TESTS.slice(1))
      await station.supervisor.command('qc.target.set', {
        ...{ lotId, testCode, instrumentId: '', kind: 'fixed', mean: '100', sd: '10' },
      });
  await station.backdate(60);
});
afterAll(() => station?.stop());

/** Everything that judging makes of the stored controls of a test. */
const standing = async (testCode: string) =>
  (await station.engine.bench.store.find('controls', { selector: { testCode: { $eq: testCode } } }))
    .map(({ id, runId, level, state, z, hits, target, because }) => ({
      ...{ id, runId, level, state, z, hits, target, because },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** Judges a test again from the first, which must change nothing. @returns how its controls stand */
async function same(testCode: string, told: string) {
  const { bench } = station.engine;
  const before = await standing(testCode);
  const at = bench.clock.now().toISOString();
  const context = { actor: 'test', command: 'test.again', station: 'T1', at };
  await bench.store.write(context, (unit) => judgeAgain(bench, unit, at, CHEM1, testCode));
  expect(await standing(testCode), told).toEqual(before);
  return before;
}

/** Minutes from what was `ago` minutes before the start until now. */
const since = (ago: number): number => ago + (now - START) / MINUTE;

/** Lets controls arrive together, each with the beginning of its id. */
async function arrive(
  testCode: string,
  ...controls: [start: string, level: string, text: string, ago: number][]
) {
  given.push(...controls.map(([start]) => start));
  await station.arrive(
    ...controls.map(([, level, text, ago]) => ({ testCode, level, text, ago: since(ago) })),
  );
  expect(given).toEqual([]);
}

/** The rules of controls by the beginning of their id. */
const rulesBy = (all: Awaited<ReturnType<typeof standing>>) =>
  Object.fromEntries(
    all.map((one) => [one.id.slice(0, 8), one.hits.map((hit) => `${hit.rule} ${hit.where}`)]),
  );

test('W11 two levels of one minute whose ids stand the other way round than they arrived: judged as again from the first', async () => {
  const testCode = TESTS[BY_HAND]!;
  await arrive(testCode, ['bbbbbbbb', '1', '125', 60], ['aaaaaaaa', '3', '125', 60]);
  const rules = rulesBy(await same(testCode, '1, then 3'));
  // By id the one of level 3 is first: what both make together is the hit of level 1.
  expect(rules.aaaaaaaa).toEqual(['1-2s within']);
  expect(rules.bbbbbbbb).toEqual(['1-2s within', '2-2s across', '2of3-2s across']);
});

test('W11 a level measured again in the same minute, in a later message, is behind the first whatever its id', async () => {
  const testCode = TESTS[BY_HAND + 1]!;
  await arrive(testCode, ['bbbbbbbb', '1', '125', 60]);
  now += TICK;
  await arrive(testCode, ['aaaaaaaa', '1', '126', 60]);
  const rules = rulesBy(await same(testCode, '1, then 1 again'));
  expect(rules.bbbbbbbb).toEqual(['1-2s within']);
  expect(rules.aaaaaaaa).toContain('2-2s within');
});

test('W11 a late control is judged with the whole of the run that began before the time gone back to', async () => {
  const testCode = TESTS[BY_HAND + 2]!;
  // Run A: level 1 at 600 and level 2 at 560 minutes before the start; between them, late, a run of its own of level 1.
  await arrive(testCode, ['aaaaaaa1', '1', '125', 600]);
  await arrive(testCode, ['aaaaaaa2', '2', '125', 560]);
  await arrive(testCode, ['aaaaaaa3', '1', '100', 580]);
  await arrive(testCode, ['aaaaaaa4', '3', '101', 200]);
  expect(rulesBy(await standing(testCode)).aaaaaaa2).toContain('2-2s across');
  // Late again: what may be in its run is looked for from 565 on, which is inside run A.
  await arrive(testCode, ['aaaaaaa5', '1', '99', 325]);
  const all = await same(testCode, 'a run across the time gone back to');
  expect(rulesBy(all).aaaaaaa2).toContain('2-2s across');
});

test('W10 W11 a control of no lot between two levels of a run parts them neither as they arrive nor again', async () => {
  const testCode = TESTS[BY_HAND + 3]!;
  await arrive(testCode, ['aaaaaaa1', '1', '125', 60]);
  now += TICK;
  await arrive(testCode, ['aaaaaaa2', 'unknown', '100', 60]);
  now += TICK;
  await arrive(testCode, ['aaaaaaa3', '2', '125', 60]);
  const all = await same(testCode, '1, none, 2');
  expect(all.map((one) => one.runId === all[0]?.id)).toEqual([true, false, true]);
  expect(rulesBy(all).aaaaaaa3).toContain('2-2s across');
});

test('W8 W11 a level measured once while another is measured eleven times is looked back on as far as its rules reach', async () => {
  const testCode = TESTS[BY_HAND + 4]!;
  const begin = 12 * 24 * 60;
  for (let day = 0; day < 12; day += 1) {
    const ago = begin - day * 24 * 60;
    const often = Array.from({ length: 11 }, (_, i) => ({
      ...{ testCode, level: '1', text: i % 2 === 0 ? '99' : '101', ago: since(ago - 60 * (i + 1)) },
    }));
    await station.arrive({ testCode, level: '3', text: '101', ago: since(ago) }, ...often);
  }
  await station.arrive({ testCode, level: '3', text: '102', ago: since(10) });
  const all = await same(testCode, 'level 3 once a day');
  const last = all.find((one) => one.z === 0.2);
  expect(last?.hits.map((hit) => `${hit.rule} ${hit.where}`)).toContain('12x within');
});

test.each(SEEDS)(
  'W11 W12 judged as they come, and judged again from the first: the same (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    ids = new Random(seed + 1_000);
    const told: string[] = [];
    const testCode = TESTS[seed % BY_HAND]!;
    let ago = 20 * 24 * 60;
    for (let step = 0; step < STEPS; step += 1) {
      now += random.below(2) * TICK;
      const what = random.below(20);
      const stored = await standing(testCode);
      if (what === 0 && stored.length > 0) {
        const { id: controlId, state } = stored[random.below(stored.length)]!;
        const reason = `seed ${seed}`;
        told.push(`${state === 'excluded' ? 'include' : 'exclude'} ${controlId}`);
        if (state === 'excluded') await station.lead.command('qc.include', { controlId, reason });
        else await station.lead.command('qc.exclude', { controlId, reason });
      } else if (what === 1) {
        const breaksWindow = random.below(2) === 0;
        told.push(`calibration${breaksWindow ? ', a break' : ''}`);
        await station.lead.command('qc.event', {
          ...{ instrumentId: CHEM1, kind: 'calibration', text: '', breaksWindow },
        });
      } else {
        const shift = [0, 0, 8, -8, 22, 32][random.below(6)]!;
        // Some come hours after they were measured, some in the wrong order within their run, some of no lot.
        const late = random.below(4) === 0 ? random.below(36 * 60) : 0;
        const run: Arriving[] = ['1', '2', '3', ...(random.below(12) === 0 ? ['unknown'] : [])]
          .filter(() => random.below(5) > 0)
          .map((level) => ({
            ...{ level, testCode, text: String(100 + shift + random.below(25) - 12) },
            ago: since(ago + late + random.below(3)),
          }));
        ago -= 60 * (1 + random.below(7));
        if (run.length === 0) continue;
        const taken = await station.arrive(...run);
        for (const one of taken)
          told.push(
            `${one.id} ${one.material} ${one.value.text} at ${one.effectiveTime}, posted ${one.postedTime}`,
          );
      }
    }
    const stand = await same(testCode, `Seed ${seed} of ${testCode}, in this order:\n${told.join('\n')}`);
    expect(stand.filter((one) => one.hits.length > 0).length).toBeGreaterThan(3);
  },
);
