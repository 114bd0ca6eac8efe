/** The window's own origin, `levey://app`, and what may be loaded from it. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { protocol, type Session } from 'electron';
import { fallbackPage, fallbackScript } from './fallback-page.ts';

export const SCHEME = 'levey';
export const APP_ORIGIN = `${SCHEME}://app`;
export const DOCUMENT_ORIGIN = `${SCHEME}://document`;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wav': 'audio/wav',
};

/** Written by the build into the page's script and style elements; replaced by a new random word at every load. */
export const NONCE_PLACEHOLDER = '__LEVEY_NONCE__';

/** Must run before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: false, corsEnabled: false },
    },
  ]);
}

/**
 * The policy of the window's page. No network of any kind: no connect-src, no frames, no workers. Style elements
 * that scripts add need the page's nonce (AG Grid and Mantine take one); style attributes are allowed.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data: blob:",
    "media-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Path of a file below `root` for a request, or `null` when it would lie outside. `/` is `index.html`. */
export function fileFor(root: string, url: string): string | null {
  const { pathname } = new URL(url);
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = resolve(join(root, path === '/' || path === '' ? 'index.html' : path));
  return file.startsWith(resolve(root) + sep) ? file : null;
}

/** PDFs shown in a preview window, by their random name. Kept in memory only. */
export class Documents {
  readonly #documents = new Map<string, Uint8Array>();

  /** Keeps a PDF and gives the address it can be loaded from. */
  add(pdf: Uint8Array): string {
    const url = `${DOCUMENT_ORIGIN}/${randomBytes(16).toString('hex')}.pdf`;
    this.#documents.set(url, pdf);
    return url;
  }

  get(url: string): Uint8Array | undefined {
    return this.#documents.get(url);
  }

  forget(url: string): void {
    this.#documents.delete(url);
  }
}

/** Serves the PDFs of preview windows, and nothing else. */
export function serveDocuments(session: Session, documents: Documents): void {
  session.protocol.handle(SCHEME, (request) => {
    const url = new URL(request.url);
    const pdf = url.host === 'document' ? documents.get(`${DOCUMENT_ORIGIN}${url.pathname}`) : undefined;
    if (request.method !== 'GET' || pdf === undefined) return new Response(null, { status: 404 });
    return respond(200, pdf.slice().buffer, 'application/pdf', null);
  });
}

/** Serves the window's files from `root`, and nothing else. */
export function serveApp(session: Session, root: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    if (request.method !== 'GET') return new Response(null, { status: 405 });
    const url = new URL(request.url);
    if (url.host !== 'app') return new Response(null, { status: 404 });
    const nonce = randomBytes(16).toString('base64');
    if (url.pathname === '/fallback.js') return respond(200, fallbackScript, TYPES['.js'] as string, nonce);
    const file = fileFor(root, request.url);
    if (file === null) return respond(404, 'not found', 'text/plain', nonce);
    try {
      const bytes = await readFile(file);
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      if (extname(file) !== '.html') return respond(200, new Uint8Array(bytes).buffer, type, nonce);
      return respond(200, bytes.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce), type, nonce);
    } catch {
      if (file === resolve(join(root, 'index.html'))) {
        return respond(200, fallbackPage(nonce), TYPES['.html'] as string, nonce);
      }
      return respond(404, 'not found', 'text/plain', nonce);
    }
  });
}

function respond(status: number, body: string | ArrayBuffer, type: string, nonce: string | null): Response {
  const headers: Record<string, string> = {
    'Content-Type': type,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
  if (nonce !== null) headers['Content-Security-Policy'] = contentSecurityPolicy(nonce);
  return new Response(body, { status, headers });
}
