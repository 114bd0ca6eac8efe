import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AssertionRefused, Assertions } from './assertions.ts';
import { FhirError } from './outcome.ts';
import { grantedScope, scopeAllows } from './scopes.ts';

const token = {
  clientId: z.string().min(1),
  /** Lifetime of a token in seconds; 3600 when not given. There is no refresh token. */
  tokenSeconds: z.number().positive().optional(),
  /** What a token may allow, at most; `system/*.*` when not given. */
  scope: z.string().optional(),
};

/** How the server asks who is there. */
export const authSwitch = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
  z.strictObject({
    kind: z.literal('clientCredentials'),
    ...token,
    clientSecret: z.string().min(1),
    /** Where the secret is accepted: HTTP Basic, the form, or both (when not given). */
    method: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
  }),
  /** SMART Backend Services: the client signs with the private key that belongs to one of these JWKs. */
  z.strictObject({
    kind: z.literal('smartBackend'),
    ...token,
    keys: z.array(z.record(z.string(), z.unknown())).min(1),
  }),
]);

/** How the server asks who is there; see {@link Switches}. */
export type AuthSwitch = z.infer<typeof authSwitch>;

/** OAuth2 client credentials the server accepts, or another kind. */
export type AuthOptions = AuthSwitch | { clientId: string; clientSecret: string; tokenSeconds?: number };

/** Options as a switch. */
export function authFrom(options: AuthOptions): AuthSwitch {
  return 'kind' in options ? options : { kind: 'clientCredentials', ...options };
}

interface Token {
  until: number;
  scope: string;
}

/** Issues and checks access tokens. */
export class Auth {
  private readonly now: () => number;
  private readonly tokens = new Map<string, Token>();
  private readonly assertions: Assertions;
  private options: AuthSwitch = { kind: 'none' };

  constructor(now: () => number) {
    this.now = now;
    this.assertions = new Assertions(now);
  }

  /** Asks in another way from now on; tokens of before are worth nothing. */
  use(options: AuthSwitch): void {
    this.options = options;
    this.expireAll();
  }

  /** Does it give tokens? */
  get givesTokens(): boolean {
    return this.options.kind === 'clientCredentials' || this.options.kind === 'smartBackend';
  }

  /** What a client is told about getting a token. */
  describe(tokenUrl: string): Record<string, unknown> {
    if (!this.givesTokens) return {};
    const smart = this.options.kind === 'smartBackend';
    return {
      token_endpoint: tokenUrl,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: smart
        ? ['private_key_jwt']
        : ['client_secret_basic', 'client_secret_post'],
      ...(smart ? { token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'] } : {}),
      scopes_supported: ['system/*.*', 'system/*.read'],
      capabilities: smart ? ['client-confidential-asymmetric'] : ['client-confidential-symmetric'],
    };
  }

  /** Answers a token request. `tokenUrl` is who an assertion has to be meant for. */
  token(body: string, authorization: string | undefined, tokenUrl: string): Answer {
    const form = new URLSearchParams(body);
    const { options } = this;
    if (form.get('grant_type') !== 'client_credentials') return refusal('unsupported_grant_type');
    if (options.kind !== 'clientCredentials' && options.kind !== 'smartBackend')
      return refusal('unauthorized_client');
    try {
      if (options.kind === 'smartBackend') this.assertions.check(form, options, tokenUrl);
      else if (!knowsSecret(form, authorization, options)) return refusal('invalid_client');
    } catch (error) {
      if (error instanceof AssertionRefused) return refusal('invalid_client', error.message);
      throw error;
    }
    const scope = grantedScope(form.get('scope') ?? '', options.scope ?? 'system/*.*');
    if (scope === undefined) return refusal('invalid_scope');
    const seconds = options.tokenSeconds ?? 3600;
    const access = randomUUID();
    this.tokens.set(access, { until: this.now() + seconds * 1000, scope });
    return {
      status: 200,
      body: { token_type: 'Bearer', access_token: access, expires_in: seconds, scope },
    };
  }

  /**
   * Who is there? Gives the scope of what may be done.
   * @throws FhirError 401
   */
  check(authorization: string | undefined): string {
    const { options } = this;
    if (options.kind === 'none') return 'system/*.*';
    if (options.kind === 'basic') {
      const expected = Buffer.from(`${options.user}:${options.password}`, 'utf8').toString('base64');
      if (authorization === `Basic ${expected}`) return 'system/*.*';
      throw unknown('Basic realm="central"');
    }
    const text = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    const known = text === undefined ? undefined : this.tokens.get(text);
    if (known === undefined || known.until <= this.now()) throw unknown('Bearer');
    return known.scope;
  }

  /** @throws FhirError 403 when the scope does not allow the interaction */
  allow(scope: string, method: string, type: string | undefined): void {
    if (!scopeAllows(scope, method, type))
      throw new FhirError(403, 'forbidden', `The scope "${scope}" does not allow ${method} ${type ?? ''}`);
  }

  /** Makes every token issued so far invalid. */
  expireAll(): void {
    this.tokens.clear();
  }
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

function knowsSecret(
  form: URLSearchParams,
  authorization: string | undefined,
  options: Extract<AuthSwitch, { kind: 'clientCredentials' }>,
): boolean {
  const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  const [id, ...rest] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
  const { clientId, clientSecret, method } = options;
  const given = rest.join(':');
  const inHeader =
    (id === clientId && given === clientSecret) ||
    (decoded(id ?? '') === clientId && decoded(given) === clientSecret);
  const inForm = form.get('client_id') === clientId && form.get('client_secret') === clientSecret;
  return (inHeader && method !== 'client_secret_post') || (inForm && method !== 'client_secret_basic');
}

/** RFC 6749 2.3.1 has id and secret form-encoded before they go into the header; not every client does. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function unknown(scheme: string): FhirError {
  return new FhirError(401, 'login', 'Unauthenticated', { headers: { 'www-authenticate': scheme } });
}

function refusal(error: string, description?: string): Answer {
  return {
    status: error === 'invalid_client' ? 401 : 400,
    body: { error, ...(description === undefined ? {} : { error_description: description }) },
  };
}
