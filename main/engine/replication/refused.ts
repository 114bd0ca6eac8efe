import { LeveyError } from '../../../shared/errors.ts';
import { isReplicated, type Replicated } from '../../../shared/fhir/mapping.ts';
import type { AnyDoc, Cause, ReplicationStore } from './port.ts';

/** A name of a collection that is sent to the server. @throws LeveyError `sync.unknownRecord` */
export function knownKind(collection: string): Replicated {
  if (!isReplicated(collection)) throw unknownRecord();
  return collection;
}

/** Queues a record again that the server has refused; one that was not refused stays as it is. @param since instant @throws LeveyError `sync.unknownRecord` */
export async function queueRefused(
  store: ReplicationStore,
  collection: Replicated,
  docId: string,
  cause: Cause,
  since: string,
): Promise<void> {
  await store.write(cause, async (unit) => {
    const doc = (await unit.byId(collection, docId)) as unknown as AnyDoc | undefined;
    if (doc === undefined) throw unknownRecord();
    if (doc.syncState !== 'refused') return;
    unit.put(collection, { ...doc, syncState: 'queued', sync: { ...doc.sync, why: '', since } } as never);
  });
}

function unknownRecord(): LeveyError {
  return new LeveyError({
    code: 'sync.unknownRecord',
    what: 'There is no such record.',
    safe: 'Nothing was changed.',
    todo: 'Look at the list again.',
  });
}
