/** From a local time that was sent to an instant, as far as it is one. */
import type { LocalTime } from '../protocols/astm/records.ts';
import type { InstrumentTime, InterpretOptions } from './canonical.ts';

/** A time in the bench's own zone. A date alone is no instant: which time of that day is not known. */
export function benchTime(time: LocalTime, { toInstant }: InterpretOptions): InstrumentTime {
  const local = time.local?.includes('T') ? time.local : null;
  return { ...time, instant: local === null ? null : fourFigures(toInstant?.(local) ?? null) };
}

/** An instant of a year of four figures, else null: at the ends of them a zone leads out. */
export function fourFigures(instant: string | null): string | null {
  return instant !== null && /^\d{4}-/.test(instant) ? instant : null;
}
