import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { type FhirClient, isBundle } from './client.ts';
import { resourcesIn } from './pulled.ts';

/** Ids asked for in one search: the address stays below 4 000 characters. */
const AT_ONCE = 90;

/**
 * Reads many resources by id with few requests; those the server does not have are left out. A server that does not search by `_id` is asked one
 * by one. @throws NoAnswer, NotAuthorised
 */
export async function readMany(
  client: FhirClient,
  type: string,
  ids: readonly string[],
): Promise<AnyResource[]> {
  const found = new Map<string, AnyResource>();
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    if (some.length > 1) {
      const reply = await client.request('GET', `${type}?_id=${some.join(',')}&_count=${some.length}`);
      if (reply.status === 200 && isBundle(reply.body)) {
        for (const resource of resourcesIn(reply.body, type)) found.set(resource.id ?? '', resource);
        if (reply.body.link?.some((link) => link.relation === 'next') !== true) continue;
      }
    }
    for (const id of some) {
      if (found.has(id)) continue;
      const resource = await client.read(`${type}/${id}`);
      if (resource?.resourceType === type) found.set(id, resource);
    }
  }
  return [...found.values()].filter((resource) => ids.includes(resource.id ?? ''));
}
