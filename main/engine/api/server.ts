import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import type { Log } from '../log.ts';
import { capabilityStatement } from './capability.ts';
import { type ApiType, apiTypes, isApiType } from './parameters.ts';
import { ApiError, cursorText, parseQuery } from './query.ts';
import type { FhirSource } from './source.ts';

const HOST = '127.0.0.1';
const BASE_PATH = '/fhir';
const MAX_CONNECTIONS = 32;
const MAX_SEARCHES = 4;
const MAX_URL_LENGTH = 8_192;
const MAX_FORM_BYTES = 65_536;

export interface ApiOptions {
  source: FhirSource;
  /** Bearer token a client must send. */
  token: string;
  /** TCP port on the loopback address; 0 takes a free one. */
  port: number;
  log: Log;
}

/** A running API. */
export interface ApiServer {
  /** Base address, e.g. `http://127.0.0.1:8104/fhir`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves resources on the loopback address only: read and search, nothing is ever changed through it. Every request but `/metadata`
 * needs the bearer token. Rejects when the port cannot be taken.
 */
export async function startApiServer(options: ApiOptions): Promise<ApiServer> {
  const api = new Api(options);
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, (request, response) => {
    void api.handle(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, HOST);
  await once(server, 'listening');
  api.origin = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  return {
    url: `${api.origin}${BASE_PATH}`,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

class Api {
  origin = '';
  readonly #source: FhirSource;
  readonly #token: Buffer;
  readonly #log: Log;
  #searches = 0;

  constructor(options: ApiOptions) {
    this.#source = options.source;
    this.#token = digest(options.token);
    this.#log = options.log;
  }

  get #base(): string {
    return `${this.origin}${BASE_PATH}`;
  }

  /** Answers one request; never rejects. The log gets statuses and types, never queries or contents. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      if (error instanceof ApiError) {
        if (error.status === 401) this.#log.warn('api.refused', { status: 401 });
        reply(request, response, error.status, outcome(error.code, error.message), error.headers);
      } else {
        this.#log.error('api.failed', { error: error instanceof Error ? error.name : typeof error });
        reply(request, response, 500, outcome('exception', 'The station could not answer this request.'));
      }
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#checkHost(request);
    const text = request.url ?? '/';
    if (text.length > MAX_URL_LENGTH)
      throw new ApiError(414, 'too-long', `The address is longer than ${MAX_URL_LENGTH} characters.`);
    const url = URL.parse(text, this.origin);
    if (url === null) throw new ApiError(400, 'value', 'This is not an address.');
    const path = pathOf(url);
    if (path[0] === 'metadata' && path.length === 1) {
      allow(request, 'GET');
      reply(request, response, 200, capabilityStatement(this.#base, this.#source.capability()));
      return;
    }
    this.#checkToken(request);
    const [type = '', id] = path;
    if (!isApiType(type) || path.length > 2) {
      throw new ApiError(
        404,
        'not-found',
        `Nothing is served at this address; the types are ${apiTypes.join(', ')}.`,
      );
    }
    if (id === undefined) {
      allow(request, 'GET');
      await this.#search(request, response, type, url.searchParams);
    } else if (id === '_search') {
      allow(request, 'POST');
      const form = new URLSearchParams(await formOf(request));
      await this.#search(request, response, type, new URLSearchParams([...url.searchParams, ...form]));
    } else {
      allow(request, 'GET');
      await this.#read(request, response, type, id);
    }
  }

  async #read(request: IncomingMessage, response: ServerResponse, type: ApiType, id: string): Promise<void> {
    const resource = /^[A-Za-z0-9\-.]{1,64}$/.test(id) ? await this.#source.read(type, id) : undefined;
    if (resource === undefined) throw new ApiError(404, 'not-found', `There is no ${type} with this id.`);
    const { versionId, lastUpdated } = resource.meta ?? {};
    reply(request, response, 200, resource, {
      ...(versionId === undefined ? {} : { etag: `W/"${versionId}"` }),
      ...(lastUpdated === undefined ? {} : { 'last-modified': new Date(lastUpdated).toUTCString() }),
    });
  }

  async #search(
    request: IncomingMessage,
    response: ServerResponse,
    type: ApiType,
    query: URLSearchParams,
  ): Promise<void> {
    const parsed = parseQuery(type, query, this.#base);
    if (this.#searches >= MAX_SEARCHES) {
      throw new ApiError(503, 'throttled', 'Too many searches at once.', { 'retry-after': '1' });
    }
    this.#searches += 1;
    try {
      const found = await this.#source.search(type, parsed.criteria, parsed.page);
      const total = parsed.total ?? found.total;
      const link = [{ relation: 'self', url: this.#link(type, query) }];
      if (found.next !== undefined) {
        link.push({ relation: 'next', url: this.#link(type, query, cursorText(found.next, total)) });
      }
      const entry = found.resources.map((resource) => ({
        fullUrl: `${this.#base}/${type}/${resource.id}`,
        resource: resource as AnyResource & { resourceType: 'Basic' },
        search: { mode: 'match' as const },
      }));
      const bundle = {
        resourceType: 'Bundle',
        type: 'searchset',
        ...(total === undefined ? {} : { total }),
        link,
        entry,
      };
      reply(
        request,
        response,
        200,
        (entry.length === 0 ? { ...bundle, entry: undefined } : bundle) as unknown as Bundle,
      );
    } finally {
      this.#searches -= 1;
    }
  }

  #link(type: ApiType, query: URLSearchParams, cursor?: string): string {
    const parameters = new URLSearchParams(query);
    if (cursor !== undefined) parameters.set('_cursor', cursor);
    const text = parameters.toString();
    return `${this.#base}/${type}${text === '' ? '' : `?${text}`}`;
  }

  /** A browser page cannot reach the API under a name of its own: the Host header must be the loopback one. */
  #checkHost(request: IncomingMessage): void {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (name !== HOST && name !== 'localhost')
      throw new ApiError(403, 'forbidden', 'The API answers on the loopback address only.');
  }

  #checkToken(request: IncomingMessage): void {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (sent === undefined || !timingSafeEqual(digest(sent), this.#token)) {
      throw new ApiError(401, 'login', 'A valid bearer token is needed.', {
        'www-authenticate': 'Bearer realm="levey"',
      });
    }
  }
}

