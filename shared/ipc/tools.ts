/** The bench tools: a laboratory's own mapping, decoding, the whole trace, replay, signed verification and the conformance self-test. */
import { z } from 'zod';
import { Overlay, STATUS_MEANINGS, type StatusMeaning } from '../profiles/overlay.ts';
import type { Protocol } from '../profiles/profile.ts';
import { FlagMeaning, type TestMapping } from '../profiles/schema/common.ts';
import { Pin } from './access.ts';
import { command, query } from './spec.ts';
import type {
  DecodePiece,
  HealthRow,
  ReplayOutcome,
  ReplayRow,
  ReplayRunRow,
  SelfTestRow,
  TracePageRow,
} from './tools-line.ts';
import { type ProbePlanRow, type ProbeRunRow, ProbeTarget } from './tools-probe.ts';

export type * from './tools-line.ts';
export type * from './tools-probe.ts';

/** Who said it: the profile that comes with Levey, the station file, or the laboratory (the overlay people edit here). */
export type Origin = 'builtIn' | 'station' | 'laboratory';

/** One built-in profile. */
export interface ProfileRow {
  id: string;
  version: number;
  name: string;
  manufacturer: string;
  model: string;
  section: string;
  protocol: Protocol;
  source: { title: string; edition: string; note: string };
  tests: number;
  /** Instruments of this station that use it, by name. */
  usedBy: string[];
}

/** One test of an instrument with everything laid over it. */
export interface ProfileTestRow {
  id: string;
  mapping: TestMapping;
  /** Name of the test in the catalogue; empty: the catalogue has no such test, so a result would be held. */
  testName: string;
  catalogUnit: string;
  origin: Origin;
  /** What the layer below says of the same code, when `origin` replaced something; else null. */
  replaces: TestMapping | null;
  /** In words, what does not fit: `The catalogue has no test NAX.` Empty when it fits. */
  conflicts: string[];
  verification: MappingVerificationState;
}

/** `verified`: signed for and unchanged since. `changed`: signed for, but the mapping is another one now. `none`: nobody signed. */
export interface MappingVerificationState {
  state: 'verified' | 'changed' | 'none';
  /** Name of who signed last, and when; empty when nobody did. */
  by: string;
  at: string;
}

/** The profile of one instrument as it works today, with the overlay to edit. One row, id = the instrument's. */
export interface ProfileShowRow {
  id: string;
  instrumentName: string;
  profile: ProfileRow;
  tests: ProfileTestRow[];
  notResults: { code: string; text: string; origin: Origin }[];
  flags: { code: string; meaning: FlagMeaning; origin: Origin; replaces: FlagMeaning | null }[];
  statuses: { sent: string; meaning: StatusMeaning; origin: Origin; replaces: StatusMeaning | null }[];
  units: { unit: string; sent: string; origin: Origin }[];
  qc: {
    specimenPrefixes: { text: string; origin: Origin }[];
    places: { place: string; values: string[]; origin: Origin }[];
    processing: string[];
    actionCodes: string[];
  };
  /** The laboratory's overlay, to be edited as a whole and saved with {@link overlayVersion}. */
  overlay: Overlay;
  /** 0: never saved. */
  overlayVersion: number;
  savedBy: string;
  savedAt: string;
  /** What does not fit over all rows, in words: `Two codes …`. */
  conflicts: string[];
}

/** One result of a previewed or decoded message, as it would be read today. */
export interface PreviewResult {
  id: string;
  specimen: string;
  sentCode: string;
  /** Our test code; empty when unknown. */
  testCode: string;
  testName: string;
  sentValue: string;
  sentUnit: string;
  /** Value and unit as they would be stored. */
  value: string;
  unit: string;
  flags: { code: string; text: string; hold: boolean; known: boolean }[];
  sentStatus: string;
  /** Empty when not mapped. */
  status: StatusMeaning | '';
  control: boolean;
  measuredAt: string;
  /** Why it would be held, and what else a person should know. */
  problems: { hold: boolean; text: string }[];
  /** Place of its record, line or segment in `raw` (half-open, in characters); both 0 when it has none. */
  from: number;
  to: number;
}

