import type { PlainError } from '../../../../shared/errors.ts';
import type { Outcome } from '../../../data/client.ts';
import { showPdf } from '../../../data/pdf.ts';
import { announce } from '../../../ui/announce.ts';

/**
 * Shows a PDF of the engine in a window of its own, from where it is printed. Tells what went wrong, and undefined when nothing did.
 * @param notShown said when it was made and no window came
 */
export function usePdf(
  onError: (error: PlainError | undefined) => void,
  notShown: string,
): (make: () => Promise<Outcome<{ pdf: string }>>) => Promise<void> {
  return async (make) => {
    const outcome = await make();
    onError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return;
    try {
      await showPdf(outcome.value.pdf);
    } catch {
      announce(notShown);
    }
  };
}
