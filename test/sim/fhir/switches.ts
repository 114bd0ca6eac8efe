import { z } from 'zod';

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

const switchesSchema = z.strictObject({
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
  /** Stamps lastUpdated, then commits `lateCommitMs` later: the row appears below the mark others have seen. */
  lateCommit: chance,
  lateCommitMs: z.number().min(0),
  /** So many writes per window; a batch is charged per entry, a transaction as a whole. */
  quota: z
    .strictObject({ writes: z.int().min(1), windowSeconds: z.number().positive().default(60) })
    .nullable(),
  /** 409 when conditional writes overlap, as servers with serializable transactions do. */
  parallelConflicts: z.boolean(),
  /** Transactions are carried out entry by entry and answer 200, whatever happened. */
  nonAtomicTransactions: z.boolean(),
  validation: z.enum(['off', 'structure', 'strict']),
  maxBodyBytes: z.int().min(1),
  maxTransactionPuts: z.int().min(1),
  maxConditionalEntries: z.int().min(1),
});

/** Everything about the server that can be changed while it runs. */
export type Switches = z.infer<typeof switchesSchema>;
/** When a fault strikes; see {@link Switches}. */
export type Chance = z.infer<typeof chance>;
/** Names of the switches that are chances. */
export type FaultName =
  | 'slow'
  | 'conflict'
  | 'precondition'
  | 'tooMany'
  | 'error500'
  | 'error503'
  | 'lostAnswer'
  | 'lateCommit';

/** A healthy server that behaves as common ones do. */
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
  lateCommit: 0,
  lateCommitMs: 500,
  quota: null,
  parallelConflicts: false,
  nonAtomicTransactions: false,
  validation: 'structure',
  maxBodyBytes: 1_048_576,
  maxTransactionPuts: 50,
  maxConditionalEntries: 8,
};

/**
 * Checks switches that came from outside, for example over the admin port.
 * @throws Error naming the switch that is wrong
 */
export function parseSwitches(input: unknown): Partial<Switches> {
  const result = switchesSchema.partial().safeParse(input);
  if (result.success) return result.data;
  throw new Error(z.prettifyError(result.error));
}
