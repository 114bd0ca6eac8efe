import type { EqaEventRow } from '../../../../shared/ipc/eqa.ts';
import type { StateKind } from '../../../ui/State.tsx';

/** The shape of an event's state. */
export const eventKinds: Record<EqaEventRow['state'], StateKind> = {
  open: 'ready',
  dueSoon: 'warning',
  overdue: 'overdue',
  submitted: 'queued',
  graded: 'passed',
};

/** Scheme and name of an event. */
export function eventName({ scheme, name }: Pick<EqaEventRow, 'scheme' | 'name'>): string {
  return `${scheme} ${name}`;
}
