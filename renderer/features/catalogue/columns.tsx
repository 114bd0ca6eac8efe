import type { TFunction } from 'i18next';
import { displayUnit } from '../../../shared/domain/units.ts';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { State } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';
import { Unit } from '../../ui/Value.tsx';
import { deltaText } from './delta.ts';
import { adultRanges, instrumentName } from './say.ts';

/** An entry with what belongs to it, as the grid shows it. */
export interface Entry {
  row: CatalogRow;
  /** Specimen types it needs. */
  specimens: readonly CatalogRow[];
  /** Tests it stands for, in report order; a specimen type: tests measured in it. */
  tests: readonly CatalogRow[];
  /** Panels it is part of. */
  panels: readonly CatalogRow[];
}

const dim = (text: string) => <span className="lv-text-2">{text}</span>;

const code: GridColumn<Entry> = {
  id: 'code',
  title: '',
  width: 76,
  padLeft: 16,
  render: ({ row }) => <span className="lv-mono">{row.code}</span>,
};

function named(t: TFunction, width: number, grow: number): GridColumn<Entry> {
  return {
    id: 'name',
    title: t('col.name'),
    width,
    grow,
    render: ({ row }) => (
      <>
        <span className="lv-medium lv-ellipsis">{row.name}</span>
        {row.active ? null : <State kind="excluded" word={t('notInUse')} small />}
      </>
    ),
  };
}

const specimensOf = (entry: Entry) =>
  entry.specimens.map((one) => (
    <span key={one.id} className="ca-specimen">
      <TubeCap cap={one.cap} />
      <span className="lv-ellipsis">{one.name}</span>
    </span>
  ));

const instrumentsOf = (ids: readonly string[], t: TFunction) =>
  ids.length === 0 ? dim(t('byHand')) : ids.map(instrumentName).join(', ');

const record = (t: TFunction): GridColumn<Entry> => ({
  id: 'record',
  title: t('col.record'),
  width: 86,
  render: ({ row }) => <State kind={row.syncState} small />,
});

/** Columns of the tests. */
export function testColumns(t: TFunction): GridColumn<Entry>[] {
  return [
    { ...code, title: t('col.code') },
    named(t, 140, 2),
    { id: 'specimen', title: t('col.specimen'), width: 152, render: specimensOf },
    {
      id: 'unit',
      title: t('col.unit'),
      width: 66,
      render: ({ row }) => <Unit unit={displayUnit(row.unit)} />,
    },
    {
      id: 'range',
      title: t('col.adult'),
      width: 172,
      render: ({ row }) => {
        const adult = adultRanges(row.ranges);
        if (adult.length === 0) return dim(t(row.ranges.length === 0 ? 'noRange' : 'notAdult'));
        return (
          <span>
            {adult.map((one, at) => (
              <span key={`${one.sex}-${one.ageLowDays}`}>
                {at === 0 ? '' : ' · '}
                {one.sex === 'any' ? null : <span className="lv-text-3">{t(`sexShort.${one.sex}`)} </span>}
                {one.text === '' ? t('noRange') : one.text}
              </span>
            ))}
          </span>
        );
      },
    },
    {
      id: 'critical',
      title: t('col.critical'),
      width: 104,
      render: ({ row }) => {
        const texts = [...new Set(adultRanges(row.ranges).map((one) => one.criticalText))].filter(Boolean);
        return texts.length === 0 ? dim('–') : texts.join(' · ');
      },
    },
    { id: 'delta', title: t('col.delta'), width: 134, render: ({ row }) => dim(deltaText(row, t)) },
    {
      id: 'loinc',
      title: t('col.loinc'),
      width: 78,
      render: ({ row }) => (row.loinc === '' ? dim('–') : <span className="lv-mono">{row.loinc}</span>),
    },
    {
      id: 'instruments',
      title: t('col.instruments'),
      width: 92,
      render: ({ row }) => instrumentsOf(row.instruments, t),
    },
  ];
}

/** Columns of the panels. */
export function panelColumns(t: TFunction): GridColumn<Entry>[] {
  return [
    { ...code, title: t('col.code') },
    named(t, 160, 1),
    {
      id: 'count',
      title: t('col.tests'),
      width: 54,
      align: 'right',
      render: ({ row }) => row.members.length,
    },
    {
      id: 'members',
      title: t('col.members'),
      width: 280,
      grow: 3,
      padLeft: 20,
      render: ({ row }) => <span className="lv-text-2 lv-ellipsis">{row.members.join(', ')}</span>,
    },
    { id: 'specimen', title: t('col.specimen'), width: 190, grow: 1, render: specimensOf },
    record(t),
  ];
}

/** Columns of the specimen types. */
export function specimenColumns(t: TFunction): GridColumn<Entry>[] {
  return [
    { ...code, title: t('col.code') },
    named(t, 160, 1),
    { id: 'cap', title: t('col.cap'), width: 120, render: ({ row }) => <TubeCap cap={row.cap} named /> },
    { id: 'container', title: t('col.container'), width: 150, grow: 1, render: ({ row }) => row.container },
    {
      id: 'draw',
      title: t('col.draw'),
      width: 84,
      align: 'right',
      render: ({ row }) => (row.drawOrder === 0 ? dim('–') : row.drawOrder),
    },
    {
      id: 'tests',
      title: t('col.tests'),
      width: 60,
      align: 'right',
      render: ({ tests }) => tests.length,
    },
    {
      id: 'handling',
      title: t('col.handling'),
      width: 220,
      grow: 2,
      padLeft: 20,
      render: ({ row }) => <span className="lv-text-2 lv-ellipsis">{row.handling}</span>,
    },
    record(t),
  ];
}
