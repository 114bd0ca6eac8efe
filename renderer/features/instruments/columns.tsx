import type { TFunction } from 'i18next';
import { shortAccession } from '../../../shared/domain/accession-number.ts';
import type { ExceptionRow, LineRow } from '../../../shared/ipc/instruments.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatCount, formatUnit, formatValueText } from '../../i18n/format.ts';
import type { GridColumn } from '../../ui/Grid.tsx';
import { State } from '../../ui/State.tsx';
import { placeOf } from './monitor/HandOver.tsx';
import { lineKinds } from './rules.ts';

/** Writes an instant: today's time alone, else day and time. */
type When = (at: string) => string;

/** Messages that wait to be posted from which on a line says so: fewer are gone before anybody has read it. */
const WORTH_SAYING = 20;

const count = (n: number) => <span className={n === 0 ? 'lv-text-2' : undefined}>{formatCount(n)}</span>;

/** What a line does now; before it how many messages wait to be posted, once there are so many that it matters. */
export function healthText(
  line: Pick<LineRow, 'health' | 'waiting' | 'untold'>,
  t: TFunction<'instruments'>,
): string {
  const health = engineText('line', line.health);
  const [first, second, third] = line.untold;
  const tests = third === undefined ? line.untold.join(', ') : `${first}, ${second} …`;
  const all = first === undefined ? health : t('untold.health', { health, tests });
  return line.waiting < WORTH_SAYING ? all : t('posting', { health: all, count: line.waiting });
}

/** Why something is held, in the language of the window; the code itself where it has no name here. */
export function heldWhy({ reason }: Pick<ExceptionRow, 'reason'>, t: TFunction<'instruments'>): string {
  return t(`reasons.${reason}`, { defaultValue: reason });
}

/** Columns of the lines. @param unstored ids of lines of which nothing can be stored: what comes is refused */
export function lineColumns(
  t: TFunction<'instruments'>,
  when: When,
  unstored: ReadonlySet<string>,
): GridColumn<LineRow>[] {
  return [
    {
      id: 'state',
      title: t('columns.state'),
      width: 108,
      padLeft: 16,
      render: (line) => (
        <State
          kind={lineKinds[line.state]}
          word={line.state === 'elsewhere' ? placeOf(line.owner, t) : t(`lineState.${line.state}`)}
        />
      ),
    },
    {
      id: 'name',
      title: t('columns.name'),
      width: 76,
      render: (line) => <span className="lv-strong">{line.name}</span>,
    },
    {
      id: 'analyser',
      title: t('columns.analyser'),
      width: 120,
      grow: 0,
      render: (line) => <span className="lv-ellipsis">{line.analyser}</span>,
    },
    {
      id: 'link',
      title: t('columns.link'),
      width: 262,
      grow: 0,
      render: (line) => <span className="lv-caption lv-ellipsis">{line.link}</span>,
    },
    {
      id: 'lastByte',
      title: t('columns.lastByte'),
      width: 104,
      render: (line) => (line.lastByteAt === '' ? t('dash') : when(line.lastByteAt)),
    },
    {
      id: 'health',
      title: t('columns.health'),
      width: 290,
      grow: 0,
      render: (line) => <span className="lv-text-2 lv-ellipsis">{healthText(line, t)}</span>,
    },
    {
      id: 'frames',
      title: t('columns.frames'),
      width: 72,
      align: 'right',
      render: (line) => count(line.framesToday),
    },
    {
      id: 'naks',
      title: t('columns.naks'),
      width: 58,
      align: 'right',
      render: (line) => (
        <span className={line.naksToday === 0 ? 'lv-text-2' : 'lv-strong'}>
          {formatCount(line.naksToday)}
        </span>
      ),
    },
    {
      id: 'results',
      title: t('columns.results'),
      width: 86,
      align: 'right',
      render: (line) => count(line.resultsToday),
    },
    {
      id: 'orders',
      title: t('columns.orders'),
      width: 130,
      padLeft: 18,
      spare: true,
      render: (line) => <span className="lv-text-2">{t(`orders.${line.orders}`)}</span>,
    },
    {
      id: 'needs',
      title: t('columns.needs'),
      width: 150,
      grow: 1,
      render: (line) => <Needs line={line} unstored={unstored.has(line.id)} t={t} />,
    },
  ];
}

