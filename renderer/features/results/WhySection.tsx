import { useTranslation } from 'react-i18next';
import type { Reason } from '../../../shared/documents/common.ts';
import type { ReleasePlanRow, ResultDetailRow } from '../../../shared/ipc/results.ts';
import { useNow } from '../../app/useNow.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatValueText } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Glyph, type GlyphName } from '../../ui/Glyph.tsx';
import { Because, PanelSection, ReasonBox } from '../../ui/Layout.tsx';

type Outcome = Reason['outcome'];

/** What a person adds to a result is no rule that ran on it. */
const acts = new Set(['release', 'criticalCall', 'reject', 'autoverify']);

const ruleGlyphs: Record<string, GlyphName> = {
  critical: 'diamond',
  delta: 'delta',
  flag: 'flag',
  qc: 'blocked',
  empty: 'none',
};

const tones = { block: 'crit', hold: 'held', warn: 'abn', note: 'quiet', pass: 'ok' } as const;
const glyphs: Record<Outcome, GlyphName> = {
  block: 'blocked',
  hold: 'held',
  warn: 'warn',
  note: 'none',
  pass: 'tick',
};

/** The numbers of a rule beside its name: what was compared with what. */
export function numbersOf({ rule, inputs }: Reason): string {
  const value = formatValueText(inputs.value ?? '');
  switch (rule) {
    case 'critical':
      if (value === '' || inputs.limit === undefined) return inputs.interpretation ?? '';
      return `${value} ${inputs.interpretation?.startsWith('L') ? '<' : '>'} ${formatValueText(inputs.limit)}`;
    case 'delta':
      if (inputs.delta === undefined) return '';
      return inputs.hours === undefined
        ? inputs.delta
        : `${inputs.delta} · ${hoursText(Number(inputs.hours))}`;
    case 'flag':
      return inputs.flag ?? '';
    case 'plausibility':
      return [inputs.low, inputs.high].some(Boolean) ? `${inputs.low ?? ''}–${inputs.high ?? ''}` : '';
    default:
      return '';
  }
}

