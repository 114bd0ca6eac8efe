import { z } from 'zod';
import { query } from './spec.ts';

/** `elsewhere`: another station has the analyser, or it is given over to whoever takes it. */
export type LineState =
  | 'ready'
  | 'receiving'
  | 'sending'
  | 'qc'
  | 'off'
  | 'noAnswer'
  | 'failed'
  | 'elsewhere';

/** One row, id `strip`: the state of the bench for the top strip and the lock screen. No patient data. */
export interface StripRow {
  id: string;
  lines: {
    id: string;
    name: string;
    state: LineState;
    results: number;
    lastByteAt: string;
    why: string;
    /** Code of the station that has it, for `elsewhere`; empty when nobody has. */
    at: string;
  }[];
  /** Tests on instruments by the state of their controls; `overdue`: due, or not to be evaluated; `evaluated`: all that have controls. */
  qc: { rejected: number; overdue: number; warnings: number; evaluated: number };
  server: {
    state: 'none' | 'online' | 'offline' | 'paused';
    queued: number;
    refused: number;
    conflicts: number;
    lastSyncAt: string;
    offlineSince: string;
  };
  printer: { name: string; state: 'none' | 'ready' | 'failed'; why: string };
  /** Badges of the rail by screen key. */
  badges: {
    worklists: number;
    results: number;
    /** tests on instruments whose release is stopped by a control */
    qc: number;
    signout: number;
    instruments: number;
    tasks: number;
    sync: number;
  };
  held: number;
  ready: number;
  criticalCalls: number;
  /** Things a person must know: port in use, device missing, store nearly full … Stable id, three sentences. */
  problems: { id: string; code: string; what: string; safe: string; todo: string }[];
}

/** A hit of the palette's search over patients, specimens and requisitions. */
export interface FoundRow {
  id: string;
  kind: 'patient' | 'specimen' | 'requisition';
  title: string;
  subtitle: string;
  /** Accession number, requisition or patient id to go to. */
  target: string;
}

export const stripQueries = {
  strip: query<StripRow>()(z.object({}), 'anyone'),
  search: query<FoundRow>()(z.object({ text: z.string().min(2).max(80) }), 'signedIn'),
} as const;
