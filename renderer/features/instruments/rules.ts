import type { Role } from '../../../shared/documents/person.ts';
import type { ExceptionDetailRow, ExceptionRow, LineRow } from '../../../shared/ipc/instruments.ts';
import type { StateKind } from '../../ui/State.tsx';

/** Reasons that end when a person says which specimen it is. */
const bySpecimen = new Set([
  'unknownSpecimen',
  'qcNotRecognised',
  'patientOrControl',
  'notReceived',
  'noSpecimen',
  'specimenRejected',
  'otherPatient',
]);

/** What would help an exception: a mapping of its code, unit or status, a specimen, or only another try. */
export type WayOut = 'map' | 'unit' | 'status' | 'match' | 'again';
const byMapping: Readonly<Record<string, WayOut>> = {
  unknownTest: 'map',
  unitMismatch: 'unit',
  unmappedStatus: 'status',
};

/** The way out of an exception, by its reason. */
export function wayOut(exception: Pick<ExceptionRow, 'reason'>): WayOut {
  return byMapping[exception.reason] ?? (bySpecimen.has(exception.reason) ? 'match' : 'again');
}

/** Reasons of which it may be said that this one measurement is a control's, by its lot. */
const ofLots = new Set(['unknownSpecimen', 'qcNotRecognised', 'patientOrControl']);

/** What else may be said of an exception: that its code is no result, that its specimen is a control, of which lot it is, what its unknown flag means. */
export function otherWays(
  exception: Pick<ExceptionDetailRow, 'reason' | 'sentTest' | 'sentSpecimen' | 'fields'>,
): ('notResult' | 'control' | 'ofLot' | 'flag')[] {
  const flag = exception.fields.find((field) => field.name === 'Flag');
  return [
    ...(exception.reason === 'unknownTest' && exception.sentTest !== '' ? (['notResult'] as const) : []),
    ...(['unknownSpecimen', 'qcNotRecognised'].includes(exception.reason) && exception.sentSpecimen !== ''
      ? (['control'] as const)
      : []),
    ...(ofLots.has(exception.reason) ? (['ofLot'] as const) : []),
    ...(flag !== undefined && flag.value !== '' && !flag.ok ? (['flag'] as const) : []),
  ];
}

/** Who may map codes, who may replay and print, who may take a line over, and who may decide on exceptions and lines: as the engine checks it. */
export const mayMap = (roles: readonly Role[]): boolean =>
  roles.some((role) => role === 'lead' || role === 'supervisor' || role === 'admin');
export const mayReplay = (roles: readonly Role[]): boolean => mayDecide(roles) || roles.includes('admin');
export const mayTakeOver = (roles: readonly Role[]): boolean =>
  roles.includes('lead') || roles.includes('supervisor');
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
  elsewhere: 'off',
};
