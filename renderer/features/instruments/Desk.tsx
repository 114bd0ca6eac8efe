import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { ExceptionDetailRow, ExceptionRow, LineRow } from '../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useScan } from '../../app/scan.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive, useLiveOne } from '../../data/hooks.ts';
import type { Live } from '../../data/live.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../ui/Layout.tsx';
import { offerUndo } from '../../ui/undo.ts';
import { focusPane, useFocusWithin } from '../../ui/useFocusWithin.ts';
import { exceptionColumns, heldWhy, lineColumns } from './columns.tsx';
import { ExceptionDetail } from './exceptions/ExceptionDetail.tsx';
import { LotDialog } from './exceptions/LotDialog.tsx';
import { MapDialog } from './exceptions/MapDialog.tsx';
import { MatchDialog } from './exceptions/MatchDialog.tsx';
import { ControlDialog, FlagDialog, NotResultDialog, StatusDialog } from './exceptions/MeaningDialogs.tsx';
import { RejectDialog } from './exceptions/RejectDialog.tsx';
import { UnitDialog } from './exceptions/UnitDialog.tsx';
import { useHandOver } from './monitor/HandOver.tsx';
import { Health } from './monitor/Health.tsx';
import { LinePane } from './monitor/LinePane.tsx';
import { mayDecide, mayMap, otherWays, wayOut } from './rules.ts';

/** What a tool is opened for: an exception's line, code and message. */
export interface About {
  readonly instrumentId: string;
  readonly code: string;
  readonly message: string;
}

/** The three places of the desk. */
export type DeskView = 'lines' | 'exceptions' | 'ended';
type What = 'map' | 'unit' | 'status' | 'flag' | 'notResult' | 'control' | 'ofLot' | 'reject' | 'match';
/** What is asked of which exception: the one that was looked at when the dialog opened, whatever the list does meanwhile. */
interface Asking {
  what: What;
  exception: ExceptionRow;
  /** A specimen that was scanned for it; else empty. */
  scanned: string;
}

/** Keys of what else may be said of an exception. */
const otherKeys = { notResult: 'N', control: 'Q', ofLot: 'L', flag: 'G' } as const;

const rowId = (row: { id: string }): string => row.id;
/** Rows of the lines table shown without scrolling, and of the exceptions beside the trace. */
const MOST_LINES = 8;
const MOST_BESIDE = 6;
const ROW = 28;
/** How the strip's problem of a line that cannot be written to the journal begins; the line's id follows. */
const JOURNAL = 'journal:';
const none: readonly { id: string }[] = [];

