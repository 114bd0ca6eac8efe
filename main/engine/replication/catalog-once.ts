import type { ReplicationReader } from './port.ts';

/** The same reader, which reads the catalogue once. */
export function withCatalogOnce(store: ReplicationReader): ReplicationReader {
  let catalog: ReturnType<ReplicationReader['catalog']> | undefined;
  return {
    byId: (collection, id) => store.byId(collection, id),
    byServerId: (collection, id) => store.byServerId(collection, id),
    byServerIds: (collection, ids) => store.byServerIds(collection, ids),
    patientByNumber: (system, value) => store.patientByNumber(system, value),
    catalog: () => {
      catalog ??= store.catalog();
      return catalog;
    },
    specimensByNumber: (number) => store.specimensByNumber(number),
    specimensOf: (requisition) => store.specimensOf(requisition),
    reportsOf: (requisition) => store.reportsOf(requisition),
    resultsOf: (number) => store.resultsOf(number),
    openTask: (sourceKey) => store.openTask(sourceKey),
    state: (name) => store.state(name),
  };
}
