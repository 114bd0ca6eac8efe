import type { WorklistRow } from '../../../shared/ipc/results.ts';

export type WorklistFilter = 'waiting' | 'measured' | 'all';

/** Instrument of the filter: an id, every one, or the tests no instrument of the bench measures. */
export type InstrumentFilter = string | 'any' | 'hand';

/**
 * Rows of a filter, in the engine's order (STAT first, then by arrival).
 * @param stays the specimen being looked at: it stands even when its last value arrives and the filter no longer has it, so that the
 *   panel never turns to another patient's by itself.
 */
export function shownRows(
  rows: readonly WorklistRow[],
  filter: WorklistFilter,
  instrument: InstrumentFilter,
  stays?: string,
): readonly WorklistRow[] {
  return rows.filter((row) => {
    if (row.id === stays) return true;
    if (filter === 'waiting' && row.waiting === 0) return false;
    if (filter === 'measured' && row.measured === 0) return false;
    if (instrument === 'any') return true;
    if (instrument === 'hand') return row.waiting > 0 && row.instruments.length === 0;
    return row.instruments.includes(instrument) || row.tests.some((test) => test.instrumentId === instrument);
  });
}

/** How many rows each filter has. */
export function countRows(
  rows: readonly WorklistRow[],
  instrument: InstrumentFilter,
): Record<WorklistFilter, number> {
  return {
    waiting: shownRows(rows, 'waiting', instrument).length,
    measured: shownRows(rows, 'measured', instrument).length,
    all: shownRows(rows, 'all', instrument).length,
  };
}

/** Codes of the tests that a value can be typed for. */
export function openTests(row: WorklistRow): string[] {
  return row.tests
    .filter((test) => test.state === 'waiting' || test.state === 'rerun')
    .map((test) => test.code);
}

/** Where Enter goes after a test: the next open one of the specimen, else the first one of the next specimen that has any. */
export function nextField(
  rows: readonly WorklistRow[],
  specimenId: string,
  code: string,
): { specimenId: string; code: string } | undefined {
  const at = rows.findIndex((row) => row.id === specimenId);
  const here = rows[at];
  if (here === undefined) return undefined;
  const open = new Set(openTests(here));
  const place = here.tests.findIndex((test) => test.code === code);
  const next = here.tests.slice(place + 1).find((test) => open.has(test.code));
  if (next !== undefined) return { specimenId, code: next.code };
  for (const row of rows.slice(at + 1)) {
    const first = openTests(row)[0];
    if (first !== undefined) return { specimenId: row.id, code: first };
  }
  return undefined;
}
