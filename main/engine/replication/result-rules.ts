import type { ResultDoc } from '../../../shared/documents/index.ts';
import { type Json, sameJson } from '../../../shared/fhir/json.ts';
import { keepLinked } from './linked.ts';
import type { AnyDoc } from './port.ts';
import type { Verdict } from './reconcile.ts';
import { withDecisions } from './result-rules-twice.ts';

/** What stations do with a result after it was measured. Everything else is what was measured, and never changes. */
const progress = [
  'current',
  'status',
  'verdict',
  'verifiedBy',
  'verifiedTime',
  'comment',
  'because',
] as const;

const progressFields: ReadonlySet<string> = new Set(progress);

/** How far a version has come; nothing but a person takes one back. */
function rank(doc: ResultDoc): number {
  if (!doc.current) return 3;
  if (doc.verdict === 'rejected') return 2;
  return doc.verdict === 'released' ? 1 : 0;
}

/**
 * The rule where one version of a result differs here and at the server and only in what became of it, not in what was measured. The side that
 * has come further wins: a replaced version over a released one, a released one over one that waits. Released on both sides (two
 * stations, neither knew of the other): the release at the server stands, the other is written into the reasons. Rejected on one side
 * and released on the other: a person decides. Which of several results of one test stands follows from what people decided, on both sides
 * ({@link withDecisions}).
 * @returns undefined when something that was measured differs: then both versions are kept and a person decides
 */
export function reconcileProgress(
  here: ResultDoc,
  there: ResultDoc,
  base: ResultDoc | undefined,
): Verdict | undefined {
  const fields = differing(here, there);
  if (fields.some((name) => !progressFields.has(name))) return undefined;
  const unsent = here.change !== here.sync.sentChange;
  const changedHere = unsent && (base === undefined || differing(base, here).length > 0);
  if (!changedHere) return taken(here, there, fields, unsent);
  const both = withDecisions(here, there);
  if (both === undefined) return merged(here, there);
  const verdict = merged(both.here, both.there);
  // Decisions that only this station knows have to reach the server.
  const isNews = differing(both.there, there).length > 0;
  return verdict.kind === 'take' && isNews ? { kind: 'send', doc: verdict.doc } : verdict;
}

/** The rule where nothing was changed here since: the server's is taken, unless it takes back what a person did. */
function taken(here: ResultDoc, there: ResultDoc, fields: string[], unsent: boolean): Verdict {
  const doc = mergedFrom(here, there);
  if (fields.length === 0) return { kind: 'take', doc };
  if (isOpposed(here, there)) return clash(fields, opposedWhy);
  // Whether it is current follows from the decisions there, and from the versions that are here.
  const [h, t] = [rank({ ...here, current: true }), rank({ ...there, current: true })];
  return unsent || t >= h ? { kind: 'take', doc } : clash(fields, 'Taken back at the server');
}

/** The rule where both sides changed it. */
function merged(here: ResultDoc, there: ResultDoc): Verdict {
  const fields = differing(here, there);
  const theirs = mergedFrom(here, there);
  if (fields.length === 0) return { kind: 'take', doc: theirs };
  if (isOpposed(here, there)) return clash(fields, opposedWhy);
  const [h, t] = [rank(here), rank(there)];
  if (here.verdict === 'released' && there.verdict === 'released') {
    const current = here.current && there.current;
    const kept = { ...(theirs as unknown as ResultDoc), current };
    if (sameJson([here.verifiedBy, here.verifiedTime], [there.verifiedBy, there.verifiedTime]))
      return current === there.current ? { kind: 'take', doc: theirs } : send(kept);
    return send({ ...kept, because: [alsoReleased(here, there), ...kept.because] });
  }
  if (h > t) return send({ ...here, extra: there.extra });
  if (t > h) return { kind: 'take', doc: theirs };
  // Both wait for a person: a reason to hold on either side holds.
  const holds = here.because.filter(
    (one) => one.outcome === 'hold' && !there.because.some((other) => sameJson(one, other)),
  );
  const comment = [there.comment, here.comment].filter(
    (one, at, all) => one !== '' && all.indexOf(one) === at,
  );
  const verdict = here.verdict === 'held' || there.verdict === 'held' ? 'held' : there.verdict;
  const because = [...holds, ...there.because];
  return send({ ...(theirs as unknown as ResultDoc), verdict, because, comment: comment.join(' ') });

  function send(doc: ResultDoc): Verdict {
    return { kind: 'send', doc: mergedFrom(here, doc) };
  }
}

const opposedWhy = 'Rejected on one side, released on the other';

function isOpposed(here: ResultDoc, there: ResultDoc): boolean {
  const verdicts = new Set([here.verdict, there.verdict]);
  return verdicts.has('released') && verdicts.has('rejected');
}

function clash(fields: string[], why: string): Verdict {
  return { kind: 'conflict', fields, why };
}

const stationFields = ['id', 'createdAt', 'updatedAt', 'change', 'syncState', 'serverId', 'sync', 'extra'];

/** Names of the fields that are not the same. */
function differing(a: ResultDoc, b: ResultDoc): string[] {
  const [one, other] = [a, b] as unknown as [Json, Json];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => !stationFields.includes(name) && !sameJson(one[name], other[name]),
  );
}

/** The content of `from` with the station's part of `local`. */
function mergedFrom(local: ResultDoc, from: ResultDoc): AnyDoc {
  const kept = Object.fromEntries(stationFields.map((name) => [name, (local as unknown as Json)[name]]));
  return { ...from, ...kept, extra: keepLinked(from.extra, local as unknown as AnyDoc) } as unknown as AnyDoc;
}

function alsoReleased(here: ResultDoc, there: ResultDoc): ResultDoc['because'][number] {
  return {
    rule: 'releasedTwice',
    outcome: 'note',
    inputs: { by: here.verifiedBy, at: here.verifiedTime },
    text: `Released at two stations: by ${there.verifiedBy} at ${there.verifiedTime}, which stands, and by ${here.verifiedBy} at ${here.verifiedTime}.`,
  };
}
