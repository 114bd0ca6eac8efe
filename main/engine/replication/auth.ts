import type { Clock } from '../../../shared/domain/clock.ts';

/** How this station proves to the server who it is. Secrets are given as text; they are never logged. */
export type ServerAuth =
  | { kind: 'none' }
  | { kind: 'basic'; user: string; password: string }
  | { kind: 'bearer'; token: string }
  | { kind: 'clientCredentials'; tokenUrl: string; clientId: string; clientSecret: string; scope: string };

/** Sends one HTTP request; given by the client so that tokens share its timeout. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** Share of a token's life after which it is renewed. */
const RENEW_AFTER = 0.8;
/** Assumed life of a token whose answer names none, in seconds. */
const DEFAULT_SECONDS = 300;

/** The server refuses this station's credentials. */
export class NotAuthorised extends Error {
  override readonly name = 'NotAuthorised';
}

/** Gives the Authorization header; OAuth2 tokens are fetched when first needed and renewed well before they expire. */
export class Authorizer {
  private readonly auth: ServerAuth;
  private readonly clock: Clock;
  private readonly send: Send;
  private token: { text: string; renewAt: number } | undefined;

  constructor(auth: ServerAuth, clock: Clock, send: Send) {
    this.auth = auth;
    this.clock = clock;
    this.send = send;
  }

  /** Value of the Authorization header, or undefined. @throws NotAuthorised, or what `send` throws */
  async header(): Promise<string | undefined> {
    const { auth } = this;
    if (auth.kind === 'none') return undefined;
    if (auth.kind === 'bearer') return `Bearer ${auth.token}`;
    if (auth.kind === 'basic') return basic(auth.user, auth.password);
    if (this.token === undefined || this.clock.now().getTime() >= this.token.renewAt) {
      this.token = await this.fetchToken(auth);
    }
    return `Bearer ${this.token.text}`;
  }

  /** Forgets the token: the server did not accept it. True when a new one may help. */
  forget(): boolean {
    const had = this.token !== undefined;
    this.token = undefined;
    return had && this.auth.kind === 'clientCredentials';
  }

  private async fetchToken(auth: Extract<ServerAuth, { kind: 'clientCredentials' }>) {
    // In the body: servers do not agree on how to encode them in an Authorization header.
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: auth.clientId,
      client_secret: auth.clientSecret,
    });
    if (auth.scope !== '') form.set('scope', auth.scope);
    const response = await this.send(auth.tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
    });
    const text = await response.text();
    if (response.status === 400 || response.status === 401 || response.status === 403) {
      throw new NotAuthorised(`The token server answered ${response.status}`);
    }
    const answer = tokenAnswer(response.ok ? text : '');
    if (answer === undefined) throw new Error(`The token server answered ${response.status} without a token`);
    const life = answer.seconds * 1000 * RENEW_AFTER;
    return { text: answer.token, renewAt: this.clock.now().getTime() + life };
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function tokenAnswer(text: string): { token: string; seconds: number } | undefined {
  try {
    const body = JSON.parse(text) as { access_token?: unknown; expires_in?: unknown };
    if (typeof body.access_token !== 'string') return undefined;
    const seconds = Number(body.expires_in ?? DEFAULT_SECONDS);
    return { token: body.access_token, seconds: Number.isFinite(seconds) ? seconds : DEFAULT_SECONDS };
  } catch {
    return undefined;
  }
}
