import { useTranslation } from 'react-i18next';
import { Button } from './Button.tsx';

/** Long work: what, how far in numbers, and Stop. Nothing spins. */
export function ProgressBar({
  label,
  done,
  total,
  onStop,
}: {
  label: string;
  done: number;
  total: number;
  onStop?: () => void;
}) {
  const { t } = useTranslation('ui');
  return (
    <div className="lv-progress">
      <span>{label}</span>
      <progress max={Math.max(total, 1)} value={done} aria-label={label} />
      <span className="lv-text-2">{t('progress', { done, total })}</span>
      {onStop === undefined ? null : (
        <Button onClick={onStop} keyName="Escape">
          {t('stop')}
        </Button>
      )}
    </div>
  );
}

/** Placeholder lines at row height while the first rows are on their way. */
export function PlaceholderRows({ count = 1 }: { count?: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: count }, (_, row) => `line-${row}`).map((key) => (
        <div key={key} className="lv-placeholder">
          <i style={{ width: 60 }} />
          <i style={{ width: 140 }} />
          <i style={{ width: 42 }} />
          <i style={{ width: 90 }} />
        </div>
      ))}
    </div>
  );
}
