import type { LeveyError } from '../../../shared/errors.ts';
import type { Replicated } from '../../../shared/fhir/mapping.ts';
import { forbiddenKinds, problemOf, sentenceOf } from './server-problems.ts';
import type { Status } from './status.ts';

/** What the window and the strip are told of the line to the server. */
export class Connection {
  private readonly state: Status;
  private readonly host: string;
  private readonly now: () => Date;
  private readonly onProblem: (problem: LeveyError | null) => void;
  /** Collections the server does not let this station write, and its words. */
  private readonly closed = new Map<Replicated, string>();

  constructor(state: Status, host: string, now: () => Date, onProblem: (problem: LeveyError | null) => void) {
    this.state = state;
    this.host = host;
    this.now = now;
    this.onProblem = onProblem;
  }

  /** The server answered. */
  answered(paused: boolean): void {
    const { state } = this.state.summary();
    if (state === 'online' || paused) return;
    this.state.set({ state: 'online', offlineSince: '', nextTryAt: '', why: '' });
    if (this.closed.size === 0) this.onProblem(null);
  }

  /** The server does not let this station write a kind of record, or does again. */
  forbidden(collection: Replicated, why: string | null): void {
    if (why === null) this.closed.delete(collection);
    else this.closed.set(collection, why);
    this.onProblem(this.closed.size === 0 ? null : forbiddenKinds(this.closed));
  }

  /** No answer, or not let in. @param waitMs until the line is tried again */
  failed(error: unknown, waitMs: number, paused: boolean): void {
    const now = this.now();
    const { offlineSince, state } = this.state.summary();
    const why = error instanceof Error ? error.message : String(error);
    this.state.say(sentenceOf(error, why));
    const problem = problemOf(error, this.host);
    if (problem !== undefined) this.onProblem(problem);
    if (paused) return;
    this.state.set({
      state: 'offline',
      offlineSince: state === 'offline' && offlineSince !== '' ? offlineSince : now.toISOString(),
      nextTryAt: new Date(now.getTime() + waitMs).toISOString(),
      why,
    });
  }
}
