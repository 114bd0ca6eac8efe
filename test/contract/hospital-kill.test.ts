import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { readDelivery } from '../../main/engine/hospital/outbox.ts';
import { acksIn, block } from '../../main/engine/instruments/link/mllp-fixture.ts';
import { until } from '../until.ts';
import { startTestEngine } from './engine-client.ts';
import {
  hospitalForEach,
  hospitalThatHears,
  hospitalThatOrders,
  killable,
  newOrder,
  ORDERS,
  order,
  receivedTube,
  release,
  SUSAN,
  signReport,
} from './hospital-fixture.ts';

/** Kill -9 of the engine while the hospital's messages are on their way. */

const lab = hospitalForEach();
const { cleanups } = lab;

/** A raw peer that does not wait for answers. */
async function hasty() {
  const socket = connect({ host: '127.0.0.1', port: lab.bench.ordersPort });
  cleanups.push(() => socket.destroy());
  const parts: Uint8Array[] = [];
  socket.on('data', (part: Buffer) => parts.push(new Uint8Array(part)));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    acks: () => acksIn(parts),
    send: (texts: readonly string[]) =>
      void socket.write(Buffer.concat(texts.map((text) => block(`${text}\r`)))),
  };
}

test('M3 M4 kill -9 with thirty orders in flight: every one is placed once, those acknowledged without being sent again', async () => {
  await lab.bench.engine.stop();
  const placers = Array.from({ length: 30 }, (_, n) => `K-${n}`);
  const messages = placers.map((placer, n) =>
    order([SUSAN, `ORC|NW|${placer}`, `OBR|1|${placer}||CREA`], 'OML^O21', `M${n}`, 'P|2.5.1|||AL|NE'),
  );
  const engine = await killable(lab.bench.at);
  cleanups.push(engine.kill);
  const first = await hasty();
  first.send(messages);
  await until(() => expect(first.acks().length).toBeGreaterThan(0));
  await engine.kill();
  const acknowledged = first.acks().map((ack) => ack.replace('CA M', 'K-'));

  lab.bench.engine = await startTestEngine(lab.bench.at);
  const { store } = lab.bench.engine.bench;
  const placed = async (placer: string) =>
    (await store.find('orders', { selector: { requisition: { $eq: placer } } })).length;
  for (const placer of acknowledged) expect(`${placer} ${await placed(placer)}`).toBe(`${placer} 1`);
  const again = await hasty();
  again.send(messages);
  await until(() => expect(again.acks()).toHaveLength(30));
  await until(() => {
    const waiting = store.journal.messages(ORDERS, 1_000).filter(({ state }) => state === 'received');
    expect(waiting).toEqual([]);
  });
  for (const placer of placers) expect(`${placer} ${await placed(placer)}`).toBe(`${placer} 1`);
  expect(await store.find('patients', { selector: { identifier: { $eq: '44102387' } } })).toHaveLength(1);
  expect(await store.find('tasks', { selector: { kind: { $eq: 'exception' } } })).toEqual([]);
});

test('M4 kill -9 while a report waits for its answer: it goes again with the same MSH-10, and all arrive in order', async () => {
  const his = await hospitalThatOrders(lab.bench);
  for (const placer of ['P-1', 'P-2', 'P-3']) {
    await his.send(newOrder(placer, 'CREA'));
    await release(lab.bench, await receivedTube(lab.bench, placer), 'CREA', '80');
    await signReport(lab.bench, placer);
  }
  await his.close();
  await lab.bench.engine.stop();

  const hospital = hospitalThatHears(lab.bench.resultsPort);
  cleanups.push(() => hospital.close());
  hospital.answer = 'none';
  const first = await killable(lab.bench.at);
  cleanups.push(first.kill);
  await until(() => expect(hospital.heard.length).toBeGreaterThan(0));
  await first.kill();
  const [unanswered] = hospital.controlIds();
  hospital.answer = 'AA';
  hospital.heard.length = 0;
  const second = await killable(lab.bench.at);
  cleanups.push(second.kill);
  await until(() => expect(new Set(hospital.controlIds()).size).toBe(3));
  expect(hospital.controlIds()[0]).toBe(unanswered);
  const placers = hospital.heard.map((text) => /\rORC\|RE\|(P-\d)/.exec(text)?.[1]);
  expect([...new Set(placers)]).toEqual(['P-1', 'P-2', 'P-3']);
  await second.kill();

  // What was taken is not sent again: only the last answer may have been lost with the process.
  const before = hospital.heard.length;
  lab.bench.engine = await startTestEngine(lab.bench.at);
  const { store } = lab.bench.engine.bench;
  await until(async () => {
    const reports = await store.find('reports', { selector: { issuedTime: { $gt: '0' } } });
    const states = await Promise.all(reports.map(async ({ id }) => (await readDelivery(store, id))?.state));
    expect(states).toEqual(['delivered', 'delivered', 'delivered']);
  });
  const after = hospital.controlIds().slice(before);
  expect(after.filter((id) => id !== hospital.controlIds()[before - 1])).toEqual([]);
});
