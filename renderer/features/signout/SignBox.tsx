import { IconLock } from '@tabler/icons-react';
import { type RefObject, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { keyNameOf, pressKey } from '../../app/keys.ts';
import { useNow } from '../../app/useNow.ts';
import { engineText } from '../../i18n/engine.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { Field, FieldError } from '../../ui/Field.tsx';
import { Glyph } from '../../ui/Glyph.tsx';
import { Facts } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { shortHash } from './words.ts';

/** Keys that go on working while the PIN has the focus, because no PIN contains them. */
const passing = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', '[', ']']);

/** Who signs what, bound to which content; the PIN each time (C4), then F8. */
export function SignBox({
  detail,
  hash,
  name,
  meaning,
  pin,
  onPin,
  onSign,
  field,
  keepFocus,
  error,
  why,
  busy,
}: {
  detail: CaseDetailRow;
  /** The content the reader has seen. */
  hash: string;
  name: string;
  meaning: string;
  pin: string;
  onPin: (pin: string) => void;
  onSign: () => void;
  field: RefObject<HTMLInputElement | null>;
  /** The signer works from PIN to PIN: a field that comes back takes the focus. */
  keepFocus: RefObject<boolean>;
  /** The PIN was refused. */
  error: PlainError | null;
  /** Why it cannot be signed now. */
  why: string | undefined;
  busy: boolean;
}) {
  const { t } = useTranslation('signout');
  return (
    <form
      className="so-box lv-foot-wide"
      aria-label={t('signing')}
      onSubmit={(event) => {
        event.preventDefault();
        onSign();
      }}
    >
      <Facts
        rows={[
          { label: t('signingAs'), value: <b className="lv-strong">{name}</b> },
          { label: t('meaning'), value: meaning },
          {
            label: t('boundTo'),
            value: (
              <span className="lv-mono" title={hash}>
                {shortHash(hash)}
              </span>
            ),
          },
        ]}
      />
      {why === undefined ? (
        <PinField pin={pin} onPin={onPin} field={field} keepFocus={keepFocus} error={error} />
      ) : (
        <p className="so-why lv-tone-crit">
          <Glyph name="blocked" />
          <span>{why}</span>
        </p>
      )}
      <Button
        primary={why === undefined}
        wide
        size="final"
        keyName="F8"
        onClick={onSign}
        disabledReason={why ?? (busy ? t('busy') : undefined)}
      >
        {t(detail.version > 1 ? 'signCorrection' : 'signReport')}
      </Button>
    </form>
  );
}

/** In place of the signing box for those who may not sign: why, and who may. */
export function MayNotSign({ text, who }: { text: string; who: string }) {
  return (
    <div className="so-box lv-foot-wide" role="note">
      <p className="so-inline lv-strong">
        <IconLock size={16} stroke={1.6} aria-hidden="true" />
        {text}
      </p>
      <p className="lv-text-2">{who}</p>
    </div>
  );
}

/** The signature of a signed version, and the way to a correction. */
export function SignedBox({
  detail,
  newest,
  mayAmend,
  onAmend,
}: {
  detail: CaseDetailRow;
  newest: boolean;
  mayAmend: boolean;
  onAmend: () => void;
}) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  const { signature } = detail;
  if (signature === null) return null;
  return (
    <div className="so-box lv-foot-wide">
      <div className="lv-row">
        <State kind="signed" detail={f.when(signature.at, now)} />
      </div>
      <Facts
        rows={[
          { label: t('signedAs'), value: <b className="lv-strong">{signature.name}</b> },
          { label: t('meaning'), value: signature.meaning },
          {
            label: t('boundTo'),
            value: (
              <span className="lv-mono" title={signature.contentHash}>
                {shortHash(signature.contentHash)}
              </span>
            ),
          },
        ]}
      />
      {newest && mayAmend ? (
        <Button wide keyName="F2" onClick={onAmend}>
          {t('openCorrection')}
        </Button>
      ) : null}
      {newest ? null : <p className="lv-text-2">{t('replacedByNewer')}</p>}
    </div>
  );
}

function PinField({
  pin,
  onPin,
  field,
  keepFocus,
  error,
}: {
  pin: string;
  onPin: (pin: string) => void;
  field: RefObject<HTMLInputElement | null>;
  keepFocus: RefObject<boolean>;
  error: PlainError | null;
}) {
  const { t } = useTranslation('signout');
  useEffect(() => {
    if (keepFocus.current) field.current?.focus();
  }, [field, keepFocus]);
  return (
    <>
      <Field
        ref={field}
        label={t('ui:pin')}
        labelAt="hidden"
        type="password"
        inputMode="numeric"
        maxLength={8}
        size="final"
        width="100%"
        value={pin}
        suffix={t('ui:pinEachTime')}
        prefixIcon={<IconLock size={16} stroke={1.6} aria-hidden="true" />}
        onChange={(event) => onPin(event.currentTarget.value.replace(/\D/g, ''))}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            keepFocus.current = false;
            event.currentTarget.blur();
          }
          if (!passing.has(event.key)) return;
          event.preventDefault();
          event.stopPropagation();
          pressKey(keyNameOf(event.nativeEvent), null);
        }}
      />
      {error === null ? null : (
        <FieldError className="so-pin-error">
          {error.code === 'access.denied'
            ? t('pinWrong')
            : [error.what, error.safe, error.todo].map((one) => engineText('errors', one)).join(' ')}
        </FieldError>
      )}
    </>
  );
}
