import { createStore } from 'zustand/vanilla';

/** One sentence for the foot of the window and for screen readers; `at` grows so that the same sentence counts again. */
export const announcement = createStore<{ text: string; at: number }>(() => ({ text: '', at: 0 }));

/** Says a short sentence at the foot of the window: why a key does nothing, what a wrong scan was. */
export function announce(text: string): void {
  announcement.setState((before) => ({ text, at: before.at + 1 }));
}
