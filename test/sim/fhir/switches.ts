import { z } from 'zod';
import { authSwitch } from './auth.ts';

/**
 * When a fault strikes. A number is a probability per request. With `count` it strikes at most that many times and then
 * stays off; `skip` lets so many matching requests through first; `methods` and `types` narrow what it meets.
 */
const chance = z.union([
  z.number().min(0).max(1),
  z.strictObject({
    probability: z.number().min(0).max(1).optional(),
    count: z.int().min(0).optional(),
    skip: z.int().min(0).optional(),
    methods: z.array(z.string()).optional(),
    types: z.array(z.string()).optional(),
  }),
]);

/** What goes wrong on the way. */
const faults = {
  /** `refuse` closes the listener, `hang` accepts and never answers. */
  down: z.enum(['no', 'refuse', 'hang']),
  /** Delay before each answer in ms; `slow` says which requests. */
  slowMs: z.number().min(0),
  slow: chance,
  /** 409 for a write (in a batch: for single entries). */
  conflict: chance,
  /** 412 for a write (in a batch: for single entries). */
  precondition: chance,
  /** 429 for a write out of the blue (in a batch: for single entries); `quota` is the real thing. */
  tooMany: chance,
  error500: chance,
  error503: chance,
  /** Commits, then destroys the socket instead of answering. */
  lostAnswer: chance,
  /** Commits, then sends half of the answer and destroys the socket. */
  cutAnswer: chance,
  /** Stamps lastUpdated, then commits `lateCommitMs` later: the row appears below the mark others have seen. */
  lateCommit: chance,
  lateCommitMs: z.number().min(0),
  /** So far the server's clock is ahead (negative: behind), in ms: Date header, lastUpdated, tokens. */
  clockOffsetMs: z.int(),
};

/** What the server allows. */
const limits = {
  /** So many writes per window; a batch is charged per entry, a transaction as a whole. */
  quota: z
    .strictObject({ writes: z.int().min(1), windowSeconds: z.number().positive().default(60) })
    .nullable(),
  /** 429 and 503 carry `Retry-After` with so many seconds; null: they do not, as is common. */
  retryAfterSeconds: z.int().min(0).nullable(),
  /** Longer bodies are 413. */
  maxBodyBytes: z.int().min(1),
  /** A longer resource is 413, in a batch for its entry alone; null: only the body is measured. */
  maxResourceBytes: z.int().min(1).nullable(),
  maxTransactionPuts: z.int().min(1),
  /** Entries of a transaction once one of them is conditional. */
  maxConditionalEntries: z.int().min(1),
  /** `_count` above is lowered silently. */
  maxCount: z.int().min(1),
  /** `_offset` above is 400. */
  maxOffset: z.int().min(0),
};

/** How the server does what others do differently. */
const behaviour = {
  /** 409 when conditional writes overlap, as servers with serializable transactions do. */
  parallelConflicts: z.boolean(),
  /** Transactions are carried out entry by entry and answer 200, whatever happened. */
  nonAtomicTransactions: z.boolean(),
  /** PUT of a new id: `server` answers 404, `client` creates it. */
  newIds: z.enum(['server', 'client']),
  /** A second resource with the same identifier is 422 instead of being made. */
  uniqueIdentifiers: z.boolean(),
  /** Version ids: UUIDs without order, or 1, 2, 3 per resource. */
  versionIds: z.enum(['random', 'numbered']),
  /** A PUT that changes nothing: no new version, or one. */
  identicalPut: z.enum(['noVersion', 'newVersion']),
  /** If-Match without quotes, on PATCH and on a conditional update: `ignored`, or `checked` like the quoted one on PUT. */
  looseIfMatch: z.enum(['ignored', 'checked']),
  /** If-None-Exist: `yes`, `refused` (400), or `ignored`, so that every POST makes one more. */
  conditionalCreate: z.enum(['yes', 'refused', 'ignored']),
  /** `Prefer: return=minimal` on a write: answered without the resource, or not looked at. */
  preferMinimal: z.enum(['honoured', 'ignored']),
  /** Transactions are carried out; without: 400. */
  transactions: z.boolean(),
  /** Batches are carried out; without: 400. */
  batches: z.boolean(),
  /** Websocket subscriptions are offered. */
  websocket: z.boolean(),
  /** Pages by a cursor where the sort allows it, or always by offset. */
  paging: z.enum(['cursor', 'offset']),
  /** `_deleted=true`: `yes`, `refused` (400), or `ignored`, so that live resources come. */
  deletedSearch: z.enum(['yes', 'refused', 'ignored']),
  /** What the server is: R5 refuses what is only R4 and gives what is only R5. */
  release: z.enum(['R4', 'R5']),
  /** What the CapabilityStatement claims in `fhirVersion`; null: the truth. */
  claimedVersion: z.string().nullable(),
  /** See `Validation`. */
  validation: z.enum(['off', 'structure', 'strict']),
  /**
   * Checks every write against the official R4 definitions, required bindings and the targets of references: 422, and the server does not
   * stop without an error (`control.takeInvalid()`).
   */
  validate: z.boolean(),
};

