import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { Outcome } from '../../../data/client.ts';
import { showPdf } from '../../../data/pdf.ts';

/** Shows a PDF of the engine in a window of its own, from where it is printed. Tells what went wrong, and undefined when nothing did. */
export function usePdf(
  onError: (error: PlainError | undefined) => void,
): (make: () => Promise<Outcome<{ pdf: string }>>) => Promise<void> {
  const { t } = useTranslation('qc-month');
  return async (make) => {
    const outcome = await make();
    onError(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return;
    try {
      await showPdf(outcome.value.pdf);
    } catch (error) {
      onError({
        code: 'qc.output',
        what: error instanceof Error ? error.message : String(error),
        safe: t('output.safe'),
        todo: t('output.todo'),
      });
    }
  };
}
