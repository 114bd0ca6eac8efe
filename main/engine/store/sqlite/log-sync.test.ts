import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RxDatabase } from 'rxdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandQueue } from '../uow.ts';
import type { LeveyDatabase } from './database.ts';
import { type DiskSync, LogSync } from './log-sync.ts';
import {
  newDirectory,
  openRx,
  openTest,
  type TestCollections,
  type Thing,
  testContext,
  thing,
} from './testing.ts';

/** A disk that is as slow as the test wants it, and breaks when it says so. */
class HeldDisk implements DiskSync {
  readonly waiting: ((error: Error | null) => void)[] = [];
  nows = 0;
  /** What it fails with. */
  error: Error | null = null;

  now(): void {
    this.nows += 1;
    if (this.error !== null) throw this.error;
  }

  soon(done: (error: Error | null) => void): void {
    this.waiting.push(done);
  }

  /** Ends the sync that is under way. */
  end(): void {
    this.waiting.shift()?.(this.error);
  }

  close(): void {}
}

const turn = () => new Promise<void>((next) => setImmediate(next));
const turns = async () => {
  for (let i = 0; i < 5; i += 1) await turn();
};
const frame = (text: string) => ({
  ...{ instrumentId: 'SYS-1', linkId: 'l1', at: testContext.at, direction: 'in' as const },
  bytes: Buffer.from(text),
});

