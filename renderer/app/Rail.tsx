import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { StripRow } from '../../shared/ipc/strip.ts';
import { formatCount } from '../i18n/format.ts';
import { Mark } from './Mark.tsx';
import { goTo, placeStore } from './navigation.ts';
import { type ScreenDefinition, screenDigits } from './screen.ts';

/** The left rail: one item per screen that is there, with its digit and how many things wait. */
export function Rail({
  screens,
  strip,
}: {
  screens: readonly ScreenDefinition[];
  strip: StripRow | undefined;
}) {
  const { t } = useTranslation();
  const here = useStore(placeStore, (place) => place.screen);
  const open = screens.find((screen) => screen.id === here)?.under ?? here;
  const inRail = screens.filter((screen) => screen.under === undefined);
  return (
    <nav className="lv-rail" aria-label={t('rail')}>
      <div className="lv-rail-mark">
        <Mark size={21} />
      </div>
      {inRail.map(({ id, icon: Icon, badge }) => {
        const count = strip === undefined ? 0 : (badge?.(strip) ?? 0);
        const name = t(`screens.${id}`);
        return (
          <button
            type="button"
            key={id}
            className={`lv-rail-item${id === 'admin' ? ' lv-rail-last' : ''}`}
            aria-current={open === id ? 'page' : undefined}
            aria-label={count > 0 ? t('badge', { screen: name, count }) : name}
            onClick={() => goTo(id)}
          >
            <span className="lv-rail-digit">{screenDigits[id]}</span>
            {count > 0 ? <span className="lv-rail-badge">{formatCount(count)}</span> : null}
            <Icon size={20} stroke={1.6} aria-hidden="true" />
            <span className="lv-rail-word">{name}</span>
          </button>
        );
      })}
    </nav>
  );
}
