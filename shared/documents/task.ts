import { z } from 'zod';
import { base, MaybeInstant, newBase } from './common.ts';
import type { ResultDoc } from './result.ts';

/** Something that waits for a person: an exception from an instrument, a critical call, a conflict, an amendment. */
export const TaskDoc = z.object({
  ...base,
  kind: z.enum(['exception', 'criticalCall', 'conflict', 'amendment', 'rerun', 'newSpecimen']),
  status: z.enum(['open', 'done', 'rejected']),
  /** Stable code: unknownTest, unknownSpecimen, unmappedStatus, unparsable, otherContent, specimenRejected, noOrder, criticalValue … */
  reason: z.string().max(40),
  summary: z.string(),
  instrumentId: z.string(),
  /** Journal message; empty when none. */
  messageId: z.string().max(36),
  /** As sent: instrument's test code, specimen id, value. */
  sentTest: z.string(),
  sentSpecimen: z.string(),
  sentValue: z.string(),
  sentUnit: z.string(),
  patientId: z.string(),
  specimenId: z.string(),
  resultId: z.string(),
  reportId: z.string(),
  /** What is needed to do it again, e.g. the canonical result as interpreted. */
  payload: z.record(z.string(), z.unknown()),
  /** Same for the same cause: a retransmission makes no second task. */
  sourceKey: z.string().max(64),
  resolution: z.string(),
  resolvedBy: z.string(),
  resolvedAt: MaybeInstant,
});
export type TaskDoc = z.infer<typeof TaskDoc>;

/**
 * A new open task that goes to the server, with nothing said of it but what is given.
 * @param at instant
 */
export function newTask(id: string, at: string, kind: TaskDoc['kind'], said: Partial<TaskDoc>): TaskDoc {
  return {
    ...newBase(id, at, 'queued'),
    kind,
    status: 'open',
    reason: '',
    summary: '',
    instrumentId: '',
    messageId: '',
    sentTest: '',
    sentSpecimen: '',
    sentValue: '',
    sentUnit: '',
    patientId: '',
    specimenId: '',
    resultId: '',
    reportId: '',
    payload: {},
    sourceKey: '',
    resolution: '',
    resolvedBy: '',
    resolvedAt: '',
    ...said,
  };
}

/** The task as it is once somebody, or the engine (`engine`, `server`), has ended it. @param at instant @param resolution what became of it, as a sentence */
export function endedTask(
  task: TaskDoc,
  at: string,
  by: string,
  resolution: string,
  status: 'done' | 'rejected' = 'done',
): TaskDoc {
  return { ...task, status, resolution, resolvedBy: by, resolvedAt: at };
}

/** What a task says of the result it is about: whose it is, of what tube, and the value as it was sent. */
export function aboutResult(
  result: ResultDoc,
): Pick<
  TaskDoc,
  | 'instrumentId'
  | 'messageId'
  | 'sentSpecimen'
  | 'sentValue'
  | 'sentUnit'
  | 'patientId'
  | 'specimenId'
  | 'resultId'
> {
  return {
    instrumentId: result.instrumentId,
    messageId: result.messageId,
    sentSpecimen: result.accessionIdentifier,
    sentValue: result.value.text,
    sentUnit: result.value.unit,
    patientId: result.patientId,
    specimenId: result.specimenId,
    resultId: result.id,
  };
}
