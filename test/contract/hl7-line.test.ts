import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { acksIn, block } from '../../main/engine/instruments/link/mllp-fixture.ts';
import type { LineRow } from '../../shared/ipc/instruments.ts';
import { until } from '../until.ts';
import { type BadBench, lineOf, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { freePort } from './free-port.ts';
import { mllpDevice } from './mllp-device.ts';

/** An HL7 line of the whole engine over real sockets: batches, character sets that change, and a bench that connects to its analyser. */

let bench: BadBench | undefined;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).reverse()) await clean();
  await bench?.stop();
  if (bench !== undefined) rmSync(bench.at.directory, { recursive: true, force: true });
  bench = undefined;
});

const line = (check: (row: LineRow) => boolean) => lineOf(bench!.tech, check);
const stored = () => bench!.engine.bench.store.find('results', { selector: {} });

/** One result with an operator; one character per byte, so that the caller decides how text is written. */
function oru(
  tube: string,
  id: string,
  charset: string,
  operator: string,
  value = '140',
  code = 'NA',
): string {
  return [
    `MSH|^~\\&|DEV|BENCH|LEVEY|LAB|20260729064205||ORU^R01|${id}|P|2.5.1||||||${charset}`,
    'PID|1',
    `OBR|1||${tube}|${code}`,
    `OBX|1|NM|${code}||${value}|mmol/L|||||F|||20260729064205||${operator}`,
    '',
  ].join('\r');
}
const LATIN = 'M\xfcller';
const UTF8 = 'M\xc3\xbcller';

test('M6 M7 a file of batches in one block: each message is acknowledged by itself and read in its own character set', async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [{ id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpServer', port } }],
  });
  const tubes: string[] = [];
  for (let n = 0; n < 4; n += 1) tubes.push(await receivedTube(bench.tech, ['NA']));
  const device = await mllpDevice(port, cleanUps);
  device.send(
    [
      'FHS|^~\\&|DEV|BENCH|LEVEY|LAB|20260729064205\r',
      'BHS|^~\\&|DEV|BENCH|LEVEY|LAB|20260729064205\r',
      oru(tubes[0]!, 'B1', '8859/1', LATIN),
      oru(tubes[1]!, 'B2', 'UNICODE UTF-8', UTF8, '141'),
      'BTS|2\r',
      'BHS|^~\\&|DEV|BENCH|LEVEY|LAB|20260729064205\r',
      oru(tubes[2]!, 'B3', '8859/1~UNICODE UTF-8', LATIN, '142'),
      'BTS|1\rFTS|2\r',
    ].join(''),
  );
  await until(() => expect(device.acks()).toEqual(['AA B1', 'AA B2', 'AA B3']));
  await until(async () => expect(await stored()).toHaveLength(3));
  // Behind the batch, on the same connection, again the other set.
  device.send(oru(tubes[3]!, 'B4', 'UNICODE UTF-8', UTF8, '143'));
  await until(async () => expect(await stored()).toHaveLength(4));
  const read = (await stored()).map((one) => [one.accessionIdentifier, one.value.text, one.operator]);
  expect(read.sort()).toEqual(tubes.map((tube, n) => [tube, String(140 + n), 'Müller']).sort());
  expect(await bench.tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
});

test('M3 M4 the bench connects: an analyser that restarts is met again by itself, and what it sends again counts once', async () => {
  const port = await freePort();
  bench = await startBadBench({
    instruments: [
      { id: 'HL1', profile: 'generic-hl7', transport: { kind: 'tcpClient', host: '127.0.0.1', port } },
    ],
  });
  const tube = await receivedTube(bench.tech, ['NA', 'K']);
  const away = await line((row) => row.problem !== null);
  expect(away.problem).toMatchObject({ code: 'instrument.unreachable', safe: expect.stringMatching(/./) });
  const first = await listening(port);
  await line((row) => row.state === 'ready' && row.problem === null);
  const begun = await first.met();
  begun.write(block(oru(tube, 'A1', '', 'kim')));
  await until(() => expect(begun.acks()).toEqual(['AA A1']));
  // It restarts in the middle of a message.
  begun.write(block(oru(tube, 'A2', '', 'kim', '4.1', 'K')).subarray(0, 60));
  await line((row) => row.state === 'receiving');
  await first.close();
  const lost = await line((row) => row.state !== 'receiving' && row.state !== 'ready');
  expect(lost.counters.incomplete).toBe(1);
  const second = await listening(port);
  const again = await second.met();
  again.write(block(oru(tube, 'A1', '', 'kim')));
  again.write(block(oru(tube, 'A2', '', 'kim', '4.1', 'K')));
  await until(() => expect(again.acks()).toEqual(['AA A1', 'AA A2']));
  await until(async () => expect(await stored()).toHaveLength(2));
  expect((await stored()).map((one) => one.value.text).sort()).toEqual(['140', '4.1']);
  expect((await line((row) => row.state === 'ready')).problem).toBeNull();
  expect(await bench.tech.rows('exceptions.list', { status: 'open' })).toEqual([]);
}, 60_000);

/** An analyser that waits for the bench. */
async function listening(port: number) {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((done) => void server.close(() => done()));
  };
  cleanUps.push(close);
  return {
    close,
    /** The connection of the bench. */
    async met() {
      await until(() => expect(sockets).toHaveLength(1));
      const [socket] = sockets as [Socket];
      const parts: Uint8Array[] = [];
      socket.on('data', (part: Buffer) => parts.push(new Uint8Array(part)));
      return { acks: () => acksIn(parts), write: (bytes: Uint8Array) => void socket.write(bytes) };
    },
  };
}
