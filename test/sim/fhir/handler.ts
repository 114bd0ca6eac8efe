import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Auth } from './auth.ts';
import { type BundleHooks, processBundle } from './bundles.ts';
import { checkSent, type FaultsOf, type Invalid } from './checks.ts';
import { describe } from './discovery.ts';
import type { Faults, Quota } from './faults.ts';
import { header, parseJson, readBody, send, sendHalf } from './http.ts';
import {
  type Answer,
  type Context,
  type Interaction,
  interact,
  isConditional,
  kindOf,
} from './interactions.ts';
import { FhirError, outcome, outcomeOf, toFhirError } from './outcome.ts';
import { isObject, isResource } from './resource.ts';
import type { Counter } from './stats.ts';
import type { Store } from './store.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { FaultName, Switches } from './switches.ts';

/** Path of the FHIR base below the host. */
export const BASE_PATH = '/fhir/R4';
/** How long a serializable transaction takes with `parallelConflicts`, in ms. */
const TRANSACTION_MS = 4;
const MAX_BINARY_BYTES = 64 * 1_048_576;

/** The parts a request passes through. */
export interface Parts {
  store: Store;
  faults: Faults;
  quota: Quota;
  auth: Auth;
  subscriptions: Subscriptions;
  /** What was refused by the switch `validate`. */
  invalid: Invalid[];
  /** Checks by the official definitions; undefined until `validate` is on for the first time. */
  faultsOf: () => FaultsOf | undefined;
  /** The server's clock, in ms since the epoch, as far off as it is. */
  now: () => number;
  origin: () => string;
  switches: () => Switches;
  requests: Counter;
  entries: Counter;
  answers: Counter;
}

