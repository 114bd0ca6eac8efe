import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  INDICATOR_CASES,
  type IndicatorCaseRow,
  type IndicatorRow,
} from '../../../../shared/ipc/indicators.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { goTo } from '../../../app/navigation.ts';
import { useNow } from '../../../app/useNow.ts';
import { useLive } from '../../../data/hooks.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid, type GridColumn } from '../../../ui/Grid.tsx';
import { EmptyState, ScreenBody, SectionBar } from '../../../ui/Layout.tsx';
import { useIndicatorWords } from './words.ts';

const rowId = (row: IndicatorCaseRow): string => row.id;
const open = (row: IndicatorCaseRow): void => goTo(row.go.screen, row.go.target);

/** The cases behind a figure; Enter goes to the record of one. */
export function Cases({
  row,
  days,
  asked,
  onClose,
}: {
  row: IndicatorRow;
  days: { from: string; to: string };
  asked: number;
  onClose: () => void;
}) {
  const { t } = useTranslation('qc-indicators');
  const now = useNow();
  const format = useFormat();
  const words = useIndicatorWords();
  const live = useLive('indicators.cases', { ...days, asked, name: row.name, detail: row.detail });
  const [cursor, setCursor] = useState<string | null>(null);
  useScreenKeys([{ key: 'Escape', label: t('keys.back'), run: onClose, group: 2, palette: false }]);
  const columns = useMemo(
    (): readonly GridColumn<IndicatorCaseRow>[] => [
      {
        id: 'at',
        title: t('cases.at'),
        width: 110,
        padLeft: 16,
        render: (one) => format.when(one.at, now),
      },
      {
        id: 'what',
        title: t('cases.what'),
        width: 170,
        render: (one) => (
          <span className={one.go.screen === 'qc' ? 'lv-ellipsis' : 'lv-mono'}>{one.what}</span>
        ),
      },
      {
        id: 'patient',
        title: t('cases.patient'),
        width: 190,
        render: (one) => <bdi className="lv-ellipsis">{one.patientName}</bdi>,
      },
      {
        id: 'text',
        title: t('cases.text'),
        width: 240,
        grow: 1,
        render: (one) => <span className="lv-ellipsis">{one.text}</span>,
      },
      {
        id: 'minutes',
        title: t('cases.minutes'),
        width: 96,
        align: 'right',
        render: (one) => (one.minutes === null ? '' : words.minutesOf(one.minutes)),
      },
    ],
    [t, format, now, words],
  );
  return (
    <ScreenBody>
      <SectionBar
        title={t('cases.title', { name: words.nameOf(row) })}
        detail={[
          `${days.from} – ${days.to}`,
          row.count > INDICATOR_CASES ? t('cases.most', { count: INDICATOR_CASES }) : '',
        ]
          .filter(Boolean)
          .join(', ')}
        right={
          <Button size="bar" keyName="Escape" onClick={onClose}>
            {t('keys.back')}
          </Button>
        }
      />
      <ErrorBanner error={live.error} />
      <Grid
        label={t('cases.title', { name: words.nameOf(row) })}
        rows={live.rows}
        rowId={rowId}
        columns={columns}
        cursor={cursor ?? live.rows[0]?.id ?? null}
        onCursor={setCursor}
        onEnter={open}
        enterLabel={t('keys.open')}
        scope={row.id}
        empty={
          live.state === 'loading' ? undefined : (
            <EmptyState title={t('cases.none')} next={t('cases.noneNext')} />
          )
        }
      />
    </ScreenBody>
  );
}
