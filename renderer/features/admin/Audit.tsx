import type { TFunction } from 'i18next';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { WhoRow } from '../../../shared/ipc/access.ts';
import type { AuditRow } from '../../../shared/ipc/admin.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { command, useLive } from '../../data/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { FindField } from '../../ui/FindField.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { Banner, EmptyState, Facts, PanelSection, SectionBar } from '../../ui/Layout.tsx';
import { focusPane } from '../../ui/useFocusWithin.ts';
import { Refused } from './Refused.tsx';

const rowId = (row: AuditRow): string => row.id;

type Verified =
  | { state: 'running' }
  | { state: 'done'; ok: boolean; rows: number; problems: string[]; at: string }
  | { state: 'failed'; error: PlainError };

/** The newest entries of the audit trail with what each changed, and the proof that nobody edited it. */
export function Audit({ me, now, entries }: { me: WhoRow | null; now: Date; entries: number }) {
  const { t } = useTranslation('admin');
  const { when } = useFormat();
  const audit = useLive('audit.list', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const [verified, setVerified] = useState<Verified | null>(null);
  const find = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const text = typed.trim().toLowerCase();
  const rows = useMemo(
    () =>
      text === ''
        ? audit.rows
        : audit.rows.filter((row) =>
            [row.actor, row.command, row.collection, row.docId, row.reason].some((part) =>
              part.toLowerCase().includes(text),
            ),
          ),
    [audit.rows, text],
  );
  const row = rows.find((candidate) => candidate.id === cursor);
  const columns = useMemo(() => {
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
    return auditColumns(t, (at) => (at >= midnight ? formatTime(at, true) : when(at, now)));
  }, [t, when, now]);
  const mayVerify = me?.roles.some((role) => role === 'supervisor' || role === 'admin') === true;
  const verifyWhy = !mayVerify
    ? t('why.verifyRole')
    : verified?.state === 'running'
      ? t('why.running')
      : undefined;
  const verify = async (): Promise<void> => {
    setVerified({ state: 'running' });
    const outcome = await command('audit.verify', {});
    setVerified(
      outcome.ok
        ? { state: 'done', ...outcome.value, at: new Date().toISOString() }
        : { state: 'failed', error: outcome.error },
    );
  };
  useScreenKeys([
    { key: 'F3', label: t('keys.find'), run: () => find.current?.focus(), icon: 'find' },
    {
      key: 'F8',
      label: t('keys.verify'),
      run: () => void verify(),
      primary: true,
      disabledReason: verifyWhy,
    },
  ]);
  if (audit.state === 'failed') return <Refused error={audit.error} />;
  return (
    <div className="lv-screen-body">
      <div className="lv-pane" ref={list}>
        <VerifyBanner verified={verified} entries={entries} now={now} />
        <SectionBar
          title={t('audit')}
          detail={t('auditView.newest', { count: audit.rows.length })}
          right={
            <>
              <FindField
                ref={find}
                label={t('auditView.find')}
                value={typed}
                onChange={setTyped}
                onLeave={() => focusPane(list.current?.querySelector<HTMLElement>('.lv-grid') ?? null)}
                width={190}
              />
              <Button size="bar" keyName="F8" onClick={() => void verify()} disabledReason={verifyWhy}>
                {t('keys.verify')}
              </Button>
            </>
          }
        />
        <Grid
          label={t('audit')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          moveLabel={t('keys.entry')}
          empty={
            audit.state === 'loading' ? null : (
              <EmptyState title={t('auditView.none', { text: typed.trim() })} />
            )
          }
        />
      </div>
      <aside className="lv-panel adm-entry" aria-label={t('auditView.panel')}>
        <div className="lv-panel-scroll">{row === undefined ? null : <Entry row={row} now={now} />}</div>
      </aside>
    </div>
  );
}

function VerifyBanner({ verified, entries, now }: { verified: Verified | null; entries: number; now: Date }) {
  const { t } = useTranslation('admin');
  const { when } = useFormat();
  if (verified === null) return null;
  if (verified.state === 'running')
    return (
      <Banner tone="quiet" glyph="half" title={t('auditView.running')}>
        {t('auditView.runningText', { count: entries })}
      </Banner>
    );
  if (verified.state === 'failed') return <ErrorBanner error={verified.error} />;
  if (verified.ok)
    return (
      <Banner tone="ok" title={t('auditView.ok')}>
        {t('auditView.okText', { count: verified.rows, when: when(verified.at, now) })}
      </Banner>
    );
  return (
    <Banner tone="crit" title={t('auditView.broken', { count: verified.problems.length })}>
      {t('auditView.brokenText')}
      <ul className="adm-faults">
        {verified.problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </Banner>
  );
}

/** One entry: who, when, what and why, then every field before and after. */
function Entry({ row, now }: { row: AuditRow; now: Date }) {
  const { t } = useTranslation('admin');
  const { day } = useFormat();
  return (
    <>
      <PanelSection title={t('auditView.number', { id: row.id })} detail={row.command}>
        <Facts
          rows={[
            { label: t('columns.who'), value: row.actor },
            { label: t('columns.time'), value: `${day(row.at, now)} ${formatTime(row.at, true)}` },
            {
              label: t('columns.what'),
              value: `${t(`documents.${row.collection}`, { defaultValue: row.collection })} ${opWord(t, row.op)}`,
            },
            ...(row.docId === ''
              ? []
              : [{ label: t('columns.record'), value: <span className="lv-mono">{row.docId}</span> }]),
            ...(row.reason === '' ? [] : [{ label: t('columns.why'), value: row.reason }]),
          ]}
        />
      </PanelSection>
      {row.changes.length === 0 ? (
        <PanelSection>
          <p className="lv-text-2">{t(row.op === 'insert' ? 'auditView.added' : 'auditView.noFields')}</p>
        </PanelSection>
      ) : (
        <table className="adm-changes">
          <thead>
            <tr>
              <th scope="col">{t('auditView.field')}</th>
              <th scope="col">{t('auditView.before')}</th>
              <th scope="col">{t('auditView.after')}</th>
            </tr>
          </thead>
          <tbody>
            {/* What the store counts for itself stands last. */}
            {[...telling(row.changes), ...row.changes.filter((change) => !tells(change))].map((change) => (
              <tr key={change.field} className={tells(change) ? undefined : 'adm-own'}>
                <th scope="row">{change.field}</th>
                <td>{change.before === '' ? <em>{t('auditView.empty')}</em> : change.before}</td>
                <td>{change.after === '' ? <em>{t('auditView.empty')}</em> : change.after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <PanelSection>
        <p className="lv-caption">{t('auditView.chain')}</p>
      </PanelSection>
    </>
  );
}

/** Fields that the store keeps for itself: in every entry, and never what a person did. */
const own = new Set(['updatedAt', 'change', 'sync', 'syncState']);
const tells = (change: AuditRow['changes'][number]): boolean => !own.has(change.field);
const telling = (changes: AuditRow['changes']): AuditRow['changes'] => changes.filter(tells);

function opWord(t: TFunction<'admin'>, op: string): string {
  return t(`auditView.ops.${op}`, { defaultValue: op });
}

function auditColumns(t: TFunction<'admin'>, when: (at: string) => string): GridColumn<AuditRow>[] {
  return [
    {
      id: 'time',
      title: t('columns.time'),
      width: 104,
      padLeft: 16,
      render: (row) => <span className="lv-text-2">{when(row.at)}</span>,
    },
    {
      id: 'who',
      title: t('columns.who'),
      width: 150,
      grow: 1,
      render: (row) => <span className="lv-medium lv-ellipsis">{row.actor}</span>,
    },
    {
      id: 'command',
      title: t('columns.command'),
      width: 150,
      grow: 1,
      render: (row) => <span className="lv-mono lv-ellipsis">{row.command}</span>,
    },
    {
      id: 'what',
      title: t('columns.what'),
      width: 150,
      grow: 1,
      render: (row) => (
        <span className="lv-ellipsis">
          {[
            row.collection === '' ? '' : t(`documents.${row.collection}`, { defaultValue: row.collection }),
            opWord(t, row.op),
          ]
            .filter((part) => part !== '')
            .join(' ')}
        </span>
      ),
    },
    {
      id: 'fields',
      title: t('columns.fields'),
      width: 190,
      grow: 2,
      render: (row) => (
        <span className="lv-caption lv-ellipsis">
          {telling(row.changes)
            .map((change) => change.field)
            .join(', ')}
        </span>
      ),
    },
    {
      id: 'why',
      title: t('columns.why'),
      width: 100,
      grow: 1,
      render: (row) => <span className="lv-caption lv-ellipsis">{row.reason}</span>,
    },
  ];
}
