/** Rows and arguments of the active self-test: a script that is played to a device or to a peer's simulator, step by step. */
import { z } from 'zod';

/** `waiting`: not yet; `running`: now; the others: how it ended. */
export type ProbeOutcome = 'waiting' | 'running' | 'pass' | 'fail' | 'notApplicable';

/** Bytes on the wire, control characters by name. */
export interface ProbeBytes {
  /** unique within its step */
  id: string;
  at: string;
  /** `in`: from the device */
  direction: 'in' | 'out';
  text: string;
}

/** One step; id unique within a run. */
export interface ProbeStepRow {
  id: string;
  /** `L3` */
  rule: string;
  title: string;
  outcome: ProbeOutcome;
  /** What happened, in words. */
  text: string;
  bytes: ProbeBytes[];
}

/** A run of the active self-test; the newest one of an instrument is kept. */
export interface ProbeRunRow {
  id: string;
  instrumentId: string;
  /** `connecting`, `speaking` (the test has the line), `listening` (the device has to send), `done`, `stopped`, `failed` (nobody there) */
  state: 'connecting' | 'speaking' | 'listening' | 'done' | 'stopped' | 'failed';
  /** Why it failed or was stopped; empty otherwise. */
  why: string;
  /** `the line of CHEM1`, `127.0.0.1:5001`. */
  target: string;
  /** Played on the line's own link: its bytes may name patients. */
  onLine: boolean;
  profile: string;
  /** Who confirmed it. */
  by: string;
  startedAt: string;
  endedAt: string;
  /** Number on the tube to be asked for and measured. */
  specimen: string;
  steps: ProbeStepRow[];
}

/** What a run would do, to be read before it begins. */
export interface ProbePlanRow {
  id: string;
  profile: string;
  specimen: string;
  /** What the device will see, in sentences. */
  sees: string[];
  steps: { id: string; rule: string; title: string }[];
}

const Port = z.number().int().min(1).max(65535);

/** Whom the test is played to: the line's own link, or another address; there nothing is stored. */
export const ProbeTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('line') }),
  z.object({ kind: z.literal('connect'), host: z.string().min(1).max(253), port: Port }),
  /** waits for the other side to connect; loopback only unless the peer's address is given */
  z.object({ kind: z.literal('listen'), port: Port, peer: z.string().max(64).default('') }),
  z.object({
    kind: z.literal('serial'),
    path: z.string().min(1).max(256),
    baudRate: z.number().int().positive().max(4_000_000).default(9600),
  }),
]);
export type ProbeTarget = z.infer<typeof ProbeTarget>;
