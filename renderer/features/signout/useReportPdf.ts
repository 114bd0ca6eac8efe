import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import { command } from '../../data/hooks.ts';
import { bytesOf, pdfMaker, unshownError } from '../../data/pdf.ts';
import { announce } from '../../ui/announce.ts';

/** The report as PDF: shown in a window of its own, or saved. The stored one when signed, else a preview marked as such. */
export function useReportPdf(onError: (error: PlainError) => void) {
  const { t } = useTranslation('signout');
  const make = pdfMaker(
    (error) => {
      if (error !== undefined) onError(error);
    },
    (thrown) =>
      onError(unshownError(thrown, { code: 'report.output', safe: t('outputSafe'), todo: t('outputTodo') })),
  );
  return {
    preview: (reportId: string) => make(() => command('report.pdf', { reportId })),
    save: (reportId: string) =>
      make(
        () => command('report.pdf', { reportId }),
        async ({ pdf, name: suggestedName }) => {
          const saved = await window.levey?.shell.savePdf({ suggestedName, bytes: bytesOf(pdf) });
          if (saved) announce(t('saved', { name: saved.name }));
        },
      ),
  };
}
