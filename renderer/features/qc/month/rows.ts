import type { QcPeerRow } from '../../../../shared/ipc/qc.ts';
import type { QcMonthRow } from '../../../../shared/ipc/qc-plan.ts';

/** A test with one of its lots, or with none when only a decision stands in the period. */
export interface LotRow {
  id: string;
  test: QcMonthRow;
  lot: QcMonthRow['lots'][number] | null;
  /** the first of the test: what is about the whole test stands here */
  first: boolean;
  peer: QcPeerRow | undefined;
}

/** A line for each lot and level, with the peer group's figures where there are some. */
export function lotRows(tests: readonly QcMonthRow[], peers: readonly QcPeerRow[], period: string): LotRow[] {
  return tests.flatMap((test) => {
    const lots = test.lots.length === 0 ? [null] : test.lots;
    return lots.map((lot, at) => ({
      id: `${test.id} ${lot?.lotId ?? ''}`,
      test,
      lot,
      first: at === 0,
      peer: peers.find(
        (one) =>
          one.month === period &&
          one.testCode === test.testCode &&
          one.lot === lot?.lot &&
          one.level === lot?.level,
      ),
    }));
  });
}

/** Rejected controls of a period that have no corrective action yet. */
export function openActions(tests: readonly QcMonthRow[]): number {
  return tests.reduce((sum, test) => sum + test.rejected.filter((one) => one.open).length, 0);
}

/** Digits of a target: a mean is shown with as many, an SD with one more. */
export function digitsOf(target: string | undefined): number {
  return /\.(\d+)$/.exec(target ?? '')?.[1]?.length ?? 0;
}

/** A number as it is read: a true minus, `–` where there is none. */
export function numberText(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits).replace('-', '\u2212');
}
