import { useTranslation } from 'react-i18next';
import type { QcTestPlan } from '../../../../shared/domain/qc/plan.ts';
import { QC_RULES, type QcRule, ruleKinds } from '../../../../shared/domain/qc/westgard.ts';
import { CheckBox, Choice } from '../../../ui/Field.tsx';
import { reachOf, ruleUse } from './draft.ts';

const actions = ['off', 'warn', 'reject'] as const;

/** Every rule: not used, warns or rejects; within a level and across levels as far as the rule can (W1 to W9). */
export function RuleTable({
  rules,
  onChange,
}: {
  rules: QcTestPlan['rules'];
  onChange: (rules: QcTestPlan['rules']) => void;
}) {
  const { t } = useTranslation('qc-plan');
  const set = (rule: QcRule, use: QcTestPlan['rules'][QcRule]): void => {
    const { [rule]: _, ...rest } = rules;
    onChange(use === undefined ? rest : { ...rest, [rule]: use });
  };
  return (
    <table className="qc-rule-table" aria-label={t('rules')}>
      <thead>
        <tr>
          <th scope="col">{t('rule')}</th>
          <th scope="col">{t('finds')}</th>
          <th scope="col">{t('does')}</th>
          <th scope="col">{t('within')}</th>
          <th scope="col">{t('across')}</th>
        </tr>
      </thead>
      <tbody>
        {QC_RULES.map((rule) => {
          const use = rules[rule];
          const reach = reachOf(rule);
          const box = (side: 'within' | 'across') =>
            reach[side] ? (
              <CheckBox
                label={t(`${side}Of`, { rule })}
                labelHidden
                checked={use?.[side] ?? false}
                disabledReason={use === undefined ? t('notUsed') : undefined}
                onChange={(on) => use !== undefined && set(rule, { ...use, [side]: on })}
              />
            ) : (
              <span className="lv-text-3">–</span>
            );
          return (
            <tr key={rule} className={use === undefined ? 'qc-rule-off' : undefined}>
              <th scope="row">{rule}</th>
              <td className="lv-text-2">{t(`kinds.${ruleKinds[rule]}`)}</td>
              <td>
                <Choice
                  label={t('actionOf', { rule })}
                  labelHidden
                  width={108}
                  value={use === undefined ? 'off' : use.action}
                  onChange={(action) =>
                    set(
                      rule,
                      action === 'off' ? undefined : { ...ruleUse(rule, action), ...kept(use), action },
                    )
                  }
                  options={actions
                    .filter((one) => rule !== '1-2s' || one !== 'reject')
                    .map((id) => ({ id, label: t(`actions.${id}`) }))}
                />
              </td>
              <td>{box('within')}</td>
              <td>{box('across')}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function kept(use: QcTestPlan['rules'][QcRule]) {
  return use === undefined ? {} : { within: use.within, across: use.across };
}
