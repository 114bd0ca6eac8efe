import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAdmin } from './admin.ts';
import { Auth, type AuthOptions } from './auth.ts';
import { Control } from './control.ts';
import { Faults, Quota } from './faults.ts';
import { BASE_PATH, Handler } from './handler.ts';
import { openSqlite } from './sqlite.ts';
import { Counter, countResources, type FhirStats, findDuplicates } from './stats.ts';
import { Store } from './store.ts';
import { DEFAULT_SWITCHES, type Switches } from './switches.ts';

/** How to start the server; everything has a default. */
export interface FhirServerOptions {
  /** TCP port; 0 (default) takes a free one. */
  port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  host?: string;
  /** SQLite file; without it everything is in memory. */
  data?: string;
  /** Ask for OAuth2 bearer tokens. */
  auth?: AuthOptions;
  /** Port of the admin interface; none by default, 0 takes a free one. */
  adminPort?: number;
  /** Seed of the faults' chances. */
  seed?: number;
  /** Switches that differ from {@link DEFAULT_SWITCHES}. */
  switches?: Partial<Switches>;
  /** Clock in ms since the epoch. */
  now?: () => number;
  /** Called when a request comes in, before it is dealt with. */
  onRequest?: () => void;
}

/** A running server. */
export interface FhirServer {
  /** FHIR base address. */
  url: string;
  /** OAuth2 token endpoint (answers only with `auth`). */
  tokenUrl: string;
  /** Admin interface, when asked for. */
  adminUrl: string | undefined;
  control: Control;
  stats(): FhirStats;
  stop(): Promise<void>;
}

/** Starts a central FHIR R4 server. */
export async function createFhirServer(options: FhirServerOptions = {}): Promise<FhirServer> {
  const now = options.now ?? Date.now;
  const store = new Store(options.data === undefined ? undefined : openSqlite(options.data));
  const faults = new Faults(options.seed ?? 1);
  const quota = new Quota(now);
  const auth = options.auth === undefined ? undefined : new Auth(options.auth, now);
  let switches: Switches = { ...DEFAULT_SWITCHES, ...options.switches };
  faults.update(switches);
  const counters = { requests: new Counter(), entries: new Counter(), answers: new Counter() };
  let origin = '';
  const parts = {
    store,
    faults,
    quota,
    auth,
    now,
    origin: () => origin,
    switches: () => switches,
    ...counters,
  };
  const handler = new Handler(parts);
  const server = createServer((request, response) => {
    options.onRequest?.();
    void handler.handle(request, response);
  });
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, options.port ?? 0, host);
  origin = `http://${host}:${port}`;

  const apply = async (changed: Partial<Switches>): Promise<void> => {
    const before = switches.down;
    switches = { ...switches, ...changed };
    faults.update(changed);
    if (switches.down === 'refuse' && server.listening) await close(server);
    if (switches.down !== 'refuse' && !server.listening) await listen(server, port, host);
    if (before === 'hang' && switches.down === 'no') server.closeAllConnections();
  };
  if (switches.down === 'refuse') await apply({});

  const stats = (): FhirStats => ({
    requests: { ...counters.requests.counts },
    entries: { ...counters.entries.counts },
    answers: { ...counters.answers.counts },
    faults: { ...faults.hits },
    resources: countResources(store),
    versions: store.versions,
    duplicates: findDuplicates(store),
  });
  const control = new Control({
    store,
    auth,
    now,
    base: () => `${origin}${BASE_PATH}`,
    switches: () => switches,
    apply,
  });
  const admin =
    options.adminPort === undefined ? undefined : await startAdmin(options.adminPort, host, control, stats);
  return {
    url: `${origin}${BASE_PATH}`,
    tokenUrl: `${origin}/oauth2/token`,
    adminUrl: admin?.url,
    control,
    stats,
    async stop() {
      await admin?.stop();
      if (server.listening) await close(server);
      store.close();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
