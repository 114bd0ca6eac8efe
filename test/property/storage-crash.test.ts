import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { newDirectory, openRx, openTest } from '../../main/engine/store/sqlite/testing.ts';
import { verifyAudit } from '../../main/engine/store/sqlite/verify.ts';
import { Random } from './storage-model.ts';

const ROUNDS = 8;
const SEED = 20_260_729;

/** Lets a child write until it has posted `messages`, kills it there and then with SIGKILL, and gives what it acknowledged. */
async function writeAndKill(
  directory: string,
  from: number,
  messages: number,
): Promise<{ received: number[]; posted: number[] }> {
  const received: number[] = [];
  const posted: number[] = [];
  const child = fork(
    new URL('./storage-crash-child.ts', import.meta.url).pathname,
    [directory, String(from)],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  child.on('message', (said: { received?: number; posted?: number }) => {
    if (said.received !== undefined) received.push(said.received);
    if (said.posted !== undefined) posted.push(said.posted);
    if (received.length + posted.length >= messages) child.kill('SIGKILL');
  });
  const [code, signal] = await once(child, 'exit');
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return { received, posted };
}

describe('kill -9 of the writing process', () => {
  it(`loses nothing acknowledged and leaves no half command, ${ROUNDS} times in one data directory (seed ${SEED})`, async () => {
    const place = newDirectory();
    const random = new Random(SEED);
    const received = new Set<number>();
    const posted = new Set<number>();
    let from = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const said = await writeAndKill(place.directory, from, 5 + random.below(150));
      for (const n of said.received) received.add(n);
      for (const n of said.posted) posted.add(n);
      const database = openTest(place.directory);
      const rx = await openRx(database);
      const states = new Map(
        ['i0', 'i1', 'i2'].flatMap((id) => database.journal.messages(id, 100_000)).map((m) => [m.id, m]),
      );
      for (const n of received) {
        const message = states.get(`m${n}`);
        expect(message, `message ${n}`).toBeDefined();
        if (message === undefined) continue;
        const bytes = Buffer.from(database.journal.bytesOf(message)).toString();
        expect(bytes).toContain(`${n} frame 1`);
        expect(bytes).toContain(`${n} frame 2`);
      }
      for (const n of posted) expect(states.get(`m${n}`)?.state, `message ${n}`).toBe('posted');
      // What is marked as posted is posted as a whole, whether it was acknowledged or not; what is not marked is not there at all.
      let done = 0;
      for (const [id, message] of states) {
        const results = await rx.results.count({ selector: { name: id } }).exec();
        expect([id, results]).toEqual([id, message.state === 'posted' ? 5 : 0]);
        if (message.state === 'posted') done++;
        const n = Number(id.slice(1));
        if (message.state === 'posted' && n % 4 === 0)
          expect(database.readAttachment('reports', `p${n}`, 'report.pdf')).toHaveLength(5000);
        from = Math.max(from, n + 1);
      }
      expect((await rx.patients.findOne('counter').exec())?.toJSON().extra ?? 0).toBe(done);
      expect((await verifyAudit(database)).faults).toEqual([]);
      expect(database.driver.check()).toEqual([]);
      await rx.close();
      database.close();
      from += 4 - (from % 4);
    }
    expect(posted.size).toBeGreaterThan(50);
    place.remove();
  }, 120_000);
});
