import { closeSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import {
  digestOf,
  type FolderStore,
  folderRun,
  folderStore,
  HEADER,
  killedAfter,
  newFolder,
  row,
  textOf,
} from './folder-fixture.ts';
import { FolderRecovery } from './folder-recover.ts';

const FIRST = HEADER + row('A1');
const WHOLE = FIRST + row('A2');

/** A new engine with the journal and the folder of a killed one. */
async function startedAgain(path: string, store: FolderStore) {
  const posted = new Set(store.posted);
  const next = folderRun({ folder: path, store });
  // What an earlier run journalled and did not post comes out of the journal, as at every start.
  const recovery = new FolderRecovery();
  for (const [at, entry] of store.rows.entries()) {
    const found = recovery.push({ seq: at + 1, ...entry });
    if (found !== null && !posted.has(digestOf(entry.bytes)))
      next.session.recovered({ ...found, told: 'none' });
  }
  await next.settle();
  next.session.start();
  return next;
}

describe('a folder and kill -9', () => {
  const FILES = {
    'a.csv': HEADER + row('A1'),
    'b.csv': HEADER + row('B1'),
    'bad.csv': 'no header\n',
    'e.csv': '',
  };

  /** Runs until the file system stops, as a killed engine does; then a new engine with the same journal and folder. */
  async function killedAndStarted(steps: number) {
    const path = newFolder();
    const store = folderStore();
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(path, name), content);
    const files = killedAfter(steps);
    const killed = folderRun({ folder: path, store, files });
    killed.session.start();
    const away = () => {
      const { archived = 0, unreadable = 0 } = killed.session.counters();
      return archived + unreadable;
    };
    for (let n = 0; n < 3; n += 1) await Promise.race([killed.tick(), files.hangs]);
    await until(() => expect(files.hung() || away() === 4).toBe(true));
    killed.kill();
    const next = await startedAgain(path, store);
    for (let n = 0; n < 4; n += 1) await next.tick();
    await until(() => expect([...next.names('archive'), ...next.names('errors')]).toHaveLength(6));
    return { next, store, steps: files.done() };
  }

  it('neither loses nor repeats a file, stopped at any step', { timeout: 60_000 }, async () => {
    const all = (await killedAndStarted(1_000)).steps;
    expect(all).toBeGreaterThan(15);
    for (let steps = 0; steps <= all; steps += 1) {
      const { next, store } = await killedAndStarted(steps);
      const at = `stopped after ${steps} steps`;
      expect(next.names(), at).toEqual(['archive', 'errors']);
      expect(readdirSync(join(next.path, '.levey-T1.CSV1')), at).toEqual([]);
      expect(new Set(next.names('archive').map((name) => name.slice(-5))), at).toEqual(
        new Set(['a.csv', 'b.csv']),
      );
      expect(new Set(store.posted).size, at).toBe(4);
      expect(store.posted.length, at).toBe(4);
      expect(store.rows.length, at).toBe(4);
      await next.session.stop();
    }
  });

  it('knows a file again that it had journalled and not put away, and that grew meanwhile', async () => {
    const path = newFolder();
    const store = folderStore();
    // Claimed, read and journalled: the next step would put it away.
    const files = killedAfter(2);
    const killed = folderRun({ folder: path, store, files });
    killed.put('a.csv', FIRST);
    killed.session.start();
    await killed.settle();
    await Promise.race([killed.tick(), files.hangs]);
    await until(() => expect([store.posted.length, files.hung()]).toEqual([1, true]));
    killed.kill();
    const claims = join(path, '.levey-T1.CSV1');
    const [claim = ''] = readdirSync(claims);
    writeFileSync(join(claims, claim), WHOLE);
    const next = await startedAgain(path, store);
    await next.tick();
    await until(() => expect(next.session.counters().archived).toBe(1));
    expect(next.messages.map((one) => [textOf(one.text), one.firstVersion])).toEqual([
      [WHOLE, digestOf(Buffer.from(FIRST))],
    ]);
    await next.session.stop();
    rmSync(path, { recursive: true, force: true });
  });

  /** A file is read and put away, the engine is killed, the file grows; the next engine is killed after so many steps, and a third one ends it. */
  async function killedWhileItGrows(steps: number) {
    const path = newFolder();
    const store = folderStore();
    const before = folderRun({ folder: path, store });
    const writer = openSync(join(path, 'a.csv'), 'w');
    writeSync(writer, FIRST);
    before.touch('a.csv', 1_700_000_000);
    before.session.start();
    await before.settle();
    await before.tick();
    await until(() => expect(before.session.counters().archived).toBe(1));
    before.kill();
    writeSync(writer, WHOLE.slice(FIRST.length));
    closeSync(writer);
    const files = killedAfter(steps);
    const killed = folderRun({ folder: path, store, files });
    killed.session.start();
    const archived = () => killed.session.counters().archived ?? 0;
    for (let n = 0; n < 4; n += 1) await Promise.race([killed.tick(), files.hangs]);
    await until(() => expect(files.hung() || archived() === 1).toBe(true));
    killed.kill();
    const next = await startedAgain(path, store);
    const isDone = () => next.names('archive').length === 1 && store.posted.length === 2;
    for (let n = 0; n < 20 && !isDone(); n += 1) await next.tick();
    await next.tick();
    return { next, store, steps: files.done(), messages: [...killed.messages, ...next.messages] };
  }

  it('reads on in a file that grew while no engine ran, stopped at any step', {
    timeout: 60_000,
  }, async () => {
    const all = (await killedWhileItGrows(1_000)).steps;
    expect(all).toBeGreaterThan(3);
    for (let steps = 0; steps <= all; steps += 1) {
      const { next, store, messages } = await killedWhileItGrows(steps);
      const at = `stopped after ${steps} steps`;
      expect(store.posted, at).toEqual([FIRST, WHOLE].map((text) => digestOf(Buffer.from(text))));
      expect(store.rows.length, at).toBe(2);
      const [archived = ''] = next.names('archive');
      expect(next.text('archive', archived), at).toBe(WHOLE);
      expect(readdirSync(join(next.path, '.levey-T1.CSV1')), at).toEqual([]);
      expect(next.names(), at).toEqual(['archive', 'errors']);
      // Its lines are those of the file that was read before: lines without a time are known again by that.
      expect(new Set(messages.map((one) => one.firstVersion)), at).toEqual(new Set([store.posted[0]]));
      await next.session.stop();
      rmSync(next.path, { recursive: true, force: true });
    }
  });
});
