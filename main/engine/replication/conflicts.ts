import { newBase } from '../../../shared/documents/common.ts';
import type { DocOf } from '../../../shared/documents/index.ts';
import { endedTask, newTask } from '../../../shared/documents/task.ts';
import { LeveyError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/fhir/json.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { nameKeyOf } from '../../../shared/fhir/patient.ts';
import { type ConflictFields, isAsSeen } from './conflict-fields.ts';
import { asNew } from './kept.ts';
import { keepLinked, madeAt } from './linked.ts';
import type { AnyDoc, Cause, ReplicationStore, ReplicationUnit } from './port.ts';
import { contentFields, isSignedReport } from './reconcile.ts';
import { decided, nextRound, standingFor, stands } from './result-rules-twice.ts';

/** A conflict or a deletion to be put before a person. */
export interface Dispute {
  reason:
    | 'bothChanged'
    | 'signedChanged'
    | 'deletedAtServer'
    | 'rejectedAfterRelease'
    | 'numberTwice'
    | 'otherPatient'
    /** One test of one specimen stands twice: two stations entered it, neither of which knew of the other. */
    | 'enteredTwice'
    /** An order was cancelled at the server, results of it are released here. */
    | 'cancelledAfterRelease';
  why: string;
  /** What the server has; undefined when it deleted the record. */
  there: AnyDoc | undefined;
  /** Version of the server this is about. */
  versionId: string;
  /** Both sides say the same; what contradicts is another record: there is nothing to choose from. */
  alike?: boolean;
}

/** Marks a record and puts a task before a person, with both versions in its payload. Where one is open already it is that which changes. */
export async function raise(
  unit: ReplicationUnit,
  collection: Replicated,
  here: AnyDoc,
  dispute: Dispute,
  at: string,
  newId: () => string,
): Promise<void> {
  const marked = {
    ...here,
    syncState: 'conflict' as const,
    sync: { ...here.sync, why: dispute.why, since: at },
  };
  unit.put(collection, marked as never);
  const sourceKey = `conflict:${collection}:${here.id}`;
  const payload = {
    collection,
    docId: here.id,
    here: contentOf(here),
    server: dispute.there === undefined || dispute.alike === true ? {} : contentOf(dispute.there),
    serverVersion: dispute.versionId,
    serverExtra: dispute.there?.extra ?? {},
    deleted: dispute.there === undefined,
    /** The record that contradicts, where it is another one than this at the server. */
    otherId: dispute.there === undefined || dispute.there.id === here.id ? '' : dispute.there.id,
  };
  const open = await unit.openTask(sourceKey);
  if (open !== undefined) {
    unit.putChanged('tasks', { ...open, reason: dispute.reason, payload, summary: dispute.why });
    return;
  }
  const about = here as unknown as Json;
  const task: DocOf<'tasks'> = newTask(
    newId(),
    at,
    isSignedReport(collection, here) ? 'amendment' : 'conflict',
    {
      reason: dispute.reason,
      summary: dispute.why,
      patientId: collection === 'patients' ? here.id : String(about.patientId ?? ''),
      specimenId: collection === 'specimens' ? here.id : String(about.specimenId ?? ''),
      resultId: collection === 'results' ? here.id : '',
      reportId: collection === 'reports' ? here.id : '',
      payload,
      sourceKey,
    },
  );
  unit.putChanged('tasks', task);
}

/** What of a unit of work questions to people need. */
export type Questions = Pick<ReplicationUnit, 'openTask' | 'putChanged'>;

/** Conflicts between this record and another one: a newer version of this one does not answer them. */
const betweenRecords: ReadonlySet<string> = new Set<Dispute['reason']>([
  ...(['rejectedAfterRelease', 'numberTwice', 'otherPatient'] as const),
  ...(['enteredTwice', 'cancelledAfterRelease'] as const),
]);

/**
 * A newer version of the server was taken over although the record was in conflict here. Where the conflict is between its own two versions
 * that settles it and the task is closed. Where it is with another record, a person still has to decide, unless this one no longer stands.
 * @param before the record as it was here @param after as it would be put @returns the record as it is to be put
 */
export async function keepDispute(
  unit: Questions,
  collection: Replicated,
  before: AnyDoc,
  after: AnyDoc,
  at: string,
): Promise<AnyDoc> {
  if (before.syncState !== 'conflict') return after;
  const task = await unit.openTask(`conflict:${collection}:${before.id}`);
  if (task === undefined) return after;
  const { current } = after as unknown as { current?: boolean };
  if (betweenRecords.has(task.reason) && current !== false) {
    const payload = { ...task.payload, here: contentOf(after), serverVersion: after.sync.versionId };
    unit.putChanged('tasks', { ...task, payload });
    const { why, since } = before.sync;
    return { ...after, syncState: 'conflict', sync: { ...after.sync, why, since } };
  }
  unit.putChanged('tasks', endedTask(task, at, 'server', SETTLED));
  return after;
}

/** Closes a question that what came since has answered: the record goes on like every other. @param doc as it is in the unit */
export async function closeDispute(
  unit: ReplicationUnit,
  collection: Replicated,
  doc: AnyDoc,
  at: string,
): Promise<void> {
  const task = await unit.openTask(`conflict:${collection}:${doc.id}`);
  if (task === undefined || doc.syncState !== 'conflict') return;
  const unsent = doc.serverId === '' || doc.change !== doc.sync.sentChange;
  const syncState = unsent ? ('queued' as const) : ('onServer' as const);
  unit.put(collection, {
    ...doc,
    syncState,
    sync: { ...doc.sync, why: '', since: at, attempts: 0 },
  } as never);
  unit.putChanged('tasks', endedTask(task, at, 'server', SETTLED));
}

/** How a question ends that nobody had to answer. */
export const SETTLED = 'Settled by the newer version at the server';

function contentOf(doc: AnyDoc): Json {
  const all = doc as unknown as Json;
  return Object.fromEntries(contentFields(doc).map((name) => [name, all[name]]));
}

/**
 * A person's decision of a conflict: the fields named keep what is here, all others take the server's. The outcome goes to the server,
 * guarded by the version that was looked at. For a result the server's value becomes a new version that is held; the old one stays (R12).
 * @param seen both versions as the person saw them @throws LeveyError `sync.noConflict` when it is not in conflict, `sync.signed` for a signed
 * report, `sync.changed` where a version is no longer what was seen
 */
export async function decide(
  store: ReplicationStore,
  collection: Replicated,
  docId: string,
  keepHere: readonly string[],
  cause: Cause,
  at: string,
  newId: () => string,
  seen?: ConflictFields,
): Promise<void> {
  await store.write(cause, async (unit) => {
    const doc = (await unit.byId(collection, docId)) as unknown as AnyDoc | undefined;
    const task = await unit.openTask(`conflict:${collection}:${docId}`);
    if (doc === undefined || task === undefined || doc.syncState !== 'conflict') throw noConflict();
    if (isSignedReport(collection, doc)) throw signed();
    if (seen !== undefined && !isAsSeen(seen, doc, task.payload.server)) throw changed();
    const server = task.payload.server as Json;
    const taken = Object.keys(server).filter((name) => !keepHere.includes(name));
    const versionId = String(task.payload.serverVersion ?? '');
    const extra = keepLinked(task.payload.serverExtra as Json, doc);
    const agreed = {
      ...doc,
      extra,
      syncState: 'queued' as const,
      sync: { ...doc.sync, versionId, why: '', since: at, attempts: 0 },
    };
    if (task.payload.deleted === true) {
      // The server no longer has it: keeping it here sends nothing, its id there stays taken. One that took its place has never had it.
      const kept = doc.serverId === '' ? asNew(doc, at) : { ...doc, syncState: 'local' };
      unit.put(collection, kept as never);
    } else if (task.reason === 'enteredTwice') {
      const own = { ...agreed, extra: doc.extra } as unknown as DocOf<'results'>;
      const otherId = String(task.payload.otherId ?? '');
      await decideTwice(unit, own, keepHere.length > 0, otherId, cause, at);
    } else if (collection === 'results' && taken.some((name) => !sameField(doc, server, name))) {
      appendVersion(unit, agreed as unknown as DocOf<'results'>, server, taken, at, newId());
    } else {
      const fields = Object.fromEntries(taken.map((name) => [name, server[name]]));
      const decided = { ...agreed, ...fields };
      if (collection === 'patients') Object.assign(decided, { nameKey: nameKeyOf(decided as never) });
      unit.putChanged(collection, decided as never);
    }
    const { requisition } = doc as unknown as { requisition?: string };
    if (requisition !== undefined && collection !== 'reports') await unit.refreshReport(requisition);
    if (collection === 'results') await sendAgain(unit, requisition ?? '', docId);
    unit.putChanged(
      'tasks',
      endedTask(
        task,
        at,
        cause.actor,
        keepHere.length === 0 ? "Kept the server's" : `Kept here: ${keepHere.join(', ')}`,
      ),
    );
  });
}

/** Unsigned reports may have gone without a result that waited for a person before it was sent: they go once more, with it. */
async function sendAgain(unit: ReplicationUnit, requisition: string, resultId: string): Promise<void> {
  if (requisition === '') return;
  for (const report of await unit.reportsOf(requisition)) {
    if (report.state === 'signed' || !report.resultIds.includes(resultId)) continue;
    unit.putChanged('reports', report);
  }
}

function sameField(doc: AnyDoc, server: Json, name: string): boolean {
  return JSON.stringify((doc as unknown as Json)[name]) === JSON.stringify(server[name]);
}

/**
 * One of the results of a test that were made at several stations stands from now on; the others are kept, no longer current. Where what was chosen was
 * replaced meanwhile, its newest version stands; where nothing of it stands any more, there is nothing left to decide.
 */
async function decideTwice(
  unit: ReplicationUnit,
  here: DocOf<'results'>,
  keepHere: boolean,
  otherId: string,
  cause: Cause,
  at: string,
): Promise<void> {
  unit.putChanged('results', here);
  const all = (await unit.resultsOf(here.accessionIdentifier)).filter(
    (one) => one.testCode === here.testCode,
  );
  const standing = all.filter(stands);
  const isElsewhere = (one: DocOf<'results'>) => madeAt(one as unknown as AnyDoc) !== '';
  const chosen = keepHere
    ? standingFor(all, here.id)
    : otherId === ''
      ? standing.find(isElsewhere)
      : standingFor(all, otherId);
  if (chosen === undefined || standing.length < 2) return;
  const decision = { stands: chosen.id, round: nextRound(all), by: cause.actor, at };
  for (const one of standing) unit.putChanged('results', decided(one, decision));
}

/** The server's content as a new version of a result; the one that was here is kept, no longer current. */
function appendVersion(
  unit: ReplicationUnit,
  here: DocOf<'results'>,
  server: Json,
  taken: string[],
  at: string,
  id: string,
): void {
  const fields = Object.fromEntries(taken.map((name) => [name, server[name]])) as Partial<DocOf<'results'>>;
  unit.putChanged('results', { ...here, current: false });
  unit.putChanged('results', {
    ...here,
    ...fields,
    ...newBase(id, at, 'queued'),
    version: here.version + 1,
    replacesId: here.id,
    current: true,
    status: 'preliminary',
    verdict: 'held',
    verifiedBy: '',
    verifiedTime: '',
    because: [
      ...here.because,
      {
        rule: 'syncConflict',
        outcome: 'hold',
        inputs: {},
        text: 'Taken from the server: a person verifies it',
      },
    ],
    sourceKey: '',
    extra: undefined,
  });
}

function noConflict(): LeveyError {
  return new LeveyError({
    code: 'sync.noConflict',
    what: 'This record is not in conflict any more.',
    safe: 'Nothing was changed.',
    todo: 'Look at the list again.',
  });
}

function changed(): LeveyError {
  return new LeveyError({
    code: 'sync.changed',
    what: 'One of the two versions has changed meanwhile.',
    safe: 'Nothing was decided.',
    todo: 'Go back, look at the values again and choose.',
  });
}

function signed(): LeveyError {
  return new LeveyError({
    code: 'sync.signed',
    what: 'A signed report is never merged.',
    safe: 'Both versions are kept: the signed one here, the other at the server.',
    todo: 'Amend the report on Sign-out if it has to say something else.',
  });
}
