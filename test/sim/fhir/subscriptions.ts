import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseSearch, type SearchRequest } from './criteria.ts';
import { FhirError } from './outcome.ts';
import { isObject, type Resource } from './resource.ts';
import { rowMatches } from './search.ts';
import type { Store, StoredVersion } from './store.ts';

/** Path of the websocket below the host. */
export const WEBSOCKET_PATH = '/ws/subscriptions-r4';
const HEARTBEAT_MS = 10_000;
const TOKEN_MS = 3_600_000;

interface Inside {
  store: Store;
  base: () => string;
  now: () => number;
}

/** A subscription that somebody listens to. */
interface Bound {
  id: string;
  socket: WebSocket;
  request: SearchRequest;
  /** `token`: bundles after a binding token, deleted on close; `plain`: `bind ID` and `ping ID` of R4 itself, kept. */
  style: 'token' | 'plain';
  events: number;
}

/**
 * Websocket subscriptions, not durable on purpose: what happens while nobody listens is never told, and a subscription bound with a token is
 * deleted when its connection closes.
 */
export class Subscriptions {
  private readonly inside: Inside;
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly tokens = new Map<string, { id: string; until: number }>();
  private readonly heartbeat: NodeJS.Timeout;
  private bound: Bound[] = [];
  /** Events told so far. */
  told = 0;

  constructor(inside: Inside) {
    this.inside = inside;
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** Subscriptions listened to now. */
  get listeners(): number {
    return this.bound.length;
  }

  /** Answer of `Subscription/ID/$get-ws-binding-token`. @throws FhirError 404, 410 */
  bindingToken(id: string): Resource {
    const { store, base, now } = this.inside;
    store.read('Subscription', id);
    const token = randomUUID();
    const until = now() + TOKEN_MS;
    this.tokens.set(token, { id, until });
    const url = `${base()
      .replace(/^http/, 'ws')
      .replace(/\/fhir\/.*$/, '')}${WEBSOCKET_PATH}`;
    return {
      resourceType: 'Parameters',
      parameter: [
        { name: 'token', valueString: token },
        { name: 'expiration', valueDateTime: new Date(until).toISOString() },
        { name: 'subscription', valueString: id },
        { name: 'websocket-url', valueUrl: url },
      ],
    };
  }

  /** Takes over a connection that wants to be a websocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('message', (data) => this.receive(opened, String(data)));
      opened.on('close', () => this.closed(opened));
      opened.on('error', () => opened.terminate());
    });
  }

  /** Tells listeners what was committed. */
  committed(versions: readonly StoredVersion[]): void {
    if (this.bound.length === 0) return;
    for (const { type, id, text } of versions) {
      if (text === undefined || type === 'Subscription') continue;
      const row = this.inside.store.row(type, id);
      for (const bound of this.bound) {
        if (bound.request.type !== type || row === undefined) continue;
        if (rowMatches(this.inside.store, bound.request, row)) this.tell(bound, type, id, text);
      }
    }
  }

  /** Breaks every websocket off, without a word. */
  drop(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  /** Ends everything. */
  stop(): void {
    clearInterval(this.heartbeat);
    this.drop();
    this.sockets.close();
  }

  private receive(socket: WebSocket, text: string): void {
    const plain = /^bind ([A-Za-z0-9.-]{1,64})$/.exec(text)?.[1];
    if (plain !== undefined) this.bindPlain(socket, plain);
    const message = parsed(text);
    if (message?.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    if (message?.type !== 'bind-with-token') return;
    const token = isObject(message.payload) ? String(message.payload.token) : '';
    const known = this.tokens.get(token);
    this.tokens.delete(token);
    if (known === undefined || known.until <= this.inside.now()) {
      socket.send(JSON.stringify({ type: 'error', payload: 'The token is not valid' }));
      return;
    }
    const bound = this.bind(socket, known.id, 'token');
    if (bound !== undefined) socket.send(JSON.stringify(this.notice(bound, 'handshake')));
  }

  private bindPlain(socket: WebSocket, id: string): void {
    const bound = this.bind(socket, id, 'plain');
    if (bound !== undefined) socket.send(`bound ${id}`);
  }

  private bind(socket: WebSocket, id: string, style: Bound['style']): Bound | undefined {
    const { store, base } = this.inside;
    try {
      const { resource } = store.read('Subscription', id);
      const [type = '', query = ''] = String(resource.criteria).split('?');
      const request = parseSearch(type, new URLSearchParams(query), base());
      const bound: Bound = { id, socket, request, style, events: 0 };
      this.bound.push(bound);
      return bound;
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      socket.send(JSON.stringify({ type: 'error', payload: error.message }));
      return undefined;
    }
  }

  private tell(bound: Bound, type: string, id: string, text: string): void {
    bound.events += 1;
    this.told += 1;
    if (bound.style === 'plain') {
      bound.socket.send(`ping ${bound.id}`);
      return;
    }
    const fullUrl = `${this.inside.base()}/${type}/${id}`;
    const focus = { reference: `${type}/${id}` };
    const notice = this.notice(bound, 'event-notification', {
      notificationEvent: [{ eventNumber: String(bound.events), timestamp: this.time(), focus }],
    });
    // The resource is JSON already: it becomes the second entry as it is.
    const head = JSON.stringify(notice).slice(0, -2);
    bound.socket.send(`${head},{"fullUrl":${JSON.stringify(fullUrl)},"resource":${text}}]}`);
  }

  private notice(bound: Bound, type: string, more: Record<string, unknown> = {}): Notice {
    const status = {
      resourceType: 'SubscriptionStatus',
      ...{ status: 'active', type, subscription: { reference: `Subscription/${bound.id}` } },
      ...more,
    };
    return {
      ...{ resourceType: 'Bundle', id: randomUUID(), type: 'history', timestamp: this.time() },
      entry: [{ resource: status }],
    };
  }

  private beat(): void {
    for (const bound of this.bound) {
      if (bound.style === 'token') bound.socket.send(JSON.stringify(this.notice(bound, 'heartbeat')));
    }
  }

  private closed(socket: WebSocket): void {
    const gone = this.bound.filter((bound) => bound.socket === socket);
    this.bound = this.bound.filter((bound) => bound.socket !== socket);
    const { store, now } = this.inside;
    for (const { id, style } of gone) {
      if (style === 'plain' || store.row('Subscription', id)?.versions.at(-1)?.text === undefined) continue;
      store.transaction(() => store.remove('Subscription', id, now()));
    }
  }

  private time(): string {
    return new Date(this.inside.now()).toISOString();
  }
}

interface Notice {
  resourceType: string;
  entry: { fullUrl?: string; resource: Resource }[];
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
