import { z } from 'zod';
import { Role } from '../documents/person.ts';
import { command, query } from './spec.ts';

/** Password: at least 10 characters. PIN: 4 to 8 digits, for quick switch, unlock and signing. */
export const Secret = z.string().min(10).max(200);
export const Pin = z.string().regex(/^\d{4,8}$/);

export interface WhoRow {
  id: string;
  name: string;
  initials: string;
  roles: Role[];
}

/** One row, id `session`. */
export interface SessionRow {
  id: string;
  /** firstRun: nobody exists yet, create the administrator. out: nobody signed in. locked: screen is locked, person kept. in: working. */
  state: 'firstRun' | 'out' | 'locked' | 'in';
  person: WhoRow | null;
  laboratory: string;
  address: string;
  /** Bench name from the station file, e.g. `Bench 2`. */
  station: string;
  stationCode: string;
  /** Minutes without input until the window locks. */
  idleMinutes: number;
  /** Minutes within which a critical value has to be called, as the laboratory set it. */
  callWithinMinutes: number;
  demo: boolean;
}

/** For the lock screen: no patient data. */
export interface LockPersonRow {
  id: string;
  username: string;
  name: string;
  initials: string;
  roles: Role[];
  /** `locked this screen at 06:51`, instant of the last sign-in, or empty. */
  lastSignIn: string;
  /** True when a PIN may be used (signed in with the password before on this station). */
  pin: boolean;
}

export interface PersonRow extends LockPersonRow {
  active: boolean;
}

export const accessCommands = {
  /** First run only: creates the laboratory's name and its administrator, and signs in. */
  'access.setUp': command<{ personId: string }>()(
    z.object({
      laboratory: z.string().min(1),
      address: z.string(),
      name: z.string().min(1),
      username: z.string().min(1).max(48),
      secret: Secret,
      pin: Pin,
    }),
    'anyone',
  ),
  /** Sign-in offline, with password or PIN. Five failures lock the person for 5 minutes. Errors: `access.denied`, `access.lockedOut`. */
  'access.signIn': command<{ personId: string }>()(
    z.object({
      username: z.string(),
      secret: z.string().optional(),
      pin: z.string().optional(),
    }),
    'anyone',
  ),
  'access.lock': command<null>()(z.object({}), 'signedIn'),
  'access.signOut': command<null>()(z.object({}), 'signedIn'),
  'access.addPerson': command<{ personId: string }>()(
    z.object({
      name: z.string().min(1),
      username: z.string().min(1).max(48),
      roles: z.array(Role).min(1),
      secret: Secret,
      pin: Pin,
    }),
    ['admin', 'supervisor'],
  ),
  'access.changePerson': command<null>()(
    z.object({
      personId: z.string(),
      roles: z.array(Role).min(1).optional(),
      active: z.boolean().optional(),
      secret: Secret.optional(),
      pin: Pin.optional(),
    }),
    ['admin'],
  ),
} as const;

export const accessQueries = {
  session: query<SessionRow>()(z.object({}), 'anyone'),
  'access.lockPeople': query<LockPersonRow>()(z.object({}), 'anyone'),
  'access.people': query<PersonRow>()(z.object({}), ['admin', 'supervisor']),
} as const;