/** Carries HTTP requests through faults, quota and authentication to the interactions. */
export class Handler {
  private readonly parts: Parts;
  /** Conditional writes committed; one that began before another committed has lost. */
  private conditionalCommits = 0;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.parts.switches().down === 'hang') {
      this.parts.requests.add('hung');
      return;
    }
    response.setHeader('date', new Date(this.parts.now()).toUTCString());
    try {
      await this.route(request, response);
    } catch (error) {
      const fault = toFhirError(error);
      this.reply(response, fault.status, JSON.stringify(outcomeOf(fault)), fault.headers);
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.parts.origin());
    if (url.pathname === '/oauth2/token') return this.token(request, response);
    if (!url.pathname.startsWith(BASE_PATH)) throw new FhirError(404, 'not-found', 'Not found');
    const path = url.pathname
      .slice(BASE_PATH.length)
      .split('/')
      .filter((step) => step !== '')
      .map(decodeURIComponent);
    if (path[0] === 'metadata' || path[0] === '.well-known') return this.describe(path, response);
    const raw = isRawBinary(request, path);
    const body = await readBody(request, raw ? MAX_BINARY_BYTES : this.parts.switches().maxBodyBytes);
    const scope = this.parts.auth.check(header(request, 'authorization'));
    const item = this.interactionOf(request, path, url.searchParams, body, raw);
    this.parts.auth.allow(scope, methodOf(item), item.path[0]);
    const begun = this.conditionalCommits;
    await this.delays(item);
    this.wholeFaults(item);
    const overlapped = await this.isolate(item, begun);
    this.execute(request, response, item, { scope, overlapped });
  }

  /**
   * Serializable isolation among conditional writes: the first to commit wins. True when a batch lost; its conditional entries meet it.
   * @throws FhirError 409 when a single write or a transaction lost
   */
  private async isolate(item: Interaction, begun: number): Promise<boolean> {
    const type = bundleType(item);
    const conditional = type === undefined ? isConditional(item) : hasConditionalEntry(item.body);
    if (!conditional || !this.parts.switches().parallelConflicts) return false;
    await delay(TRANSACTION_MS);
    const lost = this.conditionalCommits !== begun;
    if (lost && type !== 'batch') throw conflict();
    this.conditionalCommits += 1;
    return lost;
  }

  private interactionOf(
    request: IncomingMessage,
    path: string[],
    query: URLSearchParams,
    body: Buffer,
    raw: boolean,
  ): Interaction {
    const method = request.method ?? 'GET';
    const item: Interaction = { method, path, query, stamp: this.parts.now() };
    item.ifMatch = header(request, 'if-match');
    item.ifNoneExist = header(request, 'if-none-exist');
    if (raw) {
      const contentType = header(request, 'content-type');
      item.body = { resourceType: 'Binary', contentType, data: body.toString('base64') };
    } else if (method === 'POST' && path[1] === '_search') {
      item.query = new URLSearchParams([...query, ...new URLSearchParams(body.toString('utf8'))]);
    } else if (body.length > 0) {
      item.body = parseJson(body);
    }
    return item;
  }

  private async delays(item: Interaction): Promise<void> {
    const { slowMs, lateCommitMs } = this.parts.switches();
    if (slowMs > 0 && this.strikes('slow', item)) await delay(slowMs);
    item.stamp = this.parts.now();
    if (isWrite(item) && this.strikes('lateCommit', item)) await delay(lateCommitMs);
  }

  /** Faults that meet the request as a whole. @throws FhirError */
  private wholeFaults(item: Interaction): void {
    if (this.strikes('error503', item)) throw new FhirError(503, 'transient', 'Service unavailable');
    if (this.strikes('error500', item)) throw new FhirError(500, 'exception', 'Internal server error');
    if (!isWrite(item) || bundleType(item) === 'batch') return;
    const bundle = item.body as { entry?: unknown[] } | undefined;
    this.writeFaults(item, bundleType(item) === 'transaction' ? (bundle?.entry?.length ?? 0) : 1);
  }

  /** Faults of one write, and the quota. @throws FhirError 409, 412, 429 */
  private writeFaults(item: Interaction, cost: number): void {
    if (this.strikes('conflict', item)) throw conflict();
    if (this.strikes('precondition', item)) throw new FhirError(412, 'conflict', 'Precondition failed');
    if (this.strikes('tooMany', item)) {
      throw new FhirError(429, 'throttled', 'Too Many Requests', {
        headers: { ratelimit: '"fhirInteractions";r=0;t=1' },
      });
    }
    if (!this.parts.quota.charge(this.parts.switches().quota, cost)) {
      throw new FhirError(429, 'throttled', 'Too Many Requests');
    }
  }

  private execute(request: IncomingMessage, response: ServerResponse, item: Interaction, by: Caller): void {
    const context = this.context();
    const { switches } = context;
    const bundle = bundleType(item);
    this.parts.requests.add(bundle ?? kindOf(item));
    const limited: Record<string, string> = {};
    const minimal =
      switches.preferMinimal === 'honoured' && /return=minimal/.test(header(request, 'prefer') ?? '');
    const hooks: BundleHooks = {
      switches,
      minimal,
      beforeEntry: (entry, index) => {
        if (!isWrite(entry)) return;
        if (by.overlapped && isConditional(entry) && index % 2 === 0) throw conflict();
        try {
          this.writeFaults(entry, 1);
        } catch (error) {
          if (error instanceof FhirError) Object.assign(limited, error.headers);
          throw error;
        }
      },
      allow: (entry) => this.parts.auth.allow(by.scope, methodOf(entry), entry.path[0]),
      count: (kind) => this.parts.entries.add(kind),
    };
    const done = this.carryOut(context, item, hooks);
    if (isWrite(item) && this.strikes('lostAnswer', item)) {
      this.parts.answers.add('destroyed');
      response.destroy();
      return;
    }
    const headers = { ...limited, ...answerHeaders(done) };
    if (isWrite(item) && this.strikes('cutAnswer', item)) {
      this.parts.answers.add('cut');
      sendHalf(response, done.status, done.text ?? '{}', headers);
    } else if (sendRawBinary(request, response, item, done)) this.parts.answers.add('200');
    else if (minimal && isWrite(item) && item.path.length > 0) this.reply(response, done.status, '', headers);
    else this.reply(response, done.status, done.text, headers);
  }

  private carryOut(context: Context, item: Interaction, hooks: BundleHooks): Answer {
    if (item.path.length === 0) return this.bundle(context, item, hooks);
    const [type, id = '', operation] = item.path;
    if (type === 'Subscription' && operation === '$get-ws-binding-token') {
      if (!context.switches.websocket) throw new FhirError(404, 'not-supported', 'No websockets here');
      return { status: 200, text: JSON.stringify(this.parts.subscriptions.bindingToken(id)) };
    }
    return interact(context, item);
  }

  private context(): Context {
    const { store, invalid } = this.parts;
    const switches = this.parts.switches();
    const faultsOf = switches.validate ? this.parts.faultsOf() : undefined;
    return {
      store,
      base: `${this.parts.origin()}${BASE_PATH}`,
      switches,
      planned: new Set(),
      check: (resource, before, planned) => {
        if (faultsOf !== undefined) checkSent(resource, before, { faultsOf, store, planned, invalid });
      },
    };
  }

  private bundle(context: Context, item: Interaction, hooks: BundleHooks): Answer {
    if (item.method !== 'POST')
      throw new FhirError(405, 'not-supported', `${item.method} is not supported here`);
    return processBundle(context, item.body, item.stamp, hooks);
  }

  private async token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.parts.requests.add('token');
    const body = await readBody(request, 65_536);
    const { auth } = this.parts;
    if (!auth.givesTokens || request.method !== 'POST') throw new FhirError(404, 'not-found', 'Not found');
    const tokenUrl = `${this.parts.origin()}/oauth2/token`;
    const result = auth.token(body.toString('utf8'), header(request, 'authorization'), tokenUrl);
    this.reply(response, result.status, JSON.stringify(result.body), {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
  }

  private describe(path: string[], response: ServerResponse): void {
    this.parts.requests.add('metadata');
    const { auth, origin, now, switches } = this.parts;
    const { body, headers } = describe(path, {
      ...{ origin: origin(), basePath: BASE_PATH, date: new Date(now()).toISOString() },
      ...{ auth, switches: switches() },
    });
    this.reply(response, 200, JSON.stringify(body), headers);
  }

  private reply(
    response: ServerResponse,
    status: number,
    text: string | undefined,
    headers: Record<string, string>,
  ): void {
    this.parts.answers.add(String(status));
    const { quota, retryAfterSeconds } = this.parts.switches();
    const limit: Record<string, string> = quota === null ? {} : { ratelimit: this.parts.quota.header(quota) };
    if (retryAfterSeconds !== null && (status === 429 || status === 503))
      limit['retry-after'] = String(retryAfterSeconds);
    const body =
      text ?? (status === 200 ? JSON.stringify(outcome('information', 'informational', 'OK')) : undefined);
    send(response, status, body, { ...limit, ...headers });
  }

  private strikes(name: FaultName, item: Interaction): boolean {
    return this.parts.faults.strikes(name, { method: item.method, type: item.path[0] });
  }
}

