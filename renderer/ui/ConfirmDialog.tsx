import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { PlainError } from '../../shared/errors.ts';
import { useOverlayKeys } from '../app/keys.ts';
import { Button } from './Button.tsx';
import { type Question, questionStore } from './confirm.ts';
import { DialogFrame } from './DialogFrame.tsx';
import { ErrorBanner } from './ErrorBanner.tsx';
import { Field } from './Field.tsx';
import { Facts } from './Layout.tsx';
import { pinIsRight } from './pin.tsx';
import { useReturnFocus } from './useReturnFocus.ts';

/** Shows the question asked with `confirm()`; mounted once by the shell. */
export function ConfirmHost() {
  const asked = useStore(questionStore, (state) => state.asked);
  if (asked === null) return null;
  return <ConfirmDialog key={asked.title} question={asked} onAnswer={asked.answer} />;
}

/** The dialog of a final act: facts, Enter and Esc, the PIN when asked. */
export function ConfirmDialog({
  question,
  onAnswer,
}: {
  question: Question;
  onAnswer: (yes: boolean) => void;
}) {
  const { t } = useTranslation('ui');
  useReturnFocus();
  const [pin, setPin] = useState('');
  const [pinError, setPinError] = useState<string>();
  const [error, setError] = useState<PlainError>();
  const [busy, setBusy] = useState(false);

  const agree = async (): Promise<void> => {
    if (busy) return;
    if (question.pin && !pinIsRight(pin)) {
      setPinError(t('pinMissing'));
      return;
    }
    if (question.act === undefined) {
      onAnswer(true);
      return;
    }
    setBusy(true);
    const failed = await question.act(pin);
    setBusy(false);
    setPin('');
    if (failed === undefined) onAnswer(true);
    else setError(failed);
  };
  const stepBack = (): void => {
    if (!busy) onAnswer(false);
  };

  useOverlayKeys([
    { key: 'Enter', label: question.confirm, run: () => void agree(), primary: true },
    { key: 'Escape', label: question.cancel ?? t('cancel'), run: stepBack },
  ]);

  return (
    <DialogFrame title={question.title} width={488} top={140} onClose={stepBack}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void agree();
        }}
      >
        <div className="lv-dialog-text">{question.text}</div>
        {question.facts === undefined ? null : <Facts rows={question.facts} />}
        <ErrorBanner error={error} />
        {question.pin ? (
          <Field
            label={t('pin')}
            labelAt="hidden"
            type="password"
            inputMode="numeric"
            value={pin}
            suffix={t('pinEachTime')}
            error={pinError}
            size="final"
            data-autofocus
            onChange={(event) => {
              setPin(event.currentTarget.value);
              setPinError(undefined);
            }}
          />
        ) : null}
        <div className="lv-dialog-foot">
          <Button onClick={stepBack} keyName="Escape">
            {question.cancel ?? t('cancel')}
          </Button>
          <Button primary type="submit" keyName="Enter" focusFirst={!question.pin}>
            {question.confirm}
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}
