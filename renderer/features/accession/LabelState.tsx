import { useTranslation } from 'react-i18next';
import type { LabelJobRow, TubeRow } from '../../../shared/ipc/accession.ts';
import { formatTime } from '../../i18n/format.ts';
import { State } from '../../ui/State.tsx';

/** Where a label is on its way to paper, and why it is not there. */
export function LabelState({ tube }: { tube: Pick<TubeRow, 'labelState' | 'labelWhy' | 'labelAt'> }) {
  const { t } = useTranslation('accession');
  switch (tube.labelState) {
    case 'none':
      return <State kind="notScanned" word={t('tubes.noLabel')} />;
    case 'queued':
      return <State kind="inQueue" />;
    case 'printing':
      return <State kind="printing" />;
    case 'printed':
      return <State kind="printed" detail={formatTime(tube.labelAt)} />;
    case 'failed':
      return <State kind="noAnswer" word={t('tubes.failed')} />;
    case 'blocked':
      return <State kind="blocked" word={t('tubes.blocked', { what: lacking(tube.labelWhy, t) })} />;
  }
}

/** The same for a job of the print queue. */
export function JobState({ job }: { job: LabelJobRow }) {
  return <LabelState tube={{ labelState: job.state, labelWhy: job.why, labelAt: job.at }} />;
}

/** The first missing element in the window's words; the engine names them as in shared/labels. */
function lacking(why: string, t: (key: string, options?: { defaultValue: string }) => string): string {
  const first = why.split(', ')[0] ?? '';
  return t(`label.missing.${first}`, { defaultValue: first });
}
