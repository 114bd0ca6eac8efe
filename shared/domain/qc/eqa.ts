/**
 * Proficiency testing (EQA): how one result of a survey stands against its target and limits, and how an event came out. Pure.
 * A survey specimen is measured as a patient's, by the people who measure patients', and never sent elsewhere before its deadline (CLIA 493.801).
 */

/** What the scheme said of one sample and test, as it came back. Numbers in the test's unit. */
export interface EqaTarget {
  /** assigned value: reference method or the mean of the peer group */
  mean: number;
  /** SD of the peer group; null: not told */
  sd: number | null;
  /** limits of acceptance; null: by TEa or by SDI */
  low: number | null;
  high: number | null;
}

export interface EqaGrade {
  outcome: 'acceptable' | 'unacceptable' | 'ungraded';
  /** (result - mean) / SD; null without an SD above zero */
  sdi: number | null;
  /** percent of the mean; null when the mean is zero */
  bias: number | null;
  /** what decided, for a person */
  text: string;
}

/** Beyond this many SD a result is unacceptable where the scheme names neither limits nor TEa. */
export const EQA_SDI_LIMIT = 2;

/**
 * Grades one result: by the scheme's limits, else by TEa (percent of the assigned value), else by SDI. On a limit is acceptable.
 * @param result null: no result was submitted, which is unacceptable once the event is over
 */
export function gradeEqa(
  result: number | null,
  target: EqaTarget,
  totalErrorAllowed: number | null,
): EqaGrade {
  const usableSd = target.sd !== null && target.sd > 0 ? target.sd : null;
  if (result === null || !Number.isFinite(result))
    return { outcome: 'unacceptable', sdi: null, bias: null, text: 'No result was submitted.' };
  const sdi = usableSd === null ? null : (result - target.mean) / usableSd;
  const bias = target.mean === 0 ? null : ((result - target.mean) / Math.abs(target.mean)) * 100;
  const graded = (ok: boolean, text: string): EqaGrade => ({
    outcome: ok ? 'acceptable' : 'unacceptable',
    sdi,
    bias,
    text,
  });
  if (target.low !== null && target.high !== null)
    return graded(
      result >= target.low && result <= target.high,
      `The limits are ${target.low} to ${target.high}.`,
    );
  if (totalErrorAllowed !== null && bias !== null)
    return graded(
      Math.abs(bias) <= totalErrorAllowed,
      `The bias is ${bias.toFixed(1)} %, allowed are ${totalErrorAllowed} %.`,
    );
  if (sdi !== null)
    return graded(
      Math.abs(sdi) <= EQA_SDI_LIMIT,
      `The SDI is ${sdi.toFixed(2)}, allowed are ${EQA_SDI_LIMIT}.`,
    );
  return {
    outcome: 'ungraded',
    sdi,
    bias,
    text: 'The scheme gave no limits and no SD, and the test has no TEa.',
  };
}

/** Share of acceptable results a test needs to pass an event (CLIA 493.841 to 493.865: 80 %). */
export const EQA_PASS = 0.8;

/** A test's event: satisfactory from 80 % acceptable on; ungraded ones do not count. Null score: nothing was graded. */
export function scoreEqa(outcomes: readonly EqaGrade['outcome'][]): {
  score: number | null;
  outcome: 'satisfactory' | 'unsatisfactory' | 'ungraded';
} {
  const graded = outcomes.filter((one) => one !== 'ungraded');
  if (graded.length === 0) return { score: null, outcome: 'ungraded' };
  const score = graded.filter((one) => one === 'acceptable').length / graded.length;
  return { score, outcome: score >= EQA_PASS ? 'satisfactory' : 'unsatisfactory' };
}

/** The last events of a test, oldest first: two unsatisfactory of three in a row is unsuccessful performance (CLIA 493.803). */
export function unsuccessful(events: readonly ('satisfactory' | 'unsatisfactory' | 'ungraded')[]): boolean {
  const last = events.filter((one) => one !== 'ungraded').slice(-3);
  return last.filter((one) => one === 'unsatisfactory').length >= 2;
}

/** Where an event stands on a day, dates `YYYY-MM-DD`. */
export function eqaStateOf(
  event: { dueOn: string; submittedTime: string; gradedTime: string },
  today: string,
): 'open' | 'dueSoon' | 'overdue' | 'submitted' | 'graded' {
  if (event.gradedTime !== '') return 'graded';
  if (event.submittedTime !== '') return 'submitted';
  if (today > event.dueOn) return 'overdue';
  const days = (Date.parse(event.dueOn) - Date.parse(today)) / 86_400_000;
  return days <= 3 ? 'dueSoon' : 'open';
}
