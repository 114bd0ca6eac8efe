import { useTranslation } from 'react-i18next';
import type { PreviewResult, PreviewRow } from '../../../../shared/ipc/tools.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatUnit, formatValueText } from '../../../i18n/format.ts';
import { Banner, EmptyState } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';

/** What would become of one result, as the preview tells it. */
export function fateOf(result: PreviewResult): 'posts' | 'control' | 'held' {
  if (result.problems.some((problem) => problem.hold)) return 'held';
  return result.control ? 'control' : 'posts';
}

/** The fate of a result in a word that can be compared: what it would be stored as, or why it would be held. */
export function fateText(result: PreviewResult): string {
  const why = result.problems.filter((problem) => problem.hold).map((problem) => problem.text);
  return JSON.stringify([
    fateOf(result),
    result.testCode,
    result.value,
    result.unit,
    result.status,
    why,
    result.flags,
  ]);
}

/**
 * What a message says, result by result: what was sent, what it would be stored as, and whether it posts or is held and why. With `before`
 * the rows that come out otherwise than today are marked.
 */
export function PreviewTable({ preview, before }: { preview: PreviewRow; before?: PreviewRow | undefined }) {
  const { t } = useTranslation('mapping');
  if (preview.unreadable !== '')
    return (
      <Banner tone="abn" title={t('preview.unreadable')}>
        {engineText('decode', preview.unreadable)}
      </Banner>
    );
  const old = new Map(before?.results.map((result) => [result.id, result]));
  return (
    <>
      {preview.problems.map((problem) => (
        <Banner
          key={problem.text}
          tone={problem.hold ? 'held' : 'quiet'}
          glyph={problem.hold ? 'held' : 'none'}
          title={engineText('decode', problem.text)}
        />
      ))}
      {preview.results.length === 0 ? (
        <EmptyState
          title={t(preview.queries.length > 0 ? 'preview.onlyQuery' : 'preview.noResults')}
          next={
            preview.queries.length > 0
              ? t('preview.asksFor', {
                  what:
                    preview.queries.flatMap((query) => query.specimens).join(', ') || t('preview.everything'),
                })
              : t('preview.noResultsNext')
          }
        />
      ) : (
        <table className="ins-preview" aria-label={t('preview.label')}>
          <thead>
            <tr>
              <th>{t('preview.sent')}</th>
              <th>{t('preview.becomes')}</th>
              <th>{t('preview.fate')}</th>
            </tr>
          </thead>
          <tbody>
            {preview.results.map((result) => (
              <Row key={result.id} result={result} before={old.get(result.id)} />
            ))}
          </tbody>
        </table>
      )}
      {preview.images.length === 0 ? null : (
        <p className="ins-preview-foot lv-caption">{t('preview.images', { count: preview.images.length })}</p>
      )}
    </>
  );
}

function Row({ result, before }: { result: PreviewResult; before: PreviewResult | undefined }) {
  const { t } = useTranslation('mapping');
  const fate = fateOf(result);
  const changed = before !== undefined && fateText(before) !== fateText(result);
  const hold = result.problems.filter((problem) => problem.hold);
  const notes = result.problems.filter((problem) => !problem.hold);
  return (
    <tr className={`ins-fate-${fate}`} data-fate={fate} data-changed={changed || undefined}>
      <td>
        <span className="lv-mono lv-medium">{result.sentCode || t('none')}</span>
        <span className="ins-sub">
          {formatValueText(result.sentValue) || t('empty')}{' '}
          <span className="lv-unit">{formatUnit(result.sentUnit)}</span>
        </span>
      </td>
      <td>
        <span className="lv-medium">{result.testName || result.testCode || t('preview.noTest')}</span>
        <span className="ins-sub">
          {result.testCode === '' ? null : (
            <>
              <b className="lv-strong">{formatValueText(result.value) || t('empty')}</b>{' '}
              <span className="lv-unit">{formatUnit(result.unit)}</span>
            </>
          )}
          {result.flags.map((flag) => (
            <span key={flag.code} className={flag.known ? 'lv-text-2' : 'lv-tone-held'}>
              {' · '}
              {flag.code}
              {flag.text === '' ? '' : ` ${flag.text}`}
            </span>
          ))}
        </span>
      </td>
      <td>
        {fate === 'held' ? (
          <State kind="held" word={t('preview.held')} />
        ) : (
          <State kind={fate === 'control' ? 'inControl' : 'passed'} word={t(`preview.${fate}`)} />
        )}
        {hold.map((problem) => (
          <span key={problem.text} className="ins-sub lv-tone-held">
            {engineText('decode', problem.text)}
          </span>
        ))}
        {notes.map((problem) => (
          <span key={problem.text} className="ins-sub">
            {engineText('decode', problem.text)}
          </span>
        ))}
        {changed ? (
          <span className="ins-sub lv-strong">
            {t('preview.before', { fate: t(`preview.${fateOf(before)}`) })}
          </span>
        ) : null}
      </td>
    </tr>
  );
}