/** Who may do what. */
const access = {
  auth: authSwitch,
  /** Certificate of a server started with `tls`. */
  certificate: z.enum(['valid', 'expired', 'notYetValid', 'otherHost', 'otherAuthority']),
};

const switchesSchema = z.strictObject({ ...faults, ...limits, ...behaviour, ...access });

/** Everything about the server that can be changed while it runs. */
export type Switches = z.infer<typeof switchesSchema>;
/** When a fault strikes; see {@link Switches}. */
export type Chance = z.infer<typeof chance>;

/** Names of the switches that are chances. */
export const FAULT_NAMES = [
  ...(['slow', 'conflict', 'precondition', 'tooMany', 'error500'] as const),
  ...(['error503', 'lostAnswer', 'cutAnswer', 'lateCommit'] as const),
];
export type FaultName = (typeof FAULT_NAMES)[number];

/** A healthy server that behaves as common ones do. Under vitest everything sent to it is validated. */
export const DEFAULT_SWITCHES: Switches = {
  down: 'no',
  slowMs: 0,
  slow: 1,
  conflict: 0,
  precondition: 0,
  tooMany: 0,
  error500: 0,
  error503: 0,
  lostAnswer: 0,
  cutAnswer: 0,
  lateCommit: 0,
  lateCommitMs: 500,
  clockOffsetMs: 0,
  quota: null,
  retryAfterSeconds: null,
  maxBodyBytes: 1_048_576,
  maxResourceBytes: null,
  maxTransactionPuts: 50,
  maxConditionalEntries: 8,
  maxCount: 1000,
  maxOffset: 10_000,
  parallelConflicts: false,
  nonAtomicTransactions: false,
  preferMinimal: 'honoured',
  newIds: 'server',
  uniqueIdentifiers: false,
  versionIds: 'random',
  identicalPut: 'noVersion',
  looseIfMatch: 'ignored',
  conditionalCreate: 'yes',
  transactions: true,
  batches: true,
  websocket: true,
  paging: 'cursor',
  deletedSearch: 'yes',
  release: 'R4',
  claimedVersion: null,
  validation: 'structure',
  validate: process.env.VITEST !== undefined,
  auth: { kind: 'none' },
  certificate: 'valid',
};

/**
 * Everything that is hard at once, short of an outage: conflicts, lost and cut answers, late commits, a quota, transactions that are not
 * atomic, conditional writes that must not overlap, a clock five hours off.
 */
export const HARD_SWITCHES: Partial<Switches> = {
  slowMs: 20,
  slow: 0.1,
  conflict: 0.03,
  tooMany: 0.02,
  error500: 0.02,
  error503: 0.02,
  lostAnswer: 0.05,
  cutAnswer: 0.02,
  lateCommit: 0.05,
  lateCommitMs: 1_500,
  clockOffsetMs: 5 * 3_600_000,
  quota: { writes: 500, windowSeconds: 60 },
  parallelConflicts: true,
  nonAtomicTransactions: true,
  preferMinimal: 'ignored',
  validation: 'strict',
};

/** A server of the other common make: numbered versions, ids by PUT, pages by offset, no poll of deletions, Retry-After. */
export const OTHER_MAKE: Partial<Switches> = {
  retryAfterSeconds: 1,
  maxTransactionPuts: 100_000,
  maxConditionalEntries: 100_000,
  newIds: 'client',
  versionIds: 'numbered',
  looseIfMatch: 'checked',
  paging: 'offset',
  deletedSearch: 'refused',
};

/** Switches that go together, by name. */
export const PRESETS = { hard: HARD_SWITCHES, otherMake: OTHER_MAKE } as const;

/**
 * Checks switches that came from outside, for example over the admin port. `preset` names a set that the others change.
 * @throws Error naming the switch that is wrong
 */
export function parseSwitches(input: unknown): Partial<Switches> {
  const schema = switchesSchema.partial().extend({ preset: z.enum(['hard', 'otherMake']).optional() });
  const result = schema.safeParse(input);
  if (!result.success) throw new Error(z.prettifyError(result.error));
  const { preset, ...switches } = result.data;
  return preset === undefined ? switches : { ...PRESETS[preset], ...switches };
}
