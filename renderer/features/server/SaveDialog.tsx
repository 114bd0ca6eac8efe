import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProbeStepRow, ServerSettingsRow } from '../../../shared/ipc/server.ts';
import { command } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { FieldError } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { type Draft, inputOf, isOtherAddress } from './draft.ts';
import { verdictOf } from './words.ts';

/** Asks before another server is used: what changes with it. Without a draft: before the station works without one. */
export function SaveDialog({
  draft,
  row,
  steps,
  onClose,
}: {
  draft: Draft | null;
  row: ServerSettingsRow;
  /** Of the test of exactly these settings; empty when they were not tested. */
  steps: readonly ProbeStepRow[];
  onClose: (done: boolean) => void;
}) {
  const { t } = useTranslation('server');
  const [which, setWhich] = useState<'same' | 'another'>();
  const [tried, setTried] = useState(false);
  const moved = draft !== null && row.url !== '' && isOtherAddress(draft, row);
  const asks = draft !== null && row.linked && (moved || row.url === '');
  const verdict = verdictOf(steps);
  const testText =
    verdict.state === 'failed'
      ? t('save.testFailed', { step: t(`steps.${verdict.at?.id ?? 'address'}.title`) })
      : t(
          verdict.state === 'passed'
            ? 'save.testPassed'
            : verdict.state === 'noted'
              ? 'save.testNoted'
              : 'save.testNone',
        );
  const facts =
    draft === null
      ? [{ label: t('save.address'), value: t('save.fromTo', { from: row.url, to: t('save.none') }) }]
      : [
          {
            label: t('save.address'),
            value: moved ? t('save.fromTo', { from: row.url, to: draft.url.trim() }) : draft.url.trim(),
          },
          { label: t('save.signIn'), value: t(`form.kinds.${draft.kind}`) },
          { label: t('save.test'), value: testText },
        ];
  const what =
    draft === null
      ? t('save.removeText', { count: row.waiting })
      : isOtherAddress(draft, row)
        ? t('save.first', { count: row.waiting })
        : t('save.sameAddress');
  const agree = async () => {
    setTried(true);
    if (asks && which === undefined) return 'stay';
    const settings = draft === null ? null : inputOf(draft, row);
    const outcome = await command('server.save', { settings, another: asks && which === 'another' });
    if (!outcome.ok) return outcome.error;
    announce(t(draft === null ? 'save.removed' : 'save.done', { file: outcome.value.keptAs }));
    return undefined;
  };
  return (
    <FormDialog
      title={t(draft === null ? 'save.removeTitle' : 'save.title')}
      text={
        <>
          {what} {t('save.kept')}
        </>
      }
      facts={facts}
      confirm={t(draft === null ? 'save.confirmRemove' : 'save.confirm')}
      onConfirm={agree}
      onClose={onClose}
      buttonFirst={!asks}
      width={560}
    >
      {asks ? (
        <Which moved={moved} chosen={which} missing={tried && which === undefined} onChoose={setWhich} />
      ) : null}
    </FormDialog>
  );
}

function Which({
  moved,
  chosen,
  missing,
  onChoose,
}: {
  /** From one address to another; else the station had no server for a while. */
  moved: boolean;
  chosen: 'same' | 'another' | undefined;
  missing: boolean;
  onChoose: (which: 'same' | 'another') => void;
}) {
  const { t } = useTranslation('server');
  const name = useId();
  return (
    <fieldset className="srv-which">
      <legend>{t('save.which')}</legend>
      {(['same', 'another'] as const).map((one) => (
        <label key={one} className="srv-choice">
          <input
            type="radio"
            name={name}
            checked={chosen === one}
            data-autofocus={one === 'same' || undefined}
            onChange={() => onChoose(one)}
          />
          <span>
            <b>{t(one === 'same' && !moved ? 'save.before' : `save.${one}`)}</b>
            <span className="lv-text-2">{t(`save.${one}Text`)}</span>
          </span>
        </label>
      ))}
      {missing ? <FieldError>{t('save.mustChoose')}</FieldError> : null}
    </fieldset>
  );
}