/** Who asks, and what happened meanwhile. */
interface Caller {
  /** What the token allows. */
  scope: string;
  /** Another conditional write was committed while this one was on its way. */
  overlapped: boolean;
}

function conflict(): FhirError {
  return new FhirError(
    409,
    'conflict',
    'could not serialize access due to read/write dependencies among transactions',
  );
}

function isWrite(item: Pick<Interaction, 'method' | 'path'>): boolean {
  return item.method !== 'GET' && item.path[1] !== '_search';
}

/** The method as far as rights go: a search by POST is a GET. */
function methodOf(item: Pick<Interaction, 'method' | 'path'>): string {
  return isWrite(item) ? item.method : 'GET';
}

function hasConditionalEntry(bundle: unknown): boolean {
  const entries = isResource(bundle) && Array.isArray(bundle.entry) ? (bundle.entry as unknown[]) : [];
  return entries.some((entry) => {
    const request = isObject(entry) && isObject(entry.request) ? entry.request : {};
    const url = String(request.url ?? '');
    return request.ifNoneExist !== undefined || (request.method === 'PUT' && url.includes('?'));
  });
}

function bundleType(item: Interaction): string | undefined {
  if (item.path.length > 0 || !isResource(item.body)) return undefined;
  return item.body.type === 'transaction' ? 'transaction' : 'batch';
}

function answerHeaders(done: Answer): Record<string, string> {
  return {
    ...(done.etag === undefined ? {} : { etag: done.etag }),
    ...(done.lastModified === undefined ? {} : { 'last-modified': done.lastModified }),
    ...(done.location === undefined ? {} : { location: done.location }),
  };
}

/** Binary may be sent as it is, without a resource around it. */
function isRawBinary(request: IncomingMessage, path: string[]): boolean {
  const type = header(request, 'content-type') ?? '';
  return (
    request.method === 'POST' &&
    path.length === 1 &&
    path[0] === 'Binary' &&
    type !== '' &&
    !type.includes('json')
  );
}

/** A Binary read with an Accept that is not JSON gives the bytes themselves. */
function sendRawBinary(
  request: IncomingMessage,
  response: ServerResponse,
  item: Interaction,
  done: Answer,
): boolean {
  const accept = header(request, 'accept') ?? '*/*';
  const wanted = item.method === 'GET' && item.path[0] === 'Binary' && item.path.length === 2;
  if (!wanted || done.text === undefined || accept.includes('json') || accept.includes('*/*')) return false;
  const binary = JSON.parse(done.text) as { contentType: string; data?: string };
  send(response, 200, Buffer.from(binary.data ?? '', 'base64'), { 'content-type': binary.contentType });
  return true;
}
