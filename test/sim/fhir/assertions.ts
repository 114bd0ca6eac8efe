import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

/** Longest life of an assertion SMART allows, in seconds. */
const MAX_LIFE_SECONDS = 300;
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Why an assertion is not accepted. */
export class AssertionRefused extends Error {
  override readonly name = 'AssertionRefused';
}

/** What assertions are checked against. */
interface Expected {
  clientId: string;
  /** Public keys as JWK. */
  keys: Record<string, unknown>[];
}

/** Checks the signed JWTs of SMART Backend Services, written from the specification and without a library the station uses. */
export class Assertions {
  private readonly now: () => number;
  /** Assertions seen, by `jti`: each is good once. */
  private readonly seen = new Set<string>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** @throws AssertionRefused with the reason */
  check(form: URLSearchParams, expected: Expected, tokenUrl: string): void {
    if (form.get('client_assertion_type') !== TYPE) throw new AssertionRefused('client_assertion_type');
    const [head = '', body = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
    const header = decode(head);
    const claims = decode(body);
    const { alg } = header;
    if (alg !== 'RS384' && alg !== 'ES384') throw new AssertionRefused(`alg ${String(alg)}`);
    if (header.typ !== undefined && header.typ !== 'JWT') throw new AssertionRefused(`typ ${header.typ}`);
    const data = Buffer.from(`${head}.${body}`);
    const keys = keysFor(expected.keys, header.kid, alg);
    if (!keys.some((key) => isSigned(data, key, Buffer.from(signature, 'base64url'))))
      throw new AssertionRefused('signature');
    this.claims(claims, expected.clientId, tokenUrl);
  }

  private claims(claims: Record<string, unknown>, clientId: string, tokenUrl: string): void {
    const { iss, sub, aud, exp, nbf, jti } = claims;
    const now = this.now() / 1000;
    if (iss !== clientId || sub !== clientId) throw new AssertionRefused('iss and sub must be the client id');
    if (!(Array.isArray(aud) ? aud : [aud]).includes(tokenUrl))
      throw new AssertionRefused(`aud ${String(aud)}`);
    if (typeof exp !== 'number' || exp <= now) throw new AssertionRefused('exp: it has expired');
    if (exp > now + MAX_LIFE_SECONDS + 5) throw new AssertionRefused('exp: more than five minutes ahead');
    if (typeof nbf === 'number' && nbf > now + 5) throw new AssertionRefused('nbf: not valid yet');
    if (typeof jti !== 'string' || jti === '') throw new AssertionRefused('jti is missing');
    if (this.seen.has(jti)) throw new AssertionRefused('jti was used before');
    this.seen.add(jti);
  }
}

function keysFor(keys: Record<string, unknown>[], kid: unknown, alg: string): KeyObject[] {
  const family = alg === 'RS384' ? 'RSA' : 'EC';
  return keys
    .filter((key) => key.kty === family && (kid === undefined || key.kid === undefined || key.kid === kid))
    .map((key) => createPublicKey({ key: key as JsonWebKey, format: 'jwk' }));
}

function isSigned(data: Buffer, key: KeyObject, signature: Buffer): boolean {
  return verify('sha384', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function decode(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new AssertionRefused('not a JWT');
  }
}
