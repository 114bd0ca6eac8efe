import { useEffect, useState } from 'react';

/** Gives the focus back, when this goes, to what had it before: a dialog opened by a key ends where the work was. */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (!(before instanceof HTMLElement)) return;
      // After the dialog's own trap has let go.
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost && before.isConnected) before.focus({ preventScroll: true });
      }, 0);
    },
    [before],
  );
}
