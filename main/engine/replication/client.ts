import type { Bundle, OperationOutcome } from 'fhir/r4';
import type { Clock } from '../../../shared/domain/clock.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import type { Timers } from '../timers.ts';
import { Authorizer, NotAuthorised, type ServerAuth } from './auth.ts';

/** There was no usable answer: refused, lost, too late, or an error of the server itself (5xx). Whether it acted is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
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
  clock: Clock;
  timers: Timers;
  /** Longest wait for a whole answer, in ms. */
  timeoutMs: number;
  /** Aborts everything under way: the station is stopping. */
  signal: AbortSignal;
}

/** A FHIR R4 client on fetch. No call hangs: each ends within the timeout. */
export class FhirClient {
  readonly base: string;
  private readonly options: ClientOptions;
  private readonly authorizer: Authorizer;
  /** Sees every answer: for pacing. */
  onReply: (reply: { status: number; headers: Headers }) => void = () => undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.base = options.url.replace(/\/+$/, '');
    this.authorizer = new Authorizer(options.auth, options.clock, (url, init) => this.bounded(url, init));
  }

  /**
   * Sends one request below the base, or to a full address of the same server (paging links). An answer of 401 is tried once more with
   * a new token.
   * @throws NoAnswer; NotAuthorised when the credentials are not accepted
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const url = this.address(path);
    for (;;) {
      const reply = await this.once(method, url, body, headers);
      if (reply.status === 401 && this.authorizer.forget()) continue;
      if (reply.status === 401) throw new NotAuthorised('The server does not accept the credentials');
      if (reply.status >= 500)
        throw new NoAnswer(wordsOf(reply.body) || `The server answered ${reply.status}`);
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

  private async once(
    method: string,
    url: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Reply> {
    const authorization = await this.authorization();
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/fhir+json',
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return this.guarded(async () => {
      const response = await this.bounded(url, init);
      this.onReply(response);
      const text = await response.text();
      return { status: response.status, body: parsed(text, response.status), headers: response.headers };
    });
  }

  private authorization(): Promise<string | undefined> {
    return this.guarded(() => this.authorizer.header());
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NoAnswer || error instanceof NotAuthorised) throw error;
      throw new NoAnswer(reasonOf(error), { cause: error });
    }
  }

  /** fetch with an end: the timeout covers the body too. */
  private async bounded(url: string, init: RequestInit): Promise<Response> {
    const { signal, timers, timeoutMs } = this.options;
    const own = new AbortController();
    const end = timers.set(timeoutMs, () =>
      own.abort(new NoAnswer(`No answer within ${timeoutMs / 1000} s`)),
    );
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, own.signal]) });
      const bytes = await response.arrayBuffer();
      const { status, statusText, headers } = response;
      const bodyless = status === 204 || status === 304;
      return new Response(bodyless ? null : bytes, { status, statusText, headers });
    } finally {
      end();
    }
  }
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
    return JSON.parse(text) as unknown;
  } catch {
    if (status >= 400) return undefined;
    throw new NoAnswer('The answer is not JSON');
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === '' ? error.message : `${error.message}: ${code}`;
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
