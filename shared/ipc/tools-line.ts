/** Rows of the bench tools that look at a line: decoding, trace, health, replay, self-test. */
import type { TraceRow } from './instruments.ts';

/** A field of a record or segment, named. */
export interface DecodeField {
  /** Number as the standard counts: R-4, OBX-5. */
  number: number;
  /** `Value`; empty when the standard gives none here. */
  name: string;
  value: string;
}

/** One piece of what was pasted, in order. */
export interface DecodePiece {
  id: string;
  /** `control`: one byte such as ENQ; `frame`: STX … CR LF, or a block; `record`: a record or segment; `stray`: bytes outside. */
  kind: 'control' | 'frame' | 'record' | 'stray';
  /** `ENQ`, `frame 3`, `R 2`, `OBX 1`. */
  title: string;
  /** As latin1. */
  text: string;
  /** Place in the decoded bytes, half-open; a record that spans frames stands where it begins. */
  from: number;
  to: number;
  /** Only for frames. */
  frame: {
    number: number | null;
    /** Whether the number follows the one before (L2); null for the first. */
    inOrder: boolean | null;
    last: boolean;
    given: string;
    computed: string;
    checksum: 'right' | 'wrong' | 'none';
  } | null;
  /** Only for records and segments. */
  fields: DecodeField[];
  /** In words: what is wrong with this piece. */
  problems: string[];
}

/** One journal row on a page of the trace. */
export interface TraceHit extends TraceRow {
  seq: number;
  linkId: string;
}

/** A page of the journal. One row, id `page`. */
export interface TracePageRow {
  id: string;
  /** Oldest first. */
  rows: TraceHit[];
  /** Go on from here with `beforeSeq`. */
  olderSeq: number;
  /** There may be older rows. */
  more: boolean;
}

/** A counter with its meaning for a person. */
export interface HealthCount {
  name: string;
  /** `Frames with a wrong checksum`. */
  label: string;
  /** What it means and what to look at. */
  meaning: string;
  n: number;
  /** `bad`: something is wrong; `watch`: look at it when it grows; `plain`: traffic. */
  tone: 'plain' | 'watch' | 'bad';
}

/** Counters of a line: id `start` = since the engine started, else a local day `YYYY-MM-DD`. */
export interface HealthRow {
  id: string;
  /** Instant of the start, or the day. */
  since: string;
  counts: HealthCount[];
}

/**
 * What a replay found about one result. `same`: as it is stored. `changed`: stored otherwise than it would be now. `wouldPost`: was held, would be
 * posted. `wouldHold`: is stored, would be held now. `lost`: is stored, but the replay did not find it. `new`: the replay found it, nothing
 * is stored.
 */
export type ReplayOutcome = 'same' | 'changed' | 'wouldPost' | 'wouldHold' | 'lost' | 'new';

/** One side of a comparison. */
export interface ReplaySide {
  testCode: string;
  value: string;
  unit: string;
  flags: string;
  status: string;
  /** Why it is (or would be) held; empty when it is not. */
  held: string;
}

export interface ReplayRow {
  id: string;
  messageNumber: string;
  at: string;
  specimen: string;
  sentCode: string;
  outcome: ReplayOutcome;
  control: boolean;
  /** Null: nothing is stored. */
  before: ReplaySide | null;
  /** Null: the replay found nothing. */
  after: ReplaySide | null;
  /** Names of what differs: `value`, `unit`, `test`, `flag`, `status`, `held`. */
  differs: string[];
}

/** A replay: how far it is. One row, id = the replay's. */
export interface ReplayRunRow {
  id: string;
  instrumentId: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  /** Why it failed; empty when it did not. */
  why: string;
  startedAt: string;
  messages: number;
  messagesDone: number;
  bytes: number;
  counts: Record<ReplayOutcome, number>;
  /** Frames the fresh link machine took otherwise than the line did, in words; empty when every byte was taken the same. */
  linkDifferences: string[];
  /** SHA-256 over the captured bytes and the outcome rows, hex; empty while it runs. */
  digest: string;
}

/** A message that is held as a whole, taken apart. */
export interface HeldDecode {
  /** Around the fault where there are very many. */
  pieces: DecodePiece[];
  /** How many pieces are not shown. */
  leftOut: number;
  /** Where it stops making sense, half-open, and why; null: its form is right, only what it says cannot be used. */
  fault: { from: number; to: number; text: string } | null;
}

/** One rule of the self-test. Id = rule number, or rule number with a detail. */
export interface SelfTestRow {
  id: string;
  /** `L3`. */
  rule: string;
  /** `Checksums are right`. */
  title: string;
  outcome: 'pass' | 'fail' | 'notSeen';
  /** What was seen, in words with numbers. */
  text: string;
  /** Journal rows that show it, newest last, at most five. */
  evidence: { seq: number; at: string; text: string }[];
}
