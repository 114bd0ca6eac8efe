import type { Role } from '../../../shared/documents/person.ts';
import type { ExceptionRow, LineRow } from '../../../shared/ipc/instruments.ts';
import type { StateKind } from '../../ui/State.tsx';

/** Reasons that end when a person says which specimen it is. */
const bySpecimen = new Set(['unknownSpecimen', 'notReceived', 'noSpecimen', 'specimenRejected']);

/** What would help an exception: a mapping of its code, a specimen, or only another try. */
export function wayOut(exception: Pick<ExceptionRow, 'reason'>): 'map' | 'match' | 'again' {
  if (exception.reason === 'unknownTest') return 'map';
  return bySpecimen.has(exception.reason) ? 'match' : 'again';
}

/** Who may map codes, and who may decide on exceptions and lines: as the engine checks it. */
export const mayMap = (roles: readonly Role[]): boolean =>
  roles.some((role) => role === 'lead' || role === 'supervisor' || role === 'admin');
export const mayDecide = (roles: readonly Role[]): boolean =>
  roles.some((role) => role === 'technician' || role === 'lead' || role === 'supervisor');

/** The light of a line. */
export const lineKinds: Record<LineRow['state'], StateKind> = {
  ready: 'lineReady',
  receiving: 'receiving',
  sending: 'receiving',
  qc: 'lineQc',
  off: 'off',
  noAnswer: 'noAnswer',
  failed: 'noAnswer',
};
