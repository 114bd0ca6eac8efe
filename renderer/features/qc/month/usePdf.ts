import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import { pdfMaker, unshownError } from '../../../data/pdf.ts';

/** Shows a PDF of quality control in a window of its own, from where it is printed. Tells what went wrong, and undefined when nothing did. */
export function usePdf(onError: (error: PlainError | undefined) => void): ReturnType<typeof pdfMaker> {
  const { t } = useTranslation('qc-month');
  return pdfMaker(onError, (thrown) =>
    onError(unshownError(thrown, { code: 'qc.output', safe: t('output.safe'), todo: t('output.todo') })),
  );
}
