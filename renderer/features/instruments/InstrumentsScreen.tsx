import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../shared/ipc/instruments.ts';
import type { Overlay } from '../../../shared/profiles/overlay.ts';
import { useCommands } from '../../app/commands.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { formatCount } from '../../i18n/format.ts';
import { EmptyState, ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { type About, Desk, type DeskView } from './Desk.tsx';
import { DecoderView } from './decoder/DecoderView.tsx';
import { MappingView } from './mapping/MappingView.tsx';
import { ReplayView } from './replay/ReplayView.tsx';
import { mayMap, mayReplay } from './rules.ts';
import { SelfTestView } from './selftest/SelfTestView.tsx';
import { VerifyView } from './verify/VerifyView.tsx';
import { hexDump } from './wire.ts';

type Tool = 'mapping' | 'replay' | 'verification' | 'selftest' | 'decoder';
type View = DeskView | Tool;
const desk: ReadonlySet<View> = new Set(['lines', 'exceptions', 'ended']);
const isDesk = (view: View): view is DeskView => desk.has(view);

/** Analysers: their lines, what is held of what they sent, and the tools to see and mend why. */
export function InstrumentsScreen() {
  const { t } = useTranslation('instruments');
  const [view, setView] = useState<View>('lines');
  const [lineCursor, setLineCursor] = useState<string | null>(null);
  const [decoded, setDecoded] = useState({ text: '', profileId: '', at: 0 });
  const [draft, setDraft] = useState<Overlay>();
  const [replayed, setReplayed] = useState<string | null>(null);
  const lines = useLive('instruments.lines', {});
  const open = useLive('exceptions.list', { status: 'open' });
  const about = useRef<About | null>(null);
  const [start, setStart] = useState<About | null>(null);
  const person = useLiveOne('session', {})?.person;
  const roles = person?.roles ?? [];
  // The tools are for analysers; the hospital's lines have no mapping of their own.
  const analysers = lines.rows.filter((row) => row.orders !== 'hospital');
  const line = analysers.find((row) => row.id === lineCursor) ?? analysers[0];

  const decode = (latin1: string, profileId = ''): void => {
    setDecoded((before) => ({ text: latin1 === '' ? '' : hexDump(latin1), profileId, at: before.at + 1 }));
    setView('decoder');
  };
  const go = (next: View): void => {
    // A draft of the mapping is tried once: whoever comes to the replay by another way means what is saved.
    setDraft(undefined);
    // From an exception a tool opens with the line that it came from.
    const from = isDesk(view) && !isDesk(next) ? about.current : null;
    if (from !== null) setLineCursor(from.instrumentId);
    setStart(from);
    setView(next);
  };
  useScreenKeys([
    ...(view === 'mapping' ? [] : [{ key: 'F6', label: t('keys.mapping'), run: () => go('mapping') }]),
    { key: 'Ctrl+D', label: t('keys.decoder'), run: () => decode(''), strip: false },
  ]);
  useCommands('screen', [
    { id: 'instruments-replay', label: t('commands.replay'), icon: 'go', run: () => go('replay') },
    { id: 'instruments-verify', label: t('commands.verify'), icon: 'go', run: () => go('verification') },
    { id: 'instruments-selftest', label: t('commands.selftest'), icon: 'go', run: () => go('selftest') },
  ]);
  const tool = {
    lines: analysers,
    onLine: (id: string): void => {
      // A draft is of one line's mapping, and is tried on no other.
      setDraft(undefined);
      setLineCursor(id);
    },
  };
  return (
    <>
      <ScreenHead title={t('title')} right={<Totals lines={lines.rows} />}>
        <SegmentedFilter
          label={t('view')}
          value={view}
          onChange={go}
          options={[
            { id: 'lines', label: t('lines'), count: lines.rows.length },
            { id: 'exceptions', label: t('exceptions'), count: open.rows.length },
            { id: 'ended', label: t('ended') },
            { id: 'mapping', label: t('tools.mapping') },
            { id: 'replay', label: t('tools.replay') },
            { id: 'verification', label: t('tools.verification') },
            { id: 'selftest', label: t('tools.selftest') },
            { id: 'decoder', label: t('tools.decoder') },
          ]}
        />
      </ScreenHead>
      {isDesk(view) ? (
        <Desk
          view={view}
          onView={setView}
          lines={lines}
          open={open}
          lineCursor={lineCursor}
          onLine={setLineCursor}
          about={about}
          onDecode={decode}
        />
      ) : view === 'decoder' ? (
        <DecoderView given={decoded} />
      ) : line === undefined ? (
        lines.state === 'loading' ? null : (
          <EmptyState title={t('noLines')} next={t('noLinesNext')} />
        )
      ) : view === 'mapping' ? (
        <MappingView
          key={line.id}
          {...tool}
          line={line}
          held={open.rows.filter((row) => row.instrumentId === line.id).length}
          mayEdit={mayMap(roles)}
          mayTryAgain={mayReplay(roles)}
          personId={person?.id ?? ''}
          start={start?.instrumentId === line.id ? start : null}
          onReplay={(overlay) => {
            setDraft(overlay);
            setView('replay');
          }}
        />
      ) : view === 'replay' ? (
        <ReplayView
          key={line.id}
          {...tool}
          line={line}
          mayReplay={mayReplay(roles)}
          overlay={draft}
          onOverlay={setDraft}
          onVerify={(replayId) => {
            setReplayed(replayId);
            setView('verification');
          }}
        />
      ) : view === 'verification' ? (
        <VerifyView
          key={line.id}
          {...tool}
          line={line}
          maySign={mayMap(roles)}
          mayPrint={mayReplay(roles)}
          replayId={replayed}
        />
      ) : (
        <SelfTestView {...tool} line={line} mayPrint={mayReplay(roles)} mayBegin={mayMap(roles)} />
      )}
    </>
  );
}

/** What went over all lines since the engine started, at the right of the head. */
function Totals({ lines }: { lines: readonly LineRow[] }) {
  const { t } = useTranslation('instruments');
  const frames = lines.reduce((sum, line) => sum + line.framesToday, 0);
  const refused = lines.reduce((sum, line) => sum + line.naksToday, 0);
  return (
    <span className="ins-count">
      {t('today')} <b>{formatCount(frames)}</b> {t('frames', { count: frames })},{' '}
      <b>{formatCount(refused)}</b> {t('refusedFrames')}
    </span>
  );
}
