import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRow } from '../../../shared/ipc/access.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { command } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Facts } from '../../ui/Layout.tsx';

/** Name and address as every report has them (C1), and which bench this is. */
export function LaboratoryView({ session }: { session: SessionRow }) {
  const { t } = useTranslation('admin');
  const [editing, setEditing] = useState(false);
  const why = session.person?.roles.includes('admin') ? undefined : t('why.laboratoryRole');
  useScreenKeys([
    { key: 'F2', label: t('keys.edit'), run: () => setEditing(true), primary: true, disabledReason: why },
  ]);
  return (
    <section className="adm-lab" aria-label={t('laboratory')}>
      <div>
        <h2>{t('labView.asOnReport')}</h2>
        <div className="adm-letterhead">
          <p className="adm-lab-name">{session.laboratory}</p>
          <p className="lv-text-2">{session.address || t('labView.noAddress')}</p>
        </div>
        <p className="lv-text-2">{t('labView.text')}</p>
        <Facts
          rows={[
            {
              label: t('labView.callWithin'),
              value: t('labView.minutes', { count: session.callWithinMinutes }),
            },
          ]}
        />
        <Button primary keyName="F2" onClick={() => setEditing(true)} disabledReason={why}>
          {t('labView.edit')}
        </Button>
      </div>
      <div>
        <h2>
          {t('labView.station')} <span className="lv-caption">{t('labView.fromFile')}</span>
        </h2>
        <Facts
          rows={[
            { label: t('labView.bench'), value: session.station },
            {
              label: t('labView.code'),
              value: <span className="lv-mono">{session.stationCode}</span>,
            },
            { label: t('labView.idle'), value: t('labView.minutes', { count: session.idleMinutes }) },
          ]}
        />
      </div>
      {editing ? <EditDialog session={session} onClose={() => setEditing(false)} /> : null}
    </section>
  );
}

function EditDialog({ session, onClose }: { session: SessionRow; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [name, setName] = useState(session.laboratory);
  const [address, setAddress] = useState(session.address);
  const [within, setWithin] = useState(String(session.callWithinMinutes));
  const missing = name.trim() === '';
  const callWithin = /^\d{1,4}$/.test(within.trim()) ? Number(within) : 0;
  const wrongLimit = callWithin < 1 || callWithin > 1_440;
  const set = async () => {
    if (missing || wrongLimit) return 'stay';
    const given = { name: name.trim(), address: address.trim(), callWithin };
    const outcome = await command('admin.laboratory', given);
    if (!outcome.ok) return outcome.error;
    announce(t('labView.done'));
    return undefined;
  };
  return (
    <FormDialog
      title={t('labView.title')}
      text={t('labView.text')}
      confirm={t('labView.confirm')}
      onConfirm={set}
      onClose={onClose}
    >
      <Field
        label={t('labView.name')}
        value={name}
        width="100%"
        maxLength={120}
        data-autofocus
        error={missing ? t('errors.name') : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Field
        label={t('labView.address')}
        value={address}
        width="100%"
        maxLength={300}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <Field
        label={t('labView.callWithinField')}
        value={within}
        width={180}
        inputMode="numeric"
        maxLength={4}
        error={wrongLimit ? t('errors.callWithin') : undefined}
        onChange={(event) => setWithin(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
