import { closeSync, openSync, readdirSync, rmSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import { nodeFiles } from './folder-files.ts';
import { digestOf, folderRun, folderStore, HEADER, newFolder, row, textOf } from './folder-fixture.ts';

describe('a file that changes while it is taken', () => {
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
    expect(textOf(run.messages[0]?.text)).toBe(HEADER + row('A1').repeat(5));
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
      expect(run.session.counters()).toMatchObject({ grown: 1 });
      expect(putAway()).toEqual([]);
      await run.tick();
      await run.tick();
      await until(() => expect(run.messages).toHaveLength(2));
      expect(textOf(run.messages[1]?.text)).toBe(whole);
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
    expect(textOf(run.messages[0]?.text)).toContain('A2');
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
    expect(run.messages.map((message) => textOf(message.text).split('\n')[1]?.slice(0, 2))).toEqual([
      'A1',
      'A2',
      'A1',
    ]);
    expect(run.store.rows).toHaveLength(3);
    await run.session.stop();
  });

  it('waits for the settling again when the clock jumps back', async () => {
    const run = folderRun();
    run.put('a.csv', HEADER + row('A1'));
    run.session.start();
    await run.settle();
    run.setClock('2020-01-01T00:00:00.000Z');
    await run.tick(1_000);
    expect(run.messages).toEqual([]);
    await run.tick();
    await until(() => expect(run.messages).toHaveLength(1));
    await run.session.stop();
  });
});

