import { lookup } from 'node:dns/promises';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { connect, isIP } from 'node:net';
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate } from 'node:tls';

/** What a step of the connection test works with. */
export interface NetOptions {
  /** Certificates that are trusted, PEM. */
  trusted: readonly string[];
  /** Longest wait for one answer, in ms. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** An answer as it came. */
export interface NetReply {
  status: number;
  headers: Headers;
  text: string;
  /** From asking to the whole answer, in ms. */
  tookMs: number;
}

/** Answers longer than this are not read to their end, in bytes: a CapabilityStatement has a few megabytes at most. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Code of a network or TLS error, else its message. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  // Several addresses were tried: the first says enough.
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0]);
  return error.cause === undefined ? error.message : faultOf(error.cause);
}

/** The addresses of a name; the name itself when it is one. Rejects with the resolver's error. */
export async function addressesOf(host: string, signal: AbortSignal): Promise<string[]> {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return [bare];
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
  const found = await Promise.race([lookup(bare, { all: true }), aborted]);
  return [...new Set(found.map((one) => one.address))];
}

/** Opens a TCP connection and closes it again. Rejects with the error of the network, or code `ETIMEDOUT`. */
export function reach(host: string, port: number, options: NetOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, signal: options.signal });
    socket.setTimeout(options.timeoutMs, () => socket.destroy(tooLate()));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** What a server shows before anything is sent to it. */
export interface Certificate {
  /** Code of OpenSSL why it is not trusted (`CERT_HAS_EXPIRED` …); empty when it is. */
  fault: string;
  /** It is for another name than asked. */
  otherName: boolean;
  names: string[];
  issuer: string;
  /** ISO 8601 */
  from: string;
  until: string;
  /** `TLSv1.3` */
  protocol: string;
}

/** Shakes hands without sending anything and tells what the server showed, trusted or not. Rejects when there is no TLS. */
export function certificateOf(host: string, port: number, options: NetOptions): Promise<Certificate> {
  const bare = host.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: bare,
      port,
      ca: [...options.trusted],
      // Looked at, never used: nothing is sent over this connection.
      rejectUnauthorized: false,
      ...(isIP(bare) === 0 ? { servername: bare } : {}),
    });
    const stop = () => socket.destroy(tooLate());
    options.signal.addEventListener('abort', stop, { once: true });
    socket.setTimeout(options.timeoutMs, stop);
    socket.once('error', reject);
    socket.once('close', () => options.signal.removeEventListener('abort', stop));
    socket.once('secureConnect', () => {
      const shown = socket.getPeerCertificate(true);
      const fault = faultText(socket.authorizationError);
      resolve({
        fault: fault === 'ERR_TLS_CERT_ALTNAME_INVALID' ? '' : fault,
        otherName: checkServerIdentity(bare, shown) !== undefined,
        names: namesOf(shown),
        issuer: nameOf(shown.issuer),
        from: instantOf(shown.valid_from),
        until: instantOf(shown.valid_to),
        protocol: socket.getProtocol() ?? '',
      });
      socket.destroy();
    });
  });
}

/** Sends one request and reads the answer whole. Rejects when there is none; redirects are not followed. */
export function ask(
  url: string,
  init: { method: string; headers?: Record<string, string>; body?: string },
  options: NetOptions,
): Promise<NetReply> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const { method, headers, body } = init;
    const request = url.startsWith('https:') ? secure : plain;
    const sending = request(
      url,
      {
        method,
        agent: false,
        signal: options.signal,
        timeout: options.timeoutMs,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        ...(url.startsWith('https:') ? { ca: [...options.trusted] } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > MOST_BYTES) response.destroy(new Error('The answer is too long'));
        });
        response.once('error', reject);
        response.once('end', () => {
          const answered = new Headers();
          for (const [name, value] of Object.entries(response.headers)) {
            if (value !== undefined) answered.set(name, Array.isArray(value) ? value.join(', ') : value);
          }
          resolve({
            status: response.statusCode ?? 0,
            headers: answered,
            text: Buffer.concat(chunks).toString('utf8'),
            tookMs: performance.now() - started,
          });
        });
      },
    );
    sending.once('timeout', () => sending.destroy(tooLate()));
    sending.once('error', reject);
    sending.end(body);
  });
}

function tooLate(): Error {
  return Object.assign(new Error('No answer in time'), { code: 'ETIMEDOUT' });
}

function faultText(error: unknown): string {
  if (error === undefined || error === null) return '';
  return typeof error === 'string' ? error : faultOf(error);
}

function nameOf(part: DetailedPeerCertificate['issuer'] | undefined): string {
  const one = (text: string | string[] | undefined) => (Array.isArray(text) ? text.join(' ') : (text ?? ''));
  return one(part?.CN) || one(part?.O);
}

function namesOf(shown: DetailedPeerCertificate): string[] {
  const listed = (shown.subjectaltname ?? '')
    .split(', ')
    .map((text) => /^(?:DNS|IP Address):(.+)$/.exec(text)?.[1] ?? '')
    .filter((text) => text !== '');
  const own = nameOf(shown.subject);
  return listed.length > 0 ? listed : own === '' ? [] : [own];
}

function instantOf(text: string | undefined): string {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
