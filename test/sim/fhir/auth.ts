import { randomUUID } from 'node:crypto';
import { FhirError } from './outcome.ts';

/** OAuth2 client credentials the server accepts. */
export interface AuthOptions {
  clientId: string;
  clientSecret: string;
  /** Lifetime of a token in seconds; 3600 when not given. There is no refresh token. */
  tokenSeconds?: number;
}

/** Issues and checks access tokens. */
export class Auth {
  private readonly options: AuthOptions;
  private readonly now: () => number;
  private readonly tokens = new Map<string, number>();

  constructor(options: AuthOptions, now: () => number) {
    this.options = options;
    this.now = now;
  }

  /** Answers a token request: form body, credentials in the body or as HTTP Basic. */
  token(body: string, authorization: string | undefined): { status: number; body: Record<string, unknown> } {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== 'client_credentials') return refusal('unsupported_grant_type');
    const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
    const [basicId, ...rest] =
      basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
    const id = form.get('client_id') ?? basicId;
    const secret = form.get('client_secret') ?? rest.join(':');
    if (id !== this.options.clientId || secret !== this.options.clientSecret)
      return refusal('invalid_client');
    const seconds = this.options.tokenSeconds ?? 3600;
    const token = randomUUID();
    this.tokens.set(token, this.now() + seconds * 1000);
    return {
      status: 200,
      body: { token_type: 'Bearer', access_token: token, expires_in: seconds, scope: 'openid' },
    };
  }

  /** @throws FhirError 401 without a valid token */
  check(authorization: string | undefined): void {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    const until = token === undefined ? undefined : this.tokens.get(token);
    if (until === undefined || until <= this.now()) {
      throw new FhirError(401, 'login', 'Unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });
    }
  }

  /** Makes every token issued so far invalid. */
  expireAll(): void {
    this.tokens.clear();
  }
}

function refusal(error: string): { status: number; body: Record<string, unknown> } {
  return { status: error === 'invalid_client' ? 401 : 400, body: { error } };
}
