import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { announce } from '../../../ui/announce.ts';
import { Choice } from '../../../ui/Field.tsx';
import { Keycap } from '../../../ui/Keycap.tsx';

/** The list itself was used: a tool is made anew for another line, and the focus stays where it was. */
let usedList = false;

/** Which line a tool works on; L goes to the next one. */
export function LineChoice({
  lines,
  value,
  onChange,
  why,
}: {
  lines: readonly LineRow[];
  value: string;
  onChange: (id: string) => void;
  /** Why another line cannot be chosen now. */
  why?: string | undefined;
}) {
  const { t } = useTranslation('instruments');
  const next = (): void => {
    const at = lines.findIndex((line) => line.id === value);
    const line = lines[(at + 1) % lines.length];
    if (line !== undefined) onChange(line.id);
  };
  useScreenKeys(
    lines.length > 1
      ? [
          {
            key: 'L',
            label: t('tools.nextLine'),
            run: next,
            strip: false,
            icon: 'filter' as const,
            disabledReason: why,
          },
        ]
      : [],
  );
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (usedList) place.current?.querySelector('select')?.focus();
    usedList = false;
  }, []);
  return (
    <span className="ins-choice" ref={place}>
      <Choice
        label={t('tools.line')}
        labelHidden
        width={132}
        value={value}
        options={lines.map((line) => ({ id: line.id, label: line.name }))}
        onChange={(id) => {
          if (why !== undefined) {
            announce(why);
            return;
          }
          usedList = true;
          onChange(id);
        }}
      />
      {lines.length > 1 ? <Keycap keyName="L" /> : null}
    </span>
  );
}
