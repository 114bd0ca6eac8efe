import type { TFunction } from 'i18next';
import { engineText } from '../../../i18n/engine.ts';
import { formatUnit } from '../../../i18n/format.ts';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { State } from '../../../ui/State.tsx';
import { type Kind, PREFIX } from './draft.ts';
import { type MapRow, sentUnits } from './rows.ts';

type Words = TFunction<'mapping'>;
export type TestName = (code: string) => string | undefined;

/** Where a row comes from; a row of a draft says that it is not saved. */
function originColumn(t: Words): GridColumn<MapRow> {
  return {
    id: 'origin',
    title: t('columns.origin'),
    width: 104,
    render: (row) =>
      row.changed ? (
        <State kind="scanNow" word={t('notSaved')} />
      ) : (
        <span className={row.origin === 'laboratory' ? 'lv-strong' : 'lv-text-2'}>
          {t(`origins.${row.origin}`)}
        </span>
      ),
  };
}

function testColumns(t: Words, name: TestName, when: (at: string) => string): GridColumn<MapRow>[] {
  const of = (row: MapRow) => (row.entry.kind === 'tests' ? row.entry.value : null);
  return [
    {
      id: 'code',
      title: t('columns.code'),
      width: 104,
      padLeft: 16,
      render: (row) => <span className="lv-mono lv-medium lv-ellipsis">{of(row)?.code}</span>,
    },
    {
      id: 'test',
      title: t('columns.test'),
      width: 216,
      grow: 0,
      render: (row) => {
        const code = of(row)?.test ?? '';
        const known = name(code);
        return known === undefined ? (
          <State kind="held" word={code} reason={t('notInCatalogue')} />
        ) : (
          <>
            <span className="lv-medium lv-ellipsis">{known}</span>
            <span className="lv-caption lv-mono">{code}</span>
          </>
        );
      },
    },
    {
      id: 'loinc',
      title: t('columns.loinc'),
      width: 72,
      spare: true,
      render: (row) => <span className="lv-mono lv-text-2">{of(row)?.loinc ?? t('dash')}</span>,
    },
    {
      id: 'sent',
      title: t('columns.sentUnit'),
      width: 130,
      grow: 0,
      render: (row) => {
        const mapping = of(row);
        const units = mapping === null ? [] : sentUnits(mapping);
        return (
          <span className="lv-ellipsis">
            {units.length === 0
              ? t('asSent')
              : [...new Set(units.map(({ sent }) => formatUnit(sent) || t('noUnit')))].join(', ')}
          </span>
        );
      },
    },
    {
      id: 'factor',
      title: t('columns.factor'),
      width: 58,
      align: 'right',
      render: (row) => {
        const mapping = of(row);
        const factors = new Set(mapping === null ? [] : sentUnits(mapping).map((unit) => unit.factor));
        const text = factors.size === 0 ? (mapping?.factor ?? '') : [...factors].join(', ');
        return <span className={text === '1' ? 'lv-text-2' : 'lv-strong'}>{text}</span>;
      },
    },
    {
      id: 'unit',
      title: t('columns.unit'),
      width: 74,
      render: (row) => <span className="lv-unit">{formatUnit(of(row)?.unit ?? '') || t('asSent')}</span>,
    },
    originColumn(t),
    {
      id: 'verified',
      title: t('columns.verified'),
      width: 132,
      grow: 1,
      render: (row) => {
        const verification = row.saved?.verification;
        if (row.changed && verification !== undefined && verification.state === 'verified')
          return <State kind="warning" word={t('verified.changed')} />;
        if (verification === undefined || row.changed || verification.state === 'none')
          return <span className="lv-text-2">{t('verified.none')}</span>;
        return verification.state === 'verified' ? (
          <State kind="released" word={verification.by} reason={when(verification.at)} />
        ) : (
          <State kind="warning" word={t('verified.changed')} />
        );
      },
    },
  ];
}

/** The columns of each table. */
export function mapColumns(
  kind: Kind,
  t: Words,
  name: TestName,
  when: (at: string) => string,
): GridColumn<MapRow>[] {
  if (kind === 'tests') return testColumns(t, name, when);
  const text = (
    id: string,
    title: string,
    width: number,
    write: (row: MapRow) => string,
    more: Partial<GridColumn<MapRow>> & { mono?: boolean } = {},
  ): GridColumn<MapRow> => {
    const { mono, ...rest } = more;
    return {
      id,
      title,
      width,
      ...rest,
      render: (row) => (
        <span className={mono ? 'lv-mono lv-medium lv-ellipsis' : 'lv-ellipsis'}>{write(row)}</span>
      ),
    };
  };
  const first = { padLeft: 16, mono: true } as const;
  switch (kind) {
    case 'flags':
      return [
        text(
          'code',
          t('columns.flag'),
          120,
          ({ entry }) => (entry.kind === 'flags' ? entry.code : ''),
          first,
        ),
        text(
          'text',
          t('columns.meaning'),
          300,
          ({ entry, origin }) => {
            if (entry.kind !== 'flags') return '';
            // What the laboratory wrote stays as it wrote it.
            return origin === 'builtIn' ? engineText('note', entry.value.text) : entry.value.text;
          },
          { grow: 0 },
        ),
        text(
          'mark',
          t('columns.mark'),
          140,
          ({ entry }) => (entry.kind === 'flags' ? t(`marks.${entry.value.interpretation || 'none'}`) : ''),
          { grow: 0 },
        ),
        {
          id: 'hold',
          title: t('columns.hold'),
          width: 150,
          render: ({ entry }) =>
            entry.kind === 'flags' && entry.value.hold ? (
              <State kind="held" word={t('holds')} />
            ) : (
              <span className="lv-text-2">{t('passes')}</span>
            ),
        },
        originColumn(t),
      ];
    case 'statuses':
      return [
        text(
          'sent',
          t('columns.status'),
          160,
          ({ entry }) => (entry.kind === 'statuses' ? entry.sent || t('noneSent') : ''),
          first,
        ),
        text(
          'meaning',
          t('columns.meaning'),
          220,
          ({ entry }) => (entry.kind === 'statuses' ? t(`statuses.${entry.value}`) : ''),
          { grow: 0 },
        ),
        originColumn(t),
      ];
    case 'controls':
      return [
        text(
          'place',
          t('columns.place'),
          260,
          ({ entry }) =>
            entry.kind === 'controls' ? (entry.place === PREFIX ? t('beginsWith') : entry.place) : '',
          { padLeft: 16, grow: 0 },
        ),
        text(
          'values',
          t('columns.values'),
          240,
          ({ entry }) => (entry.kind === 'controls' ? entry.values.join(', ') : ''),
          { mono: true },
        ),
        originColumn(t),
      ];
    case 'units':
      return [
        text(
          'sent',
          t('columns.spelling'),
          200,
          ({ entry }) => (entry.kind === 'units' ? entry.sent : ''),
          first,
        ),
        text(
          'unit',
          t('columns.same'),
          220,
          ({ entry }) => (entry.kind === 'units' ? formatUnit(entry.unit) : ''),
          { grow: 0 },
        ),
        originColumn(t),
      ];
    case 'notResults':
      return [
        text(
          'code',
          t('columns.code'),
          160,
          ({ entry }) => (entry.kind === 'notResults' ? entry.code : ''),
          first,
        ),
        text('text', t('columns.what'), 300, ({ entry }) => (entry.kind === 'notResults' ? entry.text : ''), {
          grow: 0,
        }),
        originColumn(t),
      ];
  }
}
