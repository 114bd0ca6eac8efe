import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';

const drawn: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
};

/** Keys whose caps are printed otherwise in another language; their names are in the texts. */
const named = new Set(['Ctrl', 'Space', 'Delete', 'PageUp', 'PageDown', 'Home', 'End']);

/** The caps of a key as they are drawn: `Ctrl+K` gives `Ctrl`, `K` (in German `Strg`, `K`); `ArrowUp` gives an arrow. */
function capsOf(keyName: string, nameOf: (key: string) => string): string[] {
  const capOf = (part: string): string => drawn[part] ?? (named.has(part) ? nameOf(part) : part);
  return keyName === '+' ? ['+'] : keyName.split('+').map(capOf);
}

/** One key or a combination (`F8`, `Ctrl+Z`), or several beside each other (`['ArrowUp', 'ArrowDown']`). */
export function Keycap({ keyName }: { keyName: string | readonly string[] }) {
  const { t } = useTranslation('ui');
  const names = typeof keyName === 'string' ? [keyName] : keyName;
  return (
    <span className="lv-keycaps">
      {names.map((name) => (
        <Fragment key={name}>
          {capsOf(name, (key) => t(`keyNames.${key}`)).map((cap) => (
            <kbd key={cap} className="lv-keycap">
              {cap}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
