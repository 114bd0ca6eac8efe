import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { SegmentedFilter } from '../../../ui/SegmentedFilter.tsx';
import { LineChoice } from '../parts/LineChoice.tsx';
import { ActiveView } from './ActiveView.tsx';
import { WatchView } from './WatchView.tsx';

const modes = ['watch', 'active'] as const;

/** The conformance self-test: what a line has shown by itself, or what it says to a script that is played to it. */
export function SelfTestView({
  lines,
  line,
  onLine,
  mayPrint,
  mayBegin,
}: {
  lines: readonly LineRow[];
  line: LineRow;
  onLine: (id: string) => void;
  mayPrint: boolean;
  mayBegin: boolean;
}) {
  const { t } = useTranslation('selftest');
  const [mode, setMode] = useState<(typeof modes)[number]>('watch');
  const other = mode === 'watch' ? 'active' : 'watch';
  useScreenKeys([{ key: 'F5', label: t(`modes.${other}`), run: () => setMode(other) }]);
  const parts = {
    mayPrint,
    choice: <LineChoice lines={lines} value={line.id} onChange={onLine} />,
    mode: (
      <SegmentedFilter
        label={t('mode')}
        altKeys={false}
        value={mode}
        onChange={setMode}
        options={modes.map((id) => ({ id, label: t(`modes.${id}`) }))}
      />
    ),
  };
  return mode === 'watch' ? (
    <WatchView line={line} parts={parts} />
  ) : (
    <ActiveView key={line.id} line={line} parts={parts} mayBegin={mayBegin} />
  );
}
