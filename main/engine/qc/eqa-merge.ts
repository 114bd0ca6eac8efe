/** A proficiency testing event that two stations changed while they were apart: put together, no result of either lost. */
import type { EqaEvent, EqaItem } from './eqa.ts';

const keyOf = (one: EqaItem): string => JSON.stringify([one.specimen, one.testCode]);

/**
 * Both sides in one event. Scheme, name, day and survey specimens are those of the side that set them last, with every result the other has beside;
 * of two results of one specimen and test a typed one stands before a measured one, and then the later; what was submitted stays as it was submitted
 * (C4), of two submissions the first; an outcome is the one entered last.
 */
export function joinedEvent(here: EqaEvent, there: EqaEvent): EqaEvent {
  const [first, other] = there.savedTime > here.savedTime ? [there, here] : [here, there];
  const submitted = submittedOf(here, there);
  const outcome = there.outcomeTime > here.outcomeTime ? there : here;
  const items = new Map<string, EqaItem>();
  for (const one of first.items) items.set(keyOf(one), one);
  for (const one of other.items) {
    const known = items.get(keyOf(one));
    if (known !== undefined) items.set(keyOf(one), laterOf(known, one));
    else if (one.text !== '') items.set(keyOf(one), one);
  }
  if (submitted !== undefined) {
    // Nothing is added to what was signed, and nothing of it is another text.
    items.clear();
    for (const one of submitted.items) items.set(keyOf(one), one);
  }
  const graded = new Map(outcome.items.map((one) => [keyOf(one), one]));
  const before = new Map((outcome === here ? there : here).items.map((one) => [keyOf(one), one]));
  return {
    ...first,
    ...(submitted === undefined
      ? {}
      : { scheme: submitted.scheme, name: submitted.name, submitted: submitted.submitted }),
    items: [...items].map(([key, one]) => {
      const from = [graded.get(key), before.get(key)].find((each) => each != null && each.target !== null);
      return from === undefined
        ? one
        : { ...one, target: from.target, totalErrorAllowed: from.totalErrorAllowed };
    }),
    outcomeBy: outcome.outcomeBy,
    outcomeTime: outcome.outcomeTime,
  };
}

/** The side that was submitted, of two the first; undefined where neither was. */
function submittedOf(here: EqaEvent, there: EqaEvent): EqaEvent | undefined {
  const both = [here, there].filter((one) => one.submitted !== null);
  return both.toSorted((a, b) => ((a.submitted?.at ?? '') < (b.submitted?.at ?? '') ? -1 : 1))[0];
}

function laterOf(a: EqaItem, b: EqaItem): EqaItem {
  const typed = [a, b].filter((one) => one.source === 'typed');
  if (typed.length === 1 && [a, b].every((one) => one.text !== '')) return typed[0] ?? a;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return a.text >= b.text ? a : b;
}
