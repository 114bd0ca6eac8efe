import { getCACertificates } from 'node:tls';
import type { Bundle } from 'fhir/r4';
import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import type { Clock } from '../../../shared/domain/clock.ts';
import { LeveyError } from '../../../shared/errors.ts';
import { isObject } from '../../../shared/fhir/json.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { readJson } from '../../../shared/fhir/numbers.ts';
import type { Timers } from '../timers.ts';
import { Authorizer, NotAuthorised, type ServerAuth } from './auth.ts';
import { addressOf } from './paging.ts';
import { openSocket } from './socket.ts';
import { unpacked } from './unpack.ts';
import { isNamed, withVersions } from './versions.ts';
import { quotaOf, retryAfter } from './waiting.ts';
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
/** Reading that is refused for a quota waits so long altogether, in ms; then it counts as no answer. */
const MOST_WAIT_MS = 60_000;
/** Wait after a first 429 without a time, in ms: longer each time. */
const FIRST_WAIT_MS = 500;

/** Codes of a connection that ended while it was used: a server, or something before it, may close one at any moment that nothing was asked over for a while. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

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
   * as it is, anything else as JSON. An answer of 401 is tried once more with a new token; reading that is refused for a quota (429) waits as
   * long as the server says. What a proxy answers in place of its server is no answer.
   * @throws NoAnswer; NotAuthorised when the credentials are not accepted
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const url = addressOf(this.base, path);
    const ready = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const text = ready ? body : JSON.stringify(body);
    let renewed = false;
    let doubted = false;
    let waited = 0;
    for (;;) {
      const authorization = await this.guarded(() => this.authorizer.header());
      const reply = await this.onceOrAgain(method, url, text, headers, authorization);
      const { status } = reply;
      if (status === 401 && this.authorizer.forget(authorization) && !renewed) {
        renewed = true;
        continue;
      }
      if (status === 401) {
        const words = wordsOf(reply.body);
        throw new NotAuthorised(
          `The server does not accept the credentials${words === '' ? '' : ` (${words})`}`,
        );
      }
      // Without a history there is nothing wrong with the server.
      const noHistory = status === 501 && path.includes('/_history');
      if ((status >= 500 && !noHistory) || (status >= 300 && status < 400)) throw unusable(reply);
      if (status === 429 && method === 'GET') {
        const ms = this.waitOf(reply, waited);
        if (waited + ms > MOST_WAIT_MS) throw unusable(reply);
        waited += ms;
        await this.pause(ms);
      } else if (status === 404 && !doubted && path !== 'metadata' && !isFhir(reply)) {
        // Not the words of a FHIR server: perhaps of a proxy whose server is away. Only a server that is there can say what is not there.
        if (!(await this.isThere())) throw unusable(reply);
        doubted = true;
      } else return reply;
    }
  }

  private async isThere(): Promise<boolean> {
    const { status, body } = await this.request('GET', 'metadata');
    return status === 200 && isResource(body) && body.resourceType === 'CapabilityStatement';
  }

  /** How long a refused reading has to wait, in ms. @param waited so far */
  private waitOf({ headers }: Reply, waited: number): number {
    const seconds = retryAfter(headers, this.options.clock.now().getTime()) ?? quotaOf(headers).seconds;
    return seconds === undefined ? Math.max(FIRST_WAIT_MS, waited) : Math.max(1, seconds) * 1000;
  }

  /** @throws why the station is stopping */
  private async pause(ms: number): Promise<void> {
    const { signal, timers } = this.options;
    signal.throwIfAborted();
    await new Promise<void>((done) => {
      const over = () => {
        cancel();
        signal.removeEventListener('abort', over);
        done();
      };
      const cancel = timers.set(ms, over);
      signal.addEventListener('abort', over, { once: true });
    });
    signal.throwIfAborted();
  }

  /** Reads a resource or a version of one; undefined when it is not there (404, 410). @throws NoAnswer, NotAuthorised */
  async read(path: string): Promise<AnyResource | undefined> {
    const [, version = ''] = path.split('/_history/');
    if (version !== '' && !isNamed(version)) return undefined;
    const reply = await this.request('GET', path);
    if (reply.status === 404 || reply.status === 410) return undefined;
    return reply.status === 200 && isResource(reply.body) ? reply.body : undefined;
  }

  /** Follows a search page by page. @throws NoAnswer, NotAuthorised, SearchRefused */
  async *pages(path: string): AsyncGenerator<Bundle> {
    const read = new Set<string>();
    for (let next: string | undefined = path; next !== undefined; ) {
      if (read.has(next)) throw new SearchRefused(200, SAME_PAGE);
      read.add(next);
      const reply: Reply = await this.request('GET', next);
      if (reply.status !== 200 || !isBundle(reply.body))
        throw new SearchRefused(reply.status, wordsOf(reply.body));
      yield reply.body;
      next = reply.body.link?.find((link) => link.relation === 'next')?.url;
    }
  }

  /** Reading over a connection that was closed just then is tried once more: nothing can have come of it. */
  private async onceOrAgain(...asked: Parameters<FhirClient['once']>): Promise<Reply> {
    try {
      return await this.once(...asked);
    } catch (error) {
      if (asked[0] !== 'GET' || !(error instanceof NoAnswer) || !CLOSED.has(error.code)) throw error;
      return await this.once(...asked);
    }
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
          'accept-encoding': 'identity',
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
          ...(authorization === undefined ? {} : { authorization }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      this.onReply({ status: reply.status, headers: reply.headers, sentAt });
      const answer = withVersions(parsed(reply.text, reply.status));
      return { status: reply.status, body: answer, headers: reply.headers };
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
      const replied = headersOf(reply.headers);
      const packing = replied.get('content-encoding') ?? '';
      const text =
        packing === '' ? await reply.body.text() : await unpacked(await reply.body.bytes(), packing);
      return { status: reply.statusCode, text, headers: replied };
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

/** An answer that says nothing about what was asked: the server fails, or something before it answers in its place. */
function unusable({ status, headers, body }: Reply): NoAnswer {
  const to = headers.get('location') ?? '';
  const refers = status >= 300 && status < 400 ? `The server refers to another address: ${to}` : '';
  const foreign = status === 404 ? 'What answers at this address is not the FHIR server: 404' : '';
  const words = wordsOf(body) || refers || foreign || `The server answered ${status}`;
  return new NoAnswer(words, { status });
}

/** True where the server is there and fails at this alone, as far as can be told: an error inside it, or an answer that takes too long. */
export function failsAtThis(error: unknown): error is NoAnswer {
  return error instanceof NoAnswer && (error.status === 500 || error.late);
}

/** True for an answer in the form a FHIR server gives: JSON. */
function isFhir({ headers, body }: Reply): boolean {
  return isResource(body) || /json/i.test(headers.get('content-type') ?? '');
}

/** A page named itself, or one before it, as the next. */
export const SAME_PAGE = 'The server gives the same page again and again';

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
  const { issue } = body as unknown as { issue?: unknown };
  // What fails says so in many ways: an odd one is not to break what reads it.
  const words = (Array.isArray(issue) ? issue : [issue]).map((one: unknown) => {
    const { details, diagnostics, code, expression } = isObject(one) ? one : {};
    const said = [isObject(details) ? details.text : undefined, diagnostics, code];
    const text = said.find((word): word is string => typeof word === 'string' && word !== '') ?? '';
    const at: unknown = Array.isArray(expression) ? expression[0] : undefined;
    return typeof at !== 'string' || text === '' || text.includes(at) ? text : `${text} (${at})`;
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
