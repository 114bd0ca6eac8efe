import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { SqliteDriver } from '../../main/engine/store/sqlite/driver.ts';

/** A disk that can be filled and has room again. */
export interface Disk {
  name: string;
  directory(): string;
  fill(): void;
  free(): void;
}

/** A file system of its own, where this account may mount one. */
function smallFileSystem(cleanUps: (() => unknown)[]): Disk | undefined {
  const probe = mkdtempSync(join(tmpdir(), 'levey-disk-'));
  const mount = (at: string) =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', at]).status === 0;
  const possible = mount(probe);
  if (possible) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  if (!possible) return undefined;
  let directory = '';
  const ballast = () => join(directory, 'ballast');
  return {
    name: 'a small file system',
    directory: () => {
      directory = mkdtempSync(join(tmpdir(), 'levey-disk-'));
      mount(directory);
      cleanUps.push(() => {
        spawnSync('umount', [directory]);
        rmSync(directory, { recursive: true, force: true });
      });
      return join(directory, 'data');
    },
    fill: () => {
      const { bavail, bsize } = statfsSync(directory);
      writeFileSync(ballast(), Buffer.alloc(bavail * bsize - 300_000));
    },
    free: () => rmSync(ballast()),
  };
}

/** The same everywhere: a limit on the database's pages. */
function limitedDatabase(cleanUps: (() => unknown)[]): Disk {
  const opened = vi.spyOn(SqliteDriver, 'open');
  const driver = () => opened.mock.results.at(-1)?.value as SqliteDriver;
  return {
    name: 'a limited database',
    directory: () => {
      const directory = mkdtempSync(join(tmpdir(), 'levey-disk-'));
      cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
      return join(directory, 'data');
    },
    fill: () => driver().pragma(`max_page_count = ${Number(driver().pragma('page_count')) + 40}`),
    free: () => driver().pragma('max_page_count = 1000000'),
  };
}

/** Every kind of full disk this computer can have; what they made is removed by `cleanUps`. */
export function fullDisks(cleanUps: (() => unknown)[]): Disk[] {
  return [limitedDatabase(cleanUps), smallFileSystem(cleanUps)].filter((disk) => disk !== undefined);
}
