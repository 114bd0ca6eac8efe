import type { ReportDoc } from '../../../shared/documents/report.ts';
import { type Json, sameJson } from '../../../shared/fhir/json.ts';
import { keepLinked } from './linked.ts';
import type { AnyDoc } from './port.ts';
import type { Verdict } from './reconcile.ts';

/** Fields of a report that a person writes; everything else of an unsigned one follows from the records each station has. */
const written = ['conclusion', 'sendBackReason', 'correctionReason'] as const;

/**
 * The rule for the report of a requisition that several stations work on. Of a signed one and a draft the signed one stands as it is, on whichever
 * side: a draft follows from records, and what it has besides becomes the next version; only where a person wrote something in the draft at the server,
 * or it is another patient's, is one asked. Of two unsigned ones each station keeps what follows from its own records; what a person wrote is merged, here before there.
 * @returns undefined when it is signed here and nothing may go over what the server has
 */
export function reconcileReport(
  here: ReportDoc,
  there: ReportDoc,
  base: ReportDoc | undefined,
): Verdict | undefined {
  const unsent = here.change !== here.sync.sentChange;
  if (here.state === 'signed') {
    const isDraft = there.state !== 'signed' && base?.state !== 'signed';
    const isNews = [...written, 'patientId' as const].some(
      (name) => there[name] !== here[name] && there[name] !== (base?.[name] ?? ''),
    );
    if (!unsent || !isDraft || isNews) return undefined;
    return { kind: 'send', doc: withExtra(here, there) };
  }
  if (there.state === 'signed') return { kind: 'take', doc: withLocal(here, there) };
  const merged = { ...here };
  for (const name of written) {
    const changedHere = here[name] !== (base?.[name] ?? '');
    if (!changedHere || here[name] === '') merged[name] = there[name] || here[name];
  }
  if (there.state === 'sentBack' && base?.state !== 'sentBack' && here.state === 'waiting')
    merged.state = 'sentBack';
  return { kind: unsent ? 'send' : 'take', doc: withExtra(merged, there) };
}

/** What is not modelled is the server's. */
function withExtra(doc: ReportDoc, there: ReportDoc): AnyDoc {
  const mine = doc as unknown as AnyDoc;
  return { ...mine, extra: keepLinked(there.extra, mine) };
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
  return withExtra({ ...there, ...local, extra: here.extra } as ReportDoc, there);
}
