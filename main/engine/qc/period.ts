import type { ControlDoc } from '../../../shared/documents/control.ts';
import type { Bench } from '../bench.ts';
import { instantOfLocal } from '../local-time.ts';
import type { Reader } from '../store/store.ts';

/** A stretch of local days, half open, as instants. */
export interface Period {
  from: string;
  to: string;
  /** first and last day, `YYYY-MM-DD` */
  firstDay: string;
  lastDay: string;
}

const DAY = 86_400_000;

/** The local days from one up to and with another. @throws RangeError for a day that is none */
export function daysOf(firstDay: string, lastDay: string, timeZone: string): Period {
  const next = new Date(Date.parse(`${lastDay}T00:00:00.000Z`) + DAY).toISOString().slice(0, 10);
  const from = instantOfLocal(timeZone, firstDay);
  const to = instantOfLocal(timeZone, next);
  if (from === null || to === null) throw new RangeError(`${firstDay} to ${lastDay} are no days`);
  return { from, to, firstDay, lastDay };
}

/** A month (`2026-07`) or an ISO week (`2026-W31`, Monday to Sunday) in local time of a zone. */
export function periodOf(period: string, timeZone: string): Period {
  const year = Number(period.slice(0, 4));
  if (period[5] === 'W') {
    // The fourth of January lies in the first ISO week.
    const fourth = Date.UTC(year, 0, 4);
    const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY;
    const first = monday + (Number(period.slice(6)) - 1) * 7 * DAY;
    return daysOf(dayOf(first), dayOf(first + 6 * DAY), timeZone);
  }
  const month = Number(period.slice(5, 7));
  return daysOf(dayOf(Date.UTC(year, month - 1, 1)), dayOf(Date.UTC(year, month, 0)), timeZone);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Controls of a test on an instrument measured between two instants (half open), by time. */
export async function controlsBetween(
  reader: Reader,
  instrumentId: string,
  testCode: string,
  from: string,
  to: string,
): Promise<ControlDoc[]> {
  return reader.find('controls', {
    selector: {
      instrumentId: { $eq: instrumentId },
      testCode: { $eq: testCode },
      effectiveTime: { $gte: from, $lt: to },
    },
    sort: [{ instrumentId: 'asc' }, { testCode: 'asc' }, { effectiveTime: 'asc' }],
  });
}

/** Tests an instrument can have controls of: those it measures, and those lots have targets for. */
export function testsOf(bench: Bench, instrumentId: string): string[] {
  const targets = bench.qcLots.all().flatMap((lot) => lot.targets);
  return [
    ...new Set([
      ...(bench.instruments.measures().get(instrumentId) ?? []),
      ...targets
        .filter((one) => one.instrumentId === '' || one.instrumentId === instrumentId)
        .map((one) => one.testCode),
    ]),
  ].sort();
}
