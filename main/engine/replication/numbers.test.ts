/** Numbers on their way down and up again: what a server wrote as 5.40 goes back as 5.40, through the store and beside a change made here. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createFhirServer } from '../../../test/sim/fhir/server.ts';
import { MemoryStore } from './memory-store.ts';
import { type AnyServer, begin, type Scene } from './testing.ts';

/** A server that keeps decimals as texts, as many do: before one that does not. */
interface Exact extends AnyServer {
  /** Bodies that were sent to it. */
  sent: string[];
  control: Awaited<ReturnType<typeof createFhirServer>>['control'];
}

/** The number the server behind has for each that this one writes. */
const writings: [plain: string, exact: string][] = [
  ['771.4', '771.40'],
  ['772', '772.00'],
  ['773000', '7.73e5'],
  ['12345678901234567000', '12345678901234567890'],
];

async function exactServer(): Promise<Exact> {
  const behind = await createFhirServer();
  const sent: string[] = [];
  const front: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const body = Buffer.concat(parts);
      if (body.length > 0) sent.push(body.toString());
      const { host: _host, connection: _kept, 'content-length': _length, ...headers } = request.headers;
      const answer = await fetch(behind.url + (request.url ?? '').replace(/^\/$/, ''), {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body } : {}),
      });
      let text = (await answer.text()).replaceAll(behind.url, url());
      for (const [plain, exact] of writings)
        text = text.replaceAll(`"valueDecimal":${plain}}`, `"valueDecimal":${exact}}`);
      const kept = ['content-type', 'etag', 'location', 'date'].flatMap((name) => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value] as const];
      });
      response.writeHead(answer.status, Object.fromEntries(kept));
      response.end(text);
    });
  });
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
  const url = (): string => `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  return {
    url: url(),
    sent,
    control: behind.control,
    async stop() {
      front.closeAllConnections();
      await new Promise((done) => front.close(done));
      await behind.stop();
    },
  };
}

let current: Scene<Exact> | undefined;
afterEach(async () => {
  await current?.end();
  current = undefined;
});

it('gives back numbers it does not know as the server wrote them: 771.40, 772.00, 7.73e5, twenty digits', async () => {
  const of = begin(await exactServer(), new MemoryStore());
  current = of;
  const foreign = writings.map(([plain], index) => ({
    url: `http://other.example/${index}`,
    valueDecimal: Number(plain),
  }));
  of.server.control.put({
    ...{ resourceType: 'Patient', id: 'p1', birthDate: '1988-04-12', extension: foreign },
    ...{ identifier: [{ system: 'urn:mrn', value: 'MRN-1' }], name: [{ family: 'Byrne', given: ['Una'] }] },
  } as never);
  of.replication.now();
  await of.until(() => of.store.all('patients').length === 1);
  const [patient] = of.store.all('patients');
  of.store.change('patients', { ...patient!, birthDate: '1988-04-13' });
  of.replication.wake();
  await of.until(async () => (await of.store.countQueued()) === 0);
  const written = of.server.sent.find((body) => body.includes('1988-04-13')) ?? '';
  for (const [, exact] of writings) expect(written).toContain(`"valueDecimal":${exact}}`);
  expect(of.store.all('patients')).toMatchObject([{ syncState: 'onServer', birthDate: '1988-04-13' }]);
  expect(of.store.all('tasks')).toEqual([]);
});
