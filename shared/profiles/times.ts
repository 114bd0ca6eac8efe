/** From a local time that was sent to an instant, as far as it is one. */
import { type LocalTime, parseTime } from '../protocols/astm/records.ts';
import { hl7Instant, parseHl7Time } from '../protocols/hl7/times.ts';
import type { InstrumentTime, InterpretOptions } from './canonical.ts';

/**
 * A time of an ASTM record (R10): local to the bench, or to the offset that may stand behind it, which is written as in HL7
 * (`20260729064205+0200`).
 */
export function astmTime(text: string, options: InterpretOptions): InstrumentTime {
  const [, local, zone] = /^(\d{12}|\d{14})([+-]\d{4})$/.exec(text.trim()) ?? [];
  if (local === undefined || zone === undefined) return benchTime(parseTime(text), options);
  const instant = fourFigures(hl7Instant(parseHl7Time(`${local}${zone}`)));
  return { text, local: instant === null ? null : parseTime(local).local, instant };
}

/** A time in the bench's own zone. A date alone is no instant: which time of that day is not known. */
export function benchTime(time: LocalTime, { toInstant }: InterpretOptions): InstrumentTime {
  const local = time.local?.includes('T') ? time.local : null;
  return { ...time, instant: local === null ? null : fourFigures(toInstant?.(local) ?? null) };
}

/** An instant of a year of four figures, else null: at the ends of them a zone leads out. */
export function fourFigures(instant: string | null): string | null {
  return instant !== null && /^\d{4}-/.test(instant) ? instant : null;
}
