import { describe, expect, it } from 'vitest';
import { columnsOf } from './gridColumns.tsx';
import { type Fit, fitColumns } from './gridFit.ts';

const columns: readonly Fit[] = [
  { id: 'state', width: 100 },
  { id: 'name', width: 200, grow: 1 },
  { id: 'why', width: 100, grow: 2 },
  { id: 'orders', width: 120, spare: true },
  { id: 'needs', width: 150 },
];
const total = (widths: ReadonlyMap<string, number>): number =>
  [...widths.values()].reduce((a, b) => a + b, 0);

describe('columns and the room they have', () => {
  it('are as they would like to be while there is the room, or nobody has measured it', () => {
    for (const room of [670, 1_000, 0, -8])
      expect(Object.fromEntries(fitColumns(columns, room))).toEqual({
        state: 100,
        name: 200,
        why: 100,
        orders: 120,
        needs: 150,
      });
  });

  it('lose the spare ones first: the others are read in full', () => {
    const widths = fitColumns(columns, 600);
    expect(widths.has('orders')).toBe(false);
    expect(Object.fromEntries(widths)).toEqual({ state: 100, name: 200, why: 100, needs: 150 });
  });

  it('then give way where they end in an ellipsis, and keep what must not be cut', () => {
    const widths = fitColumns(columns, 500);
    expect(total(widths)).toBeLessThanOrEqual(500);
    expect(widths.get('state')).toBe(100);
    expect(widths.get('needs')).toBe(150);
    expect(widths.get('name')).toBeLessThan(200);
    expect(widths.get('name')).toBeGreaterThanOrEqual(120);
    expect(widths.get('why')).toBeGreaterThanOrEqual(64);
  });

  it('give way too where they do not grow: a name is whole while there is the room, and no gap follows it', () => {
    const fixed = columns.map((column) => (column.id === 'name' ? { ...column, grow: 0 } : column));
    expect(fitColumns(fixed, 500).get('name')).toBe(fitColumns(columns, 500).get('name'));
    const defs = columnsOf(
      fixed.map((column) => ({ ...column, title: '', render: () => null })),
      false,
      0,
    );
    expect(defs.filter(({ flex }) => flex !== undefined).map(({ colId }) => colId)).toEqual(['why']);
  });

  it('never take more than the room while what cannot give way has it', () => {
    for (let room = 434; room < 700; room += 1)
      expect(total(fitColumns(columns, room))).toBeLessThanOrEqual(room);
    // Narrower than that nothing is right; the least of each is what is left.
    expect(total(fitColumns(columns, 300))).toBe(434);
  });
});
