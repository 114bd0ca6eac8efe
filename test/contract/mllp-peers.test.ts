import { once } from 'node:events';
import { connect } from 'node:net';
import { Hl7Client, type Hl7MessageEvent, Hl7Server } from '@medplum/hl7';
import { Client as NodeHl7Client, Message as NodeHl7Message } from 'node-hl7-client';
import { Server as NodeHl7Server } from 'node-hl7-server';
import { expect, onTestFinished, test } from 'vitest';
import { acksIn, block, hl7 } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import { dialling, listening, medplum, msa, text } from './mllp-peers-fixture.ts';

/** What others wrote as peers, on real sockets, against the engine's session and its encrypted journal. */

test('M3 @medplum/hl7 sends to us: AA in original mode, many at once and in their order', async () => {
  const { messages, port, session } = await listening();
  const client = new Hl7Client({ host: '127.0.0.1', port });
  onTestFinished(() => client.close());
  const ids = Array.from({ length: 50 }, (_, n) => `M${n}`);
  const answers = await Promise.all(
    ids.map((id) => client.sendAndWait(medplum(hl7({ id })), { timeoutMs: 20_000 })),
  );
  expect(answers.map(msa)).toEqual(ids.map((id) => ['AA', id]));
  await until(() => expect(messages.map((one) => /\|(M\d+)\|/.exec(text(one))?.[1])).toEqual(ids));
  expect(session.counters()).toMatchObject({ frames: 50, acks: 50 });
});

test('M3 @medplum/hl7 sends in enhanced mode: CA first, then AA once it is posted', async () => {
  const { port, store } = await listening();
  const client = new Hl7Client({ host: '127.0.0.1', port });
  onTestFinished(() => client.close());
  const heard: string[] = [];
  const connection = await client.connect();
  connection.addEventListener('message', ({ message }: Hl7MessageEvent) =>
    heard.push(msa(message).join(' ')),
  );
  const message = medplum(hl7({ id: 'E1', accept: 'AL', application: 'AL' }));
  const answer = await client.sendAndWait(message, { returnAck: 'application', timeoutMs: 20_000 });
  expect(msa(answer)).toEqual(['AA', 'E1']);
  expect(heard).toEqual(['CA E1', 'AA E1']);
  const notes = () => store.journal.read({ instrumentId: 'T1.HL1' }).map((row) => row.note);
  await until(() =>
    expect(notes()).toEqual(['open', 'block: E1', 'ack: M3 accept E1', 'ack: M3 application E1']),
  );
});

test('M4 @medplum/hl7 learns what is not taken', async () => {
  const { port } = await listening();
  const client = new Hl7Client({ host: '127.0.0.1', port });
  onTestFinished(() => client.close());
  const answer = await client.sendAndWait(medplum(hl7({ id: 'A1', type: 'ADT^A01' })), {
    timeoutMs: 20_000,
  });
  expect(msa(answer)).toEqual(['AR', 'A1']);
  expect(answer.getSegment('ERR')?.toString()).toContain('Unsupported message type');
});

test('M3 we send to @medplum/hl7, in both modes, and hear its refusal', async () => {
  const port = await freePort();
  const server = new Hl7Server((connection) => {
    connection.addEventListener('message', ({ message }: Hl7MessageEvent) => {
      if (message.getSegment('MSA') !== undefined) return;
      const bad = message.getSegment('MSH')?.getField(10)?.toString() === 'BAD';
      connection.send(message.buildAck(bad ? { ackCode: 'AE' } : undefined));
    });
  });
  await server.start(port);
  onTestFinished(() => server.stop({ forceDrainTimeoutMs: 1 }));
  const { session } = await dialling(port);
  const order = (id: string, accept = '') =>
    session.send({ bytes: Buffer.from(hl7({ id, type: 'OML^O33', accept, application: accept })) });
  expect(await order('S1')).toEqual({ outcome: 'accepted' });
  expect(await order('BAD')).toMatchObject({ outcome: 'refused', reason: 'answer' });
  server.setEnhancedMode(true);
  const enhanced = await dialling(port);
  const sent = await enhanced.session.send({
    bytes: Buffer.from(hl7({ id: 'S2', type: 'OML^O33', accept: 'AL', application: 'AL' })),
  });
  expect(sent).toEqual({ outcome: 'accepted' });
  const rows = () => enhanced.store.journal.read({ instrumentId: 'T1.HL1' });
  const marks = () => rows().map((row) => row.note?.split(':')[0]);
  await until(() => expect(marks()).toEqual(['open', 'send', 'answer', 'answer']));
});

