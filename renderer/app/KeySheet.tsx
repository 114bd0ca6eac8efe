import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import { groupOf } from './BottomStrip.tsx';
import { activeKeys, keyStore, type ScreenKey, useOverlayKeys } from './keys.ts';

/** F1: every key that acts now, of the screen and of everywhere. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [layers] = useState(() => keyStore.getState().layers);
  useOverlayKeys([
    { key: 'Escape', label: t('palette.escCloses'), run: onClose },
    { key: 'F1', label: t('keys.keys'), run: onClose },
  ]);
  const of = (kind: 'screen' | 'base'): readonly ScreenKey[] =>
    withoutPairs(activeKeys(layers.filter((layer) => layer.kind === kind))).sort(
      (a, b) => groupOf(a) - groupOf(b),
    );
  const base = of('base');
  const lists = [
    { title: t('keys.thisScreen'), keys: of('screen') },
    { title: t('keys.everywhere'), keys: base.filter((key) => !/^\d$/.test(key.key)) },
    { title: t('keys.screens'), keys: base.filter((key) => /^\d$/.test(key.key)) },
  ];
  return (
    <DialogFrame title={t('keys.sheetTitle')} width={760} top={104} onClose={onClose}>
      <div className="lv-key-sheet">
        {lists.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            {keys.map((key) => (
              <div key={key.key} className={key.disabledReason === undefined ? undefined : 'lv-key-dimmed'}>
                <Keycap keyName={key.caps ?? key.key} />
                <span>{key.label}</span>
                {key.disabledReason === undefined ? null : (
                  <span className="lv-caption">{key.disabledReason}</span>
                )}
              </div>
            ))}
          </section>
        ))}
      </div>
    </DialogFrame>
  );
}

/** Leaves out keys that another one already shows among its caps (the second arrow of a pair). */
function withoutPairs(keys: readonly ScreenKey[]): ScreenKey[] {
  return keys.filter((key) => !keys.some((other) => other.key !== key.key && other.caps?.includes(key.key)));
}
