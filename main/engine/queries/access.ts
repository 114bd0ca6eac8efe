import type { PersonDoc } from '../../../shared/documents/person.ts';
import type { LockPersonRow, PersonRow, SessionRow } from '../../../shared/ipc/access.ts';
import { callWithinOf, readSetting } from '../settings.ts';
import type { QueryHandlers } from './handler.ts';

function lockRow(doc: PersonDoc): LockPersonRow {
  return {
    id: doc.id,
    username: doc.username,
    name: doc.name,
    initials: doc.initials,
    roles: doc.roles,
    lastSignIn: doc.lastSignIn,
    pin: doc.lastSignIn !== '' || doc.pinHash !== '',
  };
}

export const accessQueryHandlers: QueryHandlers<'session' | 'access.lockPeople' | 'access.people'> = {
  session: {
    topics: ['people', 'settings'],
    run: async ({ bench, session, who }) => {
      const first = who === undefined && (await bench.store.count('people', { selector: {} })) === 0;
      const laboratory = await readSetting<{ name: string; address: string }>(bench.store, 'laboratory');
      const row: SessionRow = {
        id: 'session',
        state: first
          ? 'firstRun'
          : who === undefined || !who.active
            ? 'out'
            : session.locked
              ? 'locked'
              : 'in',
        person:
          who === undefined ? null : { id: who.id, name: who.name, initials: who.initials, roles: who.roles },
        laboratory: laboratory?.name ?? bench.station.laboratory?.name ?? '',
        address: laboratory?.address ?? bench.station.laboratory?.address ?? '',
        station: bench.station.name,
        stationCode: bench.station.code,
        idleMinutes: bench.station.idleMinutes,
        callWithinMinutes: await callWithinOf(bench.store),
        demo: bench.demo,
      };
      return [row];
    },
  },
  'access.lockPeople': {
    topics: ['people'],
    run: async ({ bench }) => {
      const people = await bench.store.find('people', { selector: {} });
      return people
        .filter((doc) => doc.active)
        .sort((a, b) => b.lastSignIn.localeCompare(a.lastSignIn) || a.name.localeCompare(b.name))
        .slice(0, 8)
        .map(lockRow);
    },
  },
  'access.people': {
    topics: ['people'],
    run: async ({ bench }) => {
      const people = await bench.store.find('people', { selector: {} });
      return people
        .sort((a, b) => a.name.localeCompare(b.name))
        .map((doc): PersonRow => ({ ...lockRow(doc), active: doc.active }));
    },
  },
};
