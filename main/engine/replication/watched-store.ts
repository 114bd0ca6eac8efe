import type { Changed } from '../store/store.ts';
import type { ReplicationStore, ReplicationUnit } from './port.ts';

/** A store with which commits of replication's own are told from those of the bench. */
export interface WatchedStore {
  store: ReplicationStore;
  /** True for a commit that holds anything replication did not write. */
  isOthers(changed: Changed): boolean;
}

/** Ids by collection. */
type Ids = Map<string, Set<string>>;

/** Watches what replication writes through a store; to be given to all of replication. */
export function watchedStore(store: ReplicationStore): WatchedStore {
  let own: Ids = new Map();
  /** Of the writes before: their commit may be told when they are over. */
  let earlier = own;
  let underWay = 0;
  const note = (collection: string, id: string) => {
    let ids = own.get(collection);
    if (ids === undefined) {
      ids = new Set();
      own.set(collection, ids);
    }
    ids.add(id);
  };
  const noting = (unit: ReplicationUnit): ReplicationUnit => ({
    ...unit,
    put(collection, doc, options) {
      note(collection, doc.id);
      unit.put(collection, doc, options);
    },
    amend(collection, read, fields) {
      note(collection, read.id);
      return unit.amend(collection, read, fields);
    },
    putChanged(collection, doc) {
      note(collection, doc.id);
      unit.putChanged(collection, doc);
    },
    async refreshReport(requisition) {
      await unit.refreshReport(requisition);
      for (const { id } of await unit.reportsOf(requisition)) note('reports', id);
    },
  });
  return {
    store: {
      ...store,
      async write(cause, work) {
        if (underWay === 0) [earlier, own] = [own, new Map()];
        underWay += 1;
        try {
          return await store.write(cause, (unit) => work(noting(unit)));
        } finally {
          underWay -= 1;
        }
      },
    },
    isOthers: (changed) =>
      Object.entries(changed).some(([collection, ids]) => {
        if (collection === 'settings') return false;
        const [now, before] = [own.get(collection), earlier.get(collection)];
        return ids.some((id) => now?.has(id) !== true && before?.has(id) !== true);
      }),
  };
}
