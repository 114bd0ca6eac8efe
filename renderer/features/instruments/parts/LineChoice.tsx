import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { Choice } from '../../../ui/Field.tsx';
import { Keycap } from '../../../ui/Keycap.tsx';

/** Which line a tool works on; L goes to the next one. */
export function LineChoice({
  lines,
  value,
  onChange,
}: {
  lines: readonly LineRow[];
  value: string;
  onChange: (id: string) => void;
}) {
  const { t } = useTranslation('instruments');
  const next = (): void => {
    const at = lines.findIndex((line) => line.id === value);
    const line = lines[(at + 1) % lines.length];
    if (line !== undefined) onChange(line.id);
  };
  useScreenKeys(
    lines.length > 1
      ? [{ key: 'L', label: t('tools.nextLine'), run: next, strip: false, icon: 'filter' as const }]
      : [],
  );
  return (
    <span className="ins-choice">
      <Choice
        label={t('tools.line')}
        labelHidden
        width={132}
        value={value}
        options={lines.map((line) => ({ id: line.id, label: line.name }))}
        onChange={onChange}
      />
      {lines.length > 1 ? <Keycap keyName="L" /> : null}
    </span>
  );
}