/** What a message says with a mapping. One row, id `preview`. */
export interface PreviewRow {
  id: string;
  /** The message as it was read: records or segments ended by CR; latin1. */
  raw: string;
  /** How many messages are in it. */
  messages: number;
  results: PreviewResult[];
  queries: { specimens: string[]; all: boolean; cancel: boolean; tests: string[] }[];
  images: { specimen: string; title: string; contentType: string; bytes: number }[];
  /** Of the whole message. */
  problems: { hold: boolean; text: string }[];
  /** Set when nothing could be read at all. */
  unreadable: string;
}

/** What was pasted, taken apart. One row, id `decode`. */
export interface DecodeRow {
  id: string;
  /** How the text was read: a hex dump, text with control names such as `<STX>`, escapes such as `\x02`, or plain text. */
  form: 'hex' | 'names' | 'escapes' | 'plain';
  protocol: Protocol | 'unknown';
  /** The bytes, as latin1. */
  bytes: string;
  pieces: DecodePiece[];
  problems: string[];
  /** With a profile: what the message says. */
  preview: PreviewRow | null;
}

/** A signed record that a mapping was verified (C4). */
export interface VerificationRow {
  id: string;
  instrumentId: string;
  tests: { testCode: string; testName: string; digest: string; standing: boolean }[];
  profileId: string;
  profileVersion: number;
  overlayVersion: number;
  cases: { messageNumber: string; at: string; results: number }[];
  /** Summary of a replay the person looked at, in words; empty when none. */
  replay: string;
  statement: string;
  by: string;
  role: string;
  at: string;
  /** SHA-256 over the record's content, hex. */
  contentHash: string;
  /** False: it does not match its content any more; it then counts for nothing. */
  intact: boolean;
}

const mapping = ['lead', 'supervisor', 'admin'] as const;
const bench = ['technician', 'lead', 'supervisor', 'admin'] as const;
const InstrumentId = z.string().min(1).max(36);
const MessageNumber = z.string().regex(/^\d{1,15}$/, 'a message number');
/** Instant bounds and journal numbers of a page of the trace. */
const Seq = z.number().int().nonnegative();
/** What is pasted: at most a mebibyte of text. */
const Pasted = z.string().max(1_048_576);
const PROTOCOLS = ['auto', 'astm', 'hl7', 'stream', 'file'] as const;

/** Posted and still held, of everything that was held for the same cause. */
export interface Reprocessed {
  posted: number;
  held: number;
}

