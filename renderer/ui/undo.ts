import { createStore } from 'zustand/vanilla';

/** How long a reversible act can be undone from the bar, in ms. */
export const UNDO_MS = 8000;

export interface Undoable {
  /** What was done: `Rerun asked for Potassium 0418`. */
  text: string;
  /** Takes it back. */
  undo: () => void | Promise<void>;
}

/** What can be undone now. */
export const undoStore = createStore<{ offered: (Undoable & { readonly id: number }) | null }>(() => ({
  offered: null,
}));

let counter = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows the ink bar for 8 s after a reversible act that was done at once. A newer act replaces an older one. */
export function offerUndo(act: Undoable): void {
  counter += 1;
  undoStore.setState({ offered: { ...act, id: counter } });
  clearTimeout(timer);
  timer = setTimeout(() => undoStore.setState({ offered: null }), UNDO_MS);
}

/** Takes the offer away: what came after it is final. */
export function withdrawUndo(): void {
  clearTimeout(timer);
  undoStore.setState({ offered: null });
}

/** Takes the last offered act back (Ctrl+Z or the bar's button). False when there is none. */
export function undoLast(): boolean {
  const { offered } = undoStore.getState();
  if (offered === null) return false;
  clearTimeout(timer);
  undoStore.setState({ offered: null });
  void offered.undo();
  return true;
}
