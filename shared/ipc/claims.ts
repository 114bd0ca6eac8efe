import { z } from 'zod';
import { claimable } from '../domain/claims.ts';
import { command, query } from './spec.ts';

/** Something somebody works on, here or at another station. */
export interface ClaimRow {
  /** `specimens/<id>` or `reports/<id>`. */
  id: string;
  collection: (typeof claimable)[number];
  docId: string;
  /** Code of the station. */
  station: string;
  name: string;
  /** Instant. */
  since: string;
  /** True when it is this station. */
  here: boolean;
}

const what = { collection: z.enum(claimable), docId: z.string().min(1).max(36) };

export const claimsCommands = {
  /**
   * Tells the other stations that the signed-in person works on a record. With `takeOver` also when somebody else does, who is told. Error
   * `claim.held` with who and since when.
   */
  'claim.take': command<null>()(z.object({ ...what, takeOver: z.boolean().default(false) }), 'signedIn'),
  /** Gives it back. */
  'claim.give': command<null>()(z.object(what), 'signedIn'),
} as const;

export const claimsQueries = {
  'claims.list': query<ClaimRow>()(z.object({}), 'signedIn'),
} as const;