export const toolsCommands = {
  /**
   * Saves the laboratory's overlay of an instrument as a whole. `baseVersion` is the version it was edited from: `profile.savedSince` when
   * someone else saved since. `profile.invalid` when the tests are contradictory. Audited with both versions.
   */
  'profile.save': command<{ version: number }>()(
    z.object({
      instrumentId: InstrumentId,
      baseVersion: z.number().int().nonnegative(),
      overlay: Overlay,
      reason: z.string().max(400).default(''),
    }),
    mapping,
  ),
  /** Tries everything again that is held for an instrument, with today's mapping. */
  'profile.reprocess': command<Reprocessed>()(z.object({ instrumentId: InstrumentId }), bench),
  /**
   * Takes the unit of an exception: as another spelling of the test's unit (`factor` `1`) or as a unit that is converted exactly. Posts everything
   * held for the same test and unit. `unit` is needed only when the test's mapping has no unit of its own.
   */
  'exception.mapUnit': command<Reprocessed>()(
    z.object({
      taskId: z.string(),
      factor: z
        .string()
        .regex(/^\d+(\.\d+)?$/, 'a plain decimal')
        .default('1'),
      unit: z.string().min(1).max(40).optional(),
    }),
    mapping,
  ),
  /** Says what the status of an exception means, for this instrument. */
  'exception.mapStatus': command<Reprocessed>()(
    z.object({ taskId: z.string(), meaning: z.enum(STATUS_MEANINGS) }),
    mapping,
  ),
  /** Says what a flag of an exception means, for this instrument. */
  'exception.mapFlag': command<Reprocessed>()(
    z.object({ taskId: z.string(), flag: z.string().min(1).max(64), meaning: FlagMeaning }),
    mapping,
  ),
  /** Says that the code of an exception is no result: what is held for it ends as rejected. `posted` counts those, `held` what stays. */
  'exception.notResult': command<Reprocessed>()(
    z.object({ taskId: z.string(), text: z.string().min(1).max(200) }),
    mapping,
  ),
  /** Says that specimen ids that begin so are controls; posts what is held for them as controls. */
  'exception.isControl': command<Reprocessed>()(
    z.object({ taskId: z.string(), prefix: z.string().min(1).max(40) }),
    mapping,
  ),
  /**
   * Starts a replay: captured messages, byte for byte, through a fresh link machine and today's mapping. Nothing is written and nothing is sent.
   * Which: journal rows `fromSeq` to `toSeq`, or these messages, or the last `last` messages, or those whose last row was stored between two
   * instants (half-open). `overlay` tries a draft instead of today's.
   */
  'replay.run': command<{ replayId: string }>()(
    z.object({
      instrumentId: InstrumentId,
      which: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('seqs'), fromSeq: Seq, toSeq: Seq }),
        z.object({ kind: z.literal('messages'), numbers: z.array(MessageNumber).min(1).max(5000) }),
        z.object({ kind: z.literal('last'), last: z.number().int().min(1).max(5000) }),
        z.object({ kind: z.literal('between'), from: z.string().max(24), to: z.string().max(24) }),
      ]),
      overlay: Overlay.optional(),
    }),
    bench,
  ),
  'replay.cancel': command<null>()(z.object({ replayId: z.string() }), bench),
  /**
   * Signs that the mapping of tests was verified (C4: name, time, meaning, PIN). The record holds a digest of each test's mapping as it is now:
   * when the mapping changes it counts no longer. `cases`: messages that were looked at. Errors: `mapping.noCases`, `mapping.unknownTest`,
   * `access.denied`.
   */
  'mapping.verify': command<{ verificationId: string }>()(
    z.object({
      instrumentId: InstrumentId,
      tests: z.array(z.string().min(1).max(64)).min(1).max(2000),
      cases: z.array(MessageNumber).max(200).default([]),
      replayId: z.string().optional(),
      statement: z.string().min(1).max(1000),
      pin: Pin,
    }),
    mapping,
  ),
  /** A signed record of a verification as PDF, base64. `mapping.noRecord`: there is none of this id. */
  'mapping.verificationPdf': command<{ pdf: string; name: string }>()(
    z.object({ instrumentId: InstrumentId, verificationId: z.string().max(64) }),
    bench,
  ),
  /**
   * Plays the active self-test to a device: wrong frames, an order for a number that is no specimen, interruptions. `confirmed`: a person has read what the
   * device will see (`selftest.plan`). `target`: the line's own link, or another address, with `profileId` a profile other than the line's. Errors:
   * `selftest.running`, `selftest.files`, `selftest.lineOff`, `profile.unknown`.
   */
  'selftest.begin': command<{ runId: string }>()(
    z.object({
      instrumentId: InstrumentId,
      target: ProbeTarget,
      profileId: z.string().max(64).optional(),
      /** leaves out the step that waits for 30 s */
      quick: z.boolean().default(false),
      confirmed: z.literal(true),
    }),
    mapping,
  ),
  /** Ends the waiting for what the device has not sent; what came is judged. */
  'selftest.finish': command<null>()(z.object({ instrumentId: InstrumentId }), mapping),
  /** Stops the active self-test; a line goes on as before. */
  'selftest.stop': command<null>()(z.object({ instrumentId: InstrumentId }), bench),
  /** The report of the newest active self-test as PDF, base64. `selftest.none`: there is none. */
  'selftest.runPdf': command<{ pdf: string; name: string }>()(
    z.object({ instrumentId: InstrumentId }),
    bench,
  ),
  /** The self-test's report as PDF, base64. */
  'selftest.pdf': command<{ pdf: string; name: string }>()(
    z.object({ instrumentId: InstrumentId, since: z.string().max(24) }),
    bench,
  ),
} as const;

