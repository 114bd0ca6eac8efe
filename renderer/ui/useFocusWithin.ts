import { type RefObject, useEffect, useState } from 'react';

/** True while the focus is in the element or in something it holds: a pane of the screen that has its own keys. */
export function useFocusWithin(place: RefObject<HTMLElement | null>): boolean {
  const [within, setWithin] = useState(false);
  useEffect(() => {
    const look = (): void => setWithin(place.current?.contains(document.activeElement) === true);
    // When the focus goes nowhere there is no focusin: look again after it left.
    const later = (): void => void setTimeout(look, 0);
    document.addEventListener('focusin', look);
    document.addEventListener('focusout', later);
    return () => {
      document.removeEventListener('focusin', look);
      document.removeEventListener('focusout', later);
    };
  }, [place]);
  return within;
}

/** Puts the focus on the first grid, or else the first thing that takes it, within a pane. */
export function focusPane(place: HTMLElement | null): void {
  const target =
    place?.querySelector<HTMLElement>('[role="grid"], [role="treegrid"]') ??
    place?.querySelector<HTMLElement>('input, button, [tabindex="0"]');
  target?.focus();
}
