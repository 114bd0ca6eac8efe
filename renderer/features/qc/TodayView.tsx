import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcStateRow } from '../../../shared/ipc/qc.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { Because, EmptyState, Facts, Panel, PanelSection, ReasonBox, ScreenBody } from '../../ui/Layout.tsx';
import { State, stateLook } from '../../ui/State.tsx';
import { useTodayColumns } from './columns.tsx';
import { EqaDue } from './eqa/EqaDue.tsx';
import type { Asked } from './QcDialogs.tsx';
import { controlToExplain, mayOverride, mayWork } from './rows.ts';
import { gateKinds, gateText, pointKinds, signedZ } from './words.ts';

const rowId = (row: QcStateRow): string => row.id;

export interface TodayProps {
  rows: readonly QcStateRow[];
  loading: boolean;
  /** no test has a control at all */
  none: boolean;
  cursor: string | null;
  roles: readonly string[];
  onCursor: (id: string) => void;
  onOpen: (id: string) => void;
  onLots: () => void;
  onAsk: (asked: Asked) => void;
}

/** The keys that act on a test of an instrument, in the list and in the chart. */
export function useRowKeys(
  row: QcStateRow | undefined,
  roles: readonly string[],
  onAsk: (asked: Asked) => void,
): { overrideWhy: string | undefined; benchWhy: string | undefined } {
  const { t } = useTranslation('qc');
  const none = row === undefined ? t('why.noRow') : undefined;
  const benchWhy = none ?? (mayWork(roles) ? undefined : t('why.bench'));
  const overrideWhy =
    none ??
    (mayOverride(roles)
      ? row?.override
        ? t('why.overridden')
        : row?.blocks
          ? undefined
          : t('why.notBlocked')
      : t('why.supervisor'));
  useScreenKeys([
    {
      key: 'F2',
      label: t('keys.enter'),
      detail: row?.testName ?? '',
      run: () => row && onAsk({ kind: 'enter', row }),
      disabledReason: benchWhy,
    },
    {
      key: 'F7',
      label: t('keys.mark'),
      detail: row?.instrumentName ?? '',
      run: () => row && onAsk({ kind: 'event', row }),
      disabledReason: benchWhy,
    },
    {
      key: 'Ctrl+O',
      label: t('keys.override'),
      detail: row?.testName ?? '',
      run: () => row && onAsk({ kind: 'override', row }),
      disabledReason: overrideWhy,
    },
  ]);
  return { overrideWhy, benchWhy };
}

/** Every test with controls, failed and due first, and at the right why it stands so. */
export function TodayView(props: TodayProps) {
  const { rows, cursor, roles, onAsk } = props;
  const { t } = useTranslation('qc');
  const columns = useTodayColumns(rows);
  const row = rows.find((one) => one.id === cursor);
  const level = row === undefined ? undefined : controlToExplain(row);
  const { overrideWhy, benchWhy } = useRowKeys(row, roles, onAsk);
  const actionWhy = benchWhy ?? (level === undefined ? t('why.neverMeasured') : undefined);
  const act = (): void => {
    if (row === undefined || level === undefined) return;
    onAsk({
      kind: 'review',
      controlId: level.controlId,
      title: `${row.testName}, ${level.level}`,
      facts: [
        { label: t('facts.value'), value: `${level.text}, ${signedZ(level.z)} SD` },
        ...(level.rules.length > 0 ? [{ label: t('facts.rules'), value: level.rules.join(', ') }] : []),
      ],
    });
  };
  useScreenKeys([
    {
      key: 'F4',
      label: t('keys.chart'),
      run: () => row && props.onOpen(row.id),
      disabledReason: row === undefined ? t('why.noRow') : undefined,
      icon: 'why',
      primary: true,
    },
    { key: 'F6', label: t('keys.action'), run: act, disabledReason: actionWhy },
  ]);
  return (
    <ScreenBody
      panel={
        row === undefined ? (
          <Panel label={t('panel')}>
            <EmptyState title={t('nothingChosen')} next={t('nothingChosenNext')} />
          </Panel>
        ) : (
          <Panel
            label={t('panel')}
            foot={
              <>
                <Button primary keyName="F4" onClick={() => props.onOpen(row.id)}>
                  {t('keys.chart')}
                </Button>
                <Button keyName="F6" disabledReason={actionWhy} onClick={act}>
                  {t('keys.action')}
                </Button>
                <Button keyName="F2" disabledReason={benchWhy} onClick={() => onAsk({ kind: 'enter', row })}>
                  {t('keys.enter')}
                </Button>
                {row.blocks ? (
                  <div className="lv-foot-wide lv-row">
                    <Button
                      wide
                      keyName="Ctrl+O"
                      disabledReason={overrideWhy}
                      onClick={() => onAsk({ kind: 'override', row })}
                    >
                      {t('keys.override')}
                    </Button>
                  </div>
                ) : null}
              </>
            }
          >
            <StateSections row={row} />
          </Panel>
        )
      }
    >
      <EqaDue />
      <Grid
        label={t('title')}
        rows={rows}
        rowId={rowId}
        columns={columns}
        cursor={cursor}
        onCursor={props.onCursor}
        onEnter={(one) => props.onOpen(one.id)}
        enterLabel={t('keys.chart')}
        empty={
          props.loading ? undefined : props.none ? (
            <EmptyState
              title={t('noControls')}
              next={t('noControlsNext')}
              action={<Button onClick={props.onLots}>{t('lots.title')}</Button>}
            />
          ) : (
            <EmptyState title={t('nothingHere')} next={t('nothingHereNext')} />
          )
        }
      />
    </ScreenBody>
  );
}

