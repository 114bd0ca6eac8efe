import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Control } from './control.ts';
import { parseJson, readBody, send } from './http.ts';
import { FhirError, toFhirError } from './outcome.ts';
import type { FhirStats } from './stats.ts';
import { parseSwitches } from './switches.ts';

/**
 * The admin interface on its own port, reachable while the server plays dead: `GET /stats`, `GET /switches`,
 * `POST /switches` with a JSON object of changes (`preset` names a set of them), `POST /reset`, `POST /expire-tokens`, `POST /snapshot`
 * (answers `{"snapshot": N}`) and `POST /restore` with that object, `POST /drop-websockets`, `GET /invalid`, which forgets what it tells.
 */
export async function startAdmin(
  port: number,
  host: string,
  control: Control,
  stats: () => FhirStats,
): Promise<{ url: string; stop(): Promise<void> }> {
  const answer = async (route: string, body: Buffer): Promise<unknown> => {
    switch (route) {
      case 'GET /stats':
        return stats();
      case 'GET /switches':
        return control.switches();
      case 'POST /switches':
        await control.set(switchesFrom(body));
        return control.switches();
      case 'POST /reset':
        await control.reset();
        return control.switches();
      case 'POST /expire-tokens':
        control.expireTokens();
        return {};
      case 'POST /snapshot':
        return { snapshot: control.snapshot() };
      case 'POST /restore':
        control.restore(snapshotFrom(body));
        return {};
      case 'POST /drop-websockets':
        control.dropWebsockets();
        return {};
      case 'GET /invalid':
        return control.takeInvalid();
      default:
        throw new FhirError(404, 'not-found', `No such admin call: ${route}`);
    }
  };
  const server = createServer(async (request, response) => {
    const json = { 'content-type': 'application/json' };
    try {
      const result = await answer(`${request.method} ${request.url}`, await readBody(request, 1_048_576));
      send(response, 200, JSON.stringify(result), json);
    } catch (error) {
      const fault = toFhirError(error);
      send(response, fault.status, JSON.stringify({ error: fault.message }), json);
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function switchesFrom(body: Buffer): ReturnType<typeof parseSwitches> {
  try {
    return parseSwitches(parseJson(body));
  } catch (error) {
    throw new FhirError(400, 'invalid', error instanceof Error ? error.message : String(error));
  }
}

function snapshotFrom(body: Buffer): number {
  const parsed = parseJson(body) as { snapshot?: unknown } | null;
  if (typeof parsed?.snapshot === 'number') return parsed.snapshot;
  throw new FhirError(400, 'invalid', 'snapshot must be a number');
}
