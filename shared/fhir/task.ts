import type { Communication, DetectedIssue, Reference, Task, TaskInput } from 'fhir/r4';
import type { CollectionName, TaskDoc } from '../documents/index.ts';
import { callsOf } from '../domain/critical-call.ts';
import { isObject, tidy } from './json.ts';
import { lossless, type ToContext } from './mapping.ts';
import {
  codeOf,
  concept,
  docIdOf,
  identifierOf,
  instantOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  some,
} from './parts.ts';
import { SYSTEM } from './systems.ts';

const toStatus = { open: 'requested', done: 'completed', rejected: 'rejected' } as const;

/** TaskDoc and FHIR Task: kind in `code`, reason in `reasonCode`, what was sent and what is needed to do it again in `input`. */
export const taskMapping = lossless<TaskDoc, Task>(
  (doc, context) => ({
    resourceType: 'Task',
    meta: ourMeta(context),
    identifier: [ourId(doc.id)],
    // Several tasks may have one cause, e.g. a broken transfer and the whole message that followed it: a group, not an identity.
    groupIdentifier: doc.sourceKey === '' ? undefined : { system: SYSTEM.sourceKey, value: doc.sourceKey },
    status: toStatus[doc.status],
    intent: 'order',
    code: concept(SYSTEM.taskKind, doc.kind),
    description: some(doc.summary),
    focus: focusOf(doc, context),
    for: refer(context, 'patients', doc.patientId),
    executionPeriod: { end: some(doc.resolvedAt) },
    authoredOn: doc.createdAt,
    owner: doc.resolvedBy === '' ? undefined : { display: doc.resolvedBy },
    reasonCode: concept(SYSTEM.taskReason, doc.reason),
    input: [
      ...record('instrument', refer(context, 'instruments', doc.instrumentId)),
      ...record('specimen', refer(context, 'specimens', doc.specimenId)),
      ...record('result', refer(context, 'results', doc.resultId)),
      ...record('report', refer(context, 'reports', doc.reportId)),
      ...text('messageId', doc.messageId),
      ...text('sentTest', doc.sentTest),
      ...text('sentSpecimen', doc.sentSpecimen),
      ...text('sentValue', doc.sentValue),
      ...text('sentUnit', doc.sentUnit),
      ...text('payload', Object.keys(doc.payload).length === 0 ? '' : JSON.stringify(doc.payload)),
    ],
    output: text('resolution', doc.resolution),
  }),
  (resource, context, local) => {
    const input = (name: string) =>
      resource.input?.find((item) => codeOf(item.type, SYSTEM.taskField) === name);
    const linked = (name: string, collection: CollectionName) =>
      docIdOf(context, collection, input(name)?.valueReference);
    const resolution = resource.output?.find((item) => codeOf(item.type, SYSTEM.taskField) === 'resolution');
    return {
      ...local,
      kind: oneOf(
        codeOf(resource.code, SYSTEM.taskKind),
        ['exception', 'criticalCall', 'conflict', 'amendment', 'rerun', 'newSpecimen'],
        'exception',
      ),
      status: statusOf(resource.status),
      reason: codeOf(resource.reasonCode, SYSTEM.taskReason, true),
      summary: resource.description ?? '',
      instrumentId: linked('instrument', 'instruments'),
      messageId: input('messageId')?.valueString ?? '',
      sentTest: input('sentTest')?.valueString ?? '',
      sentSpecimen: input('sentSpecimen')?.valueString ?? '',
      sentValue: input('sentValue')?.valueString ?? '',
      sentUnit: input('sentUnit')?.valueString ?? '',
      patientId: docIdOf(context, 'patients', resource.for),
      specimenId: linked('specimen', 'specimens'),
      resultId: linked('result', 'results'),
      reportId: linked('report', 'reports'),
      payload: parsed(input('payload')?.valueString),
      sourceKey: identifierOf(
        resource.groupIdentifier === undefined ? [] : [resource.groupIdentifier],
        SYSTEM.sourceKey,
      ),
      resolution: resolution?.valueString ?? '',
      resolvedBy: resource.owner?.display ?? '',
      resolvedAt: instantOf(resource.executionPeriod?.end),
    };
  },
);

