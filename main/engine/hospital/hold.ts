/** What of the hospital's messages cannot be done without a person: exceptions, and what the hospital is told of them. */
import { createHash } from 'node:crypto';
import { endedTask, newTask, type TaskDoc } from '../../../shared/documents/task.ts';
import type { AckError } from '../../../shared/protocols/hl7/ack.ts';
import type { Bench } from '../bench.ts';
import type { Writer } from '../store/store.ts';

/** Why something is held. The words are in `queries/instruments.ts`. */
export type HospitalReason =
  | 'hospitalUnreadable'
  | 'hospitalUnknownTest'
  | 'hospitalPatient'
  | 'hospitalOtherContent'
  | 'hospitalRequisition'
  | 'hospitalUnknownOrder'
  | 'hospitalMeasured'
  | 'hospitalSpecimen'
  | 'hospitalRefused';

/** Something that is held. `why` has no patient data: the hospital is told the same words. */
export interface Held {
  reason: HospitalReason;
  why: string;
  /** where in the message */
  location?: NonNullable<AckError['location']>;
  /** the patient here that it is about, when there is one */
  patientId?: string;
}

/** Table 0357. */
const CODES: Readonly<Record<HospitalReason, string>> = {
  hospitalUnreadable: '100',
  hospitalUnknownTest: '103',
  hospitalPatient: '204',
  hospitalOtherContent: '205',
  hospitalRequisition: '207',
  hospitalUnknownOrder: '204',
  hospitalMeasured: '206',
  hospitalSpecimen: '205',
  hospitalRefused: '207',
};

/** What the hospital is told. */
export function errorOf(held: Held): AckError {
  return {
    code: CODES[held.reason],
    text: `${held.why} Held for a person in the laboratory.`,
    ...(held.location === undefined ? {} : { location: held.location }),
  };
}

/** Where something held comes from. */
export interface HospitalSource {
  lineId: string;
  /** journal message */
  messageId: string;
}

/** What an exception keeps of a held order. */
export interface HeldOrder {
  /** digest of what was sent: the same again opens nothing */
  digest: string;
  placers: string[];
  /** of those, the ones the hospital has cancelled since */
  cancelled: string[];
  /** `ORC-1 of placer`, for the person */
  control: string;
  patient: string;
}

/** The key of one piece of work of the hospital: the same order asked for the same way has the same one. */
export function sourceKeyOf(lineId: string, kind: string, number: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['hospital', lineId, kind, number]))
    .digest('hex');
}

/** Exceptions of a piece of work, ended ones too. */
export function heldBefore(unit: Writer, sourceKey: string): Promise<TaskDoc[]> {
  return unit.find('tasks', { selector: { sourceKey: { $eq: sourceKey } } });
}

/** Opens an exception, or brings the open one of the same work up to date. What a person has ended stays so when the same is sent again. */
export async function hold(
  bench: Bench,
  unit: Writer,
  at: string,
  source: HospitalSource,
  sourceKey: string,
  held: Held,
  about: { test: string; number: string; order: HeldOrder },
): Promise<void> {
  const before = await heldBefore(unit, sourceKey);
  const open = before.find((task) => task.status === 'open');
  const same = (task: TaskDoc) =>
    (task.payload.hospital as HeldOrder | undefined)?.digest === about.order.digest;
  if (open === undefined && before.some(same)) return;
  const now: Partial<TaskDoc> = {
    reason: held.reason,
    summary: held.why.slice(0, 400),
    messageId: source.messageId || (open?.messageId ?? ''),
    sentTest: about.test.slice(0, 80),
    sentSpecimen: about.number.slice(0, 80),
    sentValue: held.why.slice(0, 400),
    patientId: held.patientId ?? '',
    payload: { hospital: { ...about.order, cancelled: cancelledIn(open) } },
  };
  unit.put('tasks', { ...(open ?? newException(bench, at, source.lineId, sourceKey)), ...now });
}

function cancelledIn(task: TaskDoc | undefined): string[] {
  return (task?.payload.hospital as HeldOrder | undefined)?.cancelled ?? [];
}

/** An open exception of a hospital line, with nothing said of it yet. */
export function newException(bench: Bench, at: string, lineId: string, sourceKey: string): TaskDoc {
  return newTask(bench.newId(), at, 'exception', {
    instrumentId: lineId,
    sourceKey,
  });
}

/** Ends the open exception of a piece of work: it is done, or no longer wanted. With `digest` only one of that content. */
export async function release(
  unit: Writer,
  at: string,
  sourceKey: string,
  by: string,
  status: 'done' | 'rejected',
  resolution: string,
  digest?: string,
): Promise<void> {
  for (const task of await heldBefore(unit, sourceKey)) {
    const order = task.payload.hospital as HeldOrder | undefined;
    if (task.status === 'open' && (digest === undefined || digest === order?.digest))
      unit.put('tasks', endedTask(task, at, by, resolution, status));
  }
}
