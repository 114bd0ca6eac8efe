import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { type JWK, SignJWT } from 'jose';
import { LeveyError } from '../../../shared/errors.ts';

/** The private key of SMART Backend Services, as it was read from its file. */
export interface BackendKey {
  /** PEM (PKCS #8 and the older forms) or JWK. */
  privateKey: string;
  /** `kid`; empty: that of the JWK, or none. */
  keyId: string;
  /** Left out: by the key. */
  algorithm?: 'RS384' | 'ES384' | undefined;
}

/** Life of an assertion in seconds: servers accept at most five minutes. */
const LIFE_SECONDS = 240;
/** RSA keys shorter than this are not accepted by any server that keeps to the rules, in bits. */
const LEAST_RSA_BITS = 2048;

/**
 * The JWT with which a station asks for a token (SMART App Launch, "asymmetric client authentication"): signed with RS384 or ES384, for
 * that token endpoint alone, valid for four minutes from `at`, used once.
 * @throws LeveyError `server.key` when the key cannot be used
 */
export async function clientAssertion(
  key: BackendKey,
  clientId: string,
  tokenUrl: string,
  at: Date,
): Promise<string> {
  const { keyObject, kid, algorithm } = readKey(key);
  const seconds = Math.floor(at.getTime() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid === '' ? {} : { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenUrl)
    .setJti(randomUUID())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + LIFE_SECONDS)
    .sign(keyObject);
}

/** Reads and checks a private key. @throws LeveyError `server.key` */
export function readKey(key: BackendKey): {
  keyObject: KeyObject;
  kid: string;
  algorithm: 'RS384' | 'ES384';
} {
  let keyObject: KeyObject;
  let kid = key.keyId;
  try {
    if (key.privateKey.trimStart().startsWith('{')) {
      const jwk = JSON.parse(key.privateKey) as JWK;
      keyObject = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
      if (kid === '') kid = jwk.kid ?? '';
    } else keyObject = createPrivateKey(key.privateKey);
  } catch {
    throw unusable('is neither a PEM nor a JWK private key');
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = keyObject;
  const algorithm = type === 'rsa' ? 'RS384' : type === 'ec' ? 'ES384' : undefined;
  if (algorithm === undefined) throw unusable(`is of type ${type ?? 'unknown'}, not RSA or EC P-384`);
  if (algorithm === 'RS384' && (details?.modulusLength ?? 0) < LEAST_RSA_BITS)
    throw unusable(`has ${details?.modulusLength ?? 0} bits; RS384 needs at least ${LEAST_RSA_BITS}`);
  if (algorithm === 'ES384' && details?.namedCurve !== 'secp384r1')
    throw unusable(`is on the curve ${details?.namedCurve ?? 'unknown'}; ES384 needs P-384`);
  if (key.algorithm !== undefined && key.algorithm !== algorithm)
    throw unusable(`is for ${algorithm}, but the station file says ${key.algorithm}`);
  return { keyObject, kid, algorithm };
}

function unusable(why: string): LeveyError {
  return new LeveyError({
    code: 'server.key',
    what: `The private key for the server ${why}.`,
    safe: 'Nothing was sent. The bench goes on, and everything waits in the queue.',
    todo: 'Put an RSA key of at least 2048 bits or an EC P-384 key into the file named by server.auth.privateKeyFile.',
  });
}
