import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import { digestOf, folderRun, folderStore, HEADER, killedAfter, newFolder, row } from './folder-fixture.ts';
import { FolderRecovery } from './folder-recover.ts';

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
    for (let n = 0; n < 3; n += 1)
      await Promise.race([killed.tick(), until(() => expect(files.hung()).toBe(true))]);
    await until(() => expect(files.hung() || away() === 4).toBe(true));
    killed.kill();
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
});
