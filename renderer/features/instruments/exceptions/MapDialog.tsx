import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogRow } from '../../../../shared/ipc/admin.ts';
import type { ExceptionRow } from '../../../../shared/ipc/instruments.ts';
import { matchAt } from '../../../app/commands.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { announce } from '../../../ui/announce.ts';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { State } from '../../../ui/State.tsx';
import type { Asked } from './asked.ts';

/** Says which test of the catalogue an analyser's code is: typed, moved with the arrows, Enter. */
export function MapDialog({ exception, line, onClose }: Asked) {
  const { t } = useTranslation('instruments');
  const tests = useLive('catalog.list', { kind: 'test' }).rows;
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => matching(tests, typed, exception), [tests, typed, exception]);
  // Nothing is chosen until a person typed or moved: Enter alone never maps a code.
  const test = found.find((row) => row.id === chosen) ?? (typed.trim() === '' ? undefined : found[0]);
  const unitDiffers = test !== undefined && formatUnit(test.unit) !== formatUnit(exception.sentUnit);
  useEffect(() => {
    if (test !== undefined)
      list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [test]);

  const step = (by: number): void => {
    const at = found.findIndex((row) => row.id === test?.id);
    setMissing(false);
    setChosen(found[Math.max(0, Math.min(found.length - 1, at + by))]?.id ?? null);
  };
  const map = async () => {
    if (test === undefined) {
      setMissing(true);
      return 'stay';
    }
    const outcome = await command('exception.map', { taskId: exception.id, testCode: test.code });
    if (!outcome.ok) return outcome.error;
    announce(t('map.done', { code: exception.sentTest, name: test.name, ...outcome.value }));
    return undefined;
  };
  return (
    <FormDialog
      title={t('map.title', { code: exception.sentTest })}
      text={t('map.text', { name: line, unit: exception.sentUnit || t('map.noUnit') })}
      confirm={test === undefined ? t('map.confirmNone') : t('map.confirm', { name: test.name })}
      onConfirm={map}
      onClose={onClose}
      width={528}
    >
      <Field
        label={t('map.find')}
        placeholder={t('map.placeholder')}
        value={typed}
        width="100%"
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="ins-map-list"
        error={missing && test === undefined ? t('map.choose') : undefined}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(null);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          step(event.key === 'ArrowDown' ? 1 : -1);
        }}
      />
      <div id="ins-map-list" ref={list} className="ins-options" role="listbox" aria-label={t('map.list')}>
        {found.map((row) => (
          <button
            key={row.id}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={row.id === test?.id}
            className="ins-option"
            onClick={() => setChosen(row.id)}
          >
            <span className="lv-medium lv-ellipsis">{row.name}</span>
            <span className="lv-mono">{row.code}</span>
            <span className="lv-caption">{formatUnit(row.unit)}</span>
          </button>
        ))}
        {found.length === 0 ? <p className="lv-caption ins-option">{t('map.none')}</p> : null}
      </div>
      {unitDiffers ? (
        <State
          kind="warning"
          word={t('map.unitDiffers', {
            sent: formatUnit(exception.sentUnit) || t('map.noUnit'),
            unit: formatUnit(test.unit) || t('map.noUnit'),
          })}
          small
        />
      ) : null}
    </FormDialog>
  );
}

/** Tests whose name, code or LOINC has what was typed; before that, those whose code looks like the sent one come first. */
function matching(tests: readonly CatalogRow[], typed: string, exception: ExceptionRow): CatalogRow[] {
  const active = tests.filter((row) => row.active);
  if (typed.trim() !== '')
    return active.filter((row) =>
      [row.name, row.code, row.loinc].some((text) => matchAt(text, typed) !== null),
    );
  const sent = exception.sentTest.toLowerCase();
  const near = (row: CatalogRow): number =>
    sent !== '' && (sent.startsWith(row.code.toLowerCase()) || row.code.toLowerCase().startsWith(sent))
      ? 0
      : 1;
  return [...active].sort((a, b) => near(a) - near(b));
}