describe('the wait for the disk', () => {
  let place: ReturnType<typeof newDirectory>;
  let disk: HeldDisk;
  let database: LeveyDatabase;
  let rx: RxDatabase<TestCollections>;
  let queue: CommandQueue<{ patients: Thing }>;
  let told: string[];

  beforeEach(async () => {
    place = newDirectory();
    disk = new HeldDisk();
    database = openTest(place.directory, { sync: disk });
    rx = await openRx(database);
    queue = new CommandQueue(database);
    told = [];
    database.telling.onCommit((changed) => told.push(`changed ${changed.get('patients')?.join()}`));
  });

  afterEach(async () => {
    disk.error = null;
    await rx.close().catch(() => {});
    database.close();
    place.remove();
  });

  const put = (id: string) =>
    queue
      .write(testContext, (unit) => {
        unit.put('patients', thing(id));
        unit.afterCommit(() => told.push(`after ${id}`));
      })
      .then(() => told.push(`written ${id}`));

  it('what is kept in memory follows the file at once, and not what it could read already', async () => {
    const seen: string[] = [];
    const followed = () => database.telling.onChanges((changes) => seen.push(...changes.map(({ id }) => id)));
    let stop = followed();
    const first = put('a');
    await turns();
    expect(seen).toEqual(['a']);
    expect(told).toEqual([]);
    stop();
    stop = followed();
    disk.end();
    await first;
    const second = put('b');
    await turns();
    disk.end();
    await second;
    expect(seen).toEqual(['a', 'b']);
    stop();
  });

  it('tells nobody of a commit before it is on the disk', async () => {
    const written = put('a');
    await turns();
    expect(database.instance('patients').read('a')).toBeDefined();
    expect(told).toEqual([]);
    disk.end();
    await written;
    expect(told).toEqual(['after a', 'changed a', 'written a']);
  });

  it('L9 M4 nothing from an instrument counts as stored before it is on the disk, and what comes meanwhile shares the next sync', async () => {
    const ack = (text: string) => database.journal.appendDurable(frame(text)).then(() => told.push(text));
    const first = ack('one');
    await turns();
    let commits = 0;
    const commit = database.driver.commit.bind(database.driver);
    database.driver.commit = () => {
      commits += 1;
      commit();
    };
    const rest = [ack('two')];
    await turns();
    rest.push(ack('three'));
    await turns();
    expect(disk.waiting).toHaveLength(1);
    expect(told).toEqual([]);
    // They are committed together when the disk is free again: earlier would not bring them to it any earlier.
    expect(commits).toBe(0);
    disk.end();
    await first;
    await turns();
    expect(told).toEqual(['one']);
    expect(commits).toBe(1);
    expect(disk.waiting).toHaveLength(1);
    disk.end();
    await Promise.all(rest);
    expect(told).toEqual(['one', 'two', 'three']);
  });

  it('a message that is expected while the disk is busy is written once', async () => {
    const message = {
      ...{ id: 'm1', instrumentId: 'SYS-1', firstSeq: 1, lastSeq: 1, at: testContext.at, kind: 'results' },
      ...{ state: 'received' as const, told: 'accepted' as const, digest: 'd', detail: {} },
    };
    database.journal.expectMessage(message);
    database.journal.flush();
    const frames = database.journal.appendDurable(frame('x'));
    await turns();
    expect(database.journal.message('m1')?.state).toBe('received');
    disk.end();
    await turns();
    disk.end();
    await frames;
    expect(database.journal.unposted().map(({ id }) => id)).toEqual(['m1']);
  });

  it('who cannot wait has those before told first, in the order of their commits', async () => {
    const written = put('a');
    await turns();
    database.audit(testContext, 'note', {});
    expect(told).toEqual(['after a', 'changed a']);
    await written;
    const next = put('b');
    await turns();
    // The sync that began for the first commit says nothing about the second.
    disk.end();
    await turns();
    expect(told).not.toContain('after b');
    disk.end();
    await next;
    expect(told.slice(-3)).toEqual(['after b', 'changed b', 'written b']);
  });

  it('who tells the outside of what it read waits until that is on the disk', async () => {
    await database.settled();
    const written = put('a');
    await turns();
    const settled = database.settled().then(() => told.push('settled'));
    await turns();
    expect(told).toEqual([]);
    disk.end();
    await written;
    await settled;
    const next = put('b');
    await turns();
    const frames = database.journal.appendDurable(frame('y'));
    database.journal.flush();
    // The frame was committed after the sync began, so that it needs another.
    const later = database.settled().then(() => told.push('settled later'));
    disk.end();
    await next;
    await turns();
    expect(told).not.toContain('settled later');
    disk.end();
    await Promise.all([frames, later]);
    const broken = database.journal.appendDurable(frame('x')).catch(() => 'lost');
    await turns();
    const never = expect(database.settled()).rejects.toMatchObject({ code: 'store.notSynced' });
    disk.error = new Error('gone');
    disk.end();
    await never;
    expect(await broken).toBe('lost');
    await expect(database.settled()).rejects.toMatchObject({ code: 'store.notSynced' });
  });

  it('an instrument is seen to wait while its entry is on the way to the disk', async () => {
    const stored = database.journal.appendDurable(frame('x'));
    await turns();
    await new Promise((later) => setTimeout(later, 10));
    expect(database.journal.isInBurst).toBe(true);
    disk.end();
    await stored;
    await new Promise((later) => setTimeout(later, 10));
    expect(database.journal.isInBurst).toBe(false);
  });

  it('after a failed sync nobody is told that anything is stored, and nothing more is written until the file is opened anew', async () => {
    const outcome = put('a').catch((error: { code: string }) => error.code);
    const ack = database.journal.appendDurable(frame('x')).catch((error: { code: string }) => error.code);
    await turns();
    disk.error = Object.assign(new Error('i/o error'), { code: 'EIO' });
    disk.end();
    expect(await outcome).toBe('store.notSynced');
    expect(await ack).toBe('store.notSynced');
    expect(told).toEqual([]);
    disk.error = null;
    await expect(put('b')).rejects.toMatchObject({ code: 'store.notSynced' });
    await expect(database.journal.appendDurable(frame('y'))).rejects.toMatchObject({
      code: 'store.notSynced',
    });
    expect(() => database.audit(testContext, 'note', {})).toThrow('The disk failed');
    expect(database.instance('patients').read('b')).toBeUndefined();
  });

  it('closing waits for the disk, and tells', async () => {
    const written = put('a');
    await turns();
    await rx.close();
    database.close();
    await written;
    expect(told).toEqual(['after a', 'changed a', 'written a']);
    disk.end();
  });
});

describe('a sync of the log', () => {
  let place: ReturnType<typeof newDirectory>;
  beforeEach(() => {
    place = newDirectory();
  });
  afterEach(() => place.remove());

  it('calls back each time, on the spot or later', async () => {
    const path = join(place.directory, 'x.db');
    writeFileSync(`${path}-wal`, 'log');
    const sync = new LogSync(path);
    for (let i = 0; i < 200; i += 1)
      expect(await new Promise((done) => sync.soon(done, i % 2 === 0))).toBeNull();
    sync.now();
    sync.close();
    sync.close();
  });

  it('says what is wrong when there is no log', async () => {
    const sync = new LogSync(join(place.directory, 'none.db'));
    expect(await new Promise((done) => sync.soon(done, false))).toMatchObject({ code: 'ENOENT' });
    expect(() => sync.now()).toThrow('ENOENT');
    sync.close();
  });

  it('lets go of the file when the sync that is under way has ended', async () => {
    const path = join(place.directory, 'x.db');
    writeFileSync(`${path}-wal`, 'log');
    const sync = new LogSync(path);
    const ended = Promise.all(Array.from({ length: 5 }, () => new Promise((done) => sync.soon(done, false))));
    sync.close();
    expect(await ended).toEqual([null, null, null, null, null]);
  });
});
