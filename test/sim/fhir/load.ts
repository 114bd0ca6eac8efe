import type { Resource } from './resource.ts';
import type { FhirServer } from './server.ts';

/**
 * Stores resources in a running server without going over HTTP: for seeding. Ids given are kept (a simulator may, real
 * servers assign their own), the others become UUIDs. A Bundle contributes its entries. Returns what was stored.
 */
export function loadBundle(server: FhirServer, resources: readonly Resource[]): Resource[] {
  return server.control.load(resources.flatMap((resource) => unpack(resource)));
}

function unpack(resource: Resource): Resource[] {
  if (resource.resourceType !== 'Bundle' || !Array.isArray(resource.entry)) return [resource];
  return resource.entry.flatMap((entry: { resource?: Resource }) => entry.resource ?? []);
}
