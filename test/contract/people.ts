/** The people of a test's laboratory, and windows in which they are signed in. */
import type { Engine } from '../../main/engine/engine.ts';
import type { Role } from '../../shared/documents/person.ts';
import { LABORATORY, laboratory } from '../sim/laboratory/index.ts';
import { EngineClient, seed } from './engine-client.ts';

const SECRET = 'correct horse battery';
/** Everybody's PIN. */
export const PIN = '4711';

/** Gives a new station the demo catalogue and its administrator. @returns the administrator's window */
export async function openLaboratory(engine: Engine): Promise<EngineClient> {
  await seed(engine, { catalog: laboratory({ day: '2026-07-29' }).catalog });
  await engine.bench.catalog.load(engine.bench.store);
  const admin = new EngineClient(engine, 'admin');
  await admin.command('access.setUp', {
    laboratory: LABORATORY.name,
    address: LABORATORY.address,
    name: 'Eoin Doyle',
    username: 'doyle',
    secret: SECRET,
    pin: PIN,
  });
  return admin;
}

/** Adds a person with these roles. @returns a window with them signed in */
export async function joined(
  engine: Engine,
  admin: EngineClient,
  username: string,
  ...roles: Role[]
): Promise<EngineClient> {
  const person = { name: `T. ${username}`, username, roles, secret: SECRET, pin: PIN };
  await admin.command('access.addPerson', person);
  return signedIn(engine, username);
}

/** A window with somebody of {@link joined} signed in. */
export async function signedIn(engine: Engine, username: string): Promise<EngineClient> {
  const client = new EngineClient(engine, username);
  await client.command('access.signIn', { username, secret: SECRET });
  return client;
}
