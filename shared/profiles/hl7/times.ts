/** The times of one message: with the zone of MSH-7, and as instants where they are exact enough (R10). */
import type { Hl7Message } from '../../protocols/hl7/message.ts';
import { hl7Instant, parseHl7Time } from '../../protocols/hl7/times.ts';
import type { InstrumentTime, InterpretOptions } from '../canonical.ts';
import { fourFigures } from '../times.ts';

/** Reads the times of one message. */
export class MessageTimes {
  readonly #sent: string;
  readonly #options: InterpretOptions;
  #zone: number | null | undefined;

  constructor(message: Hl7Message, options: InterpretOptions) {
    this.#sent = message.header.value(7, 1);
    this.#options = options;
  }

  /** MSH-7, when the message was sent. */
  sent(): InstrumentTime {
    return this.read(this.#sent);
  }

  read(text: string): InstrumentTime {
    const sent = parseHl7Time(text);
    const read = sent.offset === null ? { ...sent, offset: this.#offset() } : sent;
    // A year or a month is no day, and a date alone is no instant: which time of that day is not known.
    const local = read.precision === 'year' || read.precision === 'month' ? null : read.local;
    const exact = read.precision === 'minute' || read.precision === 'second' ? local : null;
    const told = exact === null || read.offset !== null ? null : this.#options.toInstant?.(exact);
    return {
      text: read.text,
      local: read.precision === 'hour' ? (local?.slice(0, 10) ?? null) : local,
      instant: fourFigures(hl7Instant(read) ?? told ?? null),
    };
  }

  /**
   * The offset of times that carry none: HL7 lets the zone of MSH-7 hold for the whole message. Null where that is the bench's own, whose rules know
   * when the clocks are changed, or where MSH-7 has none.
   */
  #offset(): number | null {
    if (this.#zone === undefined) {
      const sent = parseHl7Time(this.#sent.trim());
      const instant = hl7Instant({ ...sent, fraction: '' });
      const here = sent.local === null ? null : (this.#options.toInstant?.(sent.local) ?? null);
      this.#zone = instant === here ? null : sent.offset;
    }
    return this.#zone;
  }
}
