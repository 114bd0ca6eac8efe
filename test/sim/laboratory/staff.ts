import type { Role } from '../../../shared/documents/person.ts';

/** Someone of St Brigid's, without any secret: the demo gives those. */
export interface StaffMember {
  /** Document id of the person. */
  id: string;
  username: string;
  name: string;
  initials: string;
  roles: Role[];
}

/** The people of the demo laboratory. History names the technician as who released and the pathologist as who signed. */
export const staff = {
  technician: {
    id: 'person-lindqvist',
    username: 'lindqvist',
    name: 'Maja Lindqvist',
    initials: 'ML',
    roles: ['technician'],
  },
  lead: {
    id: 'person-okafor',
    username: 'okafor',
    name: 'Sam Okafor',
    initials: 'SO',
    roles: ['technician', 'lead'],
  },
  pathologist: {
    id: 'person-byrne',
    username: 'byrne',
    name: 'Dr Lorcan Byrne',
    initials: 'LB',
    roles: ['pathologist'],
  },
  supervisor: {
    id: 'person-horvath',
    username: 'horvath',
    name: 'Márta Horváth',
    initials: 'MH',
    roles: ['supervisor'],
  },
  admin: { id: 'person-doyle', username: 'doyle', name: 'Eoin Doyle', initials: 'ED', roles: ['admin'] },
} as const satisfies Record<
  string,
  { [K in keyof StaffMember]: K extends 'roles' ? readonly Role[] : string }
>;
