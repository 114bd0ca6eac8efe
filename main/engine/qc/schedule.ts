import type { QcTestPlan } from '../../../shared/domain/qc/plan.ts';
import { instantOfLocal, localDay } from '../local-time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A control measured so long before a shift begins counts for that shift. */
export const EARLY_MS = HOUR;

/** When a control measured at an instant is due again by the clock (W13): after so many hours, or when the next shift begins, whichever comes first; '' = no schedule. */
export function dueTimeOf(
  { everyHours, shifts }: Pick<QcTestPlan, 'everyHours' | 'shifts'>,
  at: string,
  timeZone: string,
): string {
  const dues: string[] = [];
  if (everyHours !== null) dues.push(new Date(Date.parse(at) + everyHours * HOUR).toISOString());
  const next = nextShift(shifts, new Date(Date.parse(at) + EARLY_MS), timeZone);
  if (next !== '') dues.push(next);
  return dues.sort()[0] ?? '';
}

/** The first shift (`06:00`, local) that begins after an instant; '' without shifts. */
function nextShift(shifts: readonly string[], after: Date, timeZone: string): string {
  const instants = [0, 1, 2].flatMap((ahead) => {
    const day = localDay(timeZone, new Date(after.getTime() + (ahead - 1) * DAY));
    return shifts.map((time) => instantOfLocal(timeZone, `${day}T${time}:00`));
  });
  const later = instants.filter((one): one is string => one !== null && one > after.toISOString());
  return later.sort()[0] ?? '';
}
