import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rulesOf } from '../../../../shared/domain/qc/plan.ts';
import { suggestRules } from '../../../../shared/domain/qc/sigma.ts';
import type { QcPlanRow } from '../../../../shared/ipc/qc-plan.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { useLive } from '../../../data/hooks.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid, type GridColumn } from '../../../ui/Grid.tsx';
import { EmptyState, Facts, Panel, PanelSection, ScreenBody } from '../../../ui/Layout.tsx';
import { mayPlan } from '../rows.ts';
import { sigmaOf } from './draft.ts';
import { InheritDialog, PlanDialog } from './PlanDialog.tsx';
import { PowerCurve } from './PowerCurve.tsx';
import { criticalShift, usePower } from './power.ts';
import { placeName, rulesWords, scheduleWords, totalErrorWords } from './words.ts';

const rowId = (row: QcPlanRow): string => row.id;
const blockOf = (row: QcPlanRow): string => row.testCode;

/** The plan of controls: for all tests, for a test, for a test on one instrument; what each finds, who changed it and why. */
export function PlanView({ roles }: { roles: readonly string[] }) {
  const { t } = useTranslation('qc-plan');
  const live = useLive('qc.plan', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const [open, setOpen] = useState<'edit' | 'inherit' | null>(null);
  const columns = useColumns();
  const row = live.rows.find((one) => one.id === cursor);
  const editWhy = row === undefined ? t('why.noRow') : mayPlan(roles) ? undefined : t('why.lead');
  const inheritWhy =
    editWhy ?? (row?.testCode === '' ? t('why.all') : row?.own === true ? undefined : t('why.inherited'));
  const close = (): void => setOpen(null);
  useScreenKeys([
    { key: 'F2', label: t('keys.edit'), run: () => setOpen('edit'), disabledReason: editWhy, primary: true },
    {
      key: 'Delete',
      label: t('keys.inherit'),
      run: () => setOpen('inherit'),
      disabledReason: inheritWhy,
      group: 2,
    },
  ]);
  return (
    <>
      <ScreenBody
        panel={
          row === undefined ? (
            <Panel label={t('panel')}>
              <EmptyState title={t('nothingChosen')} next={t('nothingChosenNext')} />
            </Panel>
          ) : (
            <PlanPanel
              key={row.id}
              row={row}
              foot={
                <>
                  <Button primary keyName="F2" disabledReason={editWhy} onClick={() => setOpen('edit')}>
                    {t('keys.edit')}
                  </Button>
                  <Button keyName="Delete" disabledReason={inheritWhy} onClick={() => setOpen('inherit')}>
                    {t('keys.inherit')}
                  </Button>
                </>
              }
            />
          )
        }
      >
        <ErrorBanner error={live.error} />
        <Grid
          label={t('title')}
          rows={live.rows}
          rowId={rowId}
          columns={columns}
          blockOf={blockOf}
          cursor={cursor}
          onCursor={setCursor}
          onEnter={() => editWhy === undefined && setOpen('edit')}
          enterLabel={t('keys.edit')}
          empty={live.state === 'loading' ? undefined : <EmptyState title={t('noPlan')} />}
        />
      </ScreenBody>
      {open === 'edit' && row !== undefined ? <PlanDialog row={row} onClose={close} /> : null}
      {open === 'inherit' && row !== undefined ? <InheritDialog row={row} onClose={close} /> : null}
    </>
  );
}

function useColumns(): readonly GridColumn<QcPlanRow>[] {
  const { t } = useTranslation('qc-plan');
  const format = useFormat();
  const now = useNow();
  return useMemo(
    (): readonly GridColumn<QcPlanRow>[] => [
      {
        id: 'test',
        title: t('columns.test'),
        width: 130,
        grow: 1,
        padLeft: 16,
        identity: true,
        render: (row) => (
          <span className="lv-medium lv-ellipsis">{row.testCode === '' ? t('all') : row.testName}</span>
        ),
      },
      {
        id: 'instrument',
        title: t('columns.instrument'),
        width: 96,
        render: (row) => (
          <span className="lv-text-2 lv-ellipsis">
            {row.instrumentId === '' ? t('every.instrument') : row.instrumentName}
          </span>
        ),
      },
      {
        id: 'own',
        title: t('columns.own'),
        width: 76,
        render: (row) =>
          row.own ? <span>{t('own')}</span> : <span className="lv-text-3">{t('inherited')}</span>,
      },
      {
        id: 'rules',
        title: t('columns.rules'),
        width: 250,
        grow: 3,
        render: (row) => (
          <span className={`lv-ellipsis ${row.own ? '' : 'lv-text-3'}`}>{rulesWords(t, row.plan)}</span>
        ),
      },
      {
        id: 'due',
        title: t('columns.due'),
        width: 120,
        grow: 1,
        render: (row) => (
          <span className={`lv-ellipsis ${row.own ? 'lv-text-2' : 'lv-text-3'}`}>
            {scheduleWords(t, row.plan)}
          </span>
        ),
      },
      {
        id: 'tea',
        title: t('columns.tea'),
        width: 54,
        align: 'right',
        render: (row) => (
          <span>{row.plan.totalErrorAllowed === null ? '' : `${row.plan.totalErrorAllowed} %`}</span>
        ),
      },
      {
        id: 'sigma',
        title: t('columns.sigma'),
        width: 54,
        align: 'right',
        render: (row) => <span className="lv-strong">{sigmaOf(row.plan, row.found)?.toFixed(1) ?? ''}</span>,
      },
      {
        id: 'changed',
        title: t('columns.changed'),
        width: 84,
        render: (row) => (
          <span className="lv-text-2">
            {row.changes[0] === undefined ? '' : format.day(row.changes[0].at, now)}
          </span>
        ),
      },
    ],
    [t, format, now],
  );
}

/** What holds at a place, what it finds, and its history. */
function PlanPanel({ row, foot }: { row: QcPlanRow; foot: React.ReactNode }) {
  const { t } = useTranslation('qc-plan');
  const format = useFormat();
  const now = useNow();
  const { plan, found } = row;
  const sigma = sigmaOf(plan, found);
  const suggestion = sigma === null ? null : suggestRules(sigma, plan.levels === 3 ? 3 : 2);
  const runs = suggestion?.runs ?? 2;
  const points = usePower(rulesOf(plan), runs);
  const advised = usePower(suggestion?.rules ?? null, runs);
  return (
    <Panel label={t('panel')} foot={foot}>
      <PanelSection title={placeName(t, row)}>
        {row.method === '' ? null : <p className="lv-caption">{row.method}</p>}
        <Facts
          rows={[
            { label: t('columns.rules'), value: rulesWords(t, plan) },
            { label: t('fields.levels'), value: String(plan.levels) },
            { label: t('columns.due'), value: scheduleWords(t, plan) },
            { label: t('fields.totalErrorAllowed'), value: totalErrorWords(plan) },
            {
              label: t('rolling.targets'),
              value: t(`rolling.of.${plan.rolling.by}`, { count: plan.rolling.count }),
            },
            ...(found === null && plan.cv === null
              ? []
              : [
                  { label: t('figures'), value: figures(plan.bias ?? found?.bias, plan.cv ?? found?.cv) },
                  ...(plan.cv !== null || found === null
                    ? []
                    : [{ label: t('foundFrom'), value: t('foundOf', { count: found.n, lot: found.lot }) }]),
                ]),
            ...(sigma === null ? [] : [{ label: t('columns.sigma'), value: sigma.toFixed(2) }]),
          ]}
        />
        {row.own ? null : <p className="lv-caption">{t('inheritedLong')}</p>}
      </PanelSection>
      <PanelSection title={t('power.title')}>
        <PowerCurve
          curves={[
            { id: 'now' as const, points },
            ...(suggestion === null ? [] : [{ id: 'suggested' as const, points: advised }]),
          ]}
          critical={criticalShift(sigma)}
          runs={runs}
          width={296}
          height={170}
        />
        <p className="lv-caption">{suggestion === null ? t('edit.noSigma') : suggestion.text}</p>
      </PanelSection>
      <PanelSection title={t('history')}>
        {row.changes.length === 0 ? <p className="lv-caption">{t('neverChanged')}</p> : null}
        {row.changes.map((change) => (
          <div key={change.id} className="qc-plan-change">
            <div>
              {change.by}, {format.when(change.at, now)}
            </div>
            <div>{change.reason}</div>
            <div className="lv-caption">
              {change.before === null ? t('inherited') : rulesWords(t, change.before)} →{' '}
              {change.after === null ? t('inherited') : rulesWords(t, change.after)}
            </div>
          </div>
        ))}
      </PanelSection>
    </Panel>
  );
}

function figures(bias: number | null | undefined, cv: number | null | undefined): string {
  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : `${value.toFixed(2).replace('-', '\u2212')} %`;
  return `${text(bias)}, ${text(cv)}`;
}
