import { LeveyError } from '../../../shared/errors.ts';

/** Samples the measurement is made of. */
const SAMPLES = 15;
/** Answers slower than this say little about when they were written, in ms. */
const SLOW_MS = 4_000;
/** The Date header counts whole seconds: on average half of one has passed. */
const HALF_SECOND_MS = 500;

/** How far the server's clock is from this station's, from the Date headers of its answers: the median, corrected for the way there and back. */
export class ClockSkew {
  private readonly samples: number[] = [];

  /** One answer. Instants in ms since the epoch, by the clock of this station. */
  see(sentAt: number, answeredAt: number, date: string | null): void {
    const there = Date.parse(date ?? '');
    if (Number.isNaN(there) || answeredAt < sentAt || answeredAt - sentAt > SLOW_MS) return;
    this.samples.push(there + HALF_SECOND_MS - (sentAt + answeredAt) / 2);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** The server's clock less this station's, in ms; undefined before the first answer with a Date. */
  ms(): number | undefined {
    const sorted = [...this.samples].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }
}

/** Clocks further apart than this are told to a person, in ms. */
const TOLD_MS = 60_000;

/** What a person has to know about clocks that are too far apart; null while they agree. @param ms the server's clock less this station's */
export function skewProblem(ms: number): LeveyError | null {
  if (Math.abs(ms) <= TOLD_MS) return null;
  const side = ms > 0 ? 'behind' : 'ahead of';
  return new LeveyError({
    code: 'server.clockSkew',
    what: `The clock of this station is ${spoken(Math.abs(ms))} ${side} the server’s.`,
    safe: 'Nothing is lost or sent twice: what was fetched is remembered by the server’s own times. Times of specimens and results made here are those of this station’s clock.',
    todo: 'Set the clock of this computer, best by a time service; if it is right, let the server’s administrator set the server’s.',
  });
}

/** `5 h 2 min`, `3 min`. */
function spoken(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return `${minutes} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
