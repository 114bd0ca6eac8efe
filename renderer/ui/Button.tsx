import { type ReactNode, useState } from 'react';
import { announce } from './announce.ts';
import { Keycap } from './Keycap.tsx';

export interface ButtonProps {
  children: ReactNode;
  onClick?: () => void;
  /** At most one primary button per pane. */
  primary?: boolean;
  /** The key that does the same; drawn at the right end. It does not register the key. */
  keyName?: string;
  /** Why it cannot act now: dims the button; pressing it says so. */
  disabledReason?: string | undefined;
  /** `bar` 24 px, `normal` 28 px, `final` 36 px for the one that ends a step. */
  size?: 'bar' | 'normal' | 'final';
  /** Takes the whole width, keycap at the far end. */
  wide?: boolean;
  type?: 'button' | 'submit';
  icon?: ReactNode;
  /** Takes the focus when its dialog opens, so that Enter does it. */
  focusFirst?: boolean;
}

/** An action. A filled button is an action, never a state. */
export function Button(props: ButtonProps) {
  const {
    children,
    onClick,
    primary,
    keyName,
    disabledReason,
    size = 'normal',
    wide,
    type = 'button',
    icon,
  } = props;
  const [told, setTold] = useState(false);
  const dimmed = disabledReason !== undefined;
  const classes = ['lv-button', `lv-button-${size}`];
  if (primary) classes.push('lv-button-primary');
  if (wide) classes.push('lv-button-wide');
  if (dimmed) classes.push('lv-button-dimmed');
  return (
    <button
      type={dimmed ? 'button' : type}
      className={classes.join(' ')}
      data-autofocus={props.focusFirst || undefined}
      aria-disabled={dimmed}
      title={disabledReason}
      onBlur={() => setTold(false)}
      onClick={() => {
        if (dimmed) {
          setTold(true);
          announce(disabledReason);
        } else onClick?.();
      }}
    >
      {icon}
      <span className="lv-button-label">{children}</span>
      {told && dimmed ? <span className="lv-button-why">{disabledReason}</span> : null}
      {keyName === undefined ? null : <Keycap keyName={keyName} />}
    </button>
  );
}
