import type { Reason } from '../../../shared/documents/common.ts';
import type { ResultDoc } from '../../../shared/documents/index.ts';
import { sameJson } from '../../../shared/fhir/json.ts';

/**
 * What people decided about results of one test of one tube that were entered at several stations. Each decision is written among the reasons of all results
 * it was about, so that every station comes to the same, in whatever order decisions reach it:
 *
 * - a decision made in the knowledge of an earlier one takes its place (`round`);
 * - of two made at the same time by people who did not know of each other, the one for the later result (the larger id) holds. Where both
 *   results would stand or fall by that, the one that stands is held until a person verifies it, unless it is released already.
 */
const RULE = 'enteredTwice';

/** A reason that says which of several results stands. */
type Decision = Reason & { inputs: { stands: string; round: string } };

const isDecision = (one: Reason): one is Decision =>
  one.rule === RULE && one.inputs.stands !== undefined && /^\d+$/.test(one.inputs.round ?? '');

function decisionsOf(doc: Pick<ResultDoc, 'because'>): Decision[] {
  return doc.because.filter(isDecision);
}

/** The round a decision made now is of: one more than all that are known. @param results of one test of one tube */
export function nextRound(results: readonly ResultDoc[]): number {
  return 1 + Math.max(0, ...results.flatMap(decisionsOf).map((one) => Number(one.inputs.round)));
}

/** A result as a decision leaves it. @param stands id of the result that stands @param at instant */
export function decided(
  doc: ResultDoc,
  { stands, round, by, at }: { stands: string; round: number; by: string; at: string },
): ResultDoc {
  const which = doc.id === stands ? 'this' : 'the other';
  const text = `Entered at two stations: ${which} one stands.`;
  const note: Reason = {
    rule: RULE,
    outcome: 'note',
    inputs: { by, at, stands, round: String(round) },
    text,
  };
  return { ...doc, current: doc.id === stands, because: [note, ...doc.because] };
}

/** The decisions of the last round. */
function lastOf(decisions: readonly Decision[]): Decision[] {
  const round = Math.max(...decisions.map((one) => Number(one.inputs.round)));
  return decisions.filter((one) => Number(one.inputs.round) === round);
}

/** Whether a result stands by what was decided; undefined when nothing was. */
function standsBy(decisions: readonly Decision[], id: string): boolean | undefined {
  if (decisions.length === 0) return undefined;
  const chosen = lastOf(decisions).map((one) => one.inputs.stands);
  return chosen.sort().at(-1) === id;
}

/** No longer current for another reason than a decision: a later version stands in its place. */
function isReplaced(doc: ResultDoc): boolean {
  return !doc.current && standsBy(decisionsOf(doc), doc.id) !== false;
}

/**
 * One version of a result as two sides have it, each with the decisions of both and with what follows from them.
 * @returns undefined when nobody decided anything about it
 */
export function withDecisions(
  here: ResultDoc,
  there: ResultDoc,
): { here: ResultDoc; there: ResultDoc } | undefined {
  const all = [...decisionsOf(there)];
  for (const one of decisionsOf(here)) if (!all.some((other) => sameJson(one, other))) all.push(one);
  const stands = standsBy(all, here.id);
  if (stands === undefined) return undefined;
  const current = stands && !isReplaced(here) && !isReplaced(there);
  const opposed = new Set(lastOf(all).map((one) => one.inputs.stands)).size > 1;
  const side = (doc: ResultDoc): ResultDoc => {
    const own = decisionsOf(doc);
    const more: Reason[] = all.filter((one) => !own.some((other) => sameJson(one, other)));
    const waits = doc.verdict === 'held' || doc.verdict === 'ready';
    const isHeld = doc.because.some((one) => one.rule === opposing.rule);
    const holds = current && opposed && waits && !isHeld ? [opposing] : [];
    return {
      ...doc,
      current,
      ...(holds.length > 0 ? { verdict: 'held' as const } : {}),
      because: [...holds, ...more, ...doc.because],
    };
  };
  return { here: side(here), there: side(there) };
}

const opposing: Reason = {
  rule: 'decidedTwice',
  outcome: 'hold',
  inputs: {},
  text: 'Two people decided differently which result stands: a person verifies this one.',
};

/**
 * The version that stands in place of a result: itself, or what it was replaced by in the end.
 * @param all versions of one test of one tube @returns undefined when neither stands
 */
export function standingFor(all: readonly ResultDoc[], id: string): ResultDoc | undefined {
  const seen = new Set<string>();
  let next: ResultDoc | undefined = all.find((one) => one.id === id);
  while (next !== undefined && !seen.has(next.id)) {
    if (stands(next)) return next;
    seen.add(next.id);
    const { id: replaced } = next;
    next = all.find((one) => one.replacesId === replaced);
  }
  return undefined;
}

/** True for a version that stands: current and not withdrawn. */
export function stands(doc: ResultDoc): boolean {
  return doc.current && doc.status !== 'entered-in-error';
}
