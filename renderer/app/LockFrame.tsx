import type { ReactNode } from 'react';
import { LockPicture } from './LockPicture.tsx';
import { Mark } from './Mark.tsx';

/** The window while nobody works in it: the picture, the mark and, below it, what can be done now. */
export function LockFrame({
  children,
  foot,
}: {
  children: ReactNode;
  /** The strip of keys at the lower edge. */
  foot?: ReactNode;
}) {
  return (
    <div className="lv-lock">
      <LockPicture />
      <div className="lv-lock-main">
        <div className="lv-lock-mark">
          <Mark size={32} />
          <span>Levey</span>
        </div>
        {children}
      </div>
      {foot}
    </div>
  );
}
