import type { OrderDoc, ResultDoc } from '../../../shared/documents/index.ts';
import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { ReportDoc } from '../../../shared/documents/report.ts';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import { type Json, sameJson } from '../../../shared/fhir/json.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { nameKeyOf } from '../../../shared/fhir/patient.ts';
import { reconcileCall, withCommunication } from './call-rules.ts';
import { keepLinked } from './linked.ts';
import { orderStatus } from './order-rules.ts';
import type { AnyDoc } from './port.ts';
import { united } from './qc-merge.ts';
import { reconcileReport, sameSigned } from './report-rules.ts';
import { reconcileProgress } from './result-rules.ts';

/** What to do when the server has another version of a record than the one this station knows. */
export type Verdict =
  /** Nothing of ours is left to send: the document as the server has it. Where its `change` is raised, what belongs to it besides is sent. */
  | { kind: 'take'; doc: AnyDoc }
  /** Both sides in one document, which has to be sent. */
  | { kind: 'send'; doc: AnyDoc }
  /** A person decides; nothing is changed on either side. */
  | { kind: 'conflict'; fields: string[]; why: string };

/** Fields that are this station's own business, or follow from others. */
const ownFields = new Set([
  'id',
  'createdAt',
  'updatedAt',
  'change',
  'syncState',
  'serverId',
  'sync',
  'extra',
]);
const derivedFields = new Set(['nameKey', 'labelState', 'label']);

/** Names of the fields a conflict can be about. */
export function contentFields(doc: object): string[] {
  return Object.keys(doc).filter((name) => !ownFields.has(name) && !derivedFields.has(name));
}

/** True when two states of a record say the same; where it stands on its way to the server is left aside. */
export function sameContent(a: AnyDoc, b: AnyDoc): boolean {
  return [...new Set([...contentFields(a), ...contentFields(b)])].every((name) =>
    sameJson(fieldOf(a, name), fieldOf(b, name)),
  );
}

/**
 * The rules for conflicts, by kind. Patients and catalogue: field by field, the server wins, unless the field was changed here too:
 * then a person decides. Orders: the server wins, but for a cancellation ({@link orderStatus}). Results: what was measured is never merged, both
 * versions are kept and a person decides; what became of them is ({@link reconcileProgress}). Signed reports: never
 * merged, an amendment. Calls of critical values: what was recorded stays ({@link reconcileCall}). What only this station makes (specimens, controls, instruments, tasks, unsigned reports): ours wins where both
 * changed. Elements that are not modelled are always the server's.
 *
 * @param here the document as it is @param there what the server has, read as a document
 * @param base what both started from; undefined when the server no longer knows it: then every difference counts as changed on both sides
 */
export function reconcile(
  collection: Replicated,
  here: AnyDoc,
  there: AnyDoc,
  base: AnyDoc | undefined,
): Verdict {
  const verdict = decided(collection, here, there, base);
  return collection === 'tasks' ? withCommunication(here as unknown as TaskDoc, verdict) : verdict;
}

function decided(collection: Replicated, here: AnyDoc, there: AnyDoc, base: AnyDoc | undefined): Verdict {
  const special = byKind(collection, here, there, base);
  if (special !== undefined) return special;
  const both = united(collection, here, there);
  if (both === null) return fieldByField(collection, here, there, base);
  const verdict = fieldByField(collection, both.here, both.there, base);
  // What only one side had of a list has to reach the server.
  return verdict.kind === 'take' && both.more ? { kind: 'send', doc: verdict.doc } : verdict;
}

