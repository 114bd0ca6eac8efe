import type { TaskDoc } from '../documents/task.ts';

/** One call of a critical value as it was recorded (V3): read back in every case, or it is not recorded. */
export interface RecordedCall {
  /** Who was told. */
  to: string;
  /** Name of who called. */
  by: string;
  /** Instant it was recorded, by the clock of the station it was recorded at. */
  at: string;
  note: string;
  /** Code of that station; empty where it was recorded without one. */
  station: string;
}

const PREFIX = 'call:';

/** The `sourceKey` of the call task of a result: one task per critical version, whichever station it is at. */
export function callKey(resultId: string): string {
  return `${PREFIX}${resultId}`;
}

/** The result a `sourceKey` of {@link callKey} is about; empty for any other. */
export function calledResult(sourceKey: string): string {
  return sourceKey.startsWith(PREFIX) ? sourceKey.slice(PREFIX.length) : '';
}

/**
 * The calls recorded for a critical value, the one that counts first. There are others where stations recorded one each while they could not see
 * each other: none is lost. Empty while the call is due, and for any other task.
 */
export function callsOf(
  task: Pick<TaskDoc, 'kind' | 'status' | 'payload' | 'resolvedAt'>,
): readonly RecordedCall[] {
  if (task.kind !== 'criticalCall' || task.status !== 'done') return [];
  const { also } = task.payload;
  const others = Array.isArray(also) ? also : [];
  return [{ ...callFrom(task.payload), at: task.resolvedAt }, ...others.map(callFrom)];
}

/** What a task's payload says of a call, as it is kept under `also`. */
function callFrom(payload: unknown): RecordedCall {
  const of = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof of[name] === 'string' ? of[name] : '');
  return {
    to: text('to'),
    by: text('by'),
    at: text('at'),
    note: text('note'),
    station: text('station'),
  };
}

/** True for one and the same call. */
export function isSameCall(a: RecordedCall, b: RecordedCall): boolean {
  return a.at === b.at && a.by === b.by && a.to === b.to && a.station === b.station;
}
