import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useNow } from '../../app/useNow.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ClaimBanner, useClaims } from '../../ui/Claim.tsx';
import { Glyph, type GlyphName } from '../../ui/Glyph.tsx';
import { Panel, PanelSection, ReasonBox } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { instrumentName, syncKinds } from './words.ts';

type Check = CaseDetailRow['checks'][number];

/** What the signer should know before the name goes under it: checks, versions, flags; below it the signing box. */
export function CasePanel({
  detail,
  onVersion,
  foot,
}: {
  detail: CaseDetailRow;
  onVersion: (id: string) => void;
  foot: ReactNode;
}) {
  const { t } = useTranslation('signout');
  const claimOf = useClaims();
  return (
    <Panel label={t('panel')} foot={foot}>
      <ClaimBanner claim={claimOf('reports', detail.id)} />
      {detail.state === 'signed' ? null : <Checks checks={detail.checks} />}
      {detail.sendBackReason === '' ? null : (
        <PanelSection title={t('sentBack')} tone="held" glyph="held">
          <ReasonBox>{detail.sendBackReason}</ReasonBox>
        </PanelSection>
      )}
      <Versions detail={detail} onVersion={onVersion} />
      <Flags detail={detail} />
    </Panel>
  );
}

const shapes: Record<Check['outcome'], { glyph: GlyphName; tone: string }> = {
  pass: { glyph: 'tick', tone: 'ok' },
  note: { glyph: 'warn', tone: 'abn' },
  hold: { glyph: 'held', tone: 'held' },
  block: { glyph: 'blocked', tone: 'crit' },
};

function shapeOf(check: Check): { glyph: GlyphName; tone: string } {
  if (check.outcome !== 'note') return shapes[check.outcome];
  if (check.rule === 'W13.qc') return { glyph: 'none', tone: 'quiet' };
  return check.rule === 'C1.correction' ? { glyph: 'amend', tone: 'held' } : shapes.note;
}

/** What stands against signing comes first and in full; what passed is one line until F4 opens it. */
function Checks({ checks }: { checks: readonly Check[] }) {
  const { t } = useTranslation('signout');
  const [all, setAll] = useState(false);
  useScreenKeys([
    { key: 'F4', label: t(all ? 'keys.whyLess' : 'keys.why'), run: () => setAll(!all), icon: 'why' },
  ]);
  const rank = { block: 0, hold: 1, note: 2, pass: 3 } as const;
  const sorted = [...checks].sort((a, b) => rank[a.outcome] - rank[b.outcome]);
  const passed = checks.filter((check) => check.outcome === 'pass');
  const shown = all ? sorted : sorted.filter((check) => check.outcome !== 'pass');
  return (
    <PanelSection title={t('before')} keyName="F4">
      <ul className={all ? 'so-checks' : 'so-checks so-checks-short'} aria-label={t('before')}>
        {all || passed.length === 0 ? null : (
          <li>
            <span className="lv-tone-ok">
              <Glyph name="tick" />
            </span>
            <span>
              {passed.length === checks.length
                ? t('allPassed', { count: passed.length })
                : t('somePassed', { passed: passed.length, count: checks.length })}
            </span>
          </li>
        )}
        {shown.map((check) => {
          const { glyph, tone } = shapeOf(check);
          return (
            <li key={check.rule} data-outcome={check.outcome}>
              <span className={`lv-tone-${tone}`}>
                <Glyph name={glyph} />
              </span>
              <span>{engineText('report', check.text)}</span>
            </li>
          );
        })}
      </ul>
    </PanelSection>
  );
}

/** Every version of the report, newest first; each can be read, none was overwritten. */
function Versions({ detail, onVersion }: { detail: CaseDetailRow; onVersion: (id: string) => void }) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  return (
    <PanelSection title={t('versions')} keyName={detail.versions.length > 1 ? '[' : undefined}>
      <ul className="so-versions">
        {detail.versions.map((one) => {
          const signed = one.state === 'signed';
          const here = one.id === detail.id;
          const what = signed
            ? t('signedBy', { at: f.when(one.at, now), by: one.by })
            : t(`versionState.${one.state}`, { at: f.when(one.at, now) });
          return (
            <li key={one.id}>
              <button
                type="button"
                className={`so-version${here ? ' so-version-here' : ''}`}
                aria-current={here}
                onClick={() => onVersion(one.id)}
              >
                <span className={signed ? 'lv-tone-ink' : one.version > 1 ? 'lv-tone-held' : 'lv-tone-quiet'}>
                  <Glyph name={signed ? 'seal' : one.version > 1 ? 'amend' : 'ring'} />
                </span>
                <span className="so-version-number">{one.version}</span>
                <span className="so-version-text">{what}</span>
                {signed ? (
                  <State
                    kind={syncKinds[one.syncState]}
                    small
                    {...(one.syncState === 'onServer' ? { word: t('server') } : {})}
                  />
                ) : (
                  <span className="lv-caption">{t('now')}</span>
                )}
                {one.reason === '' ? null : <span className="so-version-why">{one.reason}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </PanelSection>
  );
}

/** What the instruments said beside the values. */
function Flags({ detail }: { detail: CaseDetailRow }) {
  const { t } = useTranslation('signout');
  const flagged = detail.results.filter((one) => one.flags.length > 0);
  const instruments = [
    ...new Set(detail.results.map((one) => instrumentName(one.instrumentId)).filter(Boolean)),
  ];
  if (instruments.length === 0) return null;
  return (
    <PanelSection title={t('flags', { from: instruments.join(', ') })}>
      {flagged.length === 0 ? (
        <p className="lv-text-2">{t('noFlags')}</p>
      ) : (
        <dl className="lv-facts">
          {flagged.map((one) => (
            <div key={one.id}>
              <dt>
                {formatTime(one.measuredTime)} {one.testName}
              </dt>
              <dd className="lv-mono">{one.flags.join(', ')}</dd>
            </div>
          ))}
        </dl>
      )}
    </PanelSection>
  );
}
