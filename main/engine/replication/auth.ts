import type { Clock } from '../../../shared/domain/clock.ts';
import { type BackendKey, clientAssertion } from './client-assertion.ts';

/** How this station proves to the server who it is. Secrets are given as text; they are never logged. */
export type ServerAuth =
  | { kind: 'none' }
  | { kind: 'basic'; user: string; password: string }
  | { kind: 'bearer'; token: string }
  | { kind: 'clientCredentials'; tokenUrl: string; clientId: string; clientSecret: string; scope: string }
  | ({
      kind: 'smartBackend';
      clientId: string;
      /** Left out: `token_endpoint` of the server's `.well-known/smart-configuration`. */
      tokenUrl?: string | undefined;
      scope: string;
    } & BackendKey);

/** Kinds of {@link ServerAuth} whose token comes from a token endpoint. */
export type TokenAuth = Extract<ServerAuth, { kind: 'clientCredentials' | 'smartBackend' }>;

/** Sends one HTTP request; given by the client so that tokens share its timeout. */
export type Send = (
  url: string,
  init: { method: string; headers?: Record<string, string>; body?: string },
) => Promise<{ status: number; text: string; headers: Headers }>;

/** Share of a token's life after which it is renewed. */
const RENEW_AFTER = 0.8;
/** Share of a token's life after which it is no longer used. */
const USE_UNTIL = 0.98;
/** Assumed life of a token whose answer names none, in seconds. */
const DEFAULT_SECONDS = 300;
/** Wait after a renewal in advance that failed, in ms. */
const RENEW_AGAIN_MS = 10_000;
/** A clock this far off explains why a signed assertion is refused, in seconds. */
const CLOCK_OFF_SECONDS = 60;

/** Why credentials are not accepted: wrong ones, a scope that is not granted, or a clock that is off. */
export type RefusalKind = 'credentials' | 'scope' | 'clock';

/** The server refuses this station's credentials. */
export class NotAuthorised extends Error {
  override readonly name = 'NotAuthorised';
  readonly kind: RefusalKind;
  /** The token server's clock less this station's, in seconds, where it told its time. */
  readonly skewSeconds: number | undefined;

  constructor(message: string, kind: RefusalKind = 'credentials', skewSeconds?: number) {
    super(message);
    this.kind = kind;
    this.skewSeconds = skewSeconds;
  }
}

interface Token {
  text: string;
  renewAt: number;
  endsAt: number;
}

/**
 * Gives the Authorization header. OAuth2 tokens are fetched when first needed and renewed well before they expire, while the old one is
 * still used; requests at the same time share one renewal.
 */
export class Authorizer {
  private readonly auth: ServerAuth;
  private readonly clock: Clock;
  private readonly send: Send;
  private readonly base: string;
  private token: Token | undefined;
  private fetching: Promise<Token> | undefined;
  private endpoint: string | undefined;

  /** @param base FHIR base, for `.well-known/smart-configuration` */
  constructor(auth: ServerAuth, clock: Clock, send: Send, base: string) {
    this.auth = auth;
    this.clock = clock;
    this.send = send;
    this.base = base;
  }

  /** Value of the Authorization header, or undefined. @throws NotAuthorised, or what `send` throws */
  async header(): Promise<string | undefined> {
    const { auth } = this;
    if (auth.kind === 'none') return undefined;
    if (auth.kind === 'bearer') return `Bearer ${auth.token}`;
    if (auth.kind === 'basic') return basic(auth.user, auth.password);
    const now = this.clock.now().getTime();
    const { token } = this;
    if (token === undefined || now >= token.endsAt) return `Bearer ${(await this.renew(auth)).text}`;
    if (now >= token.renewAt) {
      // Not awaited: what is sent now does not wait for it.
      token.renewAt = now + RENEW_AGAIN_MS;
      this.renew(auth).catch(() => undefined);
    }
    return `Bearer ${token.text}`;
  }

  /** Forgets the token a request was refused with. True when another one may help. */
  forget(header: string | undefined): boolean {
    if (this.auth.kind !== 'clientCredentials' && this.auth.kind !== 'smartBackend') return false;
    if (header !== undefined && this.token !== undefined && header === `Bearer ${this.token.text}`) {
      this.token = undefined;
    }
    return header !== undefined;
  }

  private renew(auth: TokenAuth): Promise<Token> {
    this.fetching ??= this.fetchToken(auth).finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async fetchToken(auth: TokenAuth): Promise<Token> {
    const url = await this.tokenUrl(auth);
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (auth.kind === 'clientCredentials') {
      // In the body: servers do not agree on how to encode them in an Authorization header.
      form.set('client_id', auth.clientId);
      form.set('client_secret', auth.clientSecret);
    } else {
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      form.set('client_assertion', await clientAssertion(auth, auth.clientId, url, this.clock.now()));
    }
    if (auth.scope !== '') form.set('scope', auth.scope);
    const reply = await this.send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
    });
    const now = this.clock.now().getTime();
    if (reply.status === 400 || reply.status === 401 || reply.status === 403) {
      throw refusalOf(auth, reply, now);
    }
    const answer = tokenAnswer(reply.status === 200 ? reply.text : '');
    if (answer === undefined) throw new Error(`The token server answered ${reply.status} without a token`);
    const life = answer.seconds * 1000;
    this.token = { text: answer.token, renewAt: now + life * RENEW_AFTER, endsAt: now + life * USE_UNTIL };
    return this.token;
  }

  /** The token endpoint: as set, or as the server's SMART configuration names it. */
  private async tokenUrl(auth: TokenAuth): Promise<string> {
    const known = auth.tokenUrl ?? this.endpoint;
    if (known !== undefined) return known;
    const reply = await this.send(`${this.base}/.well-known/smart-configuration`, {
      method: 'GET',
      headers: { accept: 'application/json' },
    });
    const named = objectOf(reply.text).token_endpoint;
    if (reply.status !== 200 || typeof named !== 'string' || !/^https?:\/\//.test(named)) {
      throw new Error(
        `The server names no token endpoint: .well-known/smart-configuration answered ${reply.status}`,
      );
    }
    this.endpoint = named;
    return named;
  }
}

/** What a token server's refusal means, in its own words. */
function refusalOf(
  auth: TokenAuth,
  reply: { status: number; text: string; headers: Headers },
  now: number,
): NotAuthorised {
  const { error, error_description: description } = objectOf(reply.text);
  const words = [error, description].filter((text) => typeof text === 'string' && text !== '').join(': ');
  const said = `The token server answered ${reply.status}${words === '' ? '' : ` (${words.slice(0, 300)})`}`;
  if (error === 'invalid_scope') return new NotAuthorised(said, 'scope');
  const there = Date.parse(reply.headers.get('date') ?? '');
  const skew = Number.isNaN(there) ? undefined : Math.round((there - now) / 1000);
  const off = skew !== undefined && Math.abs(skew) > CLOCK_OFF_SECONDS;
  // Only what this station signs carries its time.
  if (auth.kind === 'smartBackend' && (off || /\bexp\b|\biat\b|\bnbf\b|expired|clock/i.test(words))) {
    return new NotAuthorised(said, 'clock', skew);
  }
  return new NotAuthorised(said, 'credentials', skew);
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function tokenAnswer(text: string): { token: string; seconds: number } | undefined {
  const { access_token: token, expires_in: life } = objectOf(text);
  if (typeof token !== 'string' || token === '') return undefined;
  const seconds = Number(life ?? DEFAULT_SECONDS);
  return { token, seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_SECONDS };
}
