/**
 * What an acknowledgement costs at least: a host in a process of its own that answers ENQ, commits each frame to an encrypted journal with a full
 * sync, and says ACK. It reads nothing, checks nothing and posts nothing. Frames of other lines that came in the same turn share a COMMIT.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SqliteDriver } from '../../main/engine/store/sqlite/driver.ts';
import { JOURNAL_TABLES } from '../../main/engine/store/sqlite/journal-tables.ts';
import { ACK, ENQ, EOT } from '../../shared/protocols/astm/bytes.ts';
import { BENCH_KEY } from './filled-store.ts';

/** Starts it over the database file `path`. @returns its port, and the way to stop it */
export async function startBareHost(path: string): Promise<{ port: number; stop: () => Promise<void> }> {
  const child = fork(fileURLToPath(import.meta.url), [path]);
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

function host(path: string): void {
  const driver = SqliteDriver.open({ path, key: BENCH_KEY.slice() });
  driver.exec(JOURNAL_TABLES);
  const insert = driver.prepare(
    'INSERT INTO journal (instrumentId, linkId, at, direction, bytes, note) VALUES (?,?,?,?,?,?)',
  );
  const ack = Buffer.of(ACK);
  let waiting: [Socket, Buffer][] = [];
  const flush = () => {
    driver.begin();
    for (const [, frame] of waiting)
      insert.run('X7.CHEM1', 'tcp', new Date().toISOString(), 'in', frame, 'frame');
    driver.commit();
    for (const [socket] of waiting) socket.write(ack);
    waiting = [];
  };
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (bytes) => {
      const last = bytes.at(-1);
      if (last === EOT) return;
      if (last === ENQ) {
        socket.write(ack);
        return;
      }
      if (waiting.length === 0) setImmediate(flush);
      waiting.push([socket, bytes]);
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) host(process.argv[2] as string);
