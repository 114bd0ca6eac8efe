import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogRow } from '../../../../shared/ipc/admin.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { Button } from '../../../ui/Button.tsx';
import { CheckBox, Choice, Field } from '../../../ui/Field.tsx';
import { SectionBar } from '../../../ui/Layout.tsx';
import { TestPicker } from '../parts/TestPicker.tsx';
import type { Entry, Kind } from './draft.ts';
import { interpretations, STATUS_MEANINGS, type Typed } from './read.ts';
import { sentUnits } from './rows.ts';

/** What a form needs from the mapping that it edits. */
export interface Editing {
  kind: Kind;
  typed: Typed;
  onType: (typed: Typed) => void;
  /** The field that is wrong, once it was tried to keep the entry: before that nobody is told off for what was not typed yet. */
  wrong: string | undefined;
  /** What the profile says of the same thing. */
  below: Entry | null;
  tests: readonly CatalogRow[];
  onKeep: () => void;
  onCancel: () => void;
}

/** One entry under edit, below its table. Every key that changes something is in the preview at once; Enter keeps it, Esc takes it back. */
export function EntryForm({ editing, title }: { editing: Editing; title: string }) {
  const { t } = useTranslation('mapping');
  const { onKeep, onCancel, wrong } = editing;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const element = form.current?.querySelector<HTMLInputElement>('input, select');
    element?.focus();
    if (element instanceof HTMLInputElement) element.select();
  }, []);
  useEffect(() => {
    if (wrong !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [wrong]);
  useScreenKeys([
    { key: 'Enter', label: t('keys.keep'), run: onKeep, palette: false, group: 0 },
    { key: 'Escape', label: t('keys.cancel'), run: onCancel, palette: false, group: 0 },
  ]);
  return (
    <form
      ref={form}
      className="ins-form"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        onKeep();
      }}
    >
      <SectionBar
        title={title}
        right={
          <>
            <Button size="bar" keyName="Escape" onClick={onCancel}>
              {t('keys.cancel')}
            </Button>
            <Button size="bar" type="submit" keyName="Enter">
              {t('keys.keep')}
            </Button>
          </>
        }
      />
      <div className={`ins-form-fields ins-form-${editing.kind}`}>
        <Fields editing={editing} />
      </div>
      {editing.below === null ? null : (
        <p className="ins-form-below lv-caption">{t('below', { what: said(editing.below, t) })}</p>
      )}
    </form>
  );
}

/** An entry in one line: what the profile says below the laboratory's. */
function said(entry: Entry, t: (key: string) => string): string {
  switch (entry.kind) {
    case 'tests': {
      const units = [
        ...new Set(sentUnits(entry.value).map(({ sent, factor }) => `${formatUnit(sent)} × ${factor}`)),
      ];
      return [entry.value.test, units.join(', '), formatUnit(entry.value.unit ?? '')]
        .filter(Boolean)
        .join(' · ');
    }
    case 'flags':
      return `${entry.value.text} · ${t(entry.value.hold ? 'holds' : 'passes')}`;
    case 'statuses':
      return t(`statuses.${entry.value}`);
    case 'controls':
      return entry.values.join(', ');
    case 'units':
      return formatUnit(entry.unit);
    case 'notResults':
      return entry.text;
  }
}

function Fields({ editing }: { editing: Editing }) {
  const { t } = useTranslation('mapping');
  const { kind, typed, onType, wrong, tests } = editing;
  const set = (field: string, value: string): void => onType({ ...typed, [field]: value });
  const errorOf = (field: string): string | undefined => (wrong === field ? t(`wrong.${field}`) : undefined);
  const line = (field: string, mono = false) => (
    <Field
      key={field}
      label={t(`fields.${kind}.${field}`)}
      width="100%"
      mono={mono}
      value={typed[field] ?? ''}
      error={errorOf(field)}
      onChange={(event) => set(field, event.currentTarget.value)}
    />
  );
  const choice = (field: string, options: readonly { id: string; label: string }[]) => (
    <Choice
      key={field}
      label={t(`fields.${kind}.${field}`)}
      width="100%"
      value={typed[field] ?? ''}
      options={options}
      error={errorOf(field)}
      onChange={(value) => set(field, value)}
    />
  );
  switch (kind) {
    case 'tests':
      return (
        <>
          {line('code', true)}
          <TestPicker
            label={t('fields.tests.test')}
            tests={tests}
            value={typed.test ?? ''}
            error={errorOf('test')}
            onChange={(code) => {
              const test = tests.find((one) => one.code === code);
              const unit = typed.unit === '' && test !== undefined ? test.unit : typed.unit;
              const loinc = typed.loinc === '' && test !== undefined ? test.loinc : typed.loinc;
              onType({ ...typed, test: code, unit: unit ?? '', loinc: loinc ?? '' });
            }}
          />
          {line('loinc', true)}
          {line('sentUnits')}
          {line('factor')}
          {line('unit')}
          {line('order', true)}
          {line('otherUnits')}
        </>
      );
    case 'flags':
      return (
        <>
          {line('code', true)}
          {line('text')}
          {choice(
            'interpretation',
            interpretations.map((id) => ({ id, label: t(`marks.${id || 'none'}`) })),
          )}
          <CheckBox
            label={t('fields.flags.hold')}
            checked={typed.hold === 'yes'}
            onChange={(on) => set('hold', on ? 'yes' : '')}
          />
        </>
      );
    case 'statuses':
      return (
        <>
          {line('sent', true)}
          {choice(
            'meaning',
            STATUS_MEANINGS.map((id) => ({ id, label: t(`statuses.${id}`) })),
          )}
        </>
      );
    case 'controls':
      return (
        <>
          {choice('how', [
            { id: 'prefix', label: t('beginsWith') },
            { id: 'place', label: t('atPlace') },
          ])}
          {typed.how === 'place' ? line('place', true) : null}
          {line('values', true)}
        </>
      );
    case 'units':
      return (
        <>
          {line('sent')}
          {line('unit')}
        </>
      );
    case 'notResults':
      return (
        <>
          {line('code', true)}
          {line('text')}
        </>
      );
  }
}
