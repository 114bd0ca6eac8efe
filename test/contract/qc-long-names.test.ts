/** An instrument and a test with long names: what quality control keeps under their names is kept, found and told to other stations. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overrideId } from '../../main/engine/qc/gate.ts';
import { qcSettingName } from '../../main/engine/qc/setting-name.ts';
import { instrumentOfSetting } from '../../shared/fhir/setting.ts';
import { PIN } from './people.ts';
import { CHEM1, type QcStation, qcStation } from './qc-station.ts';

/** The longest that a station file and the catalogue allow, nearly. */
const LONG = 'T1.CHEMNORTH001';
const TEST = 'SODIUM-ION-SEL';
let at: QcStation;

beforeAll(async () => {
  at = await qcStation({ further: { id: 'CHEMNORTH001', tests: { NAISE: TEST } } });
  const { store, catalog } = at.engine.bench;
  const sodium = catalog.test('NA')!;
  const context = { actor: 'test', command: 'seed', station: 'T1', at: new Date().toISOString() };
  await store.write(context, async (unit) => {
    unit.put('catalog', { ...sodium, id: 'long-code', code: TEST, name: 'Sodium, ion selective' });
  });
  await catalog.load(store);
  await at.lot({ level: '1', testCode: TEST, mean: '140', sd: '2' });
  await at.arrive({ level: '1', text: '150', testCode: TEST, instrumentId: LONG });
}, 60_000);

afterAll(() => at?.stop());

const stateOf = async (instrumentId: string) =>
  (await at.lead.rows('qc.state', {})).find((one) => one.id === `${instrumentId} ${TEST}`);

test('W13 a supervisor releases in spite of a control where the names are longer than an id may be', async () => {
  expect(await stateOf(LONG)).toMatchObject({ state: 'rejected', blocks: true });
  const given = { instrumentId: LONG, testCode: TEST, reason: 'Confirmed on the second analyser.', hours: 2 };
  await at.supervisor.command('qc.override', { ...given, pin: PIN });
  expect(await stateOf(LONG)).toMatchObject({
    blocks: false,
    override: { by: 'T. adeyemi', reason: given.reason },
  });
  expect((await stateOf(CHEM1))?.override ?? null).toBeNull();
  const kept = await at.engine.bench.store.get('settings', overrideId(LONG, TEST));
  expect(kept).toBeDefined();
  expect(instrumentOfSetting(kept!)).toBe(LONG);
});

test('W11 events of an instrument with a long name are kept and stand on its chart', async () => {
  await at.tech.command('qc.event', {
    ...{ instrumentId: LONG, kind: 'calibration', text: 'Calibrated', breaksWindow: true },
  });
  const [chart] = await at.tech.rows('qc.chart', { instrumentId: LONG, testCode: TEST, limit: 10 });
  expect(chart?.events).toMatchObject([{ text: 'Calibrated', by: 'T. lindqvist' }]);
  const kept = await at.engine.bench.store.get('settings', qcSettingName('events', LONG));
  expect(instrumentOfSetting(kept!)).toBe(LONG);
});

test('names that fit stay as they were, names that do not fit differ from each other and fit', () => {
  expect(overrideId(CHEM1, 'NA')).toBe('qc.override.T1.CHEM1.NA');
  expect(instrumentOfSetting({ id: 'qc.override.T1.CHEM1.NA', value: null })).toBe(CHEM1);
  const ids = ['TROPONIN-T-HS-NEW', 'TROPONIN-T-HS-OLD'].map((code) => overrideId(LONG, code));
  expect(ids[0]).toMatch(/^qc\.override\.~[0-9a-f]+$/);
  expect(new Set(ids).size).toBe(2);
  for (const id of [...ids, qcSettingName('signOffs', LONG), qcSettingName('overrides', LONG)])
    expect(id.length).toBeLessThanOrEqual(36);
});