/** What a line waits for, of a person. Exported for its test. */
export function Needs({
  line,
  unstored,
  t,
}: {
  line: LineRow;
  unstored: boolean;
  t: TFunction<'instruments'>;
}) {
  if (unstored) return <State kind="blocked" word={t('needs.unstored')} />;
  if (line.problem !== null) return <State kind="blocked" word={t('needs.problem')} />;
  if (line.exceptions > 0)
    return <State kind="held" word={t('needs.exceptions', { count: line.exceptions })} />;
  if (line.untold.length > 0)
    return <State kind="warning" word={t('untold.needs', { count: line.untold.length })} />;
  if (line.state === 'elsewhere' && line.owner !== null)
    return (
      <span className="lv-text-2">
        {t(line.owner.free ? 'needs.free' : line.owner.away ? 'needs.away' : 'needs.nothing', {
          station: line.owner.station,
        })}
      </span>
    );
  if (line.state === 'noAnswer' || line.state === 'failed')
    return <State kind="warning" word={t('needs.look')} />;
  return <span className="lv-text-2">{t(line.state === 'off' ? 'needs.off' : 'needs.nothing')}</span>;
}

/** The number of a specimen as short as it can be said on this bench; other texts as they were sent. */
export function specimenText(sent: string): string {
  return /^\d{5}[0-9A-Z]{7}$/.test(sent) ? shortAccession(sent) : sent;
}

const lineName = (row: ExceptionRow): string => row.instrumentId.split('.').at(-1) ?? row.instrumentId;

/** Columns of the exceptions: few beside the trace, more where they have the room, how they ended for those that did. */
export function exceptionColumns(
  t: TFunction<'instruments'>,
  when: When,
  room: 'narrow' | 'wide' | 'ended',
): GridColumn<ExceptionRow>[] {
  const wide = room !== 'narrow';
  // How an ended one ended, by whom and when matters more than what was sent: that is in the panel.
  const spare = room === 'ended';
  const columns: GridColumn<ExceptionRow>[] = [
    {
      id: 'from',
      title: t('columns.from'),
      width: 76,
      padLeft: 16,
      render: (row) => <span className="lv-strong">{lineName(row)}</span>,
    },
    {
      id: 'time',
      title: t('columns.time'),
      width: wide ? 100 : 54,
      spare,
      render: (row) => <span className="lv-text-2">{when(row.at)}</span>,
    },
    {
      id: 'why',
      title: t('columns.why'),
      width: wide ? 220 : 142,
      grow: wide ? 0 : 1,
      render: (row) => <span className="lv-ellipsis">{heldWhy(row, t)}</span>,
    },
    {
      id: 'sent',
      title: t('columns.sent'),
      width: 92,
      render: (row) => <span className="lv-mono lv-ellipsis">{row.sentTest || t('dash')}</span>,
    },
  ];
  if (wide)
    columns.push({
      id: 'value',
      title: t('columns.value'),
      width: 120,
      spare,
      render: (row) => (
        <>
          <span className="lv-medium">{formatValueText(row.sentValue) || t('dash')}</span>
          <span className="lv-unit">{formatUnit(row.sentUnit)}</span>
        </>
      ),
    });
  columns.push({
    id: 'specimen',
    title: t('columns.specimen'),
    width: room === 'wide' ? 130 : room === 'ended' ? 104 : 92,
    render: (row) => (
      <span className="lv-mono lv-ellipsis">{specimenText(row.sentSpecimen) || t('dash')}</span>
    ),
  });
  if (room === 'ended') {
    columns.push(
      {
        id: 'outcome',
        title: t('columns.outcome'),
        width: 170,
        grow: 1,
        render: (row) => (
          <State
            kind={row.status === 'done' ? 'released' : 'rejected'}
            word={row.status === 'done' ? t('state.done') : t('state.rejected')}
            reason={row.status === 'rejected' ? row.resolution : undefined}
          />
        ),
      },
      {
        id: 'by',
        title: t('columns.by'),
        width: 130,
        grow: 0,
        render: (row) => <span className="lv-text-2 lv-ellipsis">{row.resolvedBy}</span>,
      },
      {
        id: 'at',
        title: t('columns.at'),
        width: 100,
        render: (row) => (
          <span className="lv-text-2">{row.resolvedAt === '' ? '' : when(row.resolvedAt)}</span>
        ),
      },
    );
  } else {
    columns.push({ id: 'state', title: '', width: 104, spare: true, render: () => <State kind="held" /> });
  }
  return columns;
}
