import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRx, openTest, type Thing, testContext, thing } from '../../main/engine/store/sqlite/testing.ts';
import { verifyAudit } from '../../main/engine/store/sqlite/verify.ts';
import { CommandQueue } from '../../main/engine/store/uow.ts';

/** A file system of 4 MB where this account may mount one (root on Linux); else an ordinary directory. */
function smallDisk(): { directory: string; small: boolean; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'levey-full-'));
  const small = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]).status === 0;
  return {
    directory,
    small,
    remove: () => {
      if (small) spawnSync('umount', [directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe('a full disk', () => {
  it('refuses with store.full, undoes the unit as a whole, and goes on when there is room', async () => {
    const disk = smallDisk();
    const database = openTest(disk.directory);
    const rx = await openRx(database);
    const queue = new CommandQueue<{ results: Thing; patients: Thing }>(database);
    const emitted = new Set<string>();
    rx.results.$.subscribe((event) => emitted.add(event.documentId));
    const ballast = join(disk.directory, 'ballast');
    if (disk.small) writeFileSync(ballast, Buffer.alloc(1_500_000));
    else database.driver.pragma(`max_page_count = ${Number(database.driver.pragma('page_count')) + 200}`);

    const stored: number[] = [];
    let refused: unknown;
    for (let n = 0; n < 2000 && refused === undefined; n++) {
      try {
        await queue.write(testContext, (uow) => {
          for (let i = 0; i < 10; i++) uow.put('results', { ...thing(`r${n}-${i}`), extra: 'x'.repeat(500) });
          uow.put('patients', thing(`p${n}`));
        });
        stored.push(n);
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ code: 'store.full' });
    expect(stored.length).toBeGreaterThan(5);
    expect(await rx.results.count().exec()).toBe(stored.length * 10);
    expect(await rx.patients.count().exec()).toBe(stored.length);
    expect(emitted.size).toBe(stored.length * 10);

    if (disk.small) rmSync(ballast);
    else database.driver.pragma('max_page_count = 1000000');
    await queue.write(testContext, (uow) => uow.put('patients', thing('after')));
    expect((await verifyAudit(database)).faults).toEqual([]);
    await rx.close();
    database.close();

    const again = openTest(disk.directory);
    expect(again.stats().documents).toMatchObject({
      results: stored.length * 10,
      patients: stored.length + 1,
    });
    expect((await verifyAudit(again)).faults).toEqual([]);
    again.close();
    disk.remove();
  });
});
