import type { ReactNode } from 'react';
import { createStore } from 'zustand/vanilla';
import type { PlainError } from '../../shared/errors.ts';

/** One question before a final act (release, sign, reject): asked once, with the facts. */
export interface Question {
  /** `Release 10 results?` */
  title: string;
  /** Counts and consequences, one or two sentences. */
  text: ReactNode;
  /** Facts as rows, when sentences are not enough. */
  facts?: readonly { label: string; value: ReactNode }[];
  /** Words of the button that does it: `Release 10`. */
  confirm: string;
  /** Words of the other one; `Not yet` by default. */
  cancel?: string;
  /** Asks for the PIN (C4: signing re-authenticates each time). */
  pin?: boolean;
  /**
   * Does it. Return an error (wrong PIN, changed meanwhile) and the dialog stays, showing it in place. Return nothing when done.
   * Without `act` the dialog only answers.
   */
  act?: (pin: string) => Promise<PlainError | undefined>;
}

interface Asked extends Question {
  readonly answer: (yes: boolean) => void;
}

/** The question on screen; at most one. */
export const questionStore = createStore<{ asked: Asked | null }>(() => ({ asked: null }));

/**
 * Asks before a final act. Resolves true when it was done (or agreed, without `act`), false when the person stepped back.
 * A question already on screen is answered with no.
 */
export function confirm(question: Question): Promise<boolean> {
  questionStore.getState().asked?.answer(false);
  return new Promise((resolve) => {
    questionStore.setState({
      asked: {
        ...question,
        answer: (yes) => {
          questionStore.setState({ asked: null });
          resolve(yes);
        },
      },
    });
  });
}
