import type { Chance } from './chance.ts';

/**
 * What can be seen from outside while the engine works; a kill may wait for one of them: an ACK came, a whole message was acknowledged,
 * a command was given, answered, the server was asked, the database's log was written to.
 */
export type Moment = 'ack' | 'message' | 'command' | 'answer' | 'request' | 'stored';

/** When to kill: at the `nth` time a moment comes, or without one, `delayMs` later. */
export interface KillPlan {
  on: Moment | 'time';
  nth: number;
  delayMs: number;
}

/** A plan that goes off sooner or later even when its moment does not come. */
const PATIENCE_MS = 5_000;

/** Those that tell most come up most. */
const moments = [
  'time',
  'ack',
  'ack',
  'message',
  'command',
  'answer',
  'request',
  'stored',
  'stored',
  'stored',
] as const satisfies KillPlan['on'][];

/** Draws when to kill next: half of the plans strike within a few milliseconds after something has happened. */
export function drawPlan(chance: Chance): KillPlan {
  const on = chance.one(moments) ?? 'time';
  if (on === 'time') return { on, nth: 1, delayMs: chance.whole(100, 3_000) };
  const most = { stored: 400, ack: 150, message: 10, command: 40, answer: 40, request: 20 }[on];
  const delayMs = chance.one([0, 0, 0, 1, 2, 4, 8, 16, 40]) ?? 0;
  return { on, nth: chance.whole(1, most), delayMs };
}

/** Tells the moments of a run to the plan that is set. */
export class Moments {
  #strike: ((moment: Moment) => void) | null = null;

  /** Something happened. */
  tell(moment: Moment): void {
    this.#strike?.(moment);
  }

  /** Carries out a plan: `kill` is called at once, in the very turn of its moment, or after its delay. Resolves then. */
  wait(plan: KillPlan, kill: () => void): Promise<void> {
    return new Promise((done) => {
      let ended = false;
      const end = () => {
        if (ended) return;
        ended = true;
        this.#strike = null;
        clearTimeout(patience);
        kill();
        done();
      };
      const patience = setTimeout(end, plan.on === 'time' ? plan.delayMs : PATIENCE_MS);
      if (plan.on === 'time') return;
      let left = plan.nth;
      this.#strike = (moment) => {
        if (moment !== plan.on) return;
        left -= 1;
        if (left !== 0) return;
        if (plan.delayMs === 0) end();
        else setTimeout(end, plan.delayMs);
      };
    });
  }
}
