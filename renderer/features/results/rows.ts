import { parseAccession } from '../../../shared/domain/accession-number.ts';
import { fold } from '../../../shared/domain/names.ts';
import type { ResultRow } from '../../../shared/ipc/results.ts';

export type Order = 'specimen' | 'test';

export const rowId = (row: ResultRow): string => row.id;
export const blockOf = (row: ResultRow): string => row.specimenId;

/** Waits for a person: it can still be released, rerun or rejected. */
export const isOpen = (row: ResultRow): boolean => row.verdict !== 'released' && row.verdict !== 'rejected';

/** A control stopped it: the chart of its test on its instrument says why. */
export const stoppedByQc = (row: ResultRow): boolean =>
  row.verdict === 'blocked' &&
  row.instrumentId !== '' &&
  (row.qc === 'rejected' || row.qc === 'overdue' || row.qc === 'notEvaluable');

/** By specimen is the engine's order; by test brings the same tests together, each in that order. */
export function inOrder(rows: readonly ResultRow[], order: Order): readonly ResultRow[] {
  if (order === 'specimen') return rows;
  return rows
    .map((row, at) => ({ row, at }))
    .sort((a, b) => a.row.testName.localeCompare(b.row.testName) || a.at - b.at)
    .map(({ row }) => row);
}

/** Rows in which every typed word occurs: patient (also in Latin letters), specimen number, test. */
export function find(rows: readonly ResultRow[], typed: string): readonly ResultRow[] {
  const words = typed.split(/\s+/).map(fold).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = [
      row.patientName,
      row.transliteration,
      row.testName,
      row.testCode,
      row.accessionIdentifier,
      row.accessionDisplay,
    ];
    const text = all.map(fold).join(' ');
    return words.every((word) => text.includes(word));
  });
}

/** The accession number in a scan, as it is stored; the text itself when it is none. */
export function scanned(code: string): string {
  const parsed = parseAccession(code);
  return parsed.ok ? parsed.identifier : code.trim();
}

/**
 * The row that a scan, a search or another screen asks for: a result by id, a specimen by number, or a patient by id. Of a specimen or
 * patient the first row that waits for a person, else the first.
 */
export function rowFor(rows: readonly ResultRow[], wanted: string): ResultRow | undefined {
  const byId = rows.find((row) => row.id === wanted);
  if (byId !== undefined) return byId;
  const number = scanned(wanted);
  const mine = rows.filter((row) => row.accessionIdentifier === number || row.patientId === wanted);
  return mine.find(isOpen) ?? mine[0];
}
