/** What the planners of CSV files have in common: rows read one by one, each fault named with its line. */
import type { LotDoc } from '../../../shared/documents/lot.ts';
import type { CsvRow } from '../../../shared/domain/qc/csv.ts';
import { readDecimal } from '../../../shared/domain/qc/decimal.ts';
import type { QcImportProblem } from '../../../shared/ipc/qc.ts';
import type { Call } from '../bench.ts';

/** What a file is read with: the call, the lots as stored, and the problems found so far. */
export interface Reading {
  call: Call;
  lots: readonly LotDoc[];
  problems: QcImportProblem[];
}

/** A line that could be read, with what it says. */
export interface Read<T> {
  line: number;
  value: T;
}

/** What a file would change, and the way to do it. */
export interface Plan {
  taken: number;
  known: number;
  write(): Promise<void>;
}

/** Each row read by `read`, which gives null after naming a problem. A line that says the same as an earlier one of the file is a problem. */
export function each<T>(
  reading: Reading,
  rows: readonly CsvRow[],
  keyOf: (row: CsvRow) => string,
  read: (row: CsvRow, problem: (text: string) => null) => T | null,
): Read<T>[] {
  const seen = new Map<string, number>();
  return rows.flatMap((row) => {
    const problem = (text: string): null => {
      reading.problems.push({ line: row.line, text });
      return null;
    };
    const key = keyOf(row);
    const first = seen.get(key);
    if (first !== undefined) {
      problem(`The same as line ${first}.`);
      return [];
    }
    seen.set(key, row.line);
    const value = read(row, problem);
    return value === null ? [] : [{ line: row.line, value }];
  });
}

/** The key of a row from some of its columns. */
export const keyOf =
  (...names: string[]) =>
  ({ values }: CsvRow) =>
    JSON.stringify(names.map((name) => values[name] ?? ''));

/** A plain decimal with a point, from one with a point or a decimal comma; null for anything else. */
export function decimal(text: string): string | null {
  const plain = text
    .trim()
    .replace('−', '-')
    .replace(/^(-?\d*),(\d+)$/, '$1.$2')
    .replace(/^\+/, '');
  return readDecimal(plain) === null ? null : plain;
}
