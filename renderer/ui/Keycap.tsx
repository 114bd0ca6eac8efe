import { Fragment } from 'react';

const drawn: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Delete: 'Del',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** The caps of a key as they are drawn: `Ctrl+K` gives `Ctrl`, `K`; `ArrowUp` gives an arrow. */
export function capsOf(keyName: string): string[] {
  return keyName === '+' ? ['+'] : keyName.split('+').map((part) => drawn[part] ?? part);
}

/** One key or a combination (`F8`, `Ctrl+Z`), or several beside each other (`['ArrowUp', 'ArrowDown']`). */
export function Keycap({ keyName }: { keyName: string | readonly string[] }) {
  const names = typeof keyName === 'string' ? [keyName] : keyName;
  return (
    <span className="lv-keycaps">
      {names.map((name) => (
        <Fragment key={name}>
          {capsOf(name).map((cap) => (
            <kbd key={cap} className="lv-keycap">
              {cap}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
