import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PatientRow } from '../../../shared/ipc/accession.ts';
import { useScan } from '../../app/scan.ts';
import { useLive } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText } from '../../i18n/who.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { moveCursor } from '../../ui/gridRows.ts';
import { EmptyState } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';

const rowId = (row: PatientRow): string => row.id;

/** Patients of this station by name (any script, or Latin) or number; a wristband may be scanned. Arrows and Enter choose. */
export function FindPatient({
  chosen,
  onChoose,
  onRegister,
}: {
  chosen: PatientRow | null;
  onChoose: (patient: PatientRow) => void;
  onRegister: () => void;
}) {
  const { t } = useTranslation('accession');
  const [text, setText] = useState(chosen?.identifier ?? '');
  const [cursor, setCursor] = useState<string | null>(chosen?.id ?? null);
  const typed = text.trim();
  const { rows, state } = useLive('patient.search', typed === '' ? null : { text: typed });
  const field = useRef<HTMLInputElement>(null);
  const columns = useColumns();
  useEffect(() => {
    if (chosen === null) field.current?.focus();
  }, [chosen]);
  useScan((code) => {
    setText(code);
    return true;
  });
  const choose = (): void => {
    const row = rows.find((one) => one.id === cursor) ?? rows[0];
    if (row !== undefined) onChoose(row);
  };
  return (
    <>
      <div className="lv-acc-find">
        <Field
          ref={field}
          label={t('fresh.find')}
          labelAt="left"
          size="final"
          width={420}
          value={text}
          suffix={t('fresh.findHint')}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
            if (by !== undefined) setCursor(moveCursor(rows.map(rowId), cursor, by));
            else if (event.key === 'Enter') choose();
            else return;
            event.preventDefault();
          }}
        />
        <span className="lv-text-2">{typed === '' ? null : t('fresh.known', { count: rows.length })}</span>
        <span className="lv-grow" />
        <Button keyName="F2" onClick={onRegister}>
          {t('fresh.register')}
        </Button>
      </div>
      <Grid
        label={t('fresh.results')}
        rows={rows}
        rowId={rowId}
        columns={columns}
        scope={typed}
        cursor={cursor}
        onCursor={setCursor}
        onEnter={onChoose}
        main={false}
        empty={
          typed === '' ? (
            <EmptyState title={t('fresh.typeMore')} next={t('fresh.typeMoreNext')} />
          ) : state === 'live' ? (
            <EmptyState title={t('fresh.none', { text: typed })} next={t('fresh.noneNext')} />
          ) : undefined
        }
      />
    </>
  );
}

function useColumns(): readonly GridColumn<PatientRow>[] {
  const { t } = useTranslation('accession');
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'id',
        title: t('fresh.id'),
        width: 140,
        padLeft: 16,
        render: (row) => <span className="lv-mono">{row.identifier}</span>,
      },
      {
        id: 'name',
        title: t('identity.name'),
        width: 220,
        grow: 1,
        render: (row) => (
          <PatientName
            transliteration
            name={{
              family: row.familyName,
              given: row.givenName,
              transliteration: row.transliteration || undefined,
            }}
          />
        ),
      },
      {
        id: 'birth',
        title: t('fresh.birth'),
        width: 110,
        render: (row) => (row.birthDate === '' ? t('identity.unknown') : format.birthDate(row.birthDate)),
      },
      {
        id: 'age',
        title: t('open.age'),
        width: 74,
        render: (row) => `${t(`patient.letter.${row.sex}`)} ${ageText(t, row.age)}`,
      },
      { id: 'ward', title: t('fresh.ward'), width: 140, render: (row) => row.ward },
      {
        id: 'record',
        title: t('received.record'),
        width: 100,
        render: (row) => <State kind={row.syncState} small />,
      },
    ],
    [t, format],
  );
}
