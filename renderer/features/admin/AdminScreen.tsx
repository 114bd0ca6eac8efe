import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/useNow.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { Audit } from './Audit.tsx';
import { Health } from './Health.tsx';
import { LaboratoryView } from './LaboratoryView.tsx';
import { People } from './People.tsx';

type View = 'people' | 'health' | 'audit' | 'laboratory';

/** People, the state of the engine, the audit trail, and the laboratory's name. */
export function AdminScreen() {
  const { t } = useTranslation('admin');
  const now = useNow();
  const session = useLiveOne('session', {});
  const health = useLiveOne('health', {});
  const strip = useLiveOne('strip', {});
  const me = session?.person ?? null;
  const seesPeople = me?.roles.some((role) => role === 'admin' || role === 'supervisor') === true;
  const people = useLive('access.people', seesPeople ? {} : null);
  const [chosen, setChosen] = useState<View | null>(null);
  const view = chosen ?? (seesPeople ? 'people' : 'health');
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          health === undefined ? null : (
            <span className="lv-text-2">{t('version', { version: health.version })}</span>
          )
        }
      >
        <SegmentedFilter
          label={t('view')}
          value={view}
          onChange={setChosen}
          options={[
            { id: 'people', label: t('people'), count: seesPeople ? people.rows.length : undefined },
            { id: 'health', label: t('health'), count: strip?.problems.length || undefined },
            { id: 'audit', label: t('audit') },
            { id: 'laboratory', label: t('laboratory') },
          ]}
        />
      </ScreenHead>
      {view === 'people' ? <People me={me} now={now} /> : null}
      {view === 'health' ? <Health health={health} strip={strip} now={now} /> : null}
      {view === 'audit' ? <Audit me={me} now={now} entries={health?.auditRows ?? 0} /> : null}
      {view === 'laboratory' && session !== undefined ? <LaboratoryView session={session} /> : null}
    </>
  );
}
