import type { ReportDoc } from '../../../shared/documents/report.ts';
import { type Json, sameJson } from '../../../shared/fhir/json.ts';
import { keepLinked } from './linked.ts';
import type { AnyDoc } from './port.ts';
import type { Verdict } from './reconcile.ts';

/** Fields of a report that a person writes; everything else of an unsigned one follows from the records each station has. */
const written = ['conclusion', 'sendBackReason', 'correctionReason'] as const;

/**
 * The rule for the report of a requisition that several stations work on, where it is not signed here. A signed one at the server is taken
 * as it is and never overwritten. Of two unsigned ones each station keeps what follows from its own records; what a person
 * wrote is merged, here before there.
 * @returns undefined when it is signed here: then nothing is merged
 */
export function reconcileReport(
  here: ReportDoc,
  there: ReportDoc,
  base: ReportDoc | undefined,
): Verdict | undefined {
  if (here.state === 'signed') return undefined;
  if (there.state === 'signed') return { kind: 'take', doc: withLocal(here, there) };
  const merged = { ...here };
  for (const name of written) {
    const changedHere = here[name] !== (base?.[name] ?? '');
    if (!changedHere || here[name] === '') merged[name] = there[name] || here[name];
  }
  if (there.state === 'sentBack' && base?.state !== 'sentBack' && here.state === 'waiting')
    merged.state = 'sentBack';
  const unsent = here.change !== here.sync.sentChange;
  const doc = { ...merged, extra: keepLinked(there.extra, here as unknown as AnyDoc) } as unknown as AnyDoc;
  return { kind: unsent ? 'send' : 'take', doc };
}

/** True when two signed versions say the same; which of them stands now is each station's own view. */
export function sameSigned(here: ReportDoc, there: ReportDoc): boolean {
  const content = (doc: ReportDoc): Json => {
    const { id, createdAt, updatedAt, change, syncState, serverId, sync, extra, current, ...rest } = doc;
    return rest as unknown as Json;
  };
  return sameJson(content(here), content(there));
}

const stationFields = ['id', 'createdAt', 'updatedAt', 'change', 'syncState', 'serverId', 'sync', 'current'];

function withLocal(here: ReportDoc, there: ReportDoc): AnyDoc {
  const local = Object.fromEntries(stationFields.map((name) => [name, (here as unknown as Json)[name]]));
  return {
    ...there,
    ...local,
    extra: keepLinked(there.extra, here as unknown as AnyDoc),
  } as unknown as AnyDoc;
}
