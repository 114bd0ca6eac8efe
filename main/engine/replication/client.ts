import { getCACertificates } from 'node:tls';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import type { Clock } from '../../../shared/domain/clock.ts';
import { LeveyError } from '../../../shared/errors.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { readJson } from '../../../shared/fhir/numbers.ts';
import type { Timers } from '../timers.ts';
import { Authorizer, NotAuthorised, type ServerAuth } from './auth.ts';
import { openSocket } from './socket.ts';
import type { Socket, SocketEvents } from './wake-up.ts';

/** There was no usable answer: refused, lost, too late, or an error of the server itself (5xx). Whether it acted is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** HTTP status where there was one: 5xx. */
  readonly status: number | undefined;
  /** The network's own code, `ECONNREFUSED` or `CERT_HAS_EXPIRED`; empty when there is none. */
  readonly code: string;
  /** The answer did not come in time. */
  readonly late: boolean;

  constructor(
    message: string,
    more: { cause?: unknown; status?: number; code?: string; late?: boolean } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = more.status;
    this.code = more.code ?? '';
    this.late = more.late ?? false;
  }
}

/** An answer of the server. */
export interface Reply {
  status: number;
  /** Parsed JSON; undefined when there was none. */
  body: unknown;
  headers: Headers;
}

export interface ClientOptions {
  /** FHIR base address. */
  url: string;
  auth: ServerAuth;
  /** Certificates in PEM to trust besides those of the system; empty for none. */
  ca?: string;
  clock: Clock;
  timers: Timers;
  /** Longest wait for a whole answer, in ms. */
  timeoutMs: number;
  /** Aborts everything under way: the station is stopping. */
  signal: AbortSignal;
}

/** Connections kept open to the server, in ms. */
const KEEP_ALIVE_MS = 30_000;

