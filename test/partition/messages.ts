import type { CollectionName } from '../../shared/documents/index.ts';

/** What the run asks a station's process. `id` comes back with the answer. */
export type Ask =
  | { op: 'start'; dataDir: string; stationFile: string; key: Uint8Array; skewMs: number }
  | { op: 'command'; name: string; args: unknown }
  | { op: 'rows'; name: string; args: unknown }
  /** Documents as they are stored. */
  | { op: 'find'; collection: CollectionName; selector: Record<string, unknown>; limit?: number }
  /** A change of a patient's record as the hospital's own line would write it. */
  | { op: 'editPatient'; patientId: string; fields: Record<string, string> }
  /** SHA-256 of the stored PDF of a report; empty when there is none. */
  | { op: 'pdf'; reportId: string }
  | { op: 'audit' }
  /** What keeps the process busy, for whoever reads why it did not settle. */
  | { op: 'active' }
  | { op: 'stop' };

/** A station's answer. */
export type Answer =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: string; text: string };
