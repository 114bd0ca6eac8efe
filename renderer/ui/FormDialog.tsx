import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../shared/errors.ts';
import { type ScreenKey, useOverlayKeys } from '../app/keys.ts';
import { Button } from './Button.tsx';
import { DialogFrame } from './DialogFrame.tsx';
import { ErrorBanner } from './ErrorBanner.tsx';
import { Facts } from './Layout.tsx';
import { useReturnFocus } from './useReturnFocus.ts';

export interface FormDialogProps {
  title: ReactNode;
  /** One or two sentences: what it is about and what follows. */
  text?: ReactNode;
  facts?: readonly { label: ReactNode; value: ReactNode; id?: string }[];
  /** Fields. The one with `data-autofocus` takes the focus. */
  children?: ReactNode;
  /** Words of the button that does it. */
  confirm: string;
  /** Words of the other one; `Not yet` by default. */
  cancel?: string;
  /**
   * Does it. Return an error and it is shown in place; return `stay` when a field says what is wrong; nothing when done, and the
   * dialog asks to be closed.
   */
  onConfirm: () => Promise<PlainError | 'stay' | undefined>;
  /** The person stepped back, or it is done. */
  onClose: (done: boolean) => void;
  /** True when there is no field to begin with: the button takes the focus. */
  buttonFirst?: boolean;
  /** More keys while it is open. */
  keys?: readonly ScreenKey[];
  /** px, 488 by default. */
  width?: number;
  /** px from the upper edge, 120 by default; less for one that is high. */
  top?: number;
}

/** A question with fields, laid over the screen: Enter does it, Esc steps back. For what needs words: a comment, a reason, a value. */
export function FormDialog(props: FormDialogProps) {
  const { t } = useTranslation('ui');
  useReturnFocus();
  const [error, setError] = useState<PlainError>();
  const [busy, setBusy] = useState(false);
  const agree = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    const failed = await props.onConfirm();
    setBusy(false);
    if (failed === undefined) props.onClose(true);
    else if (failed !== 'stay') setError(failed);
  };
  const stepBack = (): void => {
    if (!busy) props.onClose(false);
  };
  useOverlayKeys([
    { key: 'Enter', label: props.confirm, run: () => void agree(), primary: true },
    { key: 'Escape', label: props.cancel ?? t('cancel'), run: stepBack },
    ...(props.keys ?? []),
  ]);
  return (
    <DialogFrame title={props.title} width={props.width ?? 488} top={props.top ?? 120} onClose={stepBack}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void agree();
        }}
      >
        {props.text === undefined ? null : <div className="lv-dialog-text">{props.text}</div>}
        {props.facts === undefined ? null : <Facts rows={props.facts} />}
        {props.children}
        <ErrorBanner error={error} />
        <div className="lv-dialog-foot">
          <Button onClick={stepBack} keyName="Escape">
            {props.cancel ?? t('cancel')}
          </Button>
          <Button primary type="submit" keyName="Enter" focusFirst={props.buttonFirst === true}>
            {props.confirm}
          </Button>
        </div>
      </form>
    </DialogFrame>
  );
}
