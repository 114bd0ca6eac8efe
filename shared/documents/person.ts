import { z } from 'zod';
import { base, MaybeInstant } from './common.ts';

export const Role = z.enum(['technician', 'lead', 'pathologist', 'supervisor', 'admin']);
export type Role = z.infer<typeof Role>;

/** Someone who may sign in. Secrets are argon2id hashes; nothing here is ever sent to a window or the server. */
export const PersonDoc = z.object({
  ...base,
  username: z.string().max(48),
  name: z.string(),
  initials: z.string(),
  roles: z.array(Role),
  /** argon2id of the password. */
  secretHash: z.string(),
  /** argon2id of the PIN: quick switch, unlock and signing. */
  pinHash: z.string(),
  active: z.boolean(),
  failedAttempts: z.number().int(),
  lockedUntil: MaybeInstant,
  lastSignIn: MaybeInstant,
});
export type PersonDoc = z.infer<typeof PersonDoc>;
