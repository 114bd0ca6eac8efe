/** Whether a control may count at all: its lot in date, its vial not open too long, its level the one it is said to be. Pure. */
import type { Reason } from '../../documents/common.ts';
import { reason } from '../reason.ts';
import { deviationOf } from './decimal.ts';

/** What is known of a lot's fitness for use. Instants ISO 8601 UTC. */
export interface LotLife {
  lot: string;
  /** last day of use, `YYYY-MM-DD`; '' = not known */
  expiresOn: string;
  /** when the vial in use was opened; '' = not told */
  openedTime: string;
  /** null: no limit */
  openStabilityHours: number | null;
}

/** The rule a control past its date is marked with. */
export const EXPIRED = 'qc.expired';
/** The rule a control that fits another level is marked with. */
export const SWAPPED = 'qc.swapped';

const HOUR = 3_600_000;

/**
 * Why a control measured at an instant proves nothing: its lot is past its last day, or its vial was open longer than it is stable. Null when neither.
 * @param day the local day it was measured, `YYYY-MM-DD`: a lot may be used until the end of its last day at the bench
 * @param before the reason this control was marked with earlier: a vial opened since says nothing about the vial it was measured from
 */
export function expiredReason(
  life: LotLife,
  at: string,
  day: string,
  before: Reason | undefined,
): Reason | null {
  const { lot, expiresOn, openedTime, openStabilityHours } = life;
  if (expiresOn !== '' && day > expiresOn) {
    const text = `The lot ${lot} may not be used after ${expiresOn}.`;
    return reason(EXPIRED, 'hold', text, { what: 'lot', until: expiresOn });
  }
  if (openedTime === '' || openedTime > at) return before?.inputs.what === 'vial' ? before : null;
  if (openStabilityHours === null) return null;
  const until = new Date(Date.parse(openedTime) + openStabilityHours * HOUR).toISOString();
  if (at <= until) return null;
  const text = `The vial of lot ${lot} was open longer than ${openStabilityHours} hours.`;
  return reason(EXPIRED, 'hold', text, { what: 'vial', until });
}

/** A level a control could have been confused with. */
export interface OtherLevel {
  level: string;
  target: { mean: string; sd: string };
}

/**
 * The other level whose target a value fits within 2 SD, while it does not fit its own: the vials, or their places, may have been swapped. Only a
 * suggestion to a person; nothing is judged by it. Null when it fits its own, fits none, or fits several.
 */
export function swappedLevel(
  value: string,
  own: { mean: string; sd: string },
  others: readonly OtherLevel[],
): { level: string; own: number; other: number } | null {
  const mine = deviationOf(value, own.mean, own.sd);
  if (mine === null || mine.beyond < 2) return null;
  const fitting = others.flatMap(({ level, target }) => {
    const deviation = deviationOf(value, target.mean, target.sd);
    return deviation !== null && deviation.beyond < 2 ? [{ level, own: mine.z, other: deviation.z }] : [];
  });
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
