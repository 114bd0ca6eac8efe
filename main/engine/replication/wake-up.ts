import type { Parameters, Subscription } from 'fhir/r4';
import { isObject } from '../../../shared/fhir/json.ts';
import type { AnyResource } from '../../../shared/fhir/mapping.ts';
import { SYSTEM } from '../../../shared/fhir/systems.ts';
import type { Timers } from '../timers.ts';
import { CALL_CODE } from './call-rules.ts';
import { type FhirClient, isBundle, isResource, NoAnswer } from './client.ts';
import type { Backoff } from './pace.ts';
import type { ReplicationStore } from './port.ts';

/** A websocket as far as it is needed here. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

/** What a socket tells; `closed` exactly once, also when it never opened. */
export interface SocketEvents {
  opened(): void;
  heard(text: string): void;
  closed(): void;
}

export interface WakeUpOptions {
  store: ReplicationStore;
  client: FhirClient;
  timers: Timers;
  backoff: Backoff;
  now: () => number;
  signal: AbortSignal;
  /** Resolves when the server can be asked. */
  ready: () => Promise<unknown>;
  open: (url: string, events: SocketEvents) => Socket;
  /** True for the text of a notification of what this station has just sent: it need not be read. */
  isEcho: (text: string) => boolean;
  /** True for a resource this station has in that version: an echo of what it sent itself. */
  isKnown: (resource: AnyResource) => Promise<boolean>;
  /** So much is being sent from here that nearly all the server would tell is an echo. */
  isSending: () => boolean;
  /** Something changed at the server. */
  wake: () => void;
  say: (text: string) => void;
}

/** What is listened to. */
const CRITERIA = [
  'ServiceRequest',
  'Specimen',
  'Patient',
  'DiagnosticReport',
  'Observation?category=laboratory',
];
/** Besides, where the server narrows what it tells to a code: a call recorded elsewhere keeps somebody here from calling too. */
const CALLS = `Task?code=${SYSTEM.taskKind}|${CALL_CODE}`;
/** Name of the state: ids of our subscriptions at the server by criteria. */
const STATE = 'subscriptions';
/** A burst of changes wakes once, after so many ms. */
const GATHER_MS = 300;
/** Silence after which a line that answers pings is taken for dead, and how often it is pinged, in ms. */
const SILENCE_MS = 90_000;
const PING_MS = 30_000;
/** A socket is opened anew before its token ends, and now and then where silence says nothing, in ms. */
const BEFORE_END_MS = 300_000;
const RENEW_MS = 900_000;
/** How often it is looked whether so much is still being sent, in ms. */
const SENDING_MS = 1_000;
/** A server that cannot do it is asked again after so long, in ms. */
const ASK_AGAIN_MS = 900_000;

/** The server offers no websocket. */
class NotOffered extends Error {
  override readonly name = 'NotOffered';
}

/** Where and how to listen. */
interface Binding {
  url: string;
  /** Sent when the socket is open. */
  greetings: string[];
  /** It answers pings: its silence means something. */
  answers: boolean;
  /** How long it may be used, in ms. */
  lastsMs: number;
}

/**
 * Lets the server wake this station over a websocket as soon as something changes there. A hint and nothing more: what is missed while the
 * line is down is found by the next poll. While a long queue is being sent the line is closed: the server would tell of each record of it,
 * which costs both sides more than the polls that go on. Both ways are spoken: a binding token per subscription, and `bind`/`ping` of R4 itself.
 */
export class WakeUp {
  private readonly options: WakeUpOptions;
  private told = false;
  private waiting = false;
  private certain = false;
  /** The line was closed because of what is being sent: there may be news that nobody told. */
  private missed = false;
  /** Closes the line. */
  private close: () => void = () => undefined;
  /** Texts that were heard and not looked at yet. */
  private pending: string[] = [];

  constructor(options: WakeUpOptions) {
    this.options = options;
  }