/** Rules of kinds that several stations work on; undefined where the fields decide one by one. */
function byKind(
  collection: Replicated,
  here: AnyDoc,
  there: AnyDoc,
  base: AnyDoc | undefined,
): Verdict | undefined {
  const three = [here, there, base] as unknown;
  if (collection === 'results')
    return reconcileProgress(...(three as [ResultDoc, ResultDoc, ResultDoc | undefined]));
  if (collection === 'reports') {
    const [mine, theirs, before] = three as [ReportDoc, ReportDoc, ReportDoc | undefined];
    if (sameSigned(mine, theirs))
      return { kind: 'take', doc: { ...here, extra: keepLinked(there.extra, here) } };
    // Two that are signed have nothing in common to start from: whatever was known before, none goes over the other (C4).
    if (mine.state === 'signed' && theirs.state === 'signed')
      return fieldByField(collection, here, there, undefined);
    return reconcileReport(mine, theirs, before);
  }
  if (collection === 'tasks') return reconcileCall(...(three as [TaskDoc, TaskDoc]));
  if (collection !== 'orders') return undefined;
  const [mine, theirs, before] = three as [OrderDoc, OrderDoc, OrderDoc | undefined];
  const status = orderStatus(mine, theirs, before);
  if (status === 'server') return undefined;
  if (status === 'person')
    return { kind: 'conflict', fields: ['status'], why: 'Cancelled here; completed at the server' };
  const { status: kept, note } = mine;
  const verdict = fieldByField(collection, here, { ...there, status: kept, note } as AnyDoc, base);
  return { kind: 'send', doc: verdict.kind === 'conflict' ? here : verdict.doc };
}

function fieldByField(
  collection: Replicated,
  here: AnyDoc,
  there: AnyDoc,
  base: AnyDoc | undefined,
): Verdict {
  const unsent = here.change !== here.sync.sentChange;
  const merged: Json = {
    ...there,
    ...Object.fromEntries([...ownFields, ...derivedFields].map((name) => [name, fieldOf(here, name)])),
    extra: keepLinked(there.extra, here),
  };
  const clashes: string[] = [];
  const theirs: string[] = [];
  let toSend = false;
  for (const name of new Set([...contentFields(here), ...contentFields(there)])) {
    const [h, t] = [fieldOf(here, name), fieldOf(there, name)];
    if (sameJson(h, t)) continue;
    if (collection === 'orders' && name === 'testCodes' && Array.isArray(t) && t.length === 0) {
      merged[name] = h;
      continue;
    }
    const changedHere = unsent && (base === undefined || !sameJson(fieldOf(base, name), h));
    const changedThere = base === undefined || !sameJson(fieldOf(base, name), t);
    if (changedHere && !changedThere) {
      merged[name] = h;
      toSend = true;
      continue;
    }
    theirs.push(name);
    if (changedHere) clashes.push(name);
    if (changedHere && oursWins(collection)) {
      merged[name] = h;
      toSend = true;
    }
  }
  const disputed = isGuarded(collection, here) ? theirs : clashes;
  if (
    disputed.length > 0 &&
    !serverWins(collection) &&
    !(oursWins(collection) && !isGuarded(collection, here))
  ) {
    return { kind: 'conflict', fields: disputed, why: whyOf(collection, here, disputed) };
  }
  if (collection === 'patients') merged.nameKey = nameKeyOf(merged as unknown as PatientDoc);
  const doc = merged as unknown as AnyDoc;
  return { kind: toSend ? 'send' : 'take', doc };
}

function fieldOf(doc: AnyDoc, name: string): unknown {
  return (doc as unknown as Json)[name];
}

function serverWins(collection: Replicated): boolean {
  return collection === 'orders';
}

function oursWins(collection: Replicated): boolean {
  return ['specimens', 'controls', 'instruments', 'tasks', 'reports', 'settings'].includes(collection);
}

/** Records whose content nobody may change from elsewhere: results, and reports once signed (C4). */
function isGuarded(collection: Replicated, here: AnyDoc): boolean {
  return collection === 'results' || isSignedReport(collection, here);
}

/** True for a report that was signed here. */
export function isSignedReport(collection: Replicated, doc: AnyDoc): boolean {
  return collection === 'reports' && (doc as unknown as ReportDoc).state === 'signed';
}

function whyOf(collection: Replicated, here: AnyDoc, fields: string[]): string {
  const named = fields.slice(0, 4).map(spoken).join(', ');
  if (isSignedReport(collection, here)) return `Signed here, changed at the server: ${named}`;
  if (collection === 'results') return `The server has another version: ${named}`;
  return `Changed here and at the server: ${named}`;
}

/** `birthDate` as `birth date`. */
function spoken(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
