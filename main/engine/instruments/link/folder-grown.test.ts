import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../test/until.ts';
import { nodeFiles } from './folder-files.ts';
import { folderRun, HEADER, newFolder, row, textOf } from './folder-fixture.ts';

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
      expect(run.names()).toContain('a.csv');
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
