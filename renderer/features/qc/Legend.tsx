import { useTranslation } from 'react-i18next';
import { Glyph } from '../../ui/Glyph.tsx';

/** What the shapes of a chart mean. */
export function Legend() {
  const { t } = useTranslation('qc');
  return (
    <span className="qc-legend">
      <span>
        <Glyph name="dot" size={9} /> {t('legend.in')}
      </span>
      <span className="lv-tone-abn">
        <Glyph name="delta" /> {t('legend.warning')}
      </span>
      <span className="lv-tone-crit">
        <Glyph name="rejected" /> {t('legend.rejected')}
      </span>
      <span className="lv-tone-quiet">
        <Glyph name="excl" /> {t('legend.excluded')}
      </span>
      <span className="lv-tone-ok">
        <svg width="10" height="12" aria-hidden="true">
          <path d="M1.4 6.4l2.4 2.6l4.2 -5.2" className="qc-reviewed" />
        </svg>{' '}
        {t('legend.reviewed')}
      </span>
      <span>
        <svg width="18" height="12" aria-hidden="true">
          <line x1="0" x2="18" y1="6" y2="6" stroke="currentColor" />
        </svg>
        {t('legend.lot')}
      </span>
      <span>
        <svg width="18" height="12" aria-hidden="true">
          <line x1="0" x2="18" y1="6" y2="6" stroke="currentColor" strokeDasharray="2 3" />
        </svg>
        {t('legend.event')}
      </span>
    </span>
  );
}
