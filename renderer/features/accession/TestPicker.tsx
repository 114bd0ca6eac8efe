import { type Ref, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { matchAt } from '../../app/commands.ts';
import { useLive } from '../../data/hooks.ts';
import { Field } from '../../ui/Field.tsx';

const MOST = 8;

/** Tests and panels by typing: code or name, arrows choose, Enter adds, Backspace in the empty field takes the last away. */
export function TestPicker({
  chosen,
  onChosen,
  error,
  onDone,
  ref,
  autoFocus,
}: {
  chosen: readonly CatalogRow[];
  onChosen: (chosen: readonly CatalogRow[]) => void;
  error?: string | undefined;
  /** Enter in the empty field. */
  onDone?: () => void;
  ref?: Ref<HTMLInputElement>;
  autoFocus?: boolean;
}) {
  const { t } = useTranslation('accession');
  const list = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const catalog = useLive('catalog.list', { kind: 'all' }).rows;
  const found = useMemo(() => search(catalog, text, chosen), [catalog, text, chosen]);
  const here = found[Math.min(at, found.length - 1)];
  const add = (entry: CatalogRow): void => {
    onChosen([...chosen, entry]);
    setText('');
    setAt(0);
  };
  const unknown = text.trim() !== '' && found.length === 0;
  return (
    <div className="lv-acc-picker">
      <Field
        ref={ref}
        label={t('fresh.tests')}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={here === undefined ? undefined : `${list}-${here.id}`}
        data-autofocus={autoFocus || undefined}
        value={text}
        suffix={t('fresh.testsHint')}
        error={unknown ? t('fresh.noTest', { text: text.trim() }) : error}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt((now) => Math.min(now + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt((now) => Math.max(now - 1, 0));
          else if (event.key === 'Enter' && here !== undefined) add(here);
          else if (event.key === 'Enter' && text.trim() === '' && onDone !== undefined) onDone();
          else if (event.key === 'Enter' && unknown) setAt(0);
          else if (event.key === 'Backspace' && text === '') onChosen(chosen.slice(0, -1));
          else return;
          if (event.key !== 'Backspace') event.preventDefault();
          event.stopPropagation();
        }}
      />
      {found.length === 0 ? null : (
        <div className="lv-acc-options" role="listbox" id={list} aria-label={t('fresh.tests')}>
          {found.map((entry) => (
            <div
              key={entry.id}
              id={`${list}-${entry.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={entry === here}
              className="lv-acc-option"
              onMouseDown={(event) => {
                event.preventDefault();
                add(entry);
              }}
            >
              <span className="lv-mono">{entry.code}</span>
              <span className="lv-medium lv-ellipsis">{entry.name}</span>
              <span className="lv-grow" />
              <span className="lv-caption">
                {entry.kind === 'panel' ? t('fresh.panel', { count: entry.members.length }) : t('fresh.test')}
              </span>
            </div>
          ))}
        </div>
      )}
      {chosen.length === 0 ? null : (
        <ul className="lv-acc-orders" aria-label={t('fresh.chosen')}>
          {chosen.map((entry) => (
            <li key={entry.id} className="lv-acc-chip">
              <span className="lv-ellipsis">{entry.name}</span>
              <button
                type="button"
                className="lv-acc-chip-off"
                aria-label={t('fresh.remove', { name: entry.name })}
                onClick={() => onChosen(chosen.filter((one) => one !== entry))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Codes that begin with the text first, then names that hold it; panels before tests. */
function search(
  catalog: readonly CatalogRow[],
  text: string,
  chosen: readonly CatalogRow[],
): readonly CatalogRow[] {
  const typed = text.trim();
  if (typed === '') return [];
  const rank = (entry: CatalogRow): number | null => {
    if (!entry.active || entry.kind === 'specimenType' || chosen.some((one) => one.id === entry.id))
      return null;
    const panel = entry.kind === 'panel' ? 0 : 1;
    if (entry.code.toUpperCase() === typed.toUpperCase()) return panel;
    if (entry.code.toUpperCase().startsWith(typed.toUpperCase())) return 2 + panel;
    const match = matchAt(entry.name, typed);
    return match === null ? null : (match.from === 0 ? 4 : 6) + panel;
  };
  return catalog
    .map((entry) => ({ entry, place: rank(entry) }))
    .filter((one): one is { entry: CatalogRow; place: number } => one.place !== null)
    .sort((a, b) => a.place - b.place || a.entry.name.localeCompare(b.entry.name))
    .slice(0, MOST)
    .map((one) => one.entry);
}
