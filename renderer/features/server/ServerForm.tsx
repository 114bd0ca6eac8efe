import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServerSettingsRow } from '../../../shared/ipc/server.ts';
import { formatDay } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { CheckBox, Choice, Field, TextField } from '../../ui/Field.tsx';
import { authKinds, type Draft, type Faults, keepsSecret } from './draft.ts';

/** Where the server is, how this station signs in there, whom it trusts, what it fetches. */
export function ServerForm({
  draft,
  row,
  faults,
  readOnly,
  onChange,
}: {
  draft: Draft;
  row: ServerSettingsRow;
  /** What is wrong, once it is to be shown. */
  faults: Faults;
  /** The person may look only. */
  readOnly: boolean;
  onChange: (changes: Partial<Draft>) => void;
}) {
  const { t } = useTranslation('server');
  const wrong = (field: keyof Draft): string | undefined => {
    const fault = faults[field];
    return fault === undefined ? undefined : t(`wrong.${fault}`);
  };
  const line = (
    field: 'url' | 'user' | 'clientId' | 'tokenUrl' | 'scope' | 'keyId',
    label: string,
    placeholder?: string,
  ) => (
    <Field
      label={label}
      value={draft[field]}
      width="100%"
      mono={field !== 'user'}
      placeholder={placeholder}
      error={wrong(field)}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
    />
  );
  const token = draft.kind === 'clientCredentials' || draft.kind === 'smartBackend';
  return (
    <fieldset className="srv-form" aria-label={t('form.label')} disabled={readOnly}>
      <h2>{t('form.server')}</h2>
      {line('url', t('form.url'), 'https://fhir.hospital.example/R4')}
      <p className="lv-caption">{t('form.urlHint')}</p>
      <h2>{t('form.signIn')}</h2>
      <Choice
        label={t('form.kind')}
        value={draft.kind}
        width="100%"
        options={authKinds.map((id) => ({ id, label: t(`form.kinds.${id}`) }))}
        onChange={(kind) => onChange({ kind, secret: '' })}
      />
      {draft.kind === 'basic' ? line('user', t('form.user')) : null}
      {token ? (
        <>
          {line('clientId', t('form.clientId'))}
          {line(
            'tokenUrl',
            t('form.tokenUrl'),
            draft.kind === 'smartBackend' ? t('form.tokenUrlHint') : undefined,
          )}
          {line('scope', t('form.scope'), 'system/*.*')}
        </>
      ) : null}
      <Secret draft={draft} row={row} error={wrong('secret')} onChange={onChange} />
      {draft.kind === 'smartBackend' ? line('keyId', t('form.keyId'), t('form.keyIdHint')) : null}
      {draft.kind === 'none' ? null : <p className="lv-caption">{t('form.secretNote')}</p>}
      <h2>{t('form.trust')}</h2>
      <Trust draft={draft} row={row} onChange={onChange} />
      <h2>{t('form.fetched')}</h2>
      <div className="srv-three">
        <Field
          label={t('form.historyDays')}
          value={draft.historyDays}
          width="100%"
          inputMode="numeric"
          error={wrong('historyDays')}
          onChange={(event) => onChange({ historyDays: event.currentTarget.value })}
        />
        <Field
          label={t('form.pullSeconds')}
          value={draft.pullSeconds}
          width="100%"
          inputMode="numeric"
          error={wrong('pullSeconds')}
          onChange={(event) => onChange({ pullSeconds: event.currentTarget.value })}
        />
        <Field
          label={t('form.sections')}
          value={draft.sections}
          width="100%"
          onChange={(event) => onChange({ sections: event.currentTarget.value })}
        />
      </div>
      <CheckBox
        label={t('form.websocket')}
        checked={draft.websocket}
        onChange={(websocket) => onChange({ websocket })}
      />
    </fieldset>
  );
}

function Secret({
  draft,
  row,
  error,
  onChange,
}: {
  draft: Draft;
  row: ServerSettingsRow;
  error: string | undefined;
  onChange: (changes: Partial<Draft>) => void;
}) {
  const { t } = useTranslation('server');
  if (draft.kind === 'none') return null;
  const kept = keepsSecret(draft, row);
  if (draft.kind === 'smartBackend')
    return (
      <TextField
        label={t('form.secrets.smartBackend')}
        value={draft.secret}
        rows={4}
        placeholder={kept ? t('form.keptArea') : '-----BEGIN PRIVATE KEY-----'}
        error={error}
        onChange={(secret) => onChange({ secret })}
      />
    );
  return (
    <Field
      label={t(`form.secrets.${draft.kind}`)}
      type="password"
      value={draft.secret}
      width="100%"
      placeholder={kept ? t('form.kept') : ''}
      error={error}
      onChange={(event) => onChange({ secret: event.currentTarget.value })}
    />
  );
}

/** The laboratory's own authority: pasted, or out of a file. */
function Trust({
  draft,
  row,
  onChange,
}: {
  draft: Draft;
  row: ServerSettingsRow;
  onChange: (changes: Partial<Draft>) => void;
}) {
  const { t } = useTranslation('server');
  const { language } = useFormat();
  const file = useRef<HTMLInputElement>(null);
  const own = draft.ca === null ? row.ca : null;
  return (
    <>
      <p>
        {t('form.trustSystem')}{' '}
        {own === null
          ? draft.ca === '' && row.ca !== null
            ? t('form.caRemoved')
            : ''
          : t('form.trustOwn', {
              names: own.names.join(', '),
              until: `${formatDay(own.validUntil, language)} ${own.validUntil.slice(0, 4)}`,
            })}
      </p>
      <TextField
        label={t('form.ca')}
        value={draft.ca ?? ''}
        rows={3}
        placeholder={t('form.caHint')}
        onChange={(text) => onChange({ ca: text.trim() === '' && row.ca !== null ? null : text })}
      />
      <div className="lv-row srv-indent">
        <input
          ref={file}
          type="file"
          className="lv-visually-hidden"
          tabIndex={-1}
          accept=".pem,.crt,.cer"
          aria-label={t('form.caChoose')}
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            void chosen?.text().then((ca) => onChange({ ca }));
          }}
        />
        <Button size="bar" onClick={() => file.current?.click()}>
          {t('form.caChoose')}
        </Button>
        {own === null ? null : (
          <Button size="bar" onClick={() => onChange({ ca: '' })}>
            {t('form.caRemove')}
          </Button>
        )}
      </div>
    </>
  );
}
