import type { StateKind } from '../../../ui/State.tsx';

/** What every row of the self-test has, watched or played. */
export interface StepLine {
  id: string;
  rule: string;
  title: string;
  text: string;
}

/** How a row stands: its shape and its word. */
export interface Sign {
  kind: StateKind;
  word: string;
}

/** Whose sentences the rows are: of the line that is watched, or of the script that is played. */
export type StepGroup = 'selftest' | 'probe';
