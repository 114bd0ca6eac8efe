import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../../shared/documents/person.ts';
import type { PersonRow } from '../../../shared/ipc/access.ts';
import { command } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { CheckBox, Field, FieldError } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { pinIsRight } from '../../ui/pin.tsx';
import { allRoles, secretIsRight, usernameIsRight } from './checks.ts';

/** Boxes for the roles; what each may do stands beside it. */
function RoleBoxes({
  roles,
  onChange,
  error,
  locked,
}: {
  roles: readonly Role[];
  onChange: (roles: Role[]) => void;
  error: string | undefined;
  /** Roles that this person may not give, and why. */
  locked?: { role: Role; why: string } | undefined;
}) {
  const { t } = useTranslation(['admin', 'app']);
  return (
    <fieldset className="adm-roles">
      <legend className="lv-field-label">{t('add.roles')}</legend>
      {allRoles.map((role) => (
        <div key={role} className="adm-role">
          <CheckBox
            label={t(`app:roles.${role}`)}
            checked={roles.includes(role)}
            disabledReason={locked?.role === role ? locked.why : undefined}
            onChange={(on) => onChange(on ? [...roles, role] : roles.filter((other) => other !== role))}
          />
          <span className="lv-caption">{t(`may.${role}`)}</span>
        </div>
      ))}
      {error === undefined ? null : <FieldError>{error}</FieldError>}
    </fieldset>
  );
}

/** Adds somebody who may sign in. */
export function AddDialog({ mayMakeAdmin, onClose }: { mayMakeAdmin: boolean; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [name, setName] = useState('');
  const [username, setUsername] = useState('');
  const [roles, setRoles] = useState<Role[]>(['technician']);
  const [secret, setSecret] = useState('');
  const [pin, setPin] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = {
    name: name.trim() === '' ? t('errors.name') : undefined,
    username: usernameIsRight(username.trim()) ? undefined : t('errors.username'),
    roles: roles.length === 0 ? t('errors.roles') : undefined,
    secret: secretIsRight(secret) ? undefined : t('errors.secret', { count: secret.length }),
    pin: pinIsRight(pin) ? undefined : t('errors.pin'),
  };
  const add = async () => {
    setTried(true);
    if (Object.values(wrong).some((text) => text !== undefined)) return 'stay';
    const outcome = await command('access.addPerson', {
      name: name.trim(),
      username: username.trim(),
      roles,
      secret,
      pin,
    });
    if (!outcome.ok) return outcome.error;
    announce(t('add.done', { name: name.trim() }));
    return undefined;
  };
  const shown = (text: string | undefined): string | undefined => (tried ? text : undefined);
  return (
    <FormDialog
      title={t('add.title')}
      text={t('add.text')}
      confirm={t('add.confirm')}
      onConfirm={add}
      onClose={onClose}
      width={560}
    >
      <Field
        label={t('add.name')}
        value={name}
        width="100%"
        data-autofocus
        error={shown(wrong.name)}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Field
        label={t('add.username')}
        value={username}
        width="100%"
        error={shown(wrong.username)}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <RoleBoxes
        roles={roles}
        onChange={setRoles}
        error={shown(wrong.roles)}
        locked={mayMakeAdmin ? undefined : { role: 'admin', why: t('why.role') }}
      />
      <Secrets secret={secret} pin={pin} onSecret={setSecret} onPin={setPin} wrong={tried ? wrong : {}} />
    </FormDialog>
  );
}

function Secrets({
  secret,
  pin,
  onSecret,
  onPin,
  wrong,
  first,
}: {
  secret: string;
  pin: string;
  onSecret: (text: string) => void;
  onPin: (text: string) => void;
  wrong: { secret?: string | undefined; pin?: string | undefined };
  /** The password takes the focus. */
  first?: boolean;
}) {
  const { t } = useTranslation('admin');
  return (
    <>
      <Field
        label={t('add.secret')}
        type="password"
        value={secret}
        width="100%"
        data-autofocus={first || undefined}
        error={wrong.secret}
        onChange={(event) => onSecret(event.currentTarget.value)}
      />
      <Field
        label={t('add.pin')}
        type="password"
        inputMode="numeric"
        value={pin}
        width="100%"
        error={wrong.pin}
        onChange={(event) => onPin(event.currentTarget.value)}
      />
    </>
  );
}

/** Changes what somebody may do. */
export function RolesDialog({ person, onClose }: { person: PersonRow; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [roles, setRoles] = useState<Role[]>(person.roles);
  const [tried, setTried] = useState(false);
  const set = async () => {
    setTried(true);
    if (roles.length === 0) return 'stay';
    const outcome = await command('access.changePerson', { personId: person.id, roles });
    if (!outcome.ok) return outcome.error;
    announce(t('rolesDialog.done'));
    return undefined;
  };
  return (
    <FormDialog
      title={t('rolesDialog.title', { name: person.name })}
      text={t('rolesDialog.text', { name: person.name })}
      confirm={t('rolesDialog.confirm')}
      onConfirm={set}
      onClose={onClose}
      width={560}
    >
      <RoleBoxes
        roles={roles}
        onChange={setRoles}
        error={tried && roles.length === 0 ? t('errors.roles') : undefined}
      />
    </FormDialog>
  );
}

/** Gives somebody a new password and PIN. */
export function SecretDialog({ person, onClose }: { person: PersonRow; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [secret, setSecret] = useState('');
  const [pin, setPin] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = {
    secret: secretIsRight(secret) ? undefined : t('errors.secret', { count: secret.length }),
    pin: pinIsRight(pin) ? undefined : t('errors.pin'),
  };
  const set = async () => {
    setTried(true);
    if (wrong.secret !== undefined || wrong.pin !== undefined) return 'stay';
    const outcome = await command('access.changePerson', { personId: person.id, secret, pin });
    if (!outcome.ok) return outcome.error;
    announce(t('secretDialog.done'));
    return undefined;
  };
  return (
    <FormDialog
      title={t('secretDialog.title', { name: person.name })}
      text={t('secretDialog.text')}
      confirm={t('secretDialog.confirm')}
      onConfirm={set}
      onClose={onClose}
    >
      <Secrets
        secret={secret}
        pin={pin}
        onSecret={setSecret}
        onPin={setPin}
        wrong={tried ? wrong : {}}
        first
      />
    </FormDialog>
  );
}
