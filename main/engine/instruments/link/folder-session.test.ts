import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { nodeFiles } from './folder-files.ts';
import { digestOf, folderRun, folderStore, HEADER, killedAfter, newFolder, row } from './folder-fixture.ts';
import { isPlainName, patternOf, safeName } from './folder-names.ts';
import { FolderRecovery } from './folder-recover.ts';

/** Waits for an event; the limit is only for a test that would never end. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

const FILE = HEADER + row('A1');
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

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
    expect(text(run.messages[0]?.text)).toBe(FILE);
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
      expect(new Set(run.messages.map((one) => text(one.text))).size).toBe(count);
      await run.session.stop();
      return facts;
    };
    const few = await looks(40);
    expect(await looks(400)).toBeLessThan(few * 11);
  });

  it('waits for a file that is still written, and reads it whole', async () => {
    const run = folderRun();
    run.put('a.csv', HEADER);
    run.session.start();
    await run.settle();
    for (let n = 1; n <= 5; n += 1) {
      run.put('a.csv', HEADER + row('A1').repeat(n));
      run.touch('a.csv', 1_700_000_000 + n);
      await run.tick(900);
    }
    expect(run.messages).toEqual([]);
    expect(run.session.state().text).toContain('1 waiting');
    await run.tick(1_000);
    await run.tick(1_000);
    await until(() => expect(run.messages).toHaveLength(1));
    expect(text(run.messages[0]?.text)).toBe(HEADER + row('A1').repeat(5));
    await run.session.stop();
  });

  it('reads a file again that its writer goes on with after a pause, whatever it was put away as', async () => {
    for (const [beginning, folder] of [
      [`${HEADER}${row('A1')}A2,NA,`, 'archive'],
      ['', 'errors'],
    ] as const) {
      const run = folderRun();
      const path = join(run.path, 'a.csv');
      const writer = openSync(path, 'w');
      writeSync(writer, beginning);
      run.session.start();
      await run.settle();
      await run.tick();
      const putAway = () => run.names(folder).filter((name) => name.endsWith('.csv'));
      await until(() => expect(putAway()).toHaveLength(1));
      const whole = HEADER + row('A1') + row('A2') + row('A3');
      writeSync(writer, whole.slice(beginning.length));
      closeSync(writer);
      await run.tick();
      expect(run.names()).toContain('a.csv');
      expect(putAway()).toEqual([]);
      await run.tick();
      await run.tick();
      await until(() => expect(run.messages).toHaveLength(2));
      expect(text(run.messages[1]?.text)).toBe(whole);
      await until(() => expect(run.names('archive').filter((name) => name.endsWith('.csv'))).toHaveLength(1));
      for (let n = 0; n < 3; n += 1) await run.tick();
      expect(run.messages).toHaveLength(2);
      expect(run.session.counters()).toMatchObject({ files: 2, grown: 1 });
      await run.session.stop();
      rmSync(run.path, { recursive: true, force: true });
    }
  });

  it('gives a file back that changes in the moment it is claimed', async () => {
    let late = true;
    const path = newFolder();
    const run = folderRun({
      folder: path,
      files: {
        ...nodeFiles,
        async rename(from, to) {
          if (late) writeFileSync(from, HEADER + row('A1') + row('A2'));
          late = false;
          await nodeFiles.rename(from, to);
        },
      },
    });
    run.put('a.csv', HEADER + row('A1'));
    run.session.start();
    await run.settle();
    await run.tick();
    expect(run.messages).toEqual([]);
    expect(run.names()).toContain('a.csv');
    await run.tick();
    await run.tick();
    await until(() => expect(run.messages).toHaveLength(1));
    expect(text(run.messages[0]?.text)).toContain('A2');
    await run.session.stop();
  });

  it('takes the same name again with other content', async () => {
    const run = folderRun();
    run.session.start();
    await run.settle();
    for (const specimen of ['A1', 'A2', 'A1']) {
      run.put('result.csv', HEADER + row(specimen));
      await run.tick();
      await run.tick();
      await until(() => expect(run.names()).toEqual(['archive', 'errors']));
    }
    await until(() => expect(run.session.counters().archived).toBe(3));
    expect(run.messages.map((message) => text(message.text).split('\n')[1]?.slice(0, 2))).toEqual([
      'A1',
      'A2',
      'A1',
    ]);
    expect(run.store.rows).toHaveLength(3);
    await run.session.stop();
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
    expect(readdirSync(join(run.path, '.levey-T1.CSV1'))).toEqual([]);
    await run.session.stop();
  });

  it('gives each file to one of two stations', async () => {
    const path = newFolder();
    const runs = [folderRun({ folder: path, id: 'T1.CSV1' }), folderRun({ folder: path, id: 'T2.CSV1' })];
    for (let n = 0; n < 20; n += 1) writeFileSync(join(path, `${n}.csv`), HEADER + row(`A${n}`));
    for (const run of runs) run.session.start();
    for (let n = 0; n < 6; n += 1) await Promise.all(runs.map((run) => run.tick()));
    await until(() => expect(runs[0]?.names('archive')).toHaveLength(20));
    const all = runs.flatMap((run) => run.messages.map((message) => text(message.text)));
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
    for (const run of runs) {
      expect(run.traces.map((trace) => trace.note).join()).toContain('another station reads this folder too');
      await run.session.stop();
    }
  });

  it('waits for the settling again when the clock jumps back', async () => {
    const run = folderRun();
    run.put('a.csv', FILE);
    run.session.start();
    await run.settle();
    run.setClock('2020-01-01T00:00:00.000Z');
    await run.tick(1_000);
    expect(run.messages).toEqual([]);
    await run.tick();
    await until(() => expect(run.messages).toHaveLength(1));
    await run.session.stop();
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

describe('names are data', () => {
  it('never lead out of the folder', () => {
    for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0b']) expect(isPlainName(name)).toBe(false);
    expect(isPlainName('a..b.csv')).toBe(true);
    expect(safeName('../../etc/passwd')).toBe('__.._etc_passwd');
    expect(safeName('..csv')).toBe('_csv');
    expect(safeName('a\nb\x1b[31m.csv')).toBe('a_b__31m.csv');
    expect(safeName(`${'ß'.repeat(300)}.csv`)).toMatch(/^ß{73}\.csv$/);
  });

  it('match a shell pattern in any case', () => {
    expect(patternOf('*.csv').test('A.CSV')).toBe(true);
    expect(patternOf('r??.txt').test('r01.txt')).toBe(true);
    expect(patternOf('r??.txt').test('r1.txt')).toBe(false);
    expect(patternOf('a.b').test('axb')).toBe(false);
  });
});