test('M4 we send again over a new connection when @medplum/hl7 goes away and comes back', async () => {
  const port = await freePort();
  const heard: string[] = [];
  const start = async (answers: boolean) => {
    const server = new Hl7Server((connection) => {
      connection.addEventListener('message', ({ message }: Hl7MessageEvent) => {
        heard.push(message.getSegment('MSH')?.getField(10)?.toString() ?? '');
        if (answers) connection.send(message.buildAck());
      });
    });
    await server.start(port);
    return server;
  };
  const first = await start(false);
  const { session } = await dialling(port);
  const result = session.send({ bytes: Buffer.from(hl7({ id: 'S1', type: 'OML^O33' })) });
  await until(() => expect(heard).toEqual(['S1']));
  await first.stop({ forceDrainTimeoutMs: 1 });
  const second = await start(true);
  onTestFinished(() => second.stop({ forceDrainTimeoutMs: 1 }));
  expect(await result).toEqual({ outcome: 'accepted' });
  expect(heard).toEqual(['S1', 'S1']);
});

test('M3 node-hl7-client sends to us and takes our acknowledgements', async () => {
  const { messages, port } = await listening();
  const client = new NodeHl7Client({ host: '127.0.0.1', version: '2.5.1' });
  const answers: string[] = [];
  const connection = client.createConnection({ port, version: '2.5.1', waitAck: true }, (response) => {
    const message = response.getMessage();
    answers.push([1, 2].map((n) => message.get(`MSA.${n}`).toString()).join(' '));
  });
  onTestFinished(() => connection.close());
  await once(connection, 'connect');
  for (const id of ['N1', 'N2', 'N3']) {
    await connection.sendMessage(new NodeHl7Message({ text: hl7({ id }).trimEnd() }));
    await until(() => expect(answers.at(-1)).toBe(`AA ${id}`));
  }
  await until(() => expect(messages).toHaveLength(3));
  expect(text(messages[2]!).replace(/\r$/, '')).toBe(hl7({ id: 'N3' }).trimEnd());
});

test('M3 we send to node-hl7-server and hear AA, AR and AE', async () => {
  const port = await freePort();
  const server = new NodeHl7Server({ bindAddress: '127.0.0.1' });
  const codes: Record<string, 'AA' | 'AR' | 'AE'> = { S1: 'AA', S2: 'AR', S3: 'AE' };
  const inbound = server.createInbound({ port }, (request, response) => {
    void response.sendResponse(codes[request.getMessage().get('MSH.10').toString()] ?? 'AE');
  });
  onTestFinished(async () => void (await inbound.close()));
  const { session } = await dialling(port);
  const outcomes: unknown[] = [];
  for (const id of ['S1', 'S2', 'S3'])
    outcomes.push(await session.send({ bytes: Buffer.from(hl7({ id, type: 'OML^O33' })) }));
  expect(outcomes).toEqual([
    { outcome: 'accepted' },
    { outcome: 'refused', reason: 'answer', text: 'AR' },
    { outcome: 'refused', reason: 'answer', text: 'AE' },
  ]);
});

/** Everything a peer heard until the line was closed. */
async function heardOf(port: number, bytes: Uint8Array): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const parts: Uint8Array[] = [];
  socket.on('data', (part: Buffer) => parts.push(new Uint8Array(part)));
  socket.end(bytes);
  await once(socket, 'close');
  return acksIn(parts);
}

test('M3 a peer that has finished sending still gets everything that is to be said, also after posting', async () => {
  let post: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    post = done;
  });
  const { port, session } = await listening({
    onMessage: async () => {
      await gate;
      return 'stored';
    },
  });
  const bytes = [
    hl7({ id: '1', accept: 'AL', application: 'AL' }),
    hl7({ id: '2' }),
    hl7({ id: '3', application: 'AL' }),
  ];
  const heard = heardOf(port, Buffer.concat(bytes.map((one) => block(one))));
  await until(() => expect(session.counters().acks).toBe(2));
  await until(() => expect(session.state().peer).toBe(''));
  post();
  expect(await heard).toEqual(['CA 1', 'AA 2', 'AA 1', 'AA 3']);
});

test('one device per port: nine more connections are refused and counted, and the first goes on', async () => {
  const { port, session } = await listening();
  const first = new Hl7Client({ host: '127.0.0.1', port });
  onTestFinished(() => first.close());
  await first.sendAndWait(medplum(hl7({ id: '1' })), { timeoutMs: 20_000 });
  const closed = Array.from({ length: 9 }, async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'close');
  });
  await Promise.all(closed);
  await until(() => expect(session.counters().refusedSecond).toBe(9));
  const answer = await first.sendAndWait(medplum(hl7({ id: '2' })), { timeoutMs: 20_000 });
  expect(msa(answer)).toEqual(['AA', '2']);
});

test('M6 a message in another character set is journalled and answered byte for byte', async () => {
  const { port, messages } = await listening();
  const latin = Buffer.from(hl7({ id: 'Ä1', body: ['PID|1||44101||Müller'] }), 'latin1');
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.write(Buffer.concat([Buffer.of(0x0b), latin, Buffer.of(0x1c, 0x0d)]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString('latin1')).toContain('\rMSA|AA|Ä1\r');
  await until(() => expect(Buffer.from(messages[0]!.text)).toEqual(latin));
});
