import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startAdmin } from './admin.ts';
import { Auth, type AuthOptions, authFrom } from './auth.ts';
import { type Authority, createAuthority } from './certificates.ts';
import { type FaultsOf, type Invalid, invalidError } from './checks.ts';
import { Control } from './control.ts';
import { Faults, Quota } from './faults.ts';
import { BASE_PATH, Handler } from './handler.ts';
import { openSqlite } from './sqlite.ts';
import { Counter, countResources, type FhirStats, findDuplicates } from './stats.ts';
import { Store } from './store.ts';
import { Subscriptions, WEBSOCKET_PATH } from './subscriptions.ts';
import { DEFAULT_SWITCHES, type Switches } from './switches.ts';

/** How to start the server; everything has a default. */
export interface FhirServerOptions {
  /** TCP port; 0 (default) takes a free one. */
  port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  host?: string;
  /** SQLite file; without it everything is in memory. */
  data?: string;
  /** How it asks who is there: the switch `auth`, or client credentials without a kind. */
  auth?: AuthOptions;
  /** Speak TLS, with a certificate of an authority of its own; the switch `certificate` says which. */
  tls?: boolean;
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
  /** Certificate of the authority that signed the server's, PEM; undefined without `tls`. */
  caPem: string | undefined;
  /** OAuth2 token endpoint (answers only where tokens are asked for). */
  tokenUrl: string;
  /** Admin interface, when asked for. */
  adminUrl: string | undefined;
  control: Control;
  stats(): FhirStats;
  /** @throws Error when invalid resources were sent to a server that validates (see `control.takeInvalid`) */
  stop(): Promise<void>;
}

/** Starts a central FHIR R4 server. */
export async function createFhirServer(options: FhirServerOptions = {}): Promise<FhirServer> {
  let switches: Switches = {
    ...DEFAULT_SWITCHES,
    ...(options.auth === undefined ? {} : { auth: authFrom(options.auth) }),
    ...options.switches,
  };
  const clock = options.now ?? Date.now;
  const now = (): number => clock() + switches.clockOffsetMs;
  const store = new Store(options.data === undefined ? undefined : openSqlite(options.data));
  const faults = new Faults(options.seed ?? 1);
  const quota = new Quota(now);
  const auth = new Auth(now);
  let origin = '';
  const base = (): string => `${origin}${BASE_PATH}`;
  const subscriptions = new Subscriptions({ store, base, now });
  store.onCommit = (versions) => subscriptions.committed(versions);
  const counters = { requests: new Counter(), entries: new Counter(), answers: new Counter() };
  const invalid: Invalid[] = [];
  let faultsOf: FaultsOf | undefined;
  const handler = new Handler({
    ...{ store, faults, quota, auth, subscriptions, invalid, now },
    origin: () => origin,
    switches: () => switches,
    faultsOf: () => faultsOf,
    ...counters,
  });
  const host = options.host ?? '127.0.0.1';
  const authority = options.tls === true ? createAuthority(clock) : undefined;
  const server = listener(authority, host, (request, response) => {
    options.onRequest?.();
    void handler.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    const open = switches.websocket && request.url?.startsWith(WEBSOCKET_PATH) === true;
    if (switches.down === 'hang') return;
    if (open) subscriptions.upgrade(request, socket, head);
    else socket.destroy();
  });

  const apply = async (changed: Partial<Switches>): Promise<void> => {
    const before = switches;
    switches = { ...switches, ...changed };
    faults.update(changed);
    store.rules = switches;
    if (changed.auth !== undefined) auth.use(changed.auth);
    if (switches.validate) faultsOf ??= (await import('./official.ts')).officialFaults;
    if (!switches.websocket) subscriptions.drop();
    if (authority !== undefined && changed.certificate !== undefined) {
      (server as TlsServer).setSecureContext(authority.server(host, changed.certificate));
      server.closeAllConnections();
      subscriptions.drop();
    }
    if (switches.down === 'refuse' && server.listening) {
      subscriptions.drop();
      await close(server);
    }
    if (switches.down !== 'refuse' && !server.listening) port = await listen(server, port, host);
    if (before.down === 'hang' && switches.down === 'no') server.closeAllConnections();
  };
  let port = await listen(server, options.port ?? 0, host);
  origin = `${authority === undefined ? 'http' : 'https'}://${host}:${port}`;
  await apply(switches);

  const stats = (): FhirStats => ({
    requests: { ...counters.requests.counts },
    entries: { ...counters.entries.counts },
    answers: { ...counters.answers.counts },
    faults: { ...faults.hits },
    resources: countResources(store),
    versions: store.versions,
    duplicates: findDuplicates(store),
    invalid: invalid.length,
    websockets: { listeners: subscriptions.listeners, told: subscriptions.told },
  });
  const control = new Control({
    ...{ store, auth, invalid, subscriptions, now, base },
    switches: () => switches,
    apply,
  });
  const admin =
    options.adminPort === undefined ? undefined : await startAdmin(options.adminPort, host, control, stats);
  return {
    url: base(),
    caPem: authority?.caPem,
    tokenUrl: `${origin}/oauth2/token`,
    adminUrl: admin?.url,
    control,
    stats,
    async stop() {
      await admin?.stop();
      subscriptions.stop();
      if (server.listening) await close(server);
      store.close();
      if (invalid.length > 0) throw invalidError(invalid);
    },
  };
}

function listener(authority: Authority | undefined, host: string, handle: RequestListener): Server {
  return authority === undefined
    ? createServer(handle)
    : (createTlsServer(authority.server(host, 'valid'), handle) as unknown as Server);
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