/** What a test stands at on an instrument: state, levels, what waits, the override. */
export function StateSections({ row }: { row: QcStateRow }) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const kind = gateKinds[row.state];
  const lines = useMemo(() => [...row.levels].sort((a, b) => a.level.localeCompare(b.level)), [row.levels]);
  return (
    <>
      <PanelSection title={`${row.testName}, ${row.instrumentName}`}>
        <div className="lv-row">
          <State kind={kind} word={t(`gate.${row.state}`)} strong />
          {row.blocks ? <span className="lv-tone-crit">{t('stopped')}</span> : null}
        </div>
        {row.text === '' ? null : <div className="lv-caption">{gateText(row.text)}</div>}
        {row.waiting === 0 ? null : (
          <ReasonBox tone="crit">
            {t('waitBlocked', { count: row.waiting })}{' '}
            <button type="button" className="qc-link" onClick={() => goTo('results')}>
              {t('showResults')}
            </button>
          </ReasonBox>
        )}
        {row.override === null ? null : (
          <ReasonBox tone="held">
            {t('overrideBy', {
              by: row.override.by,
              until: format.when(row.override.until, now),
              reason: row.override.reason,
            })}
          </ReasonBox>
        )}
      </PanelSection>
      <PanelSection title={t('levels')}>
        {lines.map((level) => {
          const look = stateLook(pointKinds[level.state]);
          const tone =
            look.tone === 'ok' || look.tone === 'crit' || look.tone === 'abn' ? look.tone : 'quiet';
          return (
            <Because
              key={level.lotId}
              glyph={look.glyph}
              tone={tone}
              title={level.level}
              numbers={
                level.controlId === '' ? t('notMeasured') : <b>{level.z === null ? '–' : signedZ(level.z)}</b>
              }
            >
              {level.controlId === ''
                ? null
                : [level.text, level.rules.join(', '), format.when(level.at, now)]
                    .filter(Boolean)
                    .join(' · ')}
            </Because>
          );
        })}
      </PanelSection>
      <PanelSection title={t('next')}>
        <Facts
          rows={[
            ...lines
              .filter((level) => level.dueTime !== '')
              .map((level) => ({
                id: level.lotId,
                label: t('dueLevel', { level: level.level }),
                value:
                  level.dueTime <= now.toISOString() ? (
                    <State kind="overdue" word={t('overdueSince', { at: format.when(level.dueTime, now) })} />
                  ) : (
                    format.when(level.dueTime, now)
                  ),
              })),
            ...(row.needsAction
              ? [
                  {
                    id: 'action',
                    label: t('missing'),
                    value: <State kind="held" word={t('actionMissing')} plain />,
                  },
                ]
              : []),
          ]}
        />
        <p className="lv-caption">{t(`opens.${row.blocks ? row.state : 'free'}`)}</p>
      </PanelSection>
    </>
  );
}