  /** Listens until the station stops; a line that breaks is opened again with growing waits. */
  async run(): Promise<void> {
    const { signal, backoff, ready, now } = this.options;
    while (!signal.aborted) {
      await ready();
      while (!signal.aborted && this.options.isSending()) {
        this.missed = true;
        await this.pause(SENDING_MS);
      }
      if (signal.aborted) return;
      let wait: number | undefined;
      try {
        const binding = await this.subscribe();
        const began = now();
        await this.listen(binding);
        if (now() - began > PING_MS) backoff.reset();
        if (this.options.isSending()) continue;
      } catch (error) {
        if (!(error instanceof NotOffered) && !(error instanceof NoAnswer) && !signal.aborted) {
          this.options.say(
            `The server cannot wake this station: ${error instanceof Error ? error.message : ''}`,
          );
        }
        if (error instanceof NotOffered) {
          wait = ASK_AGAIN_MS;
          if (!this.told)
            this.options.say('The server offers no websocket: it is asked for news now and then.');
          this.told = true;
        }
      }
      await this.pause(wait ?? backoff.next());
    }
  }

  /** Subscribes to everything, with the subscriptions made before where the server still has them. @throws NotOffered, NoAnswer, NotAuthorised */
  private async subscribe(): Promise<Binding> {
    const { store } = this.options;
    const kept = (await store.state<Record<string, string>>(STATE)) ?? {};
    const ids: Record<string, string> = {};
    const bindings: (Binding | undefined)[] = [];
    for (const criteria of [...CRITERIA, CALLS]) {
      const known = kept[criteria];
      let bound = known === undefined ? undefined : await this.bind(known);
      let id = known ?? '';
      if (bound === undefined) {
        id = await this.create(criteria).catch((error: unknown) => {
          if (criteria !== CALLS || !(error instanceof NotOffered)) throw error;
          return '';
        });
        if (id === '') continue;
        bound = await this.bind(id);
      }
      ids[criteria] = id;
      bindings.push(bound);
    }
    if (JSON.stringify(ids) !== JSON.stringify(kept)) {
      await store.write({ command: 'sync', actor: 'server' }, (unit) => unit.setState(STATE, ids));
    }
    const all = bindings.filter((one) => one !== undefined);
    const [first] = all;
    if (first !== undefined && all.length === bindings.length) {
      const lastsMs = Math.min(...all.map((one) => one.lastsMs));
      return { ...first, greetings: all.flatMap((one) => one.greetings), lastsMs };
    }
    const url = await this.plainAddress();
    return {
      url,
      greetings: Object.values(ids).map((id) => `bind ${id}`),
      answers: false,
      lastsMs: RENEW_MS,
    };
  }

  private async create(criteria: string): Promise<string> {
    const subscription: Subscription = {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'Wakes a laboratory workstation when something changes',
      criteria,
      channel: { type: 'websocket' },
    };
    const reply = await this.options.client.request('POST', 'Subscription', subscription, {
      prefer: 'return=representation',
    });
    const id =
      isResource(reply.body) && reply.body.resourceType === 'Subscription' ? reply.body.id : undefined;
    const named = /Subscription\/([A-Za-z0-9.-]{1,64})/.exec(reply.headers.get('location') ?? '')?.[1];
    if (reply.status !== 201 || (id ?? named) === undefined) throw new NotOffered();
    return id ?? named ?? '';
  }

  /** The binding of a subscription by token; undefined where there is none. */
  private async bind(id: string): Promise<Binding | undefined> {
    const reply = await this.options.client.request('GET', `Subscription/${id}/$get-ws-binding-token`);
    if (reply.status !== 200 || !isResource(reply.body) || reply.body.resourceType !== 'Parameters')
      return undefined;
    const { parameter = [] } = reply.body as Parameters;
    const of = (name: string) => parameter.find((one) => one.name === name);
    const token = of('token')?.valueString ?? '';
    const url = of('websocket-url')?.valueUrl ?? '';
    const end = Date.parse(of('expiration')?.valueDateTime ?? '');
    if (token === '' || !this.isAllowed(url)) return undefined;
    // Its clock may be another: a token that seems to end at once is used for as long as every other.
    const left = end - this.options.now() - BEFORE_END_MS;
    const lastsMs = left > BEFORE_END_MS ? left : RENEW_MS;
    const greeting = JSON.stringify({ type: 'bind-with-token', payload: { token } });
    return { url, greetings: [greeting], answers: true, lastsMs };
  }

