import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogRow } from '../../../../shared/ipc/admin.ts';
import { matchAt } from '../../../app/commands.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { Field } from '../../../ui/Field.tsx';

/** Tests offered at once. */
const MOST = 7;

/** Which test of the catalogue: its code in the field, what matches below it while somebody types; arrows and Enter pick. */
export function TestPicker({
  label,
  tests,
  value,
  onChange,
  error,
  first,
}: {
  label: string;
  tests: readonly CatalogRow[];
  /** A code, as far as it is typed. */
  value: string;
  onChange: (code: string) => void;
  error?: string | undefined;
  /** Takes the focus when its form opens. */
  first?: boolean;
}) {
  const { t } = useTranslation('mapping');
  const list = useId();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const found = useMemo(() => {
    const hits = tests.filter(
      (test) =>
        test.active && [test.code, test.name, test.loinc].some((text) => matchAt(text, value) !== null),
    );
    const begins = (test: CatalogRow): number => (matchAt(test.code, value)?.from === 0 ? 0 : 1);
    return hits.sort((a, b) => begins(a) - begins(b)).slice(0, MOST);
  }, [tests, value]);
  const exact = tests.find((test) => test.code === value);
  const shown = open && exact === undefined && found.length > 0;
  const pick = (code: string): void => {
    onChange(code);
    setOpen(false);
  };
  return (
    <div className="ins-picker">
      <Field
        label={label}
        value={value}
        width="100%"
        mono
        error={error}
        role="combobox"
        aria-expanded={shown}
        aria-controls={list}
        {...(first ? { 'data-first': true } : {})}
        suffix={exact === undefined ? undefined : exact.name}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          onChange(event.currentTarget.value);
          setOpen(true);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (!shown) return;
          const code = found[at]?.code;
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp')
            setAt(Math.max(0, Math.min(found.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1))));
          else if (event.key === 'Enter' && code !== undefined) pick(code);
          else if (event.key === 'Escape') setOpen(false);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {shown ? (
        <div className="ins-picker-list" role="listbox" id={list} aria-label={t('picker')}>
          {found.map((test, index) => (
            <button
              key={test.id}
              type="button"
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className="ins-option"
              // Before the field loses the focus, so that the list is still there.
              onMouseDown={(event) => {
                event.preventDefault();
                pick(test.code);
              }}
            >
              <span className="lv-medium lv-ellipsis">{test.name}</span>
              <span className="lv-mono">{test.code}</span>
              <span className="lv-caption">{formatUnit(test.unit)}</span>
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
