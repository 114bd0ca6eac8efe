import { isObject } from '../../../shared/fhir/json.ts';

/** What a version begins with that the server did not name. */
const STAMP = '@';

/**
 * Gives resources without a version one by the instant of their last change, where the server tells that: so what is known here is told from what
 * came since all the same. Changes what it is given.
 * @param body of an answer: a resource, or a bundle of some @returns the same
 */
export function withVersions(body: unknown): unknown {
  if (!isObject(body)) return body;
  if (body.resourceType === 'Bundle' && Array.isArray(body.entry)) {
    for (const entry of body.entry as unknown[]) if (isObject(entry)) withVersions(entry.resource);
    return body;
  }
  const { meta } = body;
  if (!isObject(meta) || typeof meta.lastUpdated !== 'string' || meta.lastUpdated === '') return body;
  if (meta.versionId === undefined || meta.versionId === '') meta.versionId = `${STAMP}${meta.lastUpdated}`;
  return body;
}

/** False for a version that is not known, or that the server did not name: it can neither be asked for nor guard an update. */
export function isNamed(versionId: string): boolean {
  return versionId !== '' && !versionId.startsWith(STAMP);
}