  /** Address of the websocket that the CapabilityStatement names. @throws NotOffered */
  private async plainAddress(): Promise<string> {
    const { body } = await this.options.client.request('GET', 'metadata');
    const { rest } = (isResource(body) ? body : {}) as {
      rest?: { extension?: { url?: string; valueUri?: string }[] }[];
    };
    const named = rest?.[0]?.extension?.find((one) => one.url?.endsWith('/capabilitystatement-websocket'));
    if (named?.valueUri === undefined || !this.isAllowed(named.valueUri)) throw new NotOffered();
    return named.valueUri;
  }

  /** No open line to a server that is spoken to over TLS. */
  private isAllowed(url: string): boolean {
    return this.options.client.base.startsWith('https:') ? /^wss:/.test(url) : /^wss?:/.test(url);
  }

  /** Listens until the line breaks or its time is over. */
  private listen({ url, greetings, answers, lastsMs }: Binding): Promise<void> {
    const { open, timers, now, signal } = this.options;
    return new Promise((resolve) => {
      let heardAt = now();
      let cancelPing: () => void = () => undefined;
      const stop = () => socket.close();
      const cancelEnd = timers.set(lastsMs, stop);
      const socket = open(url, {
        opened: () => {
          for (const greeting of greetings) socket.send(greeting);
          if (answers) watch();
          if (this.missed) this.options.wake();
          this.missed = false;
        },
        heard: (text) => {
          heardAt = now();
          this.heard(text);
        },
        closed: () => {
          cancelPing();
          cancelEnd();
          signal.removeEventListener('abort', stop);
          resolve();
        },
      });
      this.close = stop;
      const watch = () => {
        cancelPing = timers.set(PING_MS, () => {
          if (now() - heardAt > SILENCE_MS) {
            stop();
            return;
          }
          socket.send(JSON.stringify({ type: 'ping' }));
          watch();
        });
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  private heard(text: string): void {
    if (text.startsWith('ping ')) this.certain = true;
    else if (text.startsWith('{')) this.pending.push(text);
    else return;
    if (this.waiting) return;
    this.waiting = true;
    this.options.timers.set(GATHER_MS, () => void this.look());
  }

  /** Wakes, unless all that was told of is an echo. */
  private async look(): Promise<void> {
    const { wake, isEcho, isKnown, signal } = this.options;
    const { pending, certain } = this;
    this.pending = [];
    this.certain = false;
    this.waiting = false;
    if (signal.aborted) return;
    if (this.options.isSending()) {
      this.missed = true;
      this.close();
      return;
    }
    let isNews = certain;
    for (const text of pending) {
      if (isNews) break;
      if (isEcho(text)) continue;
      const changed = changedIn(text);
      isNews = changed === 'something';
      if (changed === 'something') continue;
      for (const resource of changed) isNews ||= !(await isKnown(resource).catch(() => false));
    }
    if (isNews) wake();
  }

  private async pause(ms: number): Promise<void> {
    const { timers, signal } = this.options;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = timers.set(ms, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** What a message says has changed: the resources themselves, or only that something did. */
function changedIn(text: string): AnyResource[] | 'something' {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isBundle(message)) return [];
  const [status, ...others] = (message.entry ?? []).flatMap((entry) => entry.resource ?? []);
  if (!isObject(status) || (status as { type?: unknown }).type !== 'event-notification') return [];
  return others.length === 0 ? 'something' : (others as AnyResource[]);
}
