import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLotRow } from '../../../shared/ipc/qc.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useNow } from '../../app/useNow.ts';
import { command, useLive } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { confirm } from '../../ui/confirm.ts';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { EmptyState, Facts, Panel, PanelSection, ScreenBody, SectionBar } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { State } from '../../ui/State.tsx';
import { FileDialog } from './files/FileDialog.tsx';
import { LotState, useLotColumns } from './lotColumns.tsx';
import { LotDialog } from './lotDialogs.tsx';
import { type TargetRow, targetRows } from './lotRows.ts';
import { mayKeepLots, mayOverride, mayWork } from './rows.ts';
import { EstablishDialog, TargetDialog } from './targetDialogs.tsx';

type Filter = 'used' | 'approve' | 'all';
type Open = 'new' | 'edit' | 'target' | 'establish' | 'file';

const rowId = (row: TargetRow): string => row.id;
const blockOf = (row: TargetRow): string => row.lot.id;

/** Lots of control material and the targets points are judged by: who set them, who approved them, until when a lot may be used. */
export function LotsView({ roles }: { roles: readonly string[] }) {
  const { t } = useTranslation('qc');
  const format = useFormat();
  const now = useNow();
  const live = useLive('qc.lots', {});
  const [filter, setFilter] = useState<Filter>('used');
  const [cursor, setCursor] = useState<string | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const rows = useMemo(() => targetRows(live.rows, filter), [live.rows, filter]);
  const columns = useLotColumns();
  const row = rows.find((one) => one.id === cursor);
  const toApprove = targetRows(live.rows, 'approve').length;

  const leadWhy = mayKeepLots(roles) ? undefined : t('why.lead');
  const lotWhy = (row === undefined ? t('why.noLot') : undefined) ?? leadWhy;
  const vialWhy = row === undefined ? t('why.noLot') : mayWork(roles) ? undefined : t('why.bench');
  const approveWhy =
    row?.target == null
      ? t('why.noTarget')
      : row.target.approvedBy !== ''
        ? t('why.approved')
        : mayOverride(roles)
          ? undefined
          : t('why.supervisor');
  /** `58, 12 Aug to 10 Nov, the newest 60 points`. */
  const pointsWords = ({ points, basis }: QcLotRow['targets'][number]): string =>
    [
      String(points),
      basis === undefined
        ? ''
        : t('lots.basis', { from: format.day(basis.from, now), to: format.day(basis.to, now) }),
      basis?.window ?? '',
    ]
      .filter((one) => one !== '')
      .join(', ');
  const openVial = async (): Promise<void> => {
    if (row === undefined) return;
    const { lot } = row;
    const done = await confirm({
      title: t('lots.vial.title', { lot: `${lot.material} ${lot.level}, ${lot.lot}` }),
      text:
        lot.openStabilityHours === null
          ? t('lots.vial.noLimit')
          : t('lots.vial.limit', { count: lot.openStabilityHours }),
      confirm: t('lots.vial.do'),
      act: async () => {
        const outcome = await command('qc.lot.openVial', { lotId: lot.id });
        return outcome.ok ? undefined : outcome.error;
      },
    });
    if (done) announce(t('lots.vial.done', { lot: lot.lot }));
  };
  const approve = async (): Promise<void> => {
    const target = row?.target;
    if (row === undefined || target === null || target === undefined) return;
    await confirm({
      title: t('lots.approve.title', { test: target.testName }),
      text: t('lots.approve.text'),
      facts: [
        { label: t('lots.columns.lot'), value: `${row.lot.material} ${row.lot.level}, ${row.lot.lot}` },
        { label: t('facts.target'), value: `${target.mean}, ${target.sd} ${target.unit}` },
        { label: t('lots.columns.kind'), value: t(`lots.kinds.${target.kind}`) },
        ...(target.points === 0 ? [] : [{ label: t('lots.points'), value: pointsWords(target) }]),
        { label: t('lots.columns.setBy'), value: target.setBy },
      ],
      confirm: t('lots.approve.do'),
      act: async () => {
        const outcome = await command('qc.target.approve', { lotId: row.lot.id, targetId: target.id });
        return outcome.ok ? undefined : outcome.error;
      },
    });
  };
  useScreenKeys([
    { key: 'Ctrl+N', label: t('keys.newLot'), run: () => setOpen('new'), disabledReason: leadWhy },
    {
      key: 'Ctrl+I',
      label: t('keys.file'),
      run: () => setOpen('file'),
      disabledReason: leadWhy,
      strip: false,
    },
    { key: 'F2', label: t('keys.editLot'), run: () => setOpen('edit'), disabledReason: lotWhy },
    { key: 'F5', label: t('keys.vial'), run: () => void openVial(), disabledReason: vialWhy },
    { key: 'F6', label: t('keys.target'), run: () => setOpen('target'), disabledReason: lotWhy },
    { key: 'F7', label: t('keys.establish'), run: () => setOpen('establish'), disabledReason: lotWhy },
    {
      key: 'F8',
      label: t('keys.approve'),
      run: () => void approve(),
      disabledReason: approveWhy,
      primary: true,
    },
  ]);
  const close = (): void => setOpen(null);
  return (
    <>
      <ScreenBody
        panel={
          row === undefined ? (
            <Panel label={t('lots.panel')}>
              <EmptyState title={t('lots.nothingChosen')} next={t('lots.nothingChosenNext')} />
            </Panel>
          ) : (
            <Panel
              label={t('lots.panel')}
              foot={
                <>
                  <Button primary keyName="F8" disabledReason={approveWhy} onClick={() => void approve()}>
                    {t('keys.approve')}
                  </Button>
                  <Button keyName="F6" disabledReason={lotWhy} onClick={() => setOpen('target')}>
                    {t('keys.target')}
                  </Button>
                  <Button keyName="F7" disabledReason={lotWhy} onClick={() => setOpen('establish')}>
                    {t('keys.establish')}
                  </Button>
                  <Button keyName="F5" disabledReason={vialWhy} onClick={() => void openVial()}>
                    {t('keys.vial')}
                  </Button>
                  <Button keyName="F2" disabledReason={lotWhy} onClick={() => setOpen('edit')}>
                    {t('keys.editLot')}
                  </Button>
                </>
              }
            >
              <PanelSection title={`${row.lot.material} ${row.lot.level}, ${row.lot.lot}`}>
                <div className="lv-row">
                  <LotState lot={row.lot} />
                </div>
                <Facts
                  rows={[
                    { label: t('lots.manufacturer'), value: row.lot.manufacturer || '–' },
                    {
                      label: t('lots.expires'),
                      value: row.lot.expiresOn === '' ? '–' : format.birthDate(row.lot.expiresOn),
                    },
                    {
                      label: t('lots.opened'),
                      value:
                        row.lot.openedTime === ''
                          ? t('lots.notOpened')
                          : format.when(row.lot.openedTime, now),
                    },
                    {
                      label: t('lots.usableUntil'),
                      value: row.lot.usableUntil === '' ? '–' : format.when(row.lot.usableUntil, now),
                    },
                    { label: t('lots.sentAs'), value: row.lot.sentAs.join(', ') },
                  ]}
                />
              </PanelSection>
              {row.target === null ? null : (
                <PanelSection title={t('lots.target', { test: row.target.testName })}>
                  <Facts
                    rows={[
                      {
                        label: t('facts.target'),
                        value: `${row.target.mean}, ${row.target.sd || '–'} ${row.target.unit}`,
                      },
                      { label: t('lots.columns.kind'), value: t(`lots.kinds.${row.target.kind}`) },
                      ...(row.target.points === 0
                        ? []
                        : [{ label: t('lots.points'), value: pointsWords(row.target) }]),
                      { label: t('lots.columns.setBy'), value: row.target.setBy },
                      {
                        label: t('lots.approvedBy'),
                        value:
                          row.target.approvedBy === '' ? (
                            <State kind="held" word={t('lots.notApproved')} />
                          ) : (
                            `${row.target.approvedBy}, ${format.when(row.target.approvedTime, now)}`
                          ),
                      },
                    ]}
                  />
                </PanelSection>
              )}
            </Panel>
          )
        }
      >
        <SectionBar
          title={t('lots.title')}
          right={
            <>
              <Button size="bar" keyName="Ctrl+I" disabledReason={leadWhy} onClick={() => setOpen('file')}>
                {t('keys.file')}
              </Button>
              <Button size="bar" keyName="Ctrl+N" disabledReason={leadWhy} onClick={() => setOpen('new')}>
                {t('keys.newLot')}
              </Button>
            </>
          }
        >
          <SegmentedFilter
            label={t('lots.filter')}
            altKeys={false}
            value={filter}
            onChange={setFilter}
            options={[
              { id: 'used', label: t('lots.used') },
              { id: 'approve', label: t('lots.toApprove'), count: toApprove },
              { id: 'all', label: t('lots.all') },
            ]}
          />
        </SectionBar>
        <ErrorBanner error={live.error} />
        <Grid
          label={t('lots.title')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          blockOf={blockOf}
          cursor={cursor}
          onCursor={setCursor}
          scope={filter}
          empty={
            live.state === 'loading' ? undefined : (
              <EmptyState
                title={t(filter === 'approve' ? 'lots.noneToApprove' : 'lots.none')}
                next={t('lots.noneNext')}
              />
            )
          }
        />
      </ScreenBody>
      {open === 'new' ? <LotDialog lot={null} onClose={close} /> : null}
      {open === 'file' ? <FileDialog first="lots" onClose={close} /> : null}
      {open === 'edit' && row !== undefined ? <LotDialog lot={row.lot} onClose={close} /> : null}
      {open === 'target' && row !== undefined ? <TargetDialog row={row} onClose={close} /> : null}
      {open === 'establish' && row !== undefined ? <EstablishDialog row={row} onClose={close} /> : null}
    </>
  );
}