describe('a file that an earlier run put away', () => {
  const FIRST = `${HEADER}${row('A1')}A2,NA,`;
  const isFile = (name: string) => name.endsWith('.csv');

  /** A run on this folder that has read what stands in it, and has ended. */
  async function ended(path: string, store: ReturnType<typeof folderStore>, files = nodeFiles) {
    const run = folderRun({ folder: path, store, files });
    run.session.start();
    await run.settle();
    await run.tick();
    await run.tick();
    await until(() => expect(run.names().filter(isFile)).toEqual([]));
    await run.session.stop();
    expect(readdirSync(join(path, '.levey-T1.CSV1'))).toEqual([]);
    return run;
  }

  it('is read again when its writer goes on, now or after the next start, and known by its first version', async () => {
    const path = newFolder();
    const store = folderStore();
    const writer = openSync(join(path, 'a.csv'), 'w');
    writeSync(writer, FIRST);
    utimesSync(join(path, 'a.csv'), 1_700_000_000, 1_700_000_000);
    await ended(path, store);
    // While nobody looks.
    writeSync(writer, '141,mmol/L,,F,,kim\n');
    const second = folderRun({ folder: path, store });
    second.session.start();
    for (let n = 0; n < 4; n += 1) await second.tick();
    await until(() => expect(second.session.counters()).toMatchObject({ grown: 1, archived: 1 }));
    await second.session.stop();
    const third = folderRun({ folder: path, store });
    third.session.start();
    for (let n = 0; n < 4; n += 1) await third.tick();
    expect(third.messages).toEqual([]);
    // While it is looked after.
    writeSync(writer, row('A3'));
    closeSync(writer);
    for (let n = 0; n < 4; n += 1) await third.tick();
    await until(() => expect(third.session.counters()).toMatchObject({ grown: 1, archived: 1 }));
    expect(store.rows).toHaveLength(3);
    expect(textOf(third.messages[0]?.text)).toBe(`${FIRST}141,mmol/L,,F,,kim\n${row('A3')}`);
    const first = digestOf(Buffer.from(FIRST));
    expect([...second.messages, ...third.messages].map((one) => one.firstVersion)).toEqual([first, first]);
    expect(store.rows[2]?.note).toBe(`file: a.csv; goes on from ${first}`);
    expect(third.names('archive')).toHaveLength(1);
    await third.session.stop();
    rmSync(path, { recursive: true, force: true });
  });

  it('is gone on with by a file of its name that begins as it did, and by no other', async () => {
    const path = newFolder();
    const store = folderStore();
    const texts = [
      HEADER + row('A1'),
      HEADER + row('A1') + row('A2'),
      HEADER + row('B1'),
      HEADER + row('A1'),
    ];
    for (const text of texts) {
      writeFileSync(join(path, 'a.csv'), text);
      await ended(path, store);
    }
    const first = digestOf(Buffer.from(texts[0] ?? ''));
    expect(store.rows.map((one) => one.note)).toEqual([
      'file: a.csv',
      `file: a.csv; goes on from ${first}`,
      'file: a.csv',
      'file: a.csv',
    ]);
    rmSync(path, { recursive: true, force: true });
  });

  it('is the first version only where it held results: files of every morning begin with the same head', async () => {
    const path = newFolder();
    const store = folderStore();
    const [one, two] = [HEADER + row('A1'), HEADER + row('B1')];
    const mornings = [HEADER, one, one + row('A2'), HEADER, two, two + row('B2')];
    for (const text of mornings) {
      writeFileSync(join(path, 'a.csv'), text);
      await ended(path, store);
    }
    const goesOn = (text: string) => `file: a.csv; goes on from ${digestOf(Buffer.from(text))}`;
    expect(store.rows.map((entry) => entry.note)).toEqual([
      ...['file: a.csv', 'file: a.csv', goesOn(one)],
      ...['file: a.csv', 'file: a.csv', goesOn(two)],
    ]);
    rmSync(path, { recursive: true, force: true });
  });

  it('is no other file for having another time, or for being a copy on another file system', async () => {
    for (const far of ['', newFolder()]) {
      const path = newFolder();
      const store = folderStore();
      const place = far === '' ? {} : { place: { archive: far } };
      const files = {
        ...nodeFiles,
        rename: (from: string, to: string) =>
          far !== '' && to.startsWith(far) && !from.startsWith(far)
            ? Promise.reject(Object.assign(new Error('other device'), { code: 'EXDEV' }))
            : nodeFiles.rename(from, to),
      };
      const folder = { folder: path, store, files, ...place };
      const run = folderRun(folder);
      run.put('a.csv', HEADER + row('A1'));
      run.put('empty.csv', '');
      run.session.start();
      await run.settle();
      await run.tick();
      await until(() => expect(run.session.counters()).toMatchObject({ archived: 1, unreadable: 1 }));
      await run.session.stop();
      const archive = far === '' ? join(path, 'archive') : far;
      for (const away of [archive, join(path, 'errors')])
        for (const name of readdirSync(away)) utimesSync(join(away, name), 1_700_000_000, 1_700_000_000);
      const next = folderRun(folder);
      next.session.start();
      for (let n = 0; n < 3; n += 1) await next.tick();
      expect(next.session.counters().grown ?? 0).toBe(0);
      expect(store.rows).toHaveLength(2);
      await next.session.stop();
      for (const one of [path, far]) if (one !== '') rmSync(one, { recursive: true, force: true });
    }
  });

  it('is read on where it was copied to another file system, too', async () => {
    const [path, far] = [newFolder(), newFolder()];
    const store = folderStore();
    const files = {
      ...nodeFiles,
      rename: (from: string, to: string) =>
        to.startsWith(far) && !from.startsWith(far)
          ? Promise.reject(Object.assign(new Error('other device'), { code: 'EXDEV' }))
          : nodeFiles.rename(from, to),
    };
    const writer = openSync(join(path, 'a.csv'), 'w');
    let whole = '';
    for (const part of [HEADER + row('A1'), row('A2'), row('A3')]) {
      writeSync(writer, part);
      whole += part;
      // A new start each time: what was written meanwhile is seen by it.
      const run = folderRun({ folder: path, store, files, place: { archive: far } });
      run.session.start();
      for (let n = 0; n < 4; n += 1) await run.tick();
      await until(() => expect(run.session.counters().archived).toBe(1));
      expect(run.messages.map((one) => textOf(one.text))).toEqual([whole]);
      // And once it runs.
      writeSync(writer, row('B'));
      whole += row('B');
      for (let n = 0; n < 4; n += 1) await run.tick();
      await until(() => expect(run.session.counters().archived).toBe(2));
      expect(run.messages.map((one) => textOf(one.text)).at(-1)).toBe(whole);
      await run.session.stop();
    }
    closeSync(writer);
    expect(new Set(store.rows.slice(1).map((one) => one.note)).size).toBe(1);
    expect(readdirSync(far)).toHaveLength(store.rows.length);
    for (const one of [path, far]) rmSync(one, { recursive: true, force: true });
  });

  it('is read when it was empty, and as a file of its own when it begins otherwise than what was read', async () => {
    for (const [beginning, later, folder] of [
      ['', HEADER + row('A1'), 'errors'],
      [HEADER + row('A1'), HEADER + row('B1') + row('B2'), 'archive'],
    ] as const) {
      const path = newFolder();
      const store = folderStore();
      writeFileSync(join(path, 'a.csv'), beginning);
      utimesSync(join(path, 'a.csv'), 1_700_000_000.5, 1_700_000_000.5);
      await ended(path, store);
      const [name = ''] = readdirSync(join(path, folder)).filter(isFile);
      writeFileSync(join(path, folder, name), later);
      const next = folderRun({ folder: path, store });
      next.session.start();
      for (let n = 0; n < 4; n += 1) await next.tick();
      await until(() => expect(next.session.counters()).toMatchObject({ grown: 1, archived: 1 }));
      expect(next.messages.map((one) => [textOf(one.text), one.firstVersion])).toEqual([[later, undefined]]);
      await next.session.stop();
      rmSync(path, { recursive: true, force: true });
    }
  });
});