/** What a task is about, the nearest first: result, report, specimen. */
function focusOf(doc: TaskDoc, context: ToContext): Reference | undefined {
  return (
    refer(context, 'results', doc.resultId) ??
    refer(context, 'reports', doc.reportId) ??
    refer(context, 'specimens', doc.specimenId)
  );
}

function field(name: string): Pick<TaskInput, 'type'> {
  return { type: { coding: [{ system: SYSTEM.taskField, code: name }] } };
}

function text(name: string, value: string): TaskInput[] {
  return value === '' ? [] : [{ ...field(name), valueString: value }];
}

function record(name: string, valueReference: Reference | undefined): TaskInput[] {
  return valueReference === undefined ? [] : [{ ...field(name), valueReference }];
}

function statusOf(status: Task['status']): TaskDoc['status'] {
  if (status === 'completed') return 'done';
  return status === 'rejected' || status === 'cancelled' || status === 'failed' ? 'rejected' : 'open';
}

function parsed(json: string | undefined): Record<string, unknown> {
  if (json === undefined) return {};
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** DetectedIssue of an exception or a conflict: something arrived that could not be posted. Absent for other kinds of task. */
export function detectedIssue(doc: TaskDoc, context: ToContext): DetectedIssue | undefined {
  if (doc.kind !== 'exception' && doc.kind !== 'conflict') return undefined;
  const status = { open: 'preliminary', done: 'final', rejected: 'cancelled' } as const;
  const result = refer(context, 'results', doc.resultId);
  return tidy({
    resourceType: 'DetectedIssue',
    meta: ourMeta(context),
    identifier: [ourId(doc.id)],
    status: status[doc.status],
    code: concept(SYSTEM.taskReason, doc.reason),
    patient: refer(context, 'patients', doc.patientId),
    identifiedDateTime: doc.createdAt,
    implicated: result === undefined ? [] : [result],
    detail: some(doc.summary),
    mitigation:
      doc.resolution === ''
        ? []
        : [
            {
              action: { text: doc.resolution },
              date: some(doc.resolvedAt),
              author: doc.resolvedBy === '' ? undefined : { display: doc.resolvedBy },
            },
          ],
  });
}

/** Communication of a critical call (V3): what was told, when, by whom. Absent for other kinds of task. */
export function callCommunication(doc: TaskDoc, context: ToContext): Communication | undefined {
  if (doc.kind !== 'criticalCall') return undefined;
  const status = { open: 'in-progress', done: 'completed', rejected: 'not-done' } as const;
  const about = refer(context, 'results', doc.resultId);
  return tidy({
    resourceType: 'Communication',
    meta: ourMeta(context),
    identifier: [ourId(doc.id)],
    basedOn: [{ reference: context.reference('tasks', doc.id) }],
    status: status[doc.status],
    category: [{ text: 'critical value' }],
    priority: 'stat',
    subject: refer(context, 'patients', doc.patientId),
    about: about === undefined ? [] : [about],
    sent: some(doc.resolvedAt),
    sender: doc.resolvedBy === '' ? undefined : { display: doc.resolvedBy },
    payload: [doc.summary, doc.resolution, ...alsoCalled(doc)]
      .filter((item) => item !== '')
      .map((contentString) => ({ contentString })),
  });
}

/** Calls other stations recorded too, which could not know of the first. */
function alsoCalled(doc: TaskDoc): string[] {
  return callsOf(doc)
    .slice(1)
    .map(({ to, by, at, note, station }) => {
      const where = station === '' ? '' : ` at ${station}`;
      return `Also called ${to}, read back, by ${by}${where}, ${at}.${note === '' ? '' : ` ${note}`}`;
    });
}
