import type { SyncState } from '../../../shared/documents/common.ts';
import type { Interpretation } from '../../../shared/documents/result.ts';
import { formatTime } from '../../i18n/format.ts';
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

/** Day with its year and the time, as a report has them: `29 Jul 2026 05:40`. `day` writes `YYYY-MM-DD`. */
export function longWhen(at: string, day: (date: string) => string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day(`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`)} ${formatTime(date)}`;
}

/** An instrument as the bench calls it: `CHEM1` of `B2.CHEM1`. */
export function instrumentName(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

/** Minutes as they are read: `41 min`, `1 h 38`. */
export function minutesText(minutes: number): string {
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${String(rest).padStart(2, '0')}`}`;
}
