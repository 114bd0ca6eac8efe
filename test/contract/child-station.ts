/** Stations whose engines are processes of their own, with one central server: for tests of what one station sees of another. */
import { rmSync } from 'node:fs';
import type { Role } from '../../shared/documents/person.ts';
import { type ChildClient, EngineChild } from '../crash/engine-child.ts';
import { loadBundle } from '../sim/fhir/load.ts';
import { createFhirServer, type FhirServer } from '../sim/fhir/server.ts';
import { LABORATORY, laboratory, resourcesFrom } from '../sim/laboratory/index.ts';
import type { TestStation } from './engine-client.ts';

const KEANE = { username: 'keane', secret: 'correct horse battery' };

/** The PIN of who works at a station of {@link setUp}. */
export const CHILD_PIN = '4711';

/** A station that runs, and a window of it. */
export interface ChildStation {
  at: TestStation;
  child: EngineChild;
  tech: ChildClient;
}

/** A central server that has the demo catalogue and nothing else. */
export async function catalogueServer(seed?: number): Promise<FhirServer> {
  const server = await createFhirServer(seed === undefined ? {} : { seed });
  const { catalog } = laboratory({ day: '2026-07-29' });
  loadBundle(server, resourcesFrom({ catalog, patients: [], orders: [] }));
  return server;
}

/** Starts the engine of a station, for the first time or again. */
export async function startChild(at: TestStation): Promise<ChildStation> {
  const child = new EngineChild({ dataDir: at.dataDir, stationFile: at.stationFile, key: at.key });
  await child.start();
  return { at, child, tech: child.open('w') };
}

/** Sets the access of a new station up, with one person of these roles, who is signed in afterwards. */
export async function setUp(
  { tech }: ChildStation,
  person: { name: string; roles: readonly Role[] },
): Promise<void> {
  const who = { name: person.name, ...KEANE, pin: CHILD_PIN };
  const { name: laboratoryName, address } = LABORATORY;
  await tech.command('access.setUp', { laboratory: laboratoryName, address, ...who, username: 'admin' });
  await tech.command('access.addPerson', { ...who, roles: [...person.roles] });
  await signInAt(tech);
}

/** Signs the person of {@link setUp} in. */
export async function signInAt(tech: ChildClient): Promise<void> {
  await tech.command('access.signIn', KEANE);
}

/** Ends the stations that still run, removes their directories and stops the server; what never came about is passed over. */
export async function endStations(
  stations: readonly (ChildStation | undefined)[],
  server: FhirServer | undefined,
): Promise<void> {
  for (const one of stations) {
    if (one === undefined) continue;
    if (!one.child.ended) await one.child.shutdown();
    rmSync(one.at.directory, { recursive: true, force: true });
  }
  await server?.stop();
}
