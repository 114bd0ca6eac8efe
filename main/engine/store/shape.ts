import { type CollectionName, collectionNames, documentShapes } from '../../../shared/documents/index.ts';
import { quickCheck } from '../../../shared/documents/quick-check.ts';
import { LeveyError } from '../../../shared/errors.ts';

const surely = Object.fromEntries(
  collectionNames.map((name) => [name, quickCheck(documentShapes[name])]),
) as Record<CollectionName, (doc: unknown) => boolean>;

/**
 * Checks a document against its collection's shape before it is written. Throws `store.shape` naming the fields at fault, never their
 * values: the message is logged.
 */
export function checkShape(collection: CollectionName, doc: unknown): void {
  if (surely[collection](doc)) return;
  const parsed = documentShapes[collection].safeParse(doc);
  if (parsed.success) return;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.code})`).join(', ');
  throw new LeveyError({
    code: 'store.shape',
    what: `A record of ${collection} does not have its shape: ${faults}.`,
    safe: 'Nothing was written.',
    todo: 'Correct the input. If it came from the server or an instrument, its original is kept.',
  });
}