export const toolsQueries = {
  'profile.list': query<ProfileRow>()(z.object({}), 'signedIn'),
  'profile.show': query<ProfileShowRow>()(z.object({ instrumentId: InstrumentId }), 'signedIn'),
  /** `overlay`: a draft in place of the saved one. Either an instrument or a built-in profile; either a journalled message or pasted bytes. */
  'profile.preview': query<PreviewRow>()(
    z.object({
      of: z.union([
        z.object({ instrumentId: InstrumentId }),
        z.object({ profileId: z.string().min(1).max(64) }),
      ]),
      overlay: Overlay.optional(),
      source: z.union([z.object({ messageNumber: MessageNumber }), z.object({ pasted: Pasted })]),
    }),
    'signedIn',
  ),
  'tools.decode': query<DecodeRow>()(
    z.object({
      pasted: Pasted,
      protocol: z.enum(PROTOCOLS).default('auto'),
      profileId: z.string().max(64).optional(),
    }),
    'signedIn',
  ),
  /**
   * One page of the journal of a line, newest first in time but listed oldest first; not live. `beforeSeq`: older than this row. `search` finds
   * text, control names (`<NAK>`) and message numbers (`#1234`). A page looks at no more than 20 000 rows: `more` with an empty page means
   * go on from `olderSeq`.
   */
  'trace.page': query<TracePageRow>()(
    z.object({
      instrumentId: InstrumentId,
      beforeSeq: Seq.optional(),
      search: z.string().max(200).default(''),
      /** Instants, half-open. */
      from: z.string().max(24).optional(),
      to: z.string().max(24).optional(),
      limit: z.number().int().min(1).max(500).default(200),
    }),
    'signedIn',
  ),
  /** Since the start first, then per day, newest first. */
  'trace.health': query<HealthRow>()(
    z.object({ instrumentId: InstrumentId, days: z.number().int().min(1).max(90).default(7) }),
    'signedIn',
  ),
  /** One row: how far it is, and the counts. */
  'replay.progress': query<ReplayRunRow>()(z.object({ replayId: z.string() }), 'signedIn'),
  /** `only`: one outcome; the empty text: all. Up to `limit` rows, those that differ first. */
  'replay.rows': query<ReplayRow>()(
    z.object({
      replayId: z.string(),
      only: z
        .enum(['', 'same', 'changed', 'wouldPost', 'wouldHold', 'lost', 'new'] satisfies (
          | ReplayOutcome
          | ''
        )[])
        .default(''),
      limit: z.number().int().min(1).max(1000).default(300),
    }),
    'signedIn',
  ),
  /** Newest first. */
  'mapping.verifications': query<VerificationRow>()(z.object({ instrumentId: InstrumentId }), 'signedIn'),
  /** One row: what an active self-test would do. `simulator`: it is played to another address than the line's. */
  'selftest.plan': query<ProbePlanRow>()(
    z.object({
      instrumentId: InstrumentId,
      profileId: z.string().max(64).optional(),
      simulator: z.boolean(),
      quick: z.boolean().default(false),
    }),
    'signedIn',
  ),
  /** The newest active self-test of an instrument; no row: there was none since the start. Live. */
  'selftest.run': query<ProbeRunRow>()(z.object({ instrumentId: InstrumentId }), 'signedIn'),
  /** What the line has shown since an instant, rule by rule (see standards L, R, M). Live. */
  'selftest.report': query<SelfTestRow>()(
    z.object({ instrumentId: InstrumentId, since: z.string().max(24) }),
    'signedIn',
  ),
} as const;
