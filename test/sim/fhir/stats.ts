import type { Store } from './store.ts';

/** What the server has done and holds. */
export interface FhirStats {
  /** HTTP requests by kind: read, search, create, conditional-create, update, batch, transaction, token … */
  requests: Record<string, number>;
  /** Bundle entries carried out, by kind. */
  entries: Record<string, number>;
  /** Answers by HTTP status; `destroyed` for sockets closed without one. */
  answers: Record<string, number>;
  /** Faults that struck, by switch. */
  faults: Record<string, number>;
  /** Live resources by type. */
  resources: Record<string, number>;
  /** Stored versions, deletions included. */
  versions: number;
  /** Identifiers that several live resources of one type share: what must never happen to our own. */
  duplicates: { type: string; identifier: string; ids: string[] }[];
  /** Resources the switch `validate` refused and nobody took (`control.takeInvalid`). */
  invalid: number;
  /** Websocket subscriptions listened to now, and events told so far. */
  websockets: { listeners: number; told: number };
}

/** Counts by name. */
export class Counter {
  readonly counts: Record<string, number> = {};

  add(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

/** Live resources by type. */
export function countResources(store: Store): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const table of store.allTables()) if (table.live > 0) counts[table.type] = table.live;
  return counts;
}

/** Identifiers with a system that more than one live resource of a type has. */
export function findDuplicates(store: Store): FhirStats['duplicates'] {
  const found: FhirStats['duplicates'] = [];
  const prefix = 'identifier\n';
  for (const table of store.allTables()) {
    for (const [key, rows] of table.sharedKeys(prefix)) {
      const identifier = key.slice(prefix.length);
      const bar = identifier.indexOf('|');
      if (bar <= 0 || bar === identifier.length - 1) continue;
      found.push({ type: table.type, identifier, ids: [...rows].map((row) => row.id).sort() });
    }
  }
  return found;
}
