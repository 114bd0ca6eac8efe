import { useTranslation } from 'react-i18next';
import { useLive } from '../../data/hooks.ts';
import { PanelSection } from '../../ui/Layout.tsx';
import { Pictures } from '../../ui/Pictures.tsx';

/** Histograms, scattergrams and photographs that came with the message of a result; nothing at all when none came. */
export function PicturesSection({ resultId }: { resultId: string }) {
  const { t } = useTranslation('ui');
  const pictures = useLive('result.images', { resultId }).rows;
  if (pictures.length === 0) return null;
  return (
    <PanelSection title={t('pictures.title')} keyName="Ctrl+I">
      <Pictures pictures={pictures} />
    </PanelSection>
  );
}
