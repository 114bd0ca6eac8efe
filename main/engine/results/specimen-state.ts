import type { PatientDoc, ResultDoc } from '../../../shared/documents/index.ts';

/** The results of a rejected specimen that now wait for a person: those that stand and are neither released nor rejected. */
export function heldBySpecimen(
  results: readonly ResultDoc[],
  conditionCode: string,
  conditionText: string,
): ResultDoc[] {
  return results
    .filter((result) => result.current && result.verdict !== 'released' && result.verdict !== 'rejected')
    .map((result) => ({
      ...result,
      verdict: 'held',
      because: [
        {
          rule: 'specimen',
          outcome: 'hold',
          inputs: { condition: conditionCode },
          text: `The specimen was rejected: ${conditionText}.`,
        },
        ...result.because.filter((reason) => reason.rule !== 'specimen'),
      ],
    }));
}

/** Merges in a row that are followed. */
const MOST_MERGES = 20;

/**
 * True when two patient records are one person: the same, or merged into the same, over however many merges in a row.
 * @param read a patient by id; undefined when there is none here
 */
export async function isOnePerson(
  read: (id: string) => Promise<PatientDoc | undefined>,
  a: string,
  b: string,
): Promise<boolean> {
  if (a === b) return a !== '';
  const [one, other] = [await recordsOf(read, a), await recordsOf(read, b)];
  return one.some((id) => other.includes(id));
}

/** A record and those it was merged into, as far as they are here. */
async function recordsOf(
  read: (id: string) => Promise<PatientDoc | undefined>,
  id: string,
): Promise<string[]> {
  const ids: string[] = [];
  for (let next = id; next !== '' && !ids.includes(next) && ids.length < MOST_MERGES; ) {
    const patient = await read(next);
    if (patient === undefined) break;
    ids.push(next);
    next = patient.mergedInto;
  }
  return ids;
}