/** Lines, their live trace and health, and what is held of what they sent. */
export function Desk({
  view,
  onView,
  lines,
  open,
  lineCursor,
  onLine,
  about,
  onDecode,
}: {
  view: DeskView;
  onView: (view: DeskView) => void;
  lines: Live<LineRow>;
  /** The exceptions that wait. */
  open: Live<ExceptionRow>;
  lineCursor: string | null;
  onLine: (id: string) => void;
  /** The exception that is looked at; null while it is the lines that are. */
  about: RefObject<About | null>;
  /** Opens the decoder with bytes (latin1), read with a profile. */
  onDecode: (latin1: string, profileId: string) => void;
}) {
  const { t } = useTranslation('instruments');
  const { when } = useFormat();
  const now = useNow();
  const [beside, setBeside] = useState<'exceptions' | 'health'>('exceptions');
  const [exceptionCursor, setExceptionCursor] = useState<string | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [error, setError] = useState<PlainError>();
  const side = useRef<HTMLDivElement>(null);
  const inSide = useFocusWithin(side);
  const find = useRef<HTMLInputElement>(null);

  const ended = useLive('exceptions.list', view === 'ended' ? { status: 'ended' } : null);
  const roles = useLiveOne('session', {})?.person?.roles ?? [];
  // As a text: the strip changes with every result, and the columns are not to be made anew with it.
  const unstored = (useLiveOne('strip', {})?.problems ?? none)
    .flatMap(({ id }) => (id.startsWith(JOURNAL) ? [id.slice(JOURNAL.length)] : []))
    .join(' ');
  const listed = view === 'ended' ? ended : open;
  const line = lines.rows.find((row) => row.id === lineCursor);
  // Only what is seen is acted on: beside the health of a line there is no exception.
  const seen = view !== 'lines' || beside === 'exceptions';
  const exception = seen ? listed.rows.find((row) => row.id === exceptionCursor) : undefined;
  const detail = useLiveOne('exceptions.detail', exception === undefined ? null : { taskId: exception.id });
  const asked = useLiveOne('exceptions.detail', asking === null ? null : { taskId: asking.exception.id });
  const lineName = exception === undefined ? '' : nameOf(lines.rows, exception);

  const today = useMemo(() => new Date(now.getFullYear(), now.getMonth(), now.getDate()), [now]);
  const columns = useMemo(() => {
    const midnight = today.toISOString();
    const write = (at: string): string => when(at, today);
    return {
      lines: lineColumns(
        t,
        (at) => (at >= midnight ? formatTime(at, true) : write(at)),
        new Set(unstored.split(' ')),
      ),
      beside: exceptionColumns(t, write, 'narrow'),
      exceptions: exceptionColumns(t, write, 'wide'),
      ended: exceptionColumns(t, write, 'ended'),
    };
  }, [t, when, today, unstored]);

  const benchWhy = mayDecide(roles) ? undefined : t('why.benchRole');
  const noException =
    exception === undefined ? t('why.noException') : exception.status === 'open' ? undefined : t('why.ended');
  const decideWhy = noException ?? benchWhy;
  const mapWhy =
    noException ??
    (mayMap(roles) ? undefined : t('why.mapRole')) ??
    (exception?.sentTest === '' ? t('why.noCode') : undefined);
  const way = exception === undefined ? 'again' : wayOut(exception);
  const roleWhy = noException ?? (mayMap(roles) ? undefined : t('why.mapRole'));
  const actWhy = way === 'match' ? decideWhy : way === 'status' ? roleWhy : mapWhy;
  const ask = (what: What, scanned = ''): void => {
    if (exception !== undefined) setAsking({ what, exception, scanned });
  };
  const act = (): void => {
    if (way !== 'again') ask(way);
  };
  const more =
    detail === undefined || detail.status !== 'open'
      ? []
      : otherWays(detail).map((what) => ({
          key: otherKeys[what],
          label: t(`detail.other.${what}`, { code: detail.sentTest }),
          run: () => ask(what),
          why: what === 'ofLot' ? decideWhy : roleWhy,
        }));

  const again = async (): Promise<void> => {
    if (exception === undefined) return;
    const outcome = await command('exception.reprocess', { taskId: exception.id });
    setError(outcome.ok ? undefined : outcome.error);
    if (outcome.ok)
      announce(
        outcome.value.posted > 0 ? t('again.posted') : t('again.held', { why: heldWhy(exception, t) }),
      );
  };
  const turn = async (target: LineRow, on: boolean): Promise<boolean> => {
    const outcome = await command('instrument.switch', { instrumentId: target.id, on });
    setError(outcome.ok ? undefined : outcome.error);
    return outcome.ok;
  };
  const turnOver = async (target: LineRow): Promise<void> => {
    const on = target.state === 'off';
    if (!(await turn(target, on))) return;
    offerUndo({
      text: t(on ? 'switch.on' : 'switch.off', { name: target.name }),
      undo: async () => void (await turn(target, !on)),
    });
  };
  const openAgain = async (target: LineRow): Promise<void> => {
    if ((await turn(target, false)) && (await turn(target, true)))
      announce(t('switch.openedAgain', { name: target.name }));
  };

  const handOver = useHandOver(view === 'lines' ? line : undefined, roles, setError);
  const swap = (): void => setBeside(beside === 'health' ? 'exceptions' : 'health');

  useEffect(() => {
    about.current =
      exception === undefined || (view === 'lines' && !inSide)
        ? null
        : {
            instrumentId: exception.instrumentId,
            code: exception.sentTest,
            message: exception.messageId,
          };
  }, [about, exception, view, inSide]);

  const onLines = view === 'lines' && !inSide;
  const broken = onLines && line !== undefined && line.problem !== null;
  const lineWhy = line === undefined ? t('why.noLine') : benchWhy;
  useScreenKeys([
    ...(view === 'lines' && !inSide && open.rows.length > 0 && beside === 'exceptions'
      ? [
          {
            key: 'Tab',
            label: t('keys.pane'),
            run: () => focusPane(side.current),
            strip: false,
            palette: false,
          },
        ]
      : []),
    ...(way === 'again'
      ? []
      : [
          {
            key: 'F2',
            label: t(`keys.${way}`),
            run: act,
            disabledReason: actWhy,
            primary: true,
            ...(exception === undefined ? {} : { detail: exception.sentTest }),
          },
        ]),
    ...(view !== 'lines' && detail !== undefined && detail.raw !== ''
      ? [
          {
            key: 'D',
            label: t('keys.decodeMessage'),
            run: () => onDecode(detail.raw, lineOf(lines.rows, detail)?.profileId ?? ''),
            strip: false,
          },
        ]
      : []),
    ...more.map(({ key, label, run, why }) => ({ key, label, run, disabledReason: why, strip: false })),
    broken
      ? { key: 'F5', label: t('keys.openAgain'), run: () => void openAgain(line), disabledReason: lineWhy }
      : { key: 'F5', label: t('keys.again'), run: () => void again(), disabledReason: decideWhy },
    {
      key: 'Delete',
      label: t('keys.reject'),
      run: () => ask('reject'),
      disabledReason: decideWhy,
    },
    ...(view === 'lines'
      ? [
          {
            key: 'F4',
            label: t(beside === 'health' ? 'keys.exceptions' : 'keys.health'),
            run: swap,
            ...(line === undefined ? {} : { detail: line.name }),
            icon: 'why' as const,
          },
          {
            key: 'F7',
            label: t(line?.state === 'off' ? 'keys.on' : 'keys.off'),
            run: () => line !== undefined && void turnOver(line),
            disabledReason:
              lineWhy ?? (line?.state === 'elsewhere' ? t('owner.notHere', { name: line.name }) : undefined),
            ...(line === undefined ? {} : { detail: line.name }),
          },
          ...handOver.keys,
        ]
      : []),
  ]);
  useScan((code) => {
    const plain = code.replace(/[\s-]/g, '').toUpperCase();
    const known = open.rows.filter((row) => row.sentSpecimen.toUpperCase() === plain);
    const first = known[0];
    if (first !== undefined) {
      if (view === 'ended') onView('exceptions');
      setExceptionCursor(first.id);
      announce(t('scan.found', { code, count: known.length }));
    } else if (exception?.status === 'open' && way === 'match' && decideWhy === undefined) {
      ask('match', code);
    } else announce(t('scan.notNeeded', { code }));
    return true;
  });

  const acts = {
    act,
    again: () => void again(),
    againKey: !broken,
    reject: () => ask('reject'),
    actWhy,
    decideWhy,
    more,
  };
  const noneHeld = (
    <EmptyState
      title={t(view === 'ended' ? 'noneEnded' : 'noneHeld')}
      {...(view === 'ended' ? {} : { next: t('noneHeldNext') })}
    />
  );
  const detailPane =
    detail === undefined ? null : <ExceptionDetail detail={detail} line={lineName} acts={acts} now={now} />;
  const close = (): void => setAsking(null);

  return (
    <>
      <ErrorBanner error={error} />
      {view === 'lines' ? (
        <>
          <div
            className="ins-lines"
            style={{ height: ROW * (1 + Math.max(2, Math.min(lines.rows.length, MOST_LINES))) + 2 }}
          >
            <Grid
              label={t('lines')}
              rows={lines.rows}
              rowId={rowId}
              columns={columns.lines}
              cursor={lineCursor}
              onCursor={onLine}
              moveLabel={t('keys.line')}
              empty={
                lines.state === 'loading' ? null : <EmptyState title={t('noLines')} next={t('noLinesNext')} />
              }
            />
          </div>
          <div className="ins-lower">
            {line === undefined ? (
              <div className="ins-wire" />
            ) : (
              <LinePane
                key={line.id}
                line={line}
                onOpenAgain={() => void openAgain(line)}
                whyNot={lineWhy}
                find={find}
                onDecode={(latin1) => onDecode(latin1, line.profileId)}
              />
            )}
            <div className="ins-side" ref={side}>
              <SectionBar
                title={t(beside === 'health' ? 'health.of' : 'ofLine', { name: line?.name ?? '' })}
                detail={beside === 'health' ? undefined : t('held')}
                right={
                  <Button size="bar" keyName="F4" onClick={swap}>
                    {t(beside === 'health' ? 'keys.exceptions' : 'keys.health')}
                  </Button>
                }
              />
              {beside === 'health' ? (
                line === undefined ? null : (
                  <Health line={line} />
                )
              ) : open.rows.length === 0 ? (
                open.state === 'loading' ? null : (
                  noneHeld
                )
              ) : (
                <>
                  <div
                    className="ins-side-list"
                    style={{ height: ROW * (1 + Math.min(open.rows.length, MOST_BESIDE)) + 2 }}
                  >
                    <Grid
                      label={t('exceptions')}
                      rows={open.rows}
                      rowId={rowId}
                      columns={columns.beside}
                      cursor={exceptionCursor}
                      onCursor={setExceptionCursor}
                      main={false}
                    />
                  </div>
                  {detailPane}
                </>
              )}
            </div>
          </div>
        </>
      ) : (
        <div className="lv-screen-body">
          <div className="lv-pane">
            <Grid
              key={view}
              label={t(view)}
              rows={listed.rows}
              rowId={rowId}
              columns={columns[view]}
              cursor={exceptionCursor}
              onCursor={setExceptionCursor}
              moveLabel={t('keys.exception')}
              empty={listed.state === 'loading' ? null : noneHeld}
            />
          </div>
          {exception === undefined ? null : <div className="ins-side">{detailPane}</div>}
        </div>
      )}
      {handOver.dialog}
      {asking === null ? null : (
        <Dialog asking={asking} detail={asked} line={nameOf(lines.rows, asking.exception)} onClose={close} />
      )}
    </>
  );
}

