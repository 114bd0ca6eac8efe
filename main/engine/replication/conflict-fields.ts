import { sameJson } from '../../../shared/fhir/json.ts';
import type { ConflictRow } from '../../../shared/ipc/sync.ts';
import { contentFields } from './reconcile.ts';

/** A conflict field by field, as a person sees it. */
export type ConflictFields = ConflictRow['fields'];

/** Both versions of a record as a person compares them. @param here the document @param server what the task of the conflict has of the server's */
export function conflictFields(here: object, server: unknown): ConflictFields {
  const mine = here as Record<string, unknown>;
  const theirs = (server ?? {}) as Record<string, unknown>;
  return contentFields(theirs).map((name) => {
    const [one, other] = [fieldText(mine[name]), fieldText(theirs[name])];
    return { name, here: one, server: other, same: one === other };
  });
}

/** True where both versions still say what was seen, in whatever order. */
export function isAsSeen(seen: ConflictFields, here: object, server: unknown): boolean {
  const byName = (fields: ConflictFields) => Object.fromEntries(fields.map((one) => [one.name, one]));
  return sameJson(byName(seen), byName(conflictFields(here, server)));
}

/** A field as a person reads it: a value with its unit, a list with commas, the rest as it is kept. */
function fieldText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(fieldText).join(', ');
  const { text, unit } = value as { text?: unknown; unit?: unknown };
  if (typeof text !== 'string') return JSON.stringify(value);
  return typeof unit === 'string' && unit !== '' ? `${text} ${unit}` : text;
}
