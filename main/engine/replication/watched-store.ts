import type { Changed } from '../store/store.ts';
import type { ReplicationStore, ReplicationUnit } from './port.ts';

/** A store with which commits of replication's own are told from those of the bench. */
export interface WatchedStore {
  store: ReplicationStore;
  /** True for a commit that holds anything replication did not write. */
  isOthers(changed: Changed): boolean;
}

/** Watches what replication writes through a store; to be given to all of replication. */
export function watchedStore(store: ReplicationStore): WatchedStore {
  let own = new Set<string>();
  /** Of the writes before: their commit may be told when they are over. */
  let earlier = own;
  let underWay = 0;
  const noting = (unit: ReplicationUnit): ReplicationUnit => ({
    ...unit,
    put(collection, doc, options) {
      own.add(`${collection} ${doc.id}`);
      unit.put(collection, doc, options);
    },
    amend(collection, read, fields) {
      own.add(`${collection} ${read.id}`);
      return unit.amend(collection, read, fields);
    },
    putChanged(collection, doc) {
      own.add(`${collection} ${doc.id}`);
      unit.putChanged(collection, doc);
    },
    async refreshReport(requisition) {
      await unit.refreshReport(requisition);
      for (const { id } of await unit.reportsOf(requisition)) own.add(`reports ${id}`);
    },
  });
  return {
    store: {
      ...store,
      async write(cause, work) {
        if (underWay === 0) [earlier, own] = [own, new Set()];
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
        return ids.some((id) => {
          const key = `${collection} ${id}`;
          return !own.has(key) && !earlier.has(key);
        });
      }),
  };
}
