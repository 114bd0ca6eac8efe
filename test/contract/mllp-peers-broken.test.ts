import { once } from 'node:events';
import { Hl7Client } from '@medplum/hl7';
import { Client as NodeHl7Client, Message as NodeHl7Message } from 'node-hl7-client';
import { expect, onTestFinished, test } from 'vitest';
import { hl7 } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import {
  breaking,
  dialling,
  listening,
  medplum,
  msa,
  serveMedplum,
  serveNodeHl7,
  text,
  withPicture,
} from './mllp-peers-fixture.ts';

/** Large messages and lines that break in the middle of one, with what others wrote as peers. */

const LARGE = 2_000_000;
const lines = (message: string) => message.trimEnd().split('\r');

/** A connection of node-hl7-client; `answers` are MSA-1 and MSA-2 of what it hears. It comes back by itself only with a timeout for connecting. */
async function nodeHl7(port: number) {
  const again = { connectionTimeout: 20_000, retryLow: 10, retryHigh: 50 };
  const client = new NodeHl7Client({ host: '127.0.0.1', version: '2.5.1', ...again });
  const answers: string[] = [];
  const connection = client.createConnection({ port, version: '2.5.1', waitAck: false }, (response) => {
    answers.push([1, 2].map((n) => response.getMessage().get(`MSA.${n}`).toString()).join(' '));
  });
  onTestFinished(() => connection.close());
  await once(connection, 'connect');
  const send = (message: string) => connection.sendMessage(new NodeHl7Message({ text: message.trimEnd() }));
  return { connection, answers, send };
}

test('M1 messages of 2 MB from @medplum/hl7 and node-hl7-client arrive whole', async () => {
  const { messages, port } = await listening();
  const client = new Hl7Client({ host: '127.0.0.1', port });
  const sent = [withPicture('L1', LARGE), withPicture('L2', LARGE)] as const;
  expect(msa(await client.sendAndWait(medplum(sent[0]), { timeoutMs: 20_000 }))).toEqual(['AA', 'L1']);
  await client.close();
  const { answers, send } = await nodeHl7(port);
  await send(sent[1]);
  await until(() => expect(answers).toEqual(['AA L2']));
  await until(() => expect(messages).toHaveLength(2));
  expect(messages.map((one, at) => lines(text(one)).join() === lines(sent[at] ?? '').join())).toEqual([
    true,
    true,
  ]);
});

test.each([
  ['@medplum/hl7', serveMedplum],
  ['node-hl7-server', serveNodeHl7],
] as const)(
  'M1 M4 %s hears a message of 2 MB whole, and once, when the line breaks in the middle of it',
  async (_, serve) => {
    const port = await freePort();
    const heard: string[] = [];
    await serve(port, heard);
    const { session } = await dialling(await breaking(port, LARGE / 2));
    const large = withPicture('S1', LARGE, 'OML^O33');
    expect(await session.send({ bytes: Buffer.from(large) })).toEqual({ outcome: 'accepted' });
    expect(session.counters()).toMatchObject({ retries: 1, 'sends.accepted': 1 });
    expect(heard.map((one) => lines(one).join() === lines(large).join())).toEqual([true]);
  },
);

test('M1 M4 @medplum/hl7 comes back after the line broke in the middle of its message: the whole is posted once, the part never', async () => {
  const { messages, port, session, store } = await listening();
  const client = new Hl7Client({ host: '127.0.0.1', port: await breaking(port, 100) });
  onTestFinished(() => client.close());
  const lost = new Promise<void>((done) => client.addEventListener('close', () => done()));
  const message = hl7({ id: 'B1' });
  await client.send(medplum(message));
  await lost;
  await until(() => expect(session.counters()).toMatchObject({ incomplete: 1 }));
  expect(messages).toEqual([]);
  expect(msa(await client.sendAndWait(medplum(message), { timeoutMs: 20_000 }))).toEqual(['AA', 'B1']);
  await until(() => expect(messages.map((one) => lines(text(one)))).toEqual([lines(message)]));
  const marks = () => store.journal.read({ instrumentId: 'T1.HL1' }).map((row) => row.note?.split(':')[0]);
  await until(() => expect(marks()).toEqual(['open', 'partial', 'close', 'open', 'block', 'ack']));
});

test('M1 M4 node-hl7-client comes back by itself after the line broke in the middle of its message', async () => {
  const { messages, port, session } = await listening();
  const { connection, answers, send } = await nodeHl7(await breaking(port, 100));
  const again = once(connection, 'connect');
  const message = hl7({ id: 'B2' });
  await send(message);
  await again;
  await until(() => expect(session.counters()).toMatchObject({ incomplete: 1 }));
  await send(message);
  await until(() => expect(answers).toEqual(['AA B2']));
  await until(() => expect(messages.map((one) => lines(text(one)))).toEqual([lines(message)]));
});

test('M3 node-hl7-client hears CA and AA of a message that asks for both; node-hl7-server, which knows AA alone, accepts ours', async () => {
  const asked = { accept: 'AL', application: 'AL' };
  const { port } = await listening();
  const { answers, send } = await nodeHl7(port);
  await send(hl7({ id: 'E1', ...asked }));
  await until(() => expect(answers).toEqual(['CA E1', 'AA E1']));
  const own = await freePort();
  await serveNodeHl7(own, []);
  const { session } = await dialling(own);
  const sent = await session.send({ bytes: Buffer.from(hl7({ id: 'E2', type: 'OML^O33', ...asked })) });
  expect(sent).toEqual({ outcome: 'accepted' });
});
