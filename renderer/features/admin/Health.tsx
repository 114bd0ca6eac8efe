import { useTranslation } from 'react-i18next';
import type { HealthRow } from '../../../shared/ipc/admin.ts';
import type { StripRow } from '../../../shared/ipc/strip.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { formatCount } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Facts } from '../../ui/Layout.tsx';
import { State, type StateKind } from '../../ui/State.tsx';
import { sinceText, sizeText } from './checks.ts';

/** How the engine is: what is wrong and what to do, versions, sizes, and what stands around it. */
export function Health({
  health,
  strip,
  now,
}: {
  health: HealthRow | undefined;
  strip: StripRow | undefined;
  now: Date;
}) {
  const { t } = useTranslation(['admin', 'app']);
  const { when } = useFormat();
  const setUp = (): void => goTo('server', 'admin');
  useScreenKeys([
    { key: 'F2', label: t('keys.server'), run: setUp, icon: 'setting' },
    {
      key: 'F9',
      label: t('keys.copy'),
      run: () => {
        if (health === undefined) return;
        void window.levey?.shell.copyText(health.apiUrl).then(() => announce(t('healthView.copied')));
      },
      disabledReason: health === undefined || health.apiUrl === '' ? t('why.noApi') : undefined,
    },
  ]);
  if (health === undefined || strip === undefined) return null;
  const up = sinceText(health.startedAt, now);
  const documents = Object.entries(health.documents).sort(([, a], [, b]) => b - a);
  return (
    <section className="adm-health" aria-label={t('healthView.label')}>
      <div className="adm-problems">
        {strip.problems.map((problem) => (
          <ErrorBanner
            key={problem.id}
            error={problem}
            note={<span className="lv-mono">{problem.code}</span>}
          />
        ))}
        {strip.problems.length === 0 ? (
          <div className="adm-fine">
            <State kind="released" word={t('healthView.noProblems')} strong />
            <span className="lv-text-2">{t('healthView.noProblemsText')}</span>
          </div>
        ) : null}
      </div>
      <div className="adm-columns">
        <div>
          <h2>{t('healthView.running')}</h2>
          <Facts
            rows={[
              { label: t('healthView.version'), value: t('version', { version: health.version }) },
              { label: t('healthView.node'), value: health.node },
              { label: t('healthView.started'), value: when(health.startedAt, now) },
              {
                label: t('healthView.uptime'),
                value:
                  up.days > 0 ? `${t('healthView.days', { count: up.days })} ${up.clock}` : `${up.clock} h`,
              },
              { label: t('healthView.memory'), value: sizeText(health.memoryBytes) },
            ]}
          />
          <h2>{t('healthView.store')}</h2>
          <Facts
            rows={[
              { label: t('healthView.database'), value: sizeText(health.databaseBytes) },
              { label: t('healthView.audit'), value: formatCount(health.auditRows) },
              { label: t('healthView.journal'), value: formatCount(health.journalRows) },
            ]}
          />
        </div>
        <div>
          <h2>{t('healthView.around')}</h2>
          <Facts
            rows={[
              { label: t('healthView.printer'), value: <Printer printer={strip.printer} /> },
              {
                label: t('healthView.server'),
                value: (
                  <span className="adm-server">
                    {strip.server.state === 'none' ? (
                      <span className="lv-text-2">{t('healthView.noServer')}</span>
                    ) : (
                      <State
                        kind={strip.server.state === 'online' ? 'online' : 'offline'}
                        word={t(`app:strip.${strip.server.state}`)}
                      />
                    )}
                    <Button size="bar" keyName="F2" onClick={setUp}>
                      {t('healthView.setUpServer')}
                    </Button>
                  </span>
                ),
              },
              {
                label: t('healthView.api'),
                value:
                  health.apiUrl === '' ? (
                    <span className="lv-text-2">{t('healthView.apiOff')}</span>
                  ) : (
                    <span className="lv-mono">{health.apiUrl}</span>
                  ),
              },
            ]}
          />
          <h2>{t('healthView.analysers')}</h2>
          <Facts
            rows={strip.lines.map((line) => ({
              id: line.id,
              label: line.name,
              value: (
                <State
                  kind={lineKinds[line.state]}
                  word={
                    line.state === 'elsewhere' && line.at !== ''
                      ? t('app:line.at', { station: line.at })
                      : t(`app:line.${line.state}`)
                  }
                />
              ),
            }))}
          />
        </div>
        <div>
          <h2>{t('healthView.records')}</h2>
          <Facts
            rows={documents.map(([kind, count]) => ({
              id: kind,
              label: t(`documents.${kind}`, { defaultValue: kind }),
              value: formatCount(count),
            }))}
          />
        </div>
      </div>
    </section>
  );
}

const lineKinds: Record<StripRow['lines'][number]['state'], StateKind> = {
  ready: 'lineReady',
  receiving: 'receiving',
  sending: 'receiving',
  qc: 'lineQc',
  off: 'off',
  noAnswer: 'noAnswer',
  failed: 'noAnswer',
  elsewhere: 'off',
};

function Printer({ printer }: { printer: StripRow['printer'] }) {
  const { t } = useTranslation('admin');
  if (printer.state === 'none') return <span className="lv-text-2">{t('healthView.noPrinter')}</span>;
  return (
    <State
      kind={printer.state === 'ready' ? 'lineReady' : 'noAnswer'}
      word={`${printer.name} ${t(printer.state === 'ready' ? 'healthView.printerReady' : 'healthView.printerFailed')}`}
      reason={printer.why === '' ? undefined : printer.why}
    />
  );
}
