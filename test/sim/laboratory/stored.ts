import { newBase } from '../../../shared/documents/common.ts';

/**
 * Base fields of a document that the central server has: its id there is the document's own, as `resourcesFrom` writes it, in version 1.
 * @param createdAt instant; @param updatedAt instant, by default the same.
 */
export function stored(id: string, createdAt: string, updatedAt = createdAt) {
  const fresh = newBase(id, createdAt, 'onServer');
  const sync = { ...fresh.sync, versionId: '1', sentChange: 1, since: updatedAt };
  return { ...fresh, updatedAt, serverId: id, sync };
}
