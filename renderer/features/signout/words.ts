import type { SyncState } from '../../../shared/documents/common.ts';
import type { Interpretation } from '../../../shared/documents/result.ts';
import type { StateKind } from '../../ui/State.tsx';
import type { ValueFlag } from '../../ui/Value.tsx';

/** The state that shows a flag; null when there is nothing to flag. `word` where the state's own word is another one. */
export function flagState(flag: Interpretation): { kind: StateKind; word?: string } | null {
  switch (flag) {
    case 'HH':
      return { kind: 'criticalHigh' };
    case 'LL':
      return { kind: 'criticalLow' };
    case 'H':
      return { kind: 'high' };
    case 'L':
      return { kind: 'low' };
    case 'A':
      return { kind: 'warning', word: 'A' };
    default:
      return null;
  }
}

/** The flag that colours a value. */
export function valueFlag(flag: Interpretation): ValueFlag {
  return flag === '' || flag === 'N' ? undefined : flag;
}

/** Where a record is, as a state. */
export const syncKinds = {
  local: 'local',
  queued: 'queued',
  onServer: 'onServer',
  refused: 'refused',
  conflict: 'conflict',
} as const satisfies Record<SyncState, StateKind>;

/** The hash as it is read aloud: its first 12 digits in groups of four. */
export function shortHash(hash: string): string {
  return (hash.slice(0, 12).match(/.{1,4}/g) ?? []).join(' ');
}

/** The number of the day from an accession number as it is read: `0432` of `26-210-B2-0432-K`. */
export function shortAccession(display: string): string {
  return display.split('-')[3] ?? display;
}

/** Minutes as they are read: `41 min`, `1 h 38`. */
export function minutesText(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${String(rest).padStart(2, '0')}`}`;
}
