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

/** True when two records are one person: the same record, or one merged into the other. */
export function samePatient(a: PatientDoc | undefined, b: PatientDoc | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.id === b.id || a.mergedInto === b.id || b.mergedInto === a.id;
}