const lineOf = (lines: readonly LineRow[], exception: ExceptionRow): LineRow | undefined =>
  lines.find((line) => line.id === exception.instrumentId);

function nameOf(lines: readonly LineRow[], exception: ExceptionRow): string {
  return lineOf(lines, exception)?.name ?? exception.instrumentId.split('.').at(-1) ?? exception.instrumentId;
}

const meaningDialogs = {
  unit: UnitDialog,
  status: StatusDialog,
  flag: FlagDialog,
  notResult: NotResultDialog,
  control: ControlDialog,
  ofLot: LotDialog,
} as const;

function Dialog({
  asking: { what, exception, scanned },
  detail,
  line,
  onClose,
}: {
  asking: Asking;
  /** Undefined until it is there. */
  detail: ExceptionDetailRow | undefined;
  /** Name of the analyser's line. */
  line: string;
  onClose: () => void;
}) {
  if (what === 'match')
    return <MatchDialog exception={exception} line={line} scanned={scanned} onClose={onClose} />;
  if (what === 'map') return <MapDialog exception={exception} line={line} onClose={onClose} />;
  if (what === 'reject') return <RejectDialog exception={exception} line={line} onClose={onClose} />;
  if (detail === undefined) return null;
  const Meaning = meaningDialogs[what];
  return <Meaning exception={detail} line={line} onClose={onClose} />;
}
