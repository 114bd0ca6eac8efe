import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import { command } from '../../data/hooks.ts';
import { bytesOf, showPdf } from '../../data/pdf.ts';
import { announce } from '../../ui/announce.ts';

/** The report as PDF: shown in a window of its own, or saved. The stored one when signed, else a preview marked as such. */
export function useReportPdf(onError: (error: PlainError) => void) {
  const { t } = useTranslation('signout');
  const act = async (reportId: string, what: (pdf: string, name: string) => Promise<void>): Promise<void> => {
    const outcome = await command('report.pdf', { reportId });
    if (!outcome.ok) {
      onError(outcome.error);
      return;
    }
    try {
      await what(outcome.value.pdf, outcome.value.name);
    } catch (error) {
      onError({
        code: 'report.output',
        what: error instanceof Error ? error.message : String(error),
        safe: t('outputSafe'),
        todo: t('outputTodo'),
      });
    }
  };
  return {
    preview: (reportId: string) => act(reportId, showPdf),
    save: (reportId: string) =>
      act(reportId, async (pdf, suggestedName) => {
        const saved = await window.levey?.shell.savePdf({ suggestedName, bytes: bytesOf(pdf) });
        if (saved) announce(t('saved', { name: saved.name }));
      }),
  };
}
