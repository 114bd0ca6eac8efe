/** W13: a control falls due by the number of patient results after it, on the real engine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { qcBoardOf } from '../../main/engine/qc/board.ts';
import { gateOf } from '../../main/engine/qc/gate.ts';
import { putSetting } from '../../main/engine/settings.ts';
import { DEFAULT_PLAN } from '../../shared/domain/qc/plan.ts';
import { laboratory } from '../sim/laboratory/index.ts';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

let station: QcStation;
beforeAll(async () => {
  station = await qcStation();
});
afterAll(() => station?.stop());

test('W13 after so many patient results of the test on the instrument a control is due, and a control begins the count anew', async () => {
  const { bench } = station.engine;
  const now = () => bench.clock.now().toISOString();
  const context = () => ({ actor: 'test', command: 'test.patients', station: 'T1', at: now() });
  await bench.store.write(context(), (unit) =>
    putSetting(unit, now(), 'qc.plan', {
      ...DEFAULT_PLAN,
      tests: { NA: { ...DEFAULT_PLAN.all, everyPatients: 3 } },
    }),
  );
  await station.lot({ level: '1', testCode: 'NA', mean: '140', sd: '2' });
  await station.arrive({ level: '1', text: '140.5' });
  const state = async () => {
    const gate = await gateOf(bench.store, bench.qcLots, CHEM1, 'NA', now());
    const board = (await qcBoardOf(bench).standings(now())).find(
      (one) => one.instrumentId === CHEM1 && one.testCode === 'NA',
    );
    expect(board?.gate.state).toBe(gate.state);
    return gate.state;
  };
  const [sample] = [...laboratory({ day: '2026-07-29' }).history(1)].flatMap((past) => past.results);
  const measure = async (n: number, testCode = 'NA') => {
    await new Promise((done) => setTimeout(done, 2));
    await bench.store.write(context(), async (unit) =>
      unit.put('results', {
        ...sample!,
        ...{ id: `p-${testCode}-${n}`, instrumentId: CHEM1, testCode, postedTime: now(), sourceKey: '' },
      }),
    );
  };
  expect(await state()).toBe('in');
  await measure(1);
  await measure(2);
  await measure(9, 'K');
  expect(await state()).toBe('in');
  await measure(3);
  expect(await state()).toBe('overdue');
  await new Promise((done) => setTimeout(done, 2));
  await station.arrive({ level: '1', text: '139.5' });
  expect(await state()).toBe('in');
});
