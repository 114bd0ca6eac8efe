import { once } from 'node:events';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createFhirServer, type FhirServer } from './server.ts';
import { call, observation, patient } from './testing.ts';

let server: FhirServer;
beforeEach(async () => {
  server = await createFhirServer();
});
afterEach(() => server.stop());

/** A websocket client that keeps what it hears. */
async function connect(url: string): Promise<{ socket: WebSocket; heard: string[] }> {
  const socket = new WebSocket(url);
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return { socket, heard };
}

async function subscribe(criteria: string): Promise<string> {
  const reply = await call('POST', `${server.url}/Subscription`, {
    resourceType: 'Subscription',
    ...{ status: 'active', reason: 'to be woken', criteria },
    channel: { type: 'websocket', payload: 'application/fhir+json' },
  });
  expect(reply.status).toBe(201);
  return String(reply.body.id);
}

async function bind(id: string): Promise<{ socket: WebSocket; heard: string[] }> {
  const { body } = await call('GET', `${server.url}/Subscription/${id}/$get-ws-binding-token`);
  const parameters = body.parameter as { name: string; valueString?: string; valueUrl?: string }[];
  const value = (name: string) => parameters.find((parameter) => parameter.name === name);
  const opened = await connect(String(value('websocket-url')?.valueUrl));
  const payload = { token: value('token')?.valueString };
  opened.socket.send(JSON.stringify({ type: 'bind-with-token', payload }));
  await expect.poll(() => opened.heard.length).toBe(1);
  expect(typeOf(opened.heard[0])).toBe('handshake');
  return opened;
}

const typeOf = (text = '{}') => JSON.parse(text).entry?.[0]?.resource?.type;
const post = (status: string) => call('POST', `${server.url}/Observation`, observation(status, { status }));

test('after a binding token, what matches is told as a bundle with the resource, and nothing else is', async () => {
  const { socket, heard } = await bind(await subscribe('Observation?status=final'));
  await post('preliminary');
  await call('POST', `${server.url}/Patient`, patient('1'));
  const { body } = await post('final');
  await expect.poll(() => heard.length).toBe(2);
  const bundle = JSON.parse(String(heard[1]));
  expect([bundle.type, typeOf(heard[1])]).toEqual(['history', 'event-notification']);
  expect(bundle.entry[1].resource).toEqual(body);
  socket.send(JSON.stringify({ type: 'ping' }));
  await expect.poll(() => heard.at(-1)).toBe('{"type":"pong"}');
  expect(server.stats().websockets).toEqual({ listeners: 1, told: 1 });
});

test('the subscription is deleted when the connection closes; what happened in between is never told', async () => {
  const id = await subscribe('Observation?status=final');
  const first = await bind(id);
  server.control.dropWebsockets();
  await expect.poll(() => first.socket.readyState).toBe(WebSocket.CLOSED);
  await expect.poll(() => server.stats().websockets.listeners).toBe(0);
  expect((await call('GET', `${server.url}/Subscription/${id}`)).status).toBe(410);
  await post('final');
  const second = await bind(await subscribe('Observation?status=final'));
  await post('final');
  await expect.poll(() => second.heard.length).toBe(2);
  expect(server.stats().websockets.told).toBe(1);
});

test('a token is good once and only while it lasts', async () => {
  const id = await subscribe('Observation');
  await bind(id);
  const { socket, heard } = await connect(
    `${server.url.replace('http', 'ws').replace('/fhir/R4', '')}/ws/subscriptions-r4`,
  );
  socket.send(JSON.stringify({ type: 'bind-with-token', payload: { token: 'made up' } }));
  await expect.poll(() => heard).toEqual(['{"type":"error","payload":"The token is not valid"}']);
});

test('as R4 itself has it: bind ID, bound ID, ping ID; the subscription stays', async () => {
  const id = await subscribe('Observation?status=final');
  const { body } = await call('GET', `${server.url}/metadata`);
  const [rest] = body.rest as { extension: { valueUri: string }[] }[];
  const { socket, heard } = await connect(String(rest?.extension[0]?.valueUri));
  socket.send(`bind ${id}`);
  await expect.poll(() => heard).toEqual([`bound ${id}`]);
  await post('final');
  await expect.poll(() => heard).toEqual([`bound ${id}`, `ping ${id}`]);
  socket.terminate();
  await expect.poll(() => server.stats().websockets.listeners).toBe(0);
  expect((await call('GET', `${server.url}/Subscription/${id}`)).status).toBe(200);
});

test('without websockets: not told of, no tokens, connections refused and open ones broken off', async () => {
  const id = await subscribe('Observation');
  const { socket } = await bind(id);
  await server.control.set({ websocket: false });
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
  const metadata = JSON.stringify((await call('GET', `${server.url}/metadata`)).body);
  expect(metadata).not.toContain('ws://');
  expect((await call('GET', `${server.url}/Subscription/${id}/$get-ws-binding-token`)).status).toBe(404);
  await expect(connect(`${server.url.replace('http', 'ws')}/ws/subscriptions-r4`)).rejects.toThrow();
});

test('an outage breaks websockets off', async () => {
  const { socket } = await bind(await subscribe('Observation'));
  await server.control.set({ down: 'refuse' });
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
});
