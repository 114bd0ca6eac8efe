import { useEffect, useState } from 'react';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';

/** What the reader has before the eyes: a signature is bound to exactly this (C4). */
export interface Seen {
  readonly id: string;
  readonly hash: string;
  readonly conclusion: string;
  /** Everything the report says besides the conclusion, as one text. */
  readonly rest: string;
  /** What each line says, by result. */
  readonly lines: ReadonlyMap<string, string>;
}

const lineOf = (result: CaseDetailRow['results'][number]): string =>
  JSON.stringify([result.valueText, result.interpretation, result.unit, result.rangeText, result.comment]);

/** Remembers a case as it stands now. */
export function seenOf(detail: CaseDetailRow): Seen {
  const lines = new Map(detail.results.map((result) => [result.testCode, lineOf(result)]));
  const { patient } = detail;
  return {
    id: detail.id,
    hash: detail.contentHash,
    conclusion: detail.conclusion,
    lines,
    rest: JSON.stringify([
      [...lines],
      detail.title,
      [detail.laboratory, detail.address, detail.requester, detail.ward, detail.priority],
      [patient.identifier, patient.familyName, patient.givenName, patient.transliteration],
      [patient.sex, patient.birthDate],
      detail.specimens.map((one) => [
        one.accessionDisplay,
        one.collectedTime,
        one.receivedTime,
        one.conditionText,
      ]),
      detail.results.map((one) => one.replaces),
    ]),
  };
}

/**
 * What is to be shown as seen when a case arrives or changes. A case just opened is seen as it is. The reader's own conclusion is not a
 * change. Anything else that changes the content of an unsigned report stays unseen until the reader says so.
 */
export function nextSeen(before: Seen | null, detail: CaseDetailRow, ownConclusion: string | null): Seen {
  if (before === null || before.id !== detail.id || detail.state === 'signed') return seenOf(detail);
  if (before.hash === detail.contentHash) return before;
  const now = seenOf(detail);
  return now.rest === before.rest && detail.conclusion === ownConclusion ? now : before;
}

const sameSeen = (a: Seen, b: Seen): boolean => a.id === b.id && a.hash === b.hash && a.rest === b.rest;

/** Test codes of the lines that say something else than what was seen, or were not there. */
export function changedLines(seen: Seen | null, detail: CaseDetailRow | undefined): ReadonlySet<string> {
  if (seen === null || detail === undefined || seen.id !== detail.id || seen.hash === detail.contentHash)
    return new Set();
  return new Set(
    detail.results.filter((one) => seen.lines.get(one.testCode) !== lineOf(one)).map((one) => one.testCode),
  );
}

/**
 * The content that the reader has seen, against which it is signed. `changed` is true when the report on screen says something else by now:
 * then `accept` is to be pressed before signing.
 */
export function useSeen(detail: CaseDetailRow | undefined, ownConclusion: string | null) {
  const [kept, setKept] = useState<Seen | null>(null);
  // Decided while drawing, so that no change is ever shown as seen, nor an own one as a change, even for a moment.
  const mine = detail === undefined ? null : nextSeen(kept, detail, ownConclusion);
  useEffect(() => {
    if (mine !== null) setKept((before) => (before !== null && sameSeen(before, mine) ? before : mine));
  }, [mine]);
  return {
    seen: mine,
    changed: mine !== null && detail !== undefined && mine.hash !== detail.contentHash,
    accept: () => {
      if (detail !== undefined) setKept(seenOf(detail));
    },
  };
}
