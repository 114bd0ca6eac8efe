/** How much of an MLLP line waits here, and whether the peer has to wait for it. Nothing is dropped: the line is not read for a while. */

/** Bytes not yet on disk above which the line is not read, and below which it is read again. */
const PAUSE_ABOVE = 1024 * 1024;
const RESUME_BELOW = 256 * 1024;
/** The same for messages that wait to be posted. */
const BACKLOG_ABOVE = 32 * 1024 * 1024;
const BACKLOG_BELOW = 16 * 1024 * 1024;

export class Pressure {
  /** bytes not yet on disk */
  pending = 0;
  /** bytes of messages that wait to be posted */
  backlog = 0;
  /** too many messages wait, however short */
  full = false;
  /** the line is not read */
  paused = false;

  /** Weighs anew. True: it has to be paused or resumed now, as {@link paused} says. */
  changes(): boolean {
    const full =
      this.full ||
      this.pending > (this.paused ? RESUME_BELOW : PAUSE_ABOVE) ||
      this.backlog > (this.paused ? BACKLOG_BELOW : BACKLOG_ABOVE);
    if (full === this.paused) return false;
    this.paused = full;
    return true;
  }
}
