/** Made-up people and states of the bench for the preview page: nobody in them exists. */
import type { LockPersonRow, SessionRow } from '../../shared/ipc/access.ts';
import type { StripRow } from '../../shared/ipc/strip.ts';

export const session: SessionRow = {
  id: 'session',
  state: 'in',
  person: { id: 'p1', name: 'M. Lindqvist', initials: 'ML', roles: ['technician'] },
  laboratory: 'St Brigid’s Hospital, Core lab',
  address: '12 Quay Road, Eastport EP4 2LB',
  station: 'Bench 2',
  stationCode: 'B2',
  idleMinutes: 10,
  callWithinMinutes: 30,
  demo: false,
};

export const people: LockPersonRow[] = [
  {
    id: 'p1',
    username: 'ml',
    name: 'Marta Lindqvist',
    initials: 'ML',
    roles: ['technician'],
    lastSignIn: '',
    pin: true,
  },
  {
    id: 'p2',
    username: 'ko',
    name: 'Kofi Obi',
    initials: 'KO',
    roles: ['technician'],
    lastSignIn: '',
    pin: true,
  },
  {
    id: 'p3',
    username: 'is',
    name: 'Dr Ingrid Sørensen',
    initials: 'IS',
    roles: ['pathologist'],
    lastSignIn: '',
    pin: true,
  },
  {
    id: 'p4',
    username: 'df',
    name: 'Dana Farouk',
    initials: 'DF',
    roles: ['supervisor'],
    lastSignIn: '',
    pin: false,
  },
];

const line = (id: string, name: string, state: StripRow['lines'][number]['state'], results: number) => ({
  id,
  name,
  state,
  results,
  lastByteAt: '',
  why: '',
  at: '',
});

export const strip: StripRow = {
  id: 'strip',
  lines: [
    line('c1', 'CHEM1', 'ready', 14),
    line('c2', 'CHEM2', 'qc', 0),
    line('h1', 'HEM1', 'receiving', 9),
    line('g1', 'COAG1', 'ready', 2),
    line('u1', 'UA1', 'off', 0),
  ],
  qc: { rejected: 1, overdue: 1, warnings: 2, evaluated: 44 },
  server: {
    state: 'offline',
    queued: 170,
    refused: 0,
    conflicts: 1,
    lastSyncAt: new Date(new Date().setHours(6, 12)).toISOString(),
    offlineSince: '',
  },
  printer: { name: 'ZD421', state: 'ready', why: '' },
  badges: { worklists: 4, results: 22, qc: 2, signout: 7, instruments: 4, tasks: 2, sync: 2 },
  held: 10,
  ready: 11,
  criticalCalls: 1,
  problems: [],
};
