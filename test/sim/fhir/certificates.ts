import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/**
 * X.509 certificates for tests, made when they are needed: an authority of its own and server certificates signed by it, good ones and ones
 * with a fault. Only what TLS looks at is in them (RFC 5280): names, validity, key, basic constraints, alternative names.
 */

/** What can be wrong with a server's certificate. */
export type CertificateKind = 'valid' | 'expired' | 'notYetValid' | 'otherHost' | 'otherAuthority';

/** A certificate with its private key, both PEM. */
export interface Credentials {
  cert: string;
  key: string;
}

/** An authority of a laboratory that the system does not know. */
export interface Authority {
  /** PEM: what a station's `tls.caFile` holds. */
  caPem: string;
  /** Credentials of a server on `host` (an IPv4 address or a name). */
  server(host: string, kind: CertificateKind): Credentials;
}

const DAY_MS = 86_400_000;

/** Makes an authority; `now` in ms since the epoch is what validity is counted from. */
export function createAuthority(now: () => number = Date.now): Authority {
  const own = newAuthority('Levey test authority', now());
  let other: Issuer | undefined;
  return {
    caPem: own.cert,
    server(host, kind) {
      let issuer = own;
      if (kind === 'otherAuthority') {
        other ??= newAuthority('Another authority', now());
        issuer = other;
      }
      const { from, to } = validity(kind, now());
      const name = kind === 'otherHost' ? 'other.example.org' : host;
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate({
        ...{ subject: name, issuer: issuer.name, signer: issuer.key, publicKey: pair.publicKey },
        ...{ from, to, extensions: [basicConstraints(false), alternativeName(name)] },
      });
      return { cert, key: pem('PRIVATE KEY', pair.privateKey.export({ type: 'pkcs8', format: 'der' })) };
    },
  };
}

interface Issuer {
  name: string;
  key: KeyObject;
  cert: string;
}

function newAuthority(name: string, at: number): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    ...{ subject: name, issuer: name, signer: privateKey, publicKey },
    ...{ from: at - 30 * DAY_MS, to: at + 3650 * DAY_MS, extensions: [basicConstraints(true)] },
  });
  return { name, key: privateKey, cert };
}

function validity(kind: CertificateKind, at: number): { from: number; to: number } {
  if (kind === 'expired') return { from: at - 20 * DAY_MS, to: at - DAY_MS };
  if (kind === 'notYetValid') return { from: at + DAY_MS, to: at + 20 * DAY_MS };
  return { from: at - DAY_MS, to: at + 365 * DAY_MS };
}

interface Parts {
  subject: string;
  issuer: string;
  signer: KeyObject;
  publicKey: KeyObject;
  from: number;
  to: number;
  extensions: Buffer[];
}

/** ecdsa-with-SHA256 */
const SIGNATURE = sequence(oid('1.2.840.10045.4.3.2'));

function certificate(parts: Parts): string {
  const serial = randomBytes(12);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    SIGNATURE,
    nameOf(parts.issuer),
    sequence(time(parts.from), time(parts.to)),
    nameOf(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...parts.extensions, keyIdentifier(parts.publicKey))),
  );
  const signature = sign('sha256', body, parts.signer);
  return pem(
    'CERTIFICATE',
    sequence(body, SIGNATURE, tagged(0x03, Buffer.concat([Buffer.from([0]), signature]))),
  );
}

function nameOf(commonName: string): Buffer {
  const value = tagged(0x0c, Buffer.from(commonName, 'utf8'));
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), value)));
}

function basicConstraints(authority: boolean): Buffer {
  const value = authority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence();
  return sequence(oid('2.5.29.19'), tagged(0x01, Buffer.from([0xff])), tagged(0x04, value));
}

function alternativeName(host: string): Buffer {
  const address = /^\d+(\.\d+){3}$/.test(host);
  const name = address
    ? tagged(0x87, Buffer.from(host.split('.').map(Number)))
    : tagged(0x82, Buffer.from(host, 'ascii'));
  return sequence(oid('2.5.29.17'), tagged(0x04, sequence(name)));
}

function keyIdentifier(key: KeyObject): Buffer {
  const digest = createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  return sequence(oid('2.5.29.14'), tagged(0x04, tagged(0x04, digest)));
}

/** GeneralizedTime from 2050 on, UTCTime before, as RFC 5280 has it. */
function time(at: number): Buffer {
  const text = `${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return Number(text.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(text.slice(2), 'ascii'))
    : tagged(0x18, Buffer.from(text, 'ascii'));
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const septets = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** One DER element. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
