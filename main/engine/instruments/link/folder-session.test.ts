import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import { nodeFiles } from './folder-files.ts';
import { folderRun, folderStore, HEADER, newFolder, row, textOf } from './folder-fixture.ts';

const FILE = HEADER + row('A1');

describe('watched folder', () => {
  it('journals, posts and archives a settled file', async () => {
    const run = folderRun();
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    expect(run.messages).toEqual([]);
    await run.tick();
    await until(() => expect(run.names('archive')).toHaveLength(1));
    expect(run.messages).toMatchObject([{ frames: 1, told: 'none', journal: { firstSeq: 1, lastSeq: 1 } }]);
    expect(textOf(run.messages[0]?.text)).toBe(FILE);
    expect(run.store.rows).toMatchObject([{ direction: 'in', note: 'file: a.csv' }]);
    expect(run.names('archive')[0]).toMatch(/^\d{8}T\d{9}-[0-9a-f]{12}-a\.csv$/);
    expect(run.names()).toEqual(['archive', 'errors']);
    await until(() =>
      expect(run.session.counters()).toMatchObject({ files: 1, archived: 1, bytes: FILE.length }),
    );
    await until(() => expect(run.session.state().state).toBe('ready'));
    await run.session.stop();
  });

  it('looks at a full folder once, not anew for every few files that are posted', async () => {
    const looks = async (count: number): Promise<number> => {
      let facts = 0;
      const run = folderRun({
        files: {
          ...nodeFiles,
          facts(path) {
            facts += 1;
            return nodeFiles.facts(path);
          },
        },
      });
      for (let n = 0; n < count; n += 1) run.put(`${n}.csv`, HEADER + row(`A${n}`));
      run.session.start();
      await run.settle();
      await run.tick();
      await until(() => expect(run.names('archive')).toHaveLength(count));
      expect(new Set(run.messages.map((one) => textOf(one.text))).size).toBe(count);
      await run.session.stop();
      return facts;
    };
    const few = await looks(40);
    expect(await looks(400)).toBeLessThan(few * 11);
  });

  it.each([
    ['empty', '', 'The file is empty.'],
    ['too long', 'x'.repeat(2_000), 'The file has 2000 bytes; the profile takes 1000 at most.'],
    ['of another form', 'name;value\n1;2\n', 'The header has no column "specimen".'],
    ['no text', 'PK\x03\x04\x00\x00', 'The file is not a text file.'],
  ])('puts a file that is %s among the errors with a note, and tells the queue', async (_, content, why) => {
    const run = folderRun({ link: { maxBytes: 1_000 } });
    run.put('bad.csv', content);
    run.session.start();
    await run.settle();
    await run.tick();
    await until(() => expect(run.names('errors')).toHaveLength(2));
    const [bad, note] = run.names('errors');
    expect(note).toBe(`${bad}.txt`);
    expect(run.text('errors', bad ?? '')).toBe(content);
    expect(run.text('errors', note ?? '')).toContain(`What happened: ${why}`);
    expect(run.text('errors', note ?? '')).toContain('What is safe: Nothing of it was posted.');
    expect(run.text('errors', note ?? '')).toContain('What to do: ');
    expect(run.messages).toHaveLength(1);
    const unread = content === '' || content.length > 1_000;
    expect(run.messages[0]?.unreadable).toBe(unread ? why : undefined);
    await run.session.stop();
  });

  it('leaves folders, links, hidden files and other names alone', async () => {
    const run = folderRun();
    writeFileSync(join(run.path, 'other.txt'), FILE);
    writeFileSync(join(run.path, '.part.csv'), FILE);
    mkdirSync(join(run.path, 'folder.csv'));
    symlinkSync(join(run.path, 'other.txt'), join(run.path, 'link.csv'));
    run.session.start();
    await run.settle();
    await run.tick();
    await run.tick();
    expect(run.messages).toEqual([]);
    expect(run.names()).toEqual(['archive', 'errors', 'folder.csv', 'link.csv', 'other.txt']);
    expect(run.traces.map((trace) => trace.note)).toEqual(
      expect.arrayContaining(['folder.csv: a folder is not read', 'link.csv: a link is not followed']),
    );
    await run.session.stop();
  });

  it('tells of a folder that is not there, and goes on when it is back', async () => {
    const path = newFolder();
    rmSync(path, { recursive: true });
    const run = folderRun({ folder: path });
    run.session.start();
    await run.settle();
    expect(run.session.state()).toMatchObject({ state: 'failed', problem: { code: 'instrument.noFolder' } });
    expect(readdirSync(join(path, '..'))).not.toContain(path.split('/').at(-1));
    mkdirSync(path);
    run.put('a.csv', FILE);
    await run.tick();
    await run.tick();
    await until(() => expect(run.names('archive')).toHaveLength(1));
    expect(run.session.state()).toMatchObject({ state: 'ready' });
    const away = `${path}-away`;
    renameSync(path, away);
    await run.tick();
    expect(run.session.state().problem?.code).toBe('instrument.noFolder');
    renameSync(away, path);
    run.put('b.csv', HEADER + row('A2'));
    await run.tick();
    await run.tick();
    await until(() => expect(run.names('archive')).toHaveLength(2));
    expect(run.messages).toHaveLength(2);
    await run.session.stop();
  });

  it('tells of files that cannot be taken for a minute, and takes them when they are free', async () => {
    let locked = true;
    const run = folderRun({
      files: {
        ...nodeFiles,
        rename(from, to) {
          if (locked) return Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' }));
          return nodeFiles.rename(from, to);
        },
      },
    });
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    await run.tick();
    expect(run.session.state().problem).toBeUndefined();
    await run.tick(70_000);
    expect(run.session.state().problem).toMatchObject({
      code: 'instrument.fileStuck',
      details: { count: 1 },
    });
    locked = false;
    await run.tick();
    await until(() => expect(run.names('archive')).toHaveLength(1));
    await run.tick();
    expect(run.session.state().problem).toBeUndefined();
    await run.session.stop();
  });

  it('keeps the file while the journal is full', async () => {
    const store = folderStore();
    store.failing = true;
    const run = folderRun({ store });
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    await run.tick();
    await run.tick();
    expect(run.messages).toEqual([]);
    expect(run.journalErrors.length).toBeGreaterThan(0);
    store.failing = false;
    await run.tick();
    await until(() => expect(run.names('archive')).toHaveLength(1));
    expect(run.journalErrors.at(-1)).toBeNull();
    expect(run.store.rows).toHaveLength(1);
    await run.session.stop();
  });

  it('puts nothing away before it is posted', async () => {
    let failing = true;
    const run = folderRun({ onMessage: async () => (failing ? 'failed' : 'stored') });
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    await run.tick();
    expect(run.names('archive')).toEqual([]);
    failing = false;
    await run.tick(60_000);
    await until(() => expect(run.names('archive')).toHaveLength(1));
    expect(run.store.rows).toHaveLength(1);
    await run.session.stop();
  });

  it('archives to another file system by copy', async () => {
    const far = newFolder();
    const run = folderRun({
      place: { archive: far },
      files: {
        ...nodeFiles,
        rename(from, to) {
          if (to.startsWith(far) && !from.startsWith(far))
            return Promise.reject(Object.assign(new Error('other device'), { code: 'EXDEV' }));
          return nodeFiles.rename(from, to);
        },
      },
    });
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    await run.tick();
    await until(() => expect(run.session.counters().archived).toBe(1));
    expect(readdirSync(far).map((name) => name.slice(-6))).toEqual(['-a.csv']);
    // The original is kept while its writer may still have it open.
    const claims = () => readdirSync(join(run.path, '.levey-T1.CSV1'));
    expect(claims()).toEqual(readdirSync(far));
    await run.tick(601_000);
    await run.tick();
    expect(claims()).toEqual([]);
    expect(run.messages).toHaveLength(1);
    await run.session.stop();
  });

  it('gives each file to one of two stations', async () => {
    const path = newFolder();
    const runs = [folderRun({ folder: path, id: 'T1.CSV1' }), folderRun({ folder: path, id: 'T2.CSV1' })];
    for (let n = 0; n < 20; n += 1) writeFileSync(join(path, `${n}.csv`), HEADER + row(`A${n}`));
    for (const run of runs) run.session.start();
    for (let n = 0; n < 6; n += 1) await Promise.all(runs.map((run) => run.tick()));
    await until(() => expect(runs[0]?.names('archive')).toHaveLength(20));
    const all = runs.flatMap((run) => run.messages.map((message) => textOf(message.text)));
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
    for (const run of runs) {
      expect(run.traces.map((trace) => trace.note).join()).toContain('another station reads this folder too');
      await run.session.stop();
    }
  });

  it('tells of a share that does not answer, and ends all the same', async () => {
    let answer: () => void = () => undefined;
    const run = folderRun({
      files: {
        ...nodeFiles,
        names: (folder) =>
          new Promise((done, failed) => {
            answer = () => nodeFiles.names(folder).then(done, failed);
          }),
      },
    });
    run.session.start();
    run.advance(60_000);
    expect(run.session.state()).toMatchObject({ state: 'failed', problem: { code: 'instrument.noFolder' } });
    answer();
    await until(() => expect(run.session.state().state).toBe('failed'));
    const stopping = run.session.stop();
    run.advance(5_000);
    await stopping;
    expect(run.session.state().state).toBe('off');
  });

  it('says that it may not read a folder', async () => {
    const run = folderRun({
      files: {
        ...nodeFiles,
        names: () => Promise.reject(Object.assign(new Error('denied'), { code: 'EACCES' })),
      },
    });
    chmodSync(run.path, 0o700);
    run.session.start();
    await run.settle();
    expect(run.session.state().problem?.code).toBe('instrument.folderAccess');
    await run.session.stop();
    expect(run.session.state().state).toBe('off');
  });
});