/** Both sides of the comparison have the same length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function pathOf(url: URL): string[] {
  const { pathname } = url;
  if (pathname !== BASE_PATH && !pathname.startsWith(`${BASE_PATH}/`)) return [''];
  return pathname
    .slice(BASE_PATH.length + 1)
    .replace(/\/$/, '')
    .split('/');
}

/** @throws ApiError 405 when the method is another one; HEAD goes with GET */
function allow(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return;
  const names = method === 'GET' ? 'GET, HEAD' : 'POST';
  throw new ApiError(405, 'not-supported', `Only ${names} is served here; nothing can be changed.`, {
    allow: names,
  });
}

async function formOf(request: IncomingMessage): Promise<string> {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    throw new ApiError(415, 'not-supported', 'A search by POST is application/x-www-form-urlencoded.');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES)
      throw new ApiError(413, 'too-long', `The form is longer than ${MAX_FORM_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function outcome(code: string, diagnostics: string): OperationOutcome {
  const issue = { severity: 'error', code, diagnostics } as OperationOutcome['issue'][number];
  return { resourceType: 'OperationOutcome', issue: [issue] };
}

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  resource: AnyResource | Bundle | OperationOutcome,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(JSON.stringify(resource), 'utf8');
  response.writeHead(status, {
    'content-type': 'application/fhir+json; charset=utf-8',
    'content-length': String(body.length),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(request.complete ? {} : { connection: 'close' }),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
