import type { QcLotRow } from '../../../shared/ipc/qc.ts';

type Target = QcLotRow['targets'][number];

/** A lot with one of its targets, or with none yet. */
export interface TargetRow {
  id: string;
  lot: QcLotRow;
  target: Target | null;
  /** the one points are judged by now; an earlier one stays for the record */
  inForce: boolean;
}

const states: readonly QcLotRow['state'][] = ['current', 'parallel', 'ended'];

/** Lots in use first, then by material, level and number; each with its targets, newest first. */
export function targetRows(lots: readonly QcLotRow[], filter: 'used' | 'approve' | 'all'): TargetRow[] {
  const sorted = [...lots].sort(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) ||
      a.material.localeCompare(b.material) ||
      a.lot.localeCompare(b.lot) ||
      a.level.localeCompare(b.level),
  );
  return sorted
    .filter((lot) => filter !== 'used' || lot.state !== 'ended')
    .flatMap((lot): TargetRow[] => {
      const targets = [...lot.targets].sort(
        (a, b) =>
          a.testName.localeCompare(b.testName) ||
          a.instrumentName.localeCompare(b.instrumentName) ||
          b.fromTime.localeCompare(a.fromTime),
      );
      const known = new Set<string>();
      const rows = targets.map((target) => {
        const place = `${target.testCode} ${target.instrumentId}`;
        const inForce = target.approvedBy !== '' && !known.has(place);
        if (target.approvedBy !== '') known.add(place);
        return { id: `${lot.id} ${target.id}`, lot, target, inForce };
      });
      if (filter === 'approve') return rows.filter((row) => row.target.approvedBy === '');
      return rows.length > 0 ? rows : [{ id: lot.id, lot, target: null, inForce: false }];
    });
}
