import { z } from 'zod';

/** ISO 8601 UTC instant with milliseconds, e.g. `2026-07-29T06:42:05.118Z`. */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/, 'an instant in UTC');
/** Instant, or empty when not known. */
export const MaybeInstant = z.union([Instant, z.literal('')]);
/** Birth date as far as it is known: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; empty when unknown. */
export const PartialDate = z.union([z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/), z.literal('')]);
export const Id = z.string().min(1).max(36);
/** Longest number of a specimen: other systems' numbers may be longer than ours. */
export const ACCESSION_LENGTH = 32;

/** Where a record is. `local`: stays here for now; `queued`: goes up by itself; `onServer`; `refused`: the server said no; `conflict`: both changed. */
export const SyncState = z.enum(['local', 'queued', 'onServer', 'refused', 'conflict']);
export type SyncState = z.infer<typeof SyncState>;

/** Details of a record's way to the server. */
export const Sync = z.object({
  /** ETag version id at the server, without quotes; empty before the first answer. */
  versionId: z.string(),
  /** Change counter of this record when it was last sent; a later change queues it again. */
  sentChange: z.number().int(),
  /** The server's words when refused, or what differs when in conflict. */
  why: z.string(),
  /** Since when in the present state. */
  since: MaybeInstant,
  /** Attempts since it was queued. */
  attempts: z.number().int(),
});
export type Sync = z.infer<typeof Sync>;

/**
 * Fields every document carries. Indexed ones are flat because RxDB builds its index strings from them.
 * `change` counts this record's own changes; `extra` keeps the server's elements that Levey does not model, to write them back.
 */
export const base = {
  id: Id,
  createdAt: Instant,
  updatedAt: Instant,
  change: z.number().int(),
  syncState: SyncState,
  /** Logical id at the central server; empty until it has one. */
  serverId: z.string().max(64),
  sync: Sync,
  extra: z.record(z.string(), z.unknown()).optional(),
};

/** A fresh {@link Sync}. */
export function newSync(at: string): Sync {
  return { versionId: '', sentChange: 0, why: '', since: at, attempts: 0 };
}

/** Base fields of a new document. @param at instant; @param syncState `queued` for what goes to the server, `local` for what does not. */
export function newBase(id: string, at: string, syncState: SyncState) {
  return { id, createdAt: at, updatedAt: at, change: 1, syncState, serverId: '', sync: newSync(at) };
}

/** One reason of a decision: the rule (stable code), its inputs as text by name, and the sentence a person reads. */
export const Reason = z.object({
  rule: z.string(),
  outcome: z.enum(['pass', 'hold', 'block', 'warn', 'note']),
  inputs: z.record(z.string(), z.string()),
  text: z.string(),
});
export type Reason = z.infer<typeof Reason>;

const outcomes: ReadonlySet<unknown> = new Set(Reason.shape.outcome.options);

function isReason(one: unknown): boolean {
  if (typeof one !== 'object' || one === null) return false;
  const { rule, outcome, inputs, text } = one as Record<string, unknown>;
  if (typeof rule !== 'string' || typeof text !== 'string' || !outcomes.has(outcome)) return false;
  if (typeof inputs !== 'object' || inputs === null) return false;
  for (const name in inputs) if (typeof (inputs as Record<string, unknown>)[name] !== 'string') return false;
  return true;
}

/** The reasons of a decision. Looked at by hand: a result has a dozen, and every result that is posted is checked. */
export const Reasons = z.custom<Reason[]>(
  (value) => Array.isArray(value) && value.every(isReason),
  'reasons of a decision',
);
