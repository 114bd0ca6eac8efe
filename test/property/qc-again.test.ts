/**
 * W11, W12: controls judged one after the other, as they arrive, late ones among them, stand as they do when everything is judged again from the first.
 * Random series on the real engine, with lots, targets, breaks and exclusions between.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeAgain } from '../../main/engine/qc/record.ts';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { QC_RULES } from '../../shared/domain/qc/westgard.ts';
import { type Arriving, CHEM1, type QcStation, qcStation } from '../contract/qc-station.ts';
import { Random } from './storage-model.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const TESTS = ['NA', 'K', 'CL', 'CREA', 'GLU', 'ALT'];
const STEPS = 60;
let station: QcStation;
const lots: string[] = [];

beforeAll(async () => {
  station = await qcStation();
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

test.each(SEEDS)(
  'W11 W12 judged as they come, and judged again from the first: the same (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const testCode = TESTS[seed % TESTS.length]!;
    const { bench } = station.engine;
    let ago = 20 * 24 * 60;
    for (let step = 0; step < STEPS; step += 1) {
      const what = random.below(20);
      const stored = await standing(testCode);
      if (what === 0 && stored.length > 0) {
        const { id: controlId, state } = stored[random.below(stored.length)]!;
        const reason = `seed ${seed}`;
        if (state === 'excluded') await station.lead.command('qc.include', { controlId, reason });
        else await station.lead.command('qc.exclude', { controlId, reason });
      } else if (what === 1)
        await station.lead.command('qc.event', {
          ...{ instrumentId: CHEM1, kind: 'calibration', text: '', breaksWindow: random.below(2) === 0 },
        });
      else {
        const shift = [0, 0, 8, -8, 22, 32][random.below(6)]!;
        // Some come hours after they were measured, some in the wrong order within their run.
        const late = random.below(4) === 0 ? random.below(36 * 60) : 0;
        const run: Arriving[] = ['1', '2', '3']
          .filter(() => random.below(5) > 0)
          .map((level) => ({
            ...{ level, testCode, text: String(100 + shift + random.below(25) - 12) },
            ago: ago + late + random.below(3),
          }));
        ago -= 60 * (1 + random.below(7));
        if (run.length > 0) await station.arrive(...run);
      }
    }
    const before = await standing(testCode);
    const at = bench.clock.now().toISOString();
    const context = { actor: 'test', command: 'test.again', station: 'T1', at };
    await bench.store.write(context, (unit) => judgeAgain(bench, unit, at, CHEM1, testCode));
    expect(await standing(testCode)).toEqual(before);
    expect(before.filter((one) => one.hits.length > 0).length).toBeGreaterThan(3);
  },
);
