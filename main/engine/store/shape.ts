import { type CollectionName, documentShapes } from '../../../shared/documents/index.ts';
import { LeveyError } from '../../../shared/errors.ts';

/**
 * Checks a document against its collection's shape before it is written. Throws `store.shape` naming the fields at fault, never their
 * values: the message is logged.
 */
export function checkShape(collection: CollectionName, doc: unknown): void {
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
