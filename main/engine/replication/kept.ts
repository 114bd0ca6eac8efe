import { newSync } from '../../../shared/documents/common.ts';
import type { Find } from '../store/store.ts';
import { linkedOf } from './linked.ts';
import type { AnyDoc } from './port.ts';

/**
 * Finds records that the server has deleted and that stay here because a person decided so, the one changed longest ago first; and a few settings
 * and tests of this station alone: {@link isKept} tells them apart.
 */
export const keptFirst: Pick<Find, 'selector' | 'sort'> = {
  selector: { syncState: { $eq: 'local' } },
  sort: [{ syncState: 'asc' }, { updatedAt: 'asc' }],
};

/** True for a record that the server had, has deleted, and that a person keeps here. `sync.since` says when the deletion was noticed. */
export function isKept({ syncState, serverId }: Pick<AnyDoc, 'syncState' | 'serverId'>): boolean {
  return syncState === 'local' && serverId !== '';
}

/** A record that goes to the server as one it has never had. @param at instant */
export function asNew<D extends AnyDoc>(doc: D, at: string): D {
  const fresh = { ...doc, serverId: '', syncState: 'queued' as const, sync: newSync(at) };
  if (Object.keys(linkedOf(doc)).length === 0) return fresh;
  const { linked: _linked, ...extra } = doc.extra ?? {};
  return { ...fresh, extra };
}
