import type { CollectionName } from '../../../shared/documents/index.ts';
import { resourcesOf } from '../../../shared/fhir/index.ts';
import { conditionalReference, type Replicated, resourceTypes } from '../../../shared/fhir/mapping.ts';
import type { Resource } from '../fhir/resource.ts';

/** Tag of what the central server's own systems wrote: never one of our stations. */
export const CENTRAL = 'central';

/** Documents to become resources, in the order in which records depend on each other. */
export type DocumentSet = Partial<Record<Replicated, readonly { id: string }[]>>;

/**
 * The FHIR R4 resources of documents, as the central server would have them, through the product's own mapping. The main resource of a document has the
 * document's id as server id, and references are literal (`Patient/<id>`), so that they can be loaded into a simulated server as they are.
 */
export function resourcesFrom(documents: DocumentSet): Resource[] {
  const reference = (collection: CollectionName, docId: string, type?: string): string => {
    const types: readonly string[] = Object.hasOwn(resourceTypes, collection)
      ? resourceTypes[collection as Replicated]
      : [];
    const main = types[0];
    // Only a main resource has its document's id; a definition beside it is found by identifier.
    if (main !== undefined && collection !== 'catalog' && (type === undefined || type === main))
      return `${main}/${docId}`;
    return conditionalReference(collection, docId, type);
  };
  const context = { station: CENTRAL, reference };
  return (Object.keys(resourceTypes) as Replicated[]).flatMap((collection) =>
    (documents[collection] ?? []).flatMap((doc) =>
      resourcesOf(collection, doc, context).map(
        (resource, i): Resource => ({ ...resource, ...(i === 0 ? { id: doc.id } : {}) }),
      ),
    ),
  );
}
