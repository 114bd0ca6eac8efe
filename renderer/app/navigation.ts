import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { ScreenId } from './screen.ts';

/**
 * Where the window is. `target` is what to show there: an accession number, a requisition or a record's id. It lives in memory and
 * not in the address, so that no identifier is ever part of an address.
 */
interface Place {
  readonly screen: ScreenId;
  readonly target: string;
  /** Grows at every move, so that going to the same target twice counts. */
  readonly at: number;
}

export const placeStore = createStore<Place>(() => ({ screen: 'accession', target: '', at: 0 }));

/** Opens a screen, with something to show there. */
export function goTo(screen: ScreenId, target = ''): void {
  placeStore.setState(({ at }) => ({ screen, target, at: at + 1 }));
}

/** What the screen was asked to show, for the screen itself: act on it when `at` changes. */
export function useTarget(): { target: string; at: number } {
  const target = useStore(placeStore, (place) => place.target);
  const at = useStore(placeStore, (place) => place.at);
  return { target, at };
}
