import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** Ways to compress answers, by the names of Content-Encoding. */
const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

/** One request that passes, with its answer. */
export interface Passing {
  method: string;
  /** Path and query as they were asked for. */
  path: string;
  status: number;
  headers: IncomingHttpHeaders;
  /** Body of the answer. */
  text: string;
}

/** Something between a station and its server that changes what passes. */
export interface Between {
  /** FHIR base to give to the station. */
  url: string;
  /** FHIR base of the server behind it; may become another. */
  server: string;
  /** Changes answers on their way; the server has acted by then. */
  answer: (passing: Passing) => Passing;
  /** Answers in place of the server, which hears nothing of it; status 0 breaks the connection, undefined lets a request pass. */
  instead: (asked: {
    method: string;
    path: string;
    body: string;
  }) => Pick<Passing, 'status' | 'headers' | 'text'> | undefined;
  /** Compresses every answer, whether anybody asked for it or not. */
  packing: keyof typeof PACK | undefined;
  /** The path and query with which a request goes on to the server. */
  rewrite: (path: string) => string;
  close(): Promise<void>;
}

/** Stands between a station and a server, as a proxy does. At first everything passes as it is. @param server the server's FHIR base */
export async function standBetween(server: string): Promise<Between> {
  const { pathname } = new URL(server);
  const listener = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/' } = incoming;
    const { host: _host, connection: _connection, ...headers } = incoming.headers;
    const give = ({ status, headers: given, text }: Pick<Passing, 'status' | 'headers' | 'text'>) => {
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = given;
      const { packing } = between;
      if (packing === undefined) outgoing.writeHead(status, kept).end(text);
      else outgoing.writeHead(status, { ...kept, 'content-encoding': packing }).end(PACK[packing](text));
    };
    const body: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => body.push(chunk));
    incoming.on('error', () => outgoing.destroy());
    incoming.on('end', () => {
      const instead = between.instead({ method, path, body: Buffer.concat(body).toString('utf8') });
      if (instead === undefined) pass(Buffer.concat(body));
      else if (instead.status === 0) outgoing.destroy();
      else give(instead);
    });
    const pass = (sent: Buffer) => {
      const { hostname, port: onwardPort } = new URL(between.server);
      const to = { host: hostname, port: onwardPort, method, path: between.rewrite(path), headers };
      const onward = request(to, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', () => outgoing.destroy());
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          give(
            between.answer({ method, path, status: reply.statusCode ?? 502, headers: reply.headers, text }),
          );
        });
      });
      onward.on('error', () => outgoing.destroy());
      onward.end(sent);
    };
  });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const { port } = listener.address() as AddressInfo;
  const between: Between = {
    url: `http://127.0.0.1:${port}${pathname}`,
    server,
    answer: (passing) => passing,
    instead: () => undefined,
    packing: undefined,
    rewrite: (path) => path,
    close: async () => {
      listener.closeAllConnections();
      await new Promise((done) => listener.close(done));
    },
  };
  return between;
}
