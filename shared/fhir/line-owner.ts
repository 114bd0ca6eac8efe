import type { Task } from 'fhir/r4';
import type { LineOwner } from '../domain/line-owner.ts';
import { codeOf, concept, identifierOf, instantOf } from './parts.ts';
import { SYSTEM } from './systems.ts';

/** System of the identifier: one Task per analyser, by its serial number, whichever station has it. */
export const LINE_SYSTEM = 'urn:levey:line';
/** Code of the Tasks that say which station has an analyser. */
export const LINE_CODE = 'line';

const TAKEN_FROM = 'taken-from';
const STATION = 'station';

/** Search that finds the Task of an analyser, for a conditional create. */
export function lineSearch(serialNumber: string): string {
  return `identifier=${encodeURIComponent(`${LINE_SYSTEM}|${serialNumber}`)}`;
}

/**
 * Ownership as FHIR Task: `in-progress` while the owner has the line, `ready` once it is given over.
 * @param told when the server is told, an instant: without it a renewal would be no new version, and the server's stamp would stay
 */
export function lineToTask(owner: LineOwner, told: string): Task {
  const input = (kind: string, text: string) => ({
    type: { coding: [{ system: SYSTEM.taskField, code: kind }] },
    valueString: text,
  });
  const named = owner.name === '' ? {} : { display: owner.name };
  return {
    resourceType: 'Task',
    meta: { tag: [{ system: SYSTEM.station, code: owner.station }] },
    identifier: [{ system: LINE_SYSTEM, value: owner.serialNumber }],
    status: owner.free ? 'ready' : 'in-progress',
    intent: 'order',
    code: concept(SYSTEM.taskKind, LINE_CODE),
    executionPeriod: { start: owner.since },
    lastModified: told,
    owner: { identifier: { system: SYSTEM.station, value: owner.station }, ...named },
    ...(owner.personId === ''
      ? {}
      : { requester: { identifier: { system: SYSTEM.person, value: owner.personId }, ...named } }),
    ...(owner.reason === '' ? {} : { statusReason: { text: owner.reason } }),
    input: [
      ...(owner.takenFrom === '' ? [] : [input(TAKEN_FROM, owner.takenFrom)]),
      ...owner.stations.map((station) => input(STATION, station)),
    ],
  };
}

/** What a Task says of the line of an analyser; undefined for any other. */
export function lineFromTask(task: Task): LineOwner | undefined {
  if (codeOf(task.code, SYSTEM.taskKind) !== LINE_CODE) return undefined;
  const serialNumber = identifierOf(task.identifier, LINE_SYSTEM);
  const station = task.owner?.identifier?.value ?? '';
  if (serialNumber === '' || station === '') return undefined;
  const inputs = (kind: string): string[] =>
    (task.input ?? []).flatMap((one) =>
      codeOf(one.type, SYSTEM.taskField) === kind && one.valueString !== undefined ? [one.valueString] : [],
    );
  return {
    serialNumber,
    station,
    personId: task.requester?.identifier?.value ?? '',
    name: task.owner?.display ?? '',
    since: instantOf(task.executionPeriod?.start),
    free: task.status !== 'in-progress',
    takenFrom: inputs(TAKEN_FROM)[0] ?? '',
    reason: task.statusReason?.text ?? '',
    stations: [...new Set([station, ...inputs(STATION)])].sort(),
  };
}
