import { LeveyError } from '../../../shared/errors.ts';
import type { Bench } from '../bench.ts';
import { setProblem } from '../problems.ts';
import { readSecretFile } from '../station/load.ts';
import { version } from '../version.ts';
import { startApiServer } from './server.ts';
import { storeSource } from './store-source.ts';

/**
 * Starts the local API when the station file switches it on. A token file that cannot be used or a port in use is a problem `api` on
 * the strip and the API stays off; the bench goes on. `url` is empty while it is off.
 * @param directory where relative paths of the station file start
 */
export async function startApi(
  bench: Bench,
  directory: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const off = { url: '', stop: () => Promise.resolve() };
  const { api } = bench.station;
  if (api?.enabled !== true) return off;
  try {
    const token = await readSecretFile(api.tokenFile, directory);
    const { store, clock, station, log } = bench;
    const source = storeSource({ store, clock, station: station.code, version });
    const server = await startApiServer({ source, token, port: api.port, log });
    setProblem(bench, 'api', null);
    return server;
  } catch (error) {
    setProblem(bench, 'api', error instanceof LeveyError ? error : portFault(api.port, error));
    return off;
  }
}

function portFault(port: number, cause: unknown): LeveyError {
  return new LeveyError({
    code: 'api.port',
    what: `The local API cannot listen on port ${port}: ${cause instanceof Error ? cause.message : String(cause)}`,
    safe: 'The bench works; only programs that read from the local API do not get answers.',
    todo: 'Give it another port in the station file (api.port), or end the program that uses this one, and start again.',
    cause,
  });
}
