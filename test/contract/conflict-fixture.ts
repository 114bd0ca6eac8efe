/** Two sides of one record: replication between a store and the simulated server, with the cable in the hand of the test. */
import type { Bundle, FhirResource, Task } from 'fhir/r4';
import { MemoryStore } from '../../main/engine/replication/memory-store.ts';
import { begin, putCase, type Scene } from '../../main/engine/replication/testing.ts';
import type { Resource } from '../sim/fhir/resource.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';

/** A scene with one case that is on both sides already. */
export interface Conflict extends Scene<FhirServer> {
  /** Pulls the cable; resolves when the server can no longer be reached. */
  unplug(): Promise<void>;
  /** Plugs in and waits until nothing is left to send and a whole round was done. */
  plug(): Promise<void>;
  /** A whole round of fetching and sending. */
  round(): Promise<void>;
  /** A resource as the server has it, by its type and the document's id. */
  there<R extends FhirResource>(type: R['resourceType'], serverId: string): R;
  /** Somebody else changes a resource at the server. */
  put(resource: FhirResource): void;
  /** Every version of a resource at the server, oldest first. */
  history<R extends FhirResource>(type: R['resourceType'], id: string): Promise<R[]>;
  /** Tasks as the server has them. */
  tasks(): Task[];
}

/** A server and a station that have one case alike: patient, order, specimen, released result, signed report. */
export async function conflict(): Promise<Conflict> {
  const server = await createFhirServer({ seed: 5 });
  const store = new MemoryStore();
  const scene = begin(server, store);
  const of: Conflict = Object.assign(scene, {
    unplug: () => server.control.set({ down: 'refuse' as const }),
    async plug() {
      await server.control.set({ down: 'no' as const });
      await of.round();
      await of.until(async () => (await store.countQueued()) === 0);
      await of.round();
    },
    async round() {
      for (let n = 0; n < 2; n += 1) {
        const before = of.replication.status().lastSyncAt;
        of.replication.now();
        await of.until(() => of.replication.status().lastSyncAt > before);
      }
    },
    there: <R extends FhirResource>(type: R['resourceType'], serverId: string) =>
      server.control.read(type, serverId) as unknown as R,
    put: (resource: FhirResource) => void server.control.put(resource as unknown as Resource),
    async history<R extends FhirResource>(type: R['resourceType'], id: string): Promise<R[]> {
      const answer = await fetch(`${server.url}/${type}/${id}/_history?_count=50`);
      const bundle = (await answer.json()) as Bundle;
      return (bundle.entry ?? []).flatMap((entry) => (entry.resource as R | undefined) ?? []).reverse();
    },
    tasks: () => server.control.all('Task') as unknown as Task[],
  });
  putCase(store, 1);
  of.replication.wake();
  await of.until(async () => (await store.countQueued()) === 0);
  await of.round();
  return of;
}

/** Whoever decides in these tests. */
export const DECIDER = { actor: 'ml', command: 'sync.decide' } as const;
