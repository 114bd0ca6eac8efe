import { Fragment, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { announcement } from '../ui/announce.ts';
import { Keycap } from '../ui/Keycap.tsx';
import { keyStore, pressKey, type ScreenKey } from './keys.ts';

/** The strip shows at most this many keys of a screen. */
export const MOST_KEYS = 12;
/** How long a sentence stands at the foot, ms. */
const SAID_MS = 5000;

/** Group of a key: moving and choosing, then the F-keys, then combinations. */
export function groupOf(key: ScreenKey): number {
  if (key.group !== undefined) return key.group;
  if (/^F\d+$/.test(key.key) || key.key === 'Delete') return 1;
  return key.key.includes('+') ? 2 : 0;
}

function rankOf(key: ScreenKey): number {
  const f = /^F(\d+)$/.exec(key.key);
  if (f) return Number(f[1]);
  return key.key === 'Delete' ? 20 : 0;
}

/** The keys of the screen as the strip shows them: grouped, F-keys in order, at most twelve. */
export function stripKeys(keys: readonly ScreenKey[]): readonly ScreenKey[] {
  return keys
    .filter((key) => key.strip !== false)
    .map((key, index) => ({ key, index }))
    .sort((a, b) => groupOf(a.key) - groupOf(b.key) || rankOf(a.key) - rankOf(b.key) || a.index - b.index)
    .map(({ key }) => key)
    .slice(0, MOST_KEYS);
}

/** What the keys do now. A dimmed key says why when pressed. */
export function BottomStrip() {
  const { t } = useTranslation();
  const layers = useStore(keyStore, (state) => state.layers);
  const own = new Map<string, ScreenKey>();
  for (const layer of layers)
    if (layer.kind === 'screen') for (const key of layer.keys) own.set(key.key, key);
  const shown = stripKeys([...own.values()]);
  return (
    <div className="lv-bottom">
      <Said />
      <section className="lv-bottom-strip" aria-label={t('keys.label')}>
        <span className="lv-strip-keys">
          {shown.map((key, index) => {
            const before = shown[index - 1];
            return (
              <Fragment key={key.key}>
                {before !== undefined && groupOf(before) !== groupOf(key) ? (
                  <span className="lv-strip-line" />
                ) : null}
                <KeyHint shown={key} />
              </Fragment>
            );
          })}
        </span>
        <KeyHint shown={{ key: 'F1', label: t('keys.keys') }} />
        <KeyHint shown={{ key: 'Ctrl+K', label: t('keys.commands') }} />
      </section>
    </div>
  );
}

function KeyHint({ shown }: { shown: ScreenKey }) {
  const classes = ['lv-key-hint'];
  if (shown.primary) classes.push('lv-key-primary');
  if (shown.disabledReason !== undefined) classes.push('lv-key-dimmed');
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.join(' ')}
      title={shown.disabledReason ?? shown.detail}
      aria-disabled={shown.disabledReason !== undefined}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => pressKey(shown.key, null)}
    >
      <Keycap keyName={shown.caps ?? shown.key} />
      <span>{shown.label}</span>
    </button>
  );
}

/** The last thing that was said: why a key does nothing, what a scan was. */
function Said() {
  const said = useStore(announcement, (state) => state);
  const [shown, setShown] = useState('');
  useEffect(() => {
    if (said.at === 0) return;
    setShown(said.text);
    const timer = setTimeout(() => setShown(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <span className="lv-said" role="status" aria-live="polite">
      {shown}
    </span>
  );
}
