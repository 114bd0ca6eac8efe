import { IconSearch } from '@tabler/icons-react';
import type { Ref } from 'react';
import { Field } from './Field.tsx';
import { Keycap } from './Keycap.tsx';

/**
 * The search field of a screen, reached with F3. Enter and the arrows leave it with what was typed, Escape leaves it empty: the keys
 * of the list act again.
 */
export function FindField({
  label,
  value,
  onChange,
  width,
  ref,
  onLeave,
  onEnter,
  ownEscape = true,
}: {
  /** What can be looked for; also stands in the empty field. */
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** px */
  width: number;
  ref?: Ref<HTMLInputElement>;
  /** Where the focus goes; by default nowhere in particular, so that the screen's main list has the keys. */
  onLeave?: () => void;
  /** What Enter does beside leaving. */
  onEnter?: () => void;
  /** False: Escape belongs to the screen, which takes back more than the text. */
  ownEscape?: boolean;
}) {
  return (
    <Field
      ref={ref}
      label={label}
      labelAt="hidden"
      placeholder={label}
      width={width}
      value={value}
      prefixIcon={<IconSearch size={14} stroke={1.6} aria-hidden="true" />}
      suffix={<Keycap keyName="F3" />}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        const empties = event.key === 'Escape';
        if (empties ? !ownEscape : !['Enter', 'ArrowDown', 'ArrowUp'].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        if (empties) onChange('');
        if (onLeave === undefined) event.currentTarget.blur();
        else onLeave();
        if (event.key === 'Enter') onEnter?.();
      }}
    />
  );
}
