import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { EqaEventRow, EqaItemRow } from '../../../../shared/ipc/eqa.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { command, useLive } from '../../../data/hooks.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { EmptyState, Panel, ScreenBody, SectionBar } from '../../../ui/Layout.tsx';
import { FileDialog } from '../files/FileDialog.tsx';
import { mayKeepLots, mayWork } from '../rows.ts';
import { useEqaColumns } from './columns.tsx';
import { EventDialog, OutcomeDialog, ResultDialog, SubmitDialog } from './dialogs.tsx';
import { EventFacts } from './EventFacts.tsx';

/** One result of an event, as a line of the list. */
export interface EqaLine {
  id: string;
  event: EqaEventRow;
  item: EqaItemRow;
}

const rowId = (row: EqaLine): string => row.id;
const blockOf = (row: EqaLine): string => row.event.id;
type Open = 'new' | 'edit' | 'result' | 'outcome' | 'file' | 'submit';

/** Events of proficiency testing: what is due first, each with the results of its survey specimens, its submission and its outcome. */
export function EqaView({ roles }: { roles: readonly string[] }) {
  const { t } = useTranslation('qc-eqa');
  const live = useLive('eqa.events', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const [failed, setFailed] = useState<PlainError>();
  const columns = useEqaColumns();
  const rows = useMemo(
    () =>
      live.rows.flatMap((event) =>
        event.items.map(
          (item): EqaLine => ({ id: `${event.id} ${item.specimen} ${item.testCode}`, event, item }),
        ),
      ),
    [live.rows],
  );
  const row = rows.find((one) => one.id === cursor) ?? rows[0];
  const event = row?.event;
  const none = event === undefined ? t('why.noEvent') : undefined;
  // An administrator keeps lots, and nothing of the bench.
  const leadWhy = mayKeepLots(roles) && mayWork(roles) ? undefined : t('why.lead');
  const benchWhy = mayWork(roles) ? undefined : t('why.bench');
  const closed = event?.submitted == null ? undefined : t('why.submitted');
  const why = {
    edit: none ?? closed ?? leadWhy,
    result: none ?? closed ?? benchWhy,
    outcome: none ?? (closed === undefined ? t('why.notSubmitted') : leadWhy),
    submit:
      none ??
      closed ??
      (event !== undefined && event.missing === event.items.length ? t('why.nothing') : leadWhy),
  };
  const collect = async (): Promise<void> => {
    if (event === undefined) return;
    const outcome = await command('eqa.collect', { eventId: event.id });
    setFailed(outcome.ok ? undefined : outcome.error);
    if (outcome.ok) announce(t('collected', { count: outcome.value.taken }));
  };
  useScreenKeys([
    { key: 'Ctrl+N', label: t('keys.fresh'), run: () => setOpen('new'), disabledReason: leadWhy },
    {
      key: 'Ctrl+I',
      label: t('keys.file'),
      run: () => setOpen('file'),
      disabledReason: leadWhy,
      strip: false,
    },
    { key: 'F2', label: t('keys.result'), run: () => setOpen('result'), disabledReason: why.result },
    { key: 'F4', label: t('keys.edit'), run: () => setOpen('edit'), disabledReason: why.edit },
    { key: 'F5', label: t('keys.collect'), run: () => void collect(), disabledReason: why.result },
    { key: 'F6', label: t('keys.outcome'), run: () => setOpen('outcome'), disabledReason: why.outcome },
    {
      key: 'F8',
      label: t('keys.submit'),
      run: () => setOpen('submit'),
      disabledReason: why.submit,
      primary: true,
    },
  ]);
  const close = (): void => setOpen(null);
  return (
    <>
      <ScreenBody
        panel={
          <Panel
            label={t('panel')}
            foot={
              <>
                <Button primary keyName="F8" disabledReason={why.submit} onClick={() => setOpen('submit')}>
                  {t('keys.submit')}
                </Button>
                <Button keyName="F2" disabledReason={why.result} onClick={() => setOpen('result')}>
                  {t('keys.result')}
                </Button>
                <Button keyName="F5" disabledReason={why.result} onClick={() => void collect()}>
                  {t('keys.collect')}
                </Button>
                <Button keyName="F6" disabledReason={why.outcome} onClick={() => setOpen('outcome')}>
                  {t('keys.outcome')}
                </Button>
                <Button keyName="F4" disabledReason={why.edit} onClick={() => setOpen('edit')}>
                  {t('keys.edit')}
                </Button>
              </>
            }
          >
            {row === undefined ? null : <EventFacts line={row} />}
          </Panel>
        }
      >
        <SectionBar
          title={t('title')}
          detail={t('detail')}
          right={
            <>
              <Button size="bar" keyName="Ctrl+I" disabledReason={leadWhy} onClick={() => setOpen('file')}>
                {t('keys.file')}
              </Button>
              <Button size="bar" keyName="Ctrl+N" disabledReason={leadWhy} onClick={() => setOpen('new')}>
                {t('keys.fresh')}
              </Button>
            </>
          }
        />
        <ErrorBanner error={failed} />
        <ErrorBanner error={live.error} />
        <Grid
          label={t('label')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          blockOf={blockOf}
          cursor={row?.id ?? null}
          onCursor={setCursor}
          empty={live.state === 'loading' ? undefined : <EmptyState title={t('none')} next={t('noneNext')} />}
        />
      </ScreenBody>
      {open === 'new' ? <EventDialog event={null} onClose={close} /> : null}
      {open === 'edit' && event !== undefined ? <EventDialog event={event} onClose={close} /> : null}
      {open === 'result' && row !== undefined ? <ResultDialog line={row} onClose={close} /> : null}
      {open === 'outcome' && row !== undefined ? <OutcomeDialog line={row} onClose={close} /> : null}
      {open === 'submit' && event !== undefined ? <SubmitDialog event={event} onClose={close} /> : null}
      {open === 'file' ? <FileDialog first="eqa" onClose={close} /> : null}
    </>
  );
}
