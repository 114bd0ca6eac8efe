import type { TFunction } from 'i18next';
import type { ProfileTestRow, VerificationRow } from '../../../../shared/ipc/tools.ts';
import { formatUnit } from '../../../i18n/format.ts';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { State } from '../../../ui/State.tsx';
import { sentUnits } from '../mapping/rows.ts';

type Words = TFunction<'verification'>;
type When = (at: string) => string;

/** Tests of the line, and whether somebody signed for their mapping as it is now. */
export function testColumns(t: Words, when: When): GridColumn<ProfileTestRow>[] {
  return [
    {
      id: 'code',
      title: t('columns.code'),
      width: 96,
      render: (row) => <span className="lv-mono lv-medium lv-ellipsis">{row.mapping.code}</span>,
    },
    {
      id: 'test',
      title: t('columns.test'),
      width: 216,
      grow: 0,
      render: (row) =>
        row.testName === '' ? (
          <State kind="held" word={row.mapping.test} reason={t('notInCatalogue')} />
        ) : (
          <span className="lv-medium lv-ellipsis">{row.testName}</span>
        ),
    },
    {
      id: 'mapping',
      title: t('columns.mapping'),
      width: 240,
      grow: 0,
      render: ({ mapping }) => {
        const units = sentUnits(mapping);
        // Two spellings of one unit look alike here.
        const text = [
          ...new Set(
            units.map(
              ({ sent, factor }) =>
                `${formatUnit(sent) || t('noUnit')}${factor === '1' ? '' : ` × ${factor}`}`,
            ),
          ),
        ].join(', ');
        return (
          <span className="lv-text-2 lv-ellipsis">
            {units.length === 0 ? t('asSent') : text} → {formatUnit(mapping.unit ?? '') || t('asSent')}
          </span>
        );
      },
    },
    {
      id: 'state',
      title: t('columns.state'),
      width: 140,
      render: ({ verification: { state } }) =>
        state === 'verified' ? (
          <State kind="released" word={t('state.verified')} />
        ) : state === 'changed' ? (
          <State kind="warning" word={t('state.changed')} />
        ) : (
          <span className="lv-text-2">{t('state.none')}</span>
        ),
    },
    {
      id: 'by',
      title: t('columns.by'),
      width: 130,
      spare: true,
      render: (row) => <span className="lv-text-2 lv-ellipsis">{row.verification.by}</span>,
    },
    {
      id: 'at',
      title: t('columns.at'),
      width: 96,
      render: (row) => (
        <span className="lv-text-2">{row.verification.at === '' ? '' : when(row.verification.at)}</span>
      ),
    },
  ];
}

/** Does the record still count: for all of its tests, for some, or for none. */
export function standingOf(row: VerificationRow): 'all' | 'some' | 'none' | 'broken' {
  if (!row.intact) return 'broken';
  const standing = row.tests.filter((test) => test.standing).length;
  return standing === row.tests.length ? 'all' : standing === 0 ? 'none' : 'some';
}

export function Standing({ row, t }: { row: VerificationRow; t: Words }) {
  switch (standingOf(row)) {
    case 'all':
      return <State kind="released" word={t('stands.all')} />;
    case 'some':
      return <State kind="warning" word={t('stands.some')} />;
    case 'none':
      return <State kind="stale" word={t('stands.none')} />;
    case 'broken':
      return <State kind="blocked" word={t('stands.broken')} />;
  }
}

/** The signed records, newest first. */
export function recordColumns(t: Words, when: When): GridColumn<VerificationRow>[] {
  return [
    {
      id: 'at',
      title: t('columns.signed'),
      width: 150,
      padLeft: 16,
      render: (row) => <State kind="signed" detail={when(row.at)} plain />,
    },
    {
      id: 'by',
      title: t('columns.by'),
      width: 140,
      render: (row) => <span className="lv-medium lv-ellipsis">{row.by}</span>,
    },
    {
      id: 'tests',
      title: t('columns.tests'),
      width: 180,
      grow: 1,
      render: (row) => (
        <span className="lv-ellipsis">
          {row.tests.map((test) => test.testName || test.testCode).join(', ')}
        </span>
      ),
    },
    {
      id: 'cases',
      title: t('columns.cases'),
      width: 110,
      render: (row) => <span className="lv-text-2">{t('messages', { count: row.cases.length })}</span>,
    },
    {
      id: 'standing',
      title: t('columns.stands'),
      width: 170,
      render: (row) => <Standing row={row} t={t} />,
    },
  ];
}
