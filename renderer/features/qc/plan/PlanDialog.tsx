import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rulesOf } from '../../../../shared/domain/qc/plan.ts';
import { suggestRules } from '../../../../shared/domain/qc/sigma.ts';
import type { QcPlanRow, QcPlanTrial } from '../../../../shared/ipc/qc-plan.ts';
import { useNow } from '../../../app/useNow.ts';
import { command } from '../../../data/hooks.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { Choice, Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { signedZ } from '../words.ts';
import { type Draft, draftOf, planOfDraft, sigmaOf } from './draft.ts';
import { PowerCurve } from './PowerCurve.tsx';
import { criticalShift, powerAt, usePower } from './power.ts';
import { RuleTable } from './RuleTable.tsx';
import { placeName } from './words.ts';

const MOST_SHOWN = 4;

/** F2: rules, schedule and total error of a place; beside them what they find, before and after, and what they would have changed. */
export function PlanDialog({ row, onClose }: { row: QcPlanRow; onClose: () => void }) {
  const { t } = useTranslation('qc-plan');
  const [draft, setDraft] = useState<Draft>(() => draftOf(row.plan));
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const { plan, wrong } = useMemo(() => planOfDraft(draft), [draft]);
  const edited = plan ?? row.plan;
  const sigma = sigmaOf(edited, row.found);
  const suggestion = sigma === null ? null : suggestRules(sigma, edited.levels === 3 ? 3 : 2);
  const runs = suggestion?.runs ?? 2;
  const now = usePower(rulesOf(row.plan), runs);
  const changed = JSON.stringify(rulesOf(edited)) !== JSON.stringify(rulesOf(row.plan));
  const after = usePower(changed ? rulesOf(edited) : null, runs);
  const advised = usePower(suggestion?.rules ?? null, runs);
  const critical = criticalShift(sigma);
  const take = (): void => {
    if (suggestion !== null) setDraft((before) => ({ ...before, rules: suggestion.rules.rules }));
  };
  const field = (
    name: keyof Draft,
    width: number | string,
    more: { suffix?: string; hint?: string } = {},
  ) => (
    <Field
      label={t(`fields.${name}`)}
      value={draft[name] as string}
      width={width}
      inputMode={name === 'shifts' || name === 'totalErrorSource' ? 'text' : 'decimal'}
      suffix={more.suffix}
      placeholder={more.hint ?? ''}
      error={(wrong as Record<string, true | undefined>)[name] ? t(`wrong.${name}`) : undefined}
      onChange={(event) => {
        const { value } = event.currentTarget;
        setDraft((before) => ({ ...before, [name]: value }));
      }}
    />
  );
  const percent = (points: Parameters<typeof powerAt>[0], shift: number): string => {
    const found = powerAt(points, shift);
    return found === null ? '…' : `${Math.round(found * 100)} %`;
  };
  const shown = changed ? after : now;
  return (
    <FormDialog
      title={t('edit.title', { place: placeName(t, row) })}
      text={t('edit.text')}
      confirm={t('edit.do')}
      width={984}
      top={56}
      keys={[
        {
          key: 'F7',
          label: t('edit.take'),
          run: take,
          disabledReason: suggestion === null ? t('edit.noSigma') : undefined,
        },
      ]}
      onConfirm={async () => {
        setTried(true);
        if (plan === null || reason.trim().length < 3) return 'stay';
        const { testCode, instrumentId } = row;
        const outcome = await command('qc.plan.set', { testCode, instrumentId, plan, reason: reason.trim() });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('edit.done', { place: placeName(t, row) }));
        onClose();
      }}
    >
      <div className="qc-plan-edit">
        <div>
          <RuleTable rules={draft.rules} onChange={(rules) => setDraft((before) => ({ ...before, rules }))} />
        </div>
        <div className="qc-plan-side">
          <div className="qc-plan-fields">
            <Choice
              label={t('fields.levels')}
              width="100%"
              value={draft.levels}
              onChange={(levels) => setDraft((before) => ({ ...before, levels }))}
              options={['1', '2', '3'].map((id) => ({ id, label: id }))}
            />
            {field('everyHours', '100%', { suffix: 'h', hint: t('none') })}
            {field('shifts', '100%', { hint: '06:00, 14:00' })}
            {field('everyPatients', '100%', { hint: t('none') })}
            {field('totalErrorAllowed', '100%', { suffix: '%' })}
            {field('totalErrorSource', '100%', { hint: t('sourceHint') })}
            {field('bias', '100%', { suffix: '%', hint: figure(row.found?.bias) })}
            {field('cv', '100%', { suffix: '%', hint: figure(row.found?.cv) })}
            {field('rollingCount', '100%')}
            <div className="qc-plan-wide">
              <Choice
                label={t('fields.rollingBy')}
                width="100%"
                value={draft.rollingBy}
                onChange={(rollingBy) => setDraft((before) => ({ ...before, rollingBy }))}
                options={(['points', 'months'] as const).map((id) => ({ id, label: t(`rolling.${id}`) }))}
              />
            </div>
          </div>
          <div className="qc-plan-advice">
            <span>
              {suggestion === null ? t('edit.noSigma') : suggestion.text}{' '}
              {suggestion === null ? null : (
                <span className="lv-text-2">{Object.keys(suggestion.rules.rules).join(', ')}</span>
              )}
            </span>
            {suggestion === null ? null : (
              <Button size="bar" keyName="F7" onClick={take}>
                {t('edit.take')}
              </Button>
            )}
          </div>
          <PowerCurve
            curves={[
              { id: 'now' as const, points: now },
              ...(changed ? [{ id: 'edited' as const, points: after }] : []),
              ...(suggestion === null ? [] : [{ id: 'suggested' as const, points: advised }]),
            ]}
            critical={critical}
            runs={runs}
            width={448}
            height={176}
          />
          <p className="lv-caption" role="status" aria-label={t('power.said')}>
            {critical === null
              ? t('power.false', { now: percent(now, 0), after: percent(shown, 0) })
              : t('power.critical', {
                  shift: critical.toFixed(2),
                  now: percent(now, critical),
                  after: percent(shown, critical),
                  falseNow: percent(now, 0),
                  falseAfter: percent(shown, 0),
                })}
          </p>
        </div>
      </div>
      <Trial row={row} draft={draft} />
      <Field
        label={t('reason')}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && reason.trim().length < 3 ? t('reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function figure(found: number | null | undefined): string {
  return found === null || found === undefined ? '' : found.toFixed(2);
}

/** What the plan being typed would have made of the points that are stored. Nothing of it is changed: it is said before the change, and stays so. */
function Trial({ row, draft }: { row: QcPlanRow; draft: Draft }) {
  const { t } = useTranslation('qc-plan');
  const format = useFormat();
  const present = useNow();
  const [trial, setTrial] = useState<QcPlanTrial | null>(null);
  const asked = useDeferredValue(JSON.stringify(planOfDraft(draft).plan));
  const { testCode, instrumentId } = row;
  useEffect(() => {
    const plan = JSON.parse(asked) as Parameters<typeof command<'qc.plan.try'>>[1]['plan'];
    if (plan === null) return;
    let late = false;
    const timer = setTimeout(() => {
      void command('qc.plan.try', { testCode, instrumentId, plan }).then((outcome) => {
        if (!late) setTrial(outcome.ok ? outcome.value : null);
      });
    }, 250);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [asked, testCode, instrumentId]);
  if (trial === null) return <p className="lv-caption qc-plan-trial">{t('trial.asking')}</p>;
  return (
    <div className="qc-plan-trial" role="status" aria-label={t('trial.label')}>
      <p>
        <b>{t('trial.changed', { count: trial.changed, all: trial.points })}</b>{' '}
        {trial.changed === 0
          ? null
          : t('trial.rejects', { more: trial.rejectedMore, less: trial.rejectedLess })}{' '}
        <span className="lv-text-2">{t('trial.stays')}</span>
      </p>
      {trial.gates.map((gate) => (
        <p key={gate.id} className="lv-tone-abn">
          {t('trial.gate', {
            place: `${gate.testName}, ${gate.instrumentName}`,
            before: t(`qc:gate.${gate.before}`),
            after: t(`qc:gate.${gate.after}`),
          })}
        </p>
      ))}
      {trial.changes.slice(0, MOST_SHOWN).map((one) => (
        <p key={one.id} className="lv-caption">
          {format.when(one.at, present)} · {one.testName}, {one.level} · {one.text} ({signedZ(one.z)} SD):{' '}
          {t(`qc:point.${one.before}`)} {t('trial.to')} {t(`qc:point.${one.after}`)}
          {one.afterRules.length > 0 ? ` (${one.afterRules.join(', ').replaceAll('?', '')})` : ''}
        </p>
      ))}
    </div>
  );
}

/** Delete: nothing of its own any more; the wider plan holds from now on. */
export function InheritDialog({ row, onClose }: { row: QcPlanRow; onClose: () => void }) {
  const { t } = useTranslation('qc-plan');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const missing = reason.trim().length < 3;
  return (
    <FormDialog
      title={t('inherit.title', { place: placeName(t, row) })}
      text={t(row.instrumentId === '' ? 'inherit.fromAll' : 'inherit.fromTest')}
      confirm={t('inherit.do')}
      onConfirm={async () => {
        setTried(true);
        if (missing) return 'stay';
        const { testCode, instrumentId } = row;
        const given = { testCode, instrumentId, plan: null, reason: reason.trim() };
        const outcome = await command('qc.plan.set', given);
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('edit.done', { place: placeName(t, row) }));
        onClose();
      }}
    >
      <Field
        label={t('reason')}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && missing ? t('reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
