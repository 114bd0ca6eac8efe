import { useTranslation } from 'react-i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import { Button } from '../../ui/Button.tsx';
import { BulkBar } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import type { Planned } from './ReleaseDialog.tsx';

/** The bar while rows are selected: what can be released, what needs a comment, what stays and why. */
export function Bulk({
  count,
  planned,
  onClear,
  onRelease,
}: {
  count: number;
  planned: Planned;
  onClear: () => void;
  onRelease: () => void;
}) {
  const { t } = useTranslation('results');
  const { now, comment, stays } = planned;
  const [first] = stays;
  return (
    <BulkBar
      actions={
        <>
          <Button keyName="Escape" onClick={onClear}>
            {t('bulk.clear')}
          </Button>
          <Button
            primary={now.length + comment.length > 0}
            keyName="F8"
            onClick={onRelease}
            disabledReason={now.length + comment.length === 0 ? t('bulk.none') : undefined}
          >
            {t('dialog.release', { count: now.length === 0 ? comment.length : now.length })}
          </Button>
        </>
      }
    >
      <span className="lv-strong lv-nowrap">{t('bulk.selected', { count })}</span>
      <span className="lv-strip-line" />
      {now.length === 0 ? null : <State kind="ready" word={t('bulk.ready', { count: now.length })} />}
      {comment.length === 0 ? null : (
        <State kind="held" word={t('bulk.comment', { count: comment.length })} />
      )}
      {first === undefined ? null : (
        <span className="lv-ellipsis">
          <State
            kind="blocked"
            word={t('bulk.stays', {
              count: stays.length,
              test: first.row.testName,
              specimen: shortAccession(first.row.accessionIdentifier),
              why: first.why,
            })}
          />
        </span>
      )}
    </BulkBar>
  );
}
