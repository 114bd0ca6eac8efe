import { z } from 'zod';
import { base, Instant } from './common.ts';

export const Priority = z.enum(['routine', 'urgent', 'asap', 'stat']);
export type Priority = z.infer<typeof Priority>;

/** FHIR ServiceRequest: one ordered panel or test. Orders of one requisition share `requisition`. */
export const OrderDoc = z.object({
  ...base,
  /** Group number of the requisition as scanned, e.g. `REQ-88120417`. */
  requisition: z.string().max(32),
  patientId: z.string().max(36),
  /** Code of the panel or test in the catalogue. */
  catalogCode: z.string(),
  display: z.string(),
  /** The tests this order stands for at the time of ordering. */
  testCodes: z.array(z.string()),
  priority: Priority,
  status: z.enum(['draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error']),
  authoredOn: Instant,
  requester: z.string(),
  ward: z.string(),
  note: z.string(),
  /** `server` when it arrived from the central server, `station` when entered by hand. */
  origin: z.enum(['server', 'station']),
});
export type OrderDoc = z.infer<typeof OrderDoc>;
