import { describe, expect, it } from 'vitest';
import type { CatalogDoc } from '../documents/catalog.ts';
import { newCatalogEntry } from './catalog-entry.ts';
import { planTubes, testsOf } from './tubes.ts';

const type = (code: string, cap: string, drawOrder: number): CatalogDoc =>
  newCatalogEntry({ kind: 'specimenType', code, name: code, cap, drawOrder, container: `${cap} tube` });
const test = (
  code: string,
  specimenType: string,
  order: number,
  section = 'chemistry',
  active = true,
): CatalogDoc => newCatalogEntry({ kind: 'test', code, name: code, specimenType, order, section, active });
const catalog = [
  type('EDTA', 'lavender', 4),
  type('SER', 'gold', 2),
  type('CIT', 'lightBlue', 1),
  type('FLU', 'grey', 5),
  type('HEP', 'green', 3),
  test('K', 'SER', 2),
  test('NA', 'SER', 1),
  test('TSH', 'SER', 3, 'immunology'),
  test('HGB', 'EDTA', 4, 'haematology'),
  test('INR', 'CIT', 5, 'coagulation'),
  test('GLU', 'FLU', 6),
  test('NH3', 'HEP', 7),
  test('OLD', 'SER', 8, 'chemistry', false),
  test('LOST', 'XXX', 9),
  newCatalogEntry({ kind: 'panel', code: 'LYTES', name: 'Electrolytes', members: ['NA', 'K', 'OLD'] }),
  newCatalogEntry({ kind: 'panel', code: 'GONE', name: 'Gone', members: ['NA'], active: false }),
];
const order = (id: string, testCodes: string[], status: 'active' | 'revoked' = 'active') => ({
  id,
  status,
  testCodes,
  display: `order ${id}`,
  catalogCode: id,
});

describe('planning tubes', () => {
  it('draws in the order citrate, serum, heparin, EDTA, fluoride', () => {
    const { tubes, problems } = planTubes([order('a', ['GLU', 'HGB', 'NH3', 'K', 'INR'])], catalog);
    expect(tubes.map((one) => one.cap)).toEqual(['lightBlue', 'gold', 'green', 'lavender', 'grey']);
    expect(tubes.map((one) => one.tubeIndex)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(tubes.map((one) => one.tubeCount))).toEqual(new Set([5]));
    expect(problems).toEqual([]);
    const flat = catalog.map((one) => ({ ...one, drawOrder: 0 }));
    expect(
      planTubes([order('a', ['GLU', 'HGB', 'NH3', 'K', 'INR'])], flat).tubes.map((one) => one.cap),
    ).toEqual(tubes.map((one) => one.cap));
  });

  it('groups by specimen type and section and draws a test once', () => {
    const { tubes } = planTubes([order('a', ['K', 'NA']), order('b', ['K', 'TSH'])], catalog);
    expect(tubes.map((one) => [one.section, one.testCodes, one.panels, one.orderIds])).toEqual([
      ['chemistry', ['NA', 'K'], ['order a', 'order b'], ['a', 'b']],
      ['immunology', ['TSH'], ['order b'], ['b']],
    ]);
  });

  it('leaves out cancelled orders and what is drawn, but not what was rejected', () => {
    expect(planTubes([order('a', ['K'], 'revoked')], catalog).tubes).toEqual([]);
    expect(planTubes([order('a', ['K'])], catalog, [{ status: 'expected', testCodes: ['K'] }]).tubes).toEqual(
      [],
    );
    expect(
      planTubes([order('a', ['K'])], catalog, [{ status: 'rejected', testCodes: ['K'] }]).tubes,
    ).toHaveLength(1);
  });

  it('names what the catalogue lacks instead of dropping it', () => {
    const { tubes, problems } = planTubes([order('a', ['K', 'NOPE', 'LOST'])], catalog);
    expect(tubes).toHaveLength(1);
    expect(problems.map((one) => one.code)).toEqual(['NOPE', 'LOST']);
  });

  it('resolves panels to the tests in use', () => {
    expect(testsOf('LYTES', catalog)).toEqual(['NA', 'K']);
    expect(testsOf('K', catalog)).toEqual(['K']);
    expect(testsOf('OLD', catalog)).toBeNull();
    expect(testsOf('GONE', catalog)).toBeNull();
    expect(testsOf('NOPE', catalog)).toBeNull();
  });
});
