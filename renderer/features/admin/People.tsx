import type { TFunction } from 'i18next';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { PersonRow, WhoRow } from '../../../shared/ipc/access.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { command, useLive } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid, type GridColumn } from '../../ui/Grid.tsx';
import { EmptyState, Facts, Initials, Panel, PanelSection } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { offerUndo } from '../../ui/undo.ts';
import { allRoles } from './checks.ts';
import { AddDialog, RolesDialog, SecretDialog } from './PersonDialogs.tsx';
import { Refused } from './Refused.tsx';

const rowId = (row: PersonRow): string => row.id;

/** Everybody who may sign in here: added, given roles, a new password and PIN, deactivated. */
export function People({ me, now }: { me: WhoRow | null; now: Date }) {
  const { t } = useTranslation(['admin', 'app']);
  const { when } = useFormat();
  const people = useLive('access.people', {});
  const [cursor, setCursor] = useState<string | null>(null);
  const [asking, setAsking] = useState<'add' | 'roles' | 'secret' | null>(null);
  const [error, setError] = useState<PlainError>();
  const person = people.rows.find((row) => row.id === cursor);
  const admin = me?.roles.includes('admin') === true;
  const mayAdd = admin || me?.roles.includes('supervisor') === true;
  const changeWhy = person === undefined ? t('why.nobody') : admin ? undefined : t('why.role');
  const offWhy = changeWhy ?? (person?.id === me?.id && person?.active ? t('why.self') : undefined);
  const columns = useMemo(
    () => peopleColumns(t, (at) => (at === '' ? t('never') : when(at, now)), me?.id ?? ''),
    [t, when, now, me?.id],
  );

  const turn = async (target: PersonRow, active: boolean): Promise<boolean> => {
    const outcome = await command('access.changePerson', { personId: target.id, active });
    setError(outcome.ok ? undefined : outcome.error);
    return outcome.ok;
  };
  const turnOver = async (): Promise<void> => {
    if (person === undefined || !(await turn(person, !person.active))) return;
    offerUndo({
      text: t(person.active ? 'off.done' : 'off.back', { name: person.name }),
      undo: async () => void (await turn(person, person.active)),
    });
  };
  const acts = [
    { key: 'F2', label: t('keys.roles'), run: () => setAsking('roles'), disabledReason: changeWhy },
    { key: 'F5', label: t('keys.secret'), run: () => setAsking('secret'), disabledReason: changeWhy },
    {
      key: 'F7',
      label: t(person?.active === false ? 'keys.on' : 'keys.off'),
      run: () => void turnOver(),
      disabledReason: offWhy,
    },
  ];
  useScreenKeys([
    ...acts,
    {
      key: 'Ctrl+N',
      label: t('keys.add'),
      run: () => setAsking('add'),
      disabledReason: mayAdd ? undefined : t('why.addRole'),
    },
  ]);
  if (people.state === 'failed') return <Refused error={people.error} />;
  return (
    <div className="lv-screen-body">
      <div className="lv-pane">
        <ErrorBanner error={error} />
        <Grid
          label={t('people')}
          rows={people.rows}
          rowId={rowId}
          columns={columns}
          cursor={cursor}
          onCursor={setCursor}
          moveLabel={t('keys.person')}
          onEnter={() => changeWhy === undefined && setAsking('roles')}
          enterLabel={t('keys.roles')}
          empty={people.state === 'loading' ? null : <EmptyState title={t('noPeople')} />}
        />
      </div>
      <Panel
        label={t('personPanel.label')}
        foot={
          person === undefined
            ? undefined
            : acts.map((act, index) => (
                <Button
                  key={act.key}
                  primary={index === 0}
                  keyName={act.key}
                  onClick={act.run}
                  disabledReason={act.disabledReason}
                >
                  {act.key === 'F5' ? t('keys.secretShort') : act.label}
                </Button>
              ))
        }
      >
        {person === undefined ? null : (
          <>
            <PanelSection>
              <div className="adm-person">
                <Initials text={person.initials} solid />
                <span className="adm-person-name">{person.name}</span>
                <span className="lv-grow" />
                <ActiveState active={person.active} />
              </div>
              <Facts
                rows={[
                  {
                    label: t('personPanel.signsIn'),
                    value: <span className="lv-mono">{person.username}</span>,
                  },
                  {
                    label: t('personPanel.last'),
                    value: person.lastSignIn === '' ? t('never') : when(person.lastSignIn, now),
                  },
                ]}
              />
            </PanelSection>
            <PanelSection title={t('personPanel.may')}>
              {allRoles
                .filter((role) => person.roles.includes(role))
                .map((role) => (
                  <div key={role} className="adm-may">
                    <span className="lv-medium">{t(`app:roles.${role}`)}</span>
                    <span className="lv-caption">{t(`may.${role}`)}</span>
                  </div>
                ))}
            </PanelSection>
          </>
        )}
      </Panel>
      {asking === 'add' ? <AddDialog mayMakeAdmin={admin} onClose={() => setAsking(null)} /> : null}
      {asking === 'roles' && person !== undefined ? (
        <RolesDialog person={person} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'secret' && person !== undefined ? (
        <SecretDialog person={person} onClose={() => setAsking(null)} />
      ) : null}
    </div>
  );
}

function ActiveState({ active }: { active: boolean }) {
  const { t } = useTranslation('admin');
  return <State kind={active ? 'released' : 'off'} word={t(active ? 'active' : 'inactive')} />;
}

function peopleColumns(
  t: TFunction<['admin', 'app']>,
  last: (at: string) => string,
  me: string,
): GridColumn<PersonRow>[] {
  return [
    {
      id: 'name',
      title: t('columns.name'),
      width: 220,
      grow: 2,
      padLeft: 16,
      render: (row) => (
        <>
          <Initials text={row.initials} />
          <span className={row.active ? 'lv-medium' : 'lv-text-2'}>{row.name}</span>
          {row.id === me ? <span className="lv-caption">{t('you')}</span> : null}
        </>
      ),
    },
    {
      id: 'username',
      title: t('columns.username'),
      width: 130,
      render: (row) => <span className="lv-mono">{row.username}</span>,
    },
    {
      id: 'roles',
      title: t('columns.roles'),
      width: 260,
      grow: 3,
      render: (row) => (
        <span className="lv-ellipsis">
          {allRoles
            .filter((role) => row.roles.includes(role))
            .map((role) => t(`app:roles.${role}`))
            .join(', ')}
        </span>
      ),
    },
    {
      id: 'last',
      title: t('columns.last'),
      width: 138,
      render: (row) => <span className="lv-text-2">{last(row.lastSignIn)}</span>,
    },
    {
      id: 'state',
      title: t('columns.state'),
      width: 110,
      render: (row) => <ActiveState active={row.active} />,
    },
  ];
}