/** A FHIR R4 client over HTTP. No call hangs: each ends within the timeout. */
export class FhirClient {
  readonly base: string;
  private readonly options: ClientOptions;
  private readonly authorizer: Authorizer;
  private readonly agent: Agent;
  /** Sees every answer of the FHIR server, with when it was asked in ms since the epoch: for pacing and for its clock. */
  onReply: (reply: { status: number; headers: Headers; sentAt: number }) => void = () => undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.base = options.url.replace(/\/+$/, '');
    this.authorizer = new Authorizer(
      options.auth,
      options.clock,
      (url, init) => this.bounded(url, init),
      this.base,
    );
    const ca = options.ca === undefined || options.ca === '' ? undefined : options.ca;
    this.agent = new Agent({
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] },
      // The end of a whole answer is watched over here.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Opens a websocket with what is trusted here. */
  socket(url: string, events: SocketEvents): Socket {
    return openSocket(this.agent, url, events);
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /**
   * Sends one request below the base, or to a full address of the same server (paging links). A body that is text, in UTF-8 or not, is sent
   * as it is, anything else as JSON. An answer of 401 is tried once more with a new token.
   * @throws NoAnswer; NotAuthorised when the credentials are not accepted
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const url = this.address(path);
    const ready = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const text = ready ? body : JSON.stringify(body);
    for (let again = true; ; again = false) {
      const authorization = await this.guarded(() => this.authorizer.header());
      const reply = await this.once(method, url, text, headers, authorization);
      if (reply.status === 401 && this.authorizer.forget(authorization) && again) continue;
      if (reply.status === 401) {
        const words = wordsOf(reply.body);
        throw new NotAuthorised(
          `The server does not accept the credentials${words === '' ? '' : ` (${words})`}`,
        );
      }
      if (reply.status >= 500) {
        const words = wordsOf(reply.body) || `The server answered ${reply.status}`;
        throw new NoAnswer(words, { status: reply.status });
      }
      return reply;
    }
  }

  /** Reads a resource or a version of one; undefined when it is not there (404, 410). @throws NoAnswer, NotAuthorised */
  async read(path: string): Promise<AnyResource | undefined> {
    const reply = await this.request('GET', path);
    if (reply.status === 404 || reply.status === 410) return undefined;
    return reply.status === 200 && isResource(reply.body) ? reply.body : undefined;
  }

  /** Follows a search page by page. @throws NoAnswer, NotAuthorised, SearchRefused */
  async *pages(path: string): AsyncGenerator<Bundle> {
    for (let next: string | undefined = path; next !== undefined; ) {
      const reply: Reply = await this.request('GET', next);
      if (reply.status !== 200 || !isBundle(reply.body))
        throw new SearchRefused(reply.status, wordsOf(reply.body));
      yield reply.body;
      next = reply.body.link?.find((link) => link.relation === 'next')?.url;
    }
  }

  private address(path: string): string {
    if (!/^https?:/.test(path)) return path === '' ? this.base : `${this.base}/${path}`;
    if (path === this.base || path.startsWith(`${this.base}/`) || path.startsWith(`${this.base}?`))
      return path;
    // Behind a proxy servers name themselves differently: keep only what follows, so that a token never goes elsewhere.
    const { search, pathname } = new URL(path);
    return `${this.base}/${pathname.split('/').pop() ?? ''}${search}`;
  }

  private once(
    method: string,
    url: string,
    body: string | Buffer | undefined,
    headers: Record<string, string>,
    authorization: string | undefined,
  ): Promise<Reply> {
    return this.guarded(async () => {
      const sentAt = this.options.clock.now().getTime();
      const reply = await this.bounded(url, {
        method,
        headers: {
          accept: 'application/fhir+json',
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
          ...(authorization === undefined ? {} : { authorization }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      this.onReply({ status: reply.status, headers: reply.headers, sentAt });
      return { status: reply.status, body: parsed(reply.text, reply.status), headers: reply.headers };
    });
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NoAnswer || error instanceof NotAuthorised || error instanceof LeveyError)
        throw error;
      const { reason, code } = reasonOf(error);
      throw new NoAnswer(reason, { cause: error, code });
    }
  }

  /** One HTTP exchange with an end: the timeout covers the body too. */
  private async bounded(
    url: string,
    init: { method: string; headers?: Record<string, string>; body?: string | Buffer },
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const { signal, timers, timeoutMs } = this.options;
    signal.throwIfAborted();
    const own = new AbortController();
    const stop = () => own.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const end = timers.set(timeoutMs, () =>
      own.abort(new NoAnswer(`No answer within ${timeoutMs / 1000} s`, { late: true })),
    );
    try {
      const method = init.method as Dispatcher.HttpMethod;
      const reply = await httpRequest(url, {
        method,
        headers: init.headers ?? {},
        body: init.body ?? null,
        dispatcher: this.agent,
        signal: own.signal,
      });
      const text = await reply.body.text();
      return { status: reply.statusCode, text, headers: headersOf(reply.headers) };
    } catch (error) {
      throw own.signal.aborted ? own.signal.reason : error;
    } finally {
      end();
      signal.removeEventListener('abort', stop);
    }
  }
}

function headersOf(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}

/** The server does not carry out a search (400, 403, 404). */
export class SearchRefused extends Error {
  override readonly name = 'SearchRefused';
  readonly status: number;
  constructor(status: number, words: string) {
    super(words || `The server answered ${status}`);
    this.status = status;
  }
}

function parsed(text: string, status: number): unknown {
  if (text === '') return undefined;
  try {
    return readJson(text);
  } catch {
    if (status >= 400) return undefined;
    throw new NoAnswer('The answer is not JSON');
  }
}

/** What a network fault says: its words with its code, and the code of the innermost cause. */
function reasonOf(error: unknown): { reason: string; code: string } {
  if (!(error instanceof Error)) return { reason: String(error), code: '' };
  const causes = [error, error.cause, ...(error instanceof AggregateError ? error.errors : [])];
  const code = causes
    .map((one) => (one instanceof Error && 'code' in one ? String(one.code) : ''))
    .findLast((one) => one !== '');
  if (code === undefined || code === '') return { reason: error.message, code: '' };
  return { reason: error.message.includes(code) ? error.message : `${error.message}: ${code}`, code };
}

export function isResource(value: unknown): value is AnyResource {
  return typeof value === 'object' && value !== null && 'resourceType' in value;
}

export function isBundle(value: unknown): value is Bundle {
  return isResource(value) && value.resourceType === 'Bundle';
}

/** The server's own words out of an OperationOutcome; empty when there are none. */
export function wordsOf(body: unknown): string {
  if (!isResource(body) || body.resourceType !== 'OperationOutcome') return '';
  const { issue } = body as unknown as OperationOutcome;
  const words = (issue ?? []).map((item) => {
    const text = item.details?.text ?? item.diagnostics ?? item.code ?? '';
    const at = item.expression?.[0];
    return at === undefined || text.includes(at) ? text : `${text} (${at})`;
  });
  return words
    .filter((text) => text !== '')
    .join('; ')
    .slice(0, 500);
}

/** Version id out of an ETag `W/"…"`; empty when there is none. */
export function versionOf(etag: string | null | undefined): string {
  return /"([^"]*)"/.exec(etag ?? '')?.[1] ?? '';
}
