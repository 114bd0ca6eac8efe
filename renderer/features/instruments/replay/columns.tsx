import type { TFunction } from 'i18next';
import type { ReplayRow, ReplaySide } from '../../../../shared/ipc/tools.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatUnit, formatValueText } from '../../../i18n/format.ts';
import type { GridColumn } from '../../../ui/Grid.tsx';
import { State } from '../../../ui/State.tsx';
import { specimenText } from '../columns.tsx';
import { outcomeKinds } from './outcomes.ts';

type Words = TFunction<'replay'>;

/** One side in one line: the test, the value with its unit, flag and status where they say something, and why it is held. */
export function Side({
  side,
  differs,
  t,
}: {
  side: ReplaySide | null;
  differs: readonly string[];
  t: Words;
}) {
  if (side === null) return <span className="lv-text-2">{t('nothingStored')}</span>;
  const marked = (name: string): string => (differs.includes(name) ? 'lv-strong' : 'lv-text-2');
  return (
    <span className="ins-replay-side lv-ellipsis">
      {side.held === '' ? null : <State kind="held" reason={engineText('hold', side.held)} small />}
      <span className={differs.includes('test') ? 'lv-strong' : 'lv-medium'}>
        {side.testCode || t('noTest')}
      </span>
      <span className={differs.includes('value') ? 'lv-strong' : undefined}>
        {formatValueText(side.value) || t('empty')}
      </span>
      <span className={differs.includes('unit') ? 'lv-strong' : 'lv-unit'}>{formatUnit(side.unit)}</span>
      {side.flags === '' ? null : <span className={`lv-ellipsis ${marked('flag')}`}>{side.flags}</span>}
      {side.status === '' ? null : (
        <span className={marked('status')}>{engineText('note', side.status)}</span>
      )}
    </span>
  );
}

/** Columns of what a replay found: whose, what was sent, how it is stored, how it would be. */
export function replayColumns(t: Words, when: (at: string) => string): GridColumn<ReplayRow>[] {
  return [
    {
      id: 'message',
      title: t('columns.message'),
      width: 84,
      padLeft: 16,
      render: (row) => <span className="lv-mono">{row.messageNumber}</span>,
    },
    {
      id: 'at',
      title: t('columns.at'),
      width: 84,
      render: (row) => <span className="lv-text-2">{when(row.at)}</span>,
    },
    {
      id: 'specimen',
      title: t('columns.specimen'),
      width: 112,
      render: (row) => <span className="lv-mono lv-ellipsis">{specimenText(row.specimen) || t('dash')}</span>,
    },
    {
      id: 'sent',
      title: t('columns.sent'),
      width: 100,
      render: (row) => <span className="lv-mono lv-medium lv-ellipsis">{row.sentCode}</span>,
    },
    {
      id: 'outcome',
      title: t('columns.outcome'),
      width: 148,
      render: (row) => <State kind={outcomeKinds[row.outcome]} word={t(`outcomes.${row.outcome}`)} />,
    },
    {
      id: 'before',
      title: t('columns.before'),
      width: 400,
      grow: 0,
      render: (row) => <Side side={row.before} differs={row.differs} t={t} />,
    },
    {
      id: 'arrow',
      title: '',
      width: 28,
      render: (row) => <span className="lv-text-2">{row.outcome === 'same' ? '=' : '→'}</span>,
    },
    {
      id: 'after',
      title: t('columns.after'),
      width: 400,
      grow: 0,
      render: (row) =>
        row.outcome === 'same' ? (
          <span className="lv-text-2">{t('outcomes.same')}</span>
        ) : (
          <Side side={row.after} differs={row.differs} t={t} />
        ),
    },
    {
      id: 'differs',
      title: t('columns.differs'),
      width: 130,
      grow: 1,
      render: (row) => (
        <span className="lv-strong">
          {row.differs.map((name) => t(`differs.${name}`, { defaultValue: name })).join(', ')}
        </span>
      ),
    },
  ];
}
