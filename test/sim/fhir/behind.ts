import { onTestFinished } from 'vitest';
import { MemoryStore } from '../../../main/engine/replication/memory-store.ts';
import type { ReplicationStore } from '../../../main/engine/replication/port.ts';
import { type AnyServer, begin, type Scene } from '../../../main/engine/replication/testing.ts';
import { type Between, standBetween } from './between.ts';
import type { FhirServer } from './server.ts';

type Options = Parameters<typeof begin>[2];

/** Stands between a station and a server until the test is over. @param server the server's FHIR base */
export async function between(server: string): Promise<Between> {
  const found = await standBetween(server);
  onTestFinished(() => found.close());
  return found;
}

/** Starts replication until the test is over; the server ends with it. */
export function started<V extends AnyServer, S extends ReplicationStore>(
  server: V,
  store: S,
  options: Options = {},
): Scene<V, S> {
  const scene = begin(server, store, options);
  onTestFinished(() => scene.end());
  return scene;
}

/** Replication with a server behind something that can change what passes, until the test is over. */
export async function startedBehind(
  server: FhirServer,
  options: Options = {},
): Promise<Scene<FhirServer> & { between: Between }> {
  const middle = await between(server.url);
  const config = { ...options.config, url: middle.url };
  return Object.assign(started(server, new MemoryStore(), { ...options, config }), { between: middle });
}

/** Says of a server that it creates conditionally. @param server the server's FHIR base @returns the base to give to the station */
export async function claimingConditionalCreates(server: string): Promise<string> {
  const liar = await between(server);
  liar.answer = (passing) =>
    passing.path.endsWith('/metadata')
      ? {
          ...passing,
          text: passing.text.replaceAll('"conditionalCreate":false', '"conditionalCreate":true'),
        }
      : passing;
  return liar.url;
}
