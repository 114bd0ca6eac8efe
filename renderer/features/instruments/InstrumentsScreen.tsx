import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../shared/ipc/instruments.ts';
import { useLive } from '../../data/hooks.ts';
import { formatCount } from '../../i18n/format.ts';
import { ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { Desk, type DeskView } from './Desk.tsx';

type View = DeskView;

/** Analysers: their lines, what is held of what they sent, and the tools to see why. */
export function InstrumentsScreen() {
  const { t } = useTranslation('instruments');
  const [view, setView] = useState<View>('lines');
  const [lineCursor, setLineCursor] = useState<string | null>(null);
  const lines = useLive('instruments.lines', {});
  const open = useLive('exceptions.list', { status: 'open' });
  return (
    <>
      <ScreenHead title={t('title')} right={<Totals lines={lines.rows} />}>
        <SegmentedFilter
          label={t('view')}
          value={view}
          onChange={setView}
          options={[
            { id: 'lines', label: t('lines'), count: lines.rows.length },
            { id: 'exceptions', label: t('exceptions'), count: open.rows.length },
            { id: 'ended', label: t('ended') },
          ]}
        />
      </ScreenHead>
      <Desk
        view={view}
        onView={setView}
        lines={lines}
        open={open}
        lineCursor={lineCursor}
        onLine={setLineCursor}
      />
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
