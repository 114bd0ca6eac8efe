import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a server and says of it that it creates conditionally. A connection it ends is ended here, too. @param url the server's FHIR base */
export async function claimingConditionalCreates(
  server: string,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { host, pathname } = new URL(server);
  const between = createServer((incoming, answer) => {
    const { host: _host, connection: _connection, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    const onward = request(
      { host: host.split(':')[0], port: host.split(':')[1], method, path, headers },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', () => answer.destroy());
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isMetadata = path?.endsWith('/metadata') === true;
          const body = isMetadata
            ? text.replaceAll('"conditionalCreate":false', '"conditionalCreate":true')
            : text;
          const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = reply.headers;
          answer.writeHead(reply.statusCode ?? 502, kept).end(body);
        });
      },
    );
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => between.listen(0, '127.0.0.1', done));
  const { port } = between.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    close: async () => {
      between.closeAllConnections();
      await new Promise((done) => between.close(done));
    },
  };
}