function hoursText(hours: number): string {
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} d`;
}

/** Why it is held, ready or released: the rules with their inputs, and what would release it. F4 shows those that passed too. */
export function WhySection({
  detail,
  plan,
  all,
}: {
  detail: ResultDetailRow;
  plan: ReleasePlanRow | undefined;
  all: boolean;
}) {
  const { t } = useTranslation('results');
  const ruleName = useRuleName();
  const rules = detail.because.filter((one) => !acts.has(one.rule));
  const of = (...outcomes: Outcome[]) => rules.filter((one) => outcomes.includes(one.outcome));
  const against = of('block', 'hold');
  const remarks = of('warn', 'note');
  const passed = of('pass');
  const look = {
    held: { tone: 'held', glyph: 'held' },
    ready: { tone: 'accent', glyph: 'ready' },
    blocked: { tone: 'crit', glyph: 'blocked' },
    released: { tone: 'ok', glyph: 'check' },
    rejected: { tone: 'crit', glyph: 'rejected' },
  }[detail.verdict] as { tone: 'held' | 'ok' | 'crit' | 'accent'; glyph: GlyphName };
  const open = detail.verdict === 'held' || detail.verdict === 'ready' || detail.verdict === 'blocked';
  return (
    <PanelSection
      title={t(`why.${detail.verdict}`, {
        count: against.length,
        total: rules.length,
        passed: passed.length,
      })}
      detail={t('why.ruleSet', { version: detail.ruleSetVersion })}
      tone={look.tone}
      glyph={look.glyph}
      keyName="F4"
    >
      {against.map((one) => (
        <Rule key={`${one.rule} ${one.text}`} one={one} />
      ))}
      {remarks.map((one) => (
        <Rule key={`${one.rule} ${one.text}`} one={one} />
      ))}
      <Decided detail={detail} />
      <Call detail={detail} />
      {open && plan !== undefined ? <ToRelease detail={detail} plan={plan} /> : null}
      {all && passed.length > 0 ? (
        <ul className="lv-passed" aria-label={t('why.passed')}>
          {passed.map((one) => (
            <li key={`${one.rule} ${one.text}`}>
              <span className="lv-tone-ok">
                <Glyph name="tick" />
              </span>
              {one.text === '' ? ruleName(one.rule) : engineText('verdict', one.text)}
            </li>
          ))}
        </ul>
      ) : null}
    </PanelSection>
  );
}

/** The word of a rule; its code when it has none. */
function useRuleName(): (rule: string) => string {
  const { t, i18n } = useTranslation('results');
  return (rule) => {
    const key = `rules.${rule.replace('.', '_')}`;
    return i18n.exists(`results:${key}`) ? t(key) : rule;
  };
}

function Rule({ one }: { one: Reason }) {
  const { t } = useTranslation('results');
  const ruleName = useRuleName();
  // The commonest remark in two words, so that the reasons that differ stand out.
  const noQc = one.rule === 'qc' && one.outcome === 'note';
  const glyph = one.outcome === 'block' || one.outcome === 'hold' ? ruleGlyphs[one.rule] : undefined;
  return (
    <Because
      glyph={glyph ?? glyphs[one.outcome]}
      tone={tones[one.outcome]}
      title={ruleName(one.rule)}
      numbers={noQc ? t('why.noQc') : numbersOf(one)}
    >
      {noQc ? undefined : engineText('verdict', one.text)}
    </Because>
  );
}

/** Who decided, after the rules. */
function Decided({ detail }: { detail: ResultDetailRow }) {
  const { t } = useTranslation('results');
  const format = useFormat();
  const now = useNow();
  if (detail.verdict === 'rejected') {
    const rejected = detail.because.find((one) => one.rule === 'reject');
    return (
      <Because glyph="rejected" tone="crit" title={t('why.rejectedBy', { who: detail.verifiedBy })}>
        {engineText('verdict', rejected?.text ?? '')}
      </Because>
    );
  }
  if (detail.verdict !== 'released') return null;
  return (
    <Because
      glyph="check"
      tone="ok"
      title={
        detail.verifiedBy === 'rules'
          ? t('why.releasedByRules')
          : t('why.releasedBy', { who: detail.verifiedBy })
      }
      numbers={detail.verifiedTime === '' ? '' : format.when(detail.verifiedTime, now)}
    />
  );
}

function Call({ detail }: { detail: ResultDetailRow }) {
  const { t } = useTranslation('results');
  const format = useFormat();
  const now = useNow();
  const { call } = detail;
  const called = ({ by, station, note }: Pick<typeof call, 'by' | 'station' | 'note'>): string =>
    [station === '' ? t('why.calledBy', { who: by }) : t('why.calledByAt', { who: by, station }), note]
      .filter(Boolean)
      .join(' ');
  if (call.state === 'none') return null;
  if (call.state === 'due')
    return (
      <Because
        glyph="diamond"
        tone="crit"
        title={t('why.callDue')}
        numbers={t('why.since', { at: format.when(call.since, now) })}
      >
        {t('why.callDueText')}
      </Because>
    );
  return (
    <Because
      glyph="check"
      tone="ok"
      title={t('why.called', { to: call.to })}
      numbers={format.when(call.at, now)}
    >
      {[
        called(call),
        ...call.also.map((one) => t('why.alsoCalled', { to: one.to, called: called(one) })),
      ].join(' ')}
    </Because>
  );
}

/** What would release it, from the rule that decides on a release. */
function ToRelease({ detail, plan }: { detail: ResultDetailRow; plan: ReleasePlanRow }) {
  const { t } = useTranslation('results');
  const parts: string[] = [];
  if (plan.outcome === 'now')
    parts.push(detail.verdict === 'held' ? t('release.withOwnComment') : t('release.now'));
  if (plan.outcome === 'comment') parts.push(t('release.comment'));
  if (plan.outcome === 'stays') {
    parts.push(plan.why);
    for (const rule of ['rerun', 'empty', 'duties', 'blocked'] as const)
      if (plan.rules.includes(rule)) parts.push(t(`release.${rule}`));
  }
  if (plan.callPending) parts.push(t('release.callPending'));
  return (
    <ReasonBox
      tone={
        plan.rules.includes('blocked')
          ? 'crit'
          : plan.outcome === 'now' && detail.verdict === 'ready'
            ? 'quiet'
            : 'held'
      }
    >
      <b>{t('release.title')}</b> {parts.join(' ')}
    </ReasonBox>
  );
}
