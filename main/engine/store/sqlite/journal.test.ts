import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeveyDatabase } from './database.ts';
import type { JournalInput, JournalMessage } from './journal-tables.ts';
import { newDirectory, openTest, TEST_AT, testContext } from './testing.ts';

const entry = (text: string, instrumentId = 'i1', note?: string): JournalInput => ({
  instrumentId,
  linkId: 'l1',
  at: TEST_AT,
  direction: 'in',
  bytes: Buffer.from(text, 'latin1'),
  ...(note === undefined ? {} : { note }),
});

const message = (id: string, firstSeq: number, lastSeq: number): JournalMessage => ({
  id,
  instrumentId: 'i1',
  firstSeq,
  lastSeq,
  at: TEST_AT,
  state: 'received',
  told: 'accepted',
  kind: 'results',
  digest: `digest ${id}`,
  detail: { frames: 2 },
});

describe('wire journal', () => {
  let place: ReturnType<typeof newDirectory>;
  let database: LeveyDatabase;
  beforeEach(() => {
    place = newDirectory();
    database = openTest(place.directory);
  });
  afterEach(() => {
    database.close();
    place.remove();
  });

  it('keeps bytes as they came, over a restart', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const seq = database.journal.append({ ...entry('', 'i1', 'all bytes'), bytes });
    database.close();
    database = openTest(place.directory);
    const [read] = database.journal.read();
    expect(read).toMatchObject({ seq, instrumentId: 'i1', direction: 'in', note: 'all bytes' });
    expect(Buffer.from(read?.bytes ?? []).equals(bytes)).toBe(true);
  });

  it('appends of several links in one turn share one commit and keep their order', async () => {
    let commits = 0;
    const commit = database.driver.commit.bind(database.driver);
    database.driver.commit = () => {
      commits++;
      commit();
    };
    const seqs = await Promise.all(
      ['a', 'b', 'c'].map((text) => database.journal.appendDurable(entry(text))),
    );
    expect(seqs).toEqual([1, 2, 3]);
    expect(commits).toBe(1);
    const texts = database.journal.read().map((item) => Buffer.from(item.bytes).toString());
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('lets other work wait until an entry is stored, and those that follow it at once', async () => {
    const seen: string[] = [];
    const told = (what: string) => () => seen.push(what);
    await database.journal.calm().then(told('not waited'));
    const single = database.journal.appendDurable(entry('1')).then(told('1'));
    expect(database.journal.isInBurst).toBe(true);
    const burst = ['2', '3'].map((text) => database.journal.appendDurable(entry(text)).then(told(text)));
    const calm = database.journal.calm().then(told('calm'));
    await Promise.all([single, ...burst, calm]);
    expect(database.journal.isInBurst).toBe(false);
    expect(seen).toEqual(['not waited', '1', '2', '3', 'calm']);
    await database.journal.calm();
  });

  it('lets nothing wait for entries that nobody waits for', async () => {
    const lazy = { ...entry('lazy'), durable: false };
    const stored = Promise.all([1, 2, 3].map(() => database.journal.appendDurable(lazy)));
    let done = false;
    void stored.then(() => {
      done = true;
    });
    await database.journal.calm();
    expect(done).toBe(false);
    database.journal.flush();
    expect(await stored).toEqual([1, 2, 3]);
  });

  it('tells without a promise that an entry nobody waits for is stored, in its place among the others, or why it is not', async () => {
    const told: unknown[] = [];
    const later = (text: string) =>
      database.journal.appendLater(
        { ...entry(text), durable: false },
        () => told.push(text),
        (error) => told.push(error),
      );
    later('a');
    const b = database.journal.appendDurable(entry('b'));
    later('c');
    expect(told).toEqual([]);
    expect(await b).toBe(2);
    expect(told).toEqual(['a', 'c']);
    const texts = database.journal.read().map(({ bytes }) => Buffer.from(bytes).toString());
    expect(texts).toEqual(['a', 'b', 'c']);
    later('d');
    await expect.poll(() => told).toEqual(['a', 'c', 'd']);
    const full = new Error('full');
    database.driver.commit = () => {
      throw full;
    };
    later('e');
    database.journal.flush();
    expect(told.at(-1)).toBe(full);
  });

  it('writes what waits when the store closes', async () => {
    const waiting = database.journal.appendDurable(entry('late'));
    database.close();
    expect(await waiting).toBe(1);
    database = openTest(place.directory);
    expect(database.journal.read()).toHaveLength(1);
  });

  it('rejects what comes after closing', async () => {
    database.close();
    await expect(database.journal.appendDurable(entry('x'))).rejects.toMatchObject({ code: 'store.closed' });
  });

  it('reads by instrument, bounds and limit', () => {
    for (let i = 0; i < 10; i++) database.journal.append(entry(`frame ${i}`, i % 2 === 0 ? 'i1' : 'i2'));
    database.journal.append(entry('', 'i1', 'link is up'));
    const texts = (query: Parameters<LeveyDatabase['journal']['read']>[0]) =>
      database.journal.read(query).map((item) => item.seq);
    expect(texts({ instrumentId: 'i2' })).toEqual([2, 4, 6, 8, 10]);
    expect(texts({ limit: 3 })).toEqual([9, 10, 11]);
    expect(texts({ beforeSeq: 5, limit: 2 })).toEqual([3, 4]);
    expect(texts({ afterSeq: 5, limit: 2 })).toEqual([6, 7]);
    expect(texts({ afterSeq: 2, beforeSeq: 5 })).toEqual([3, 4]);
  });

  it('knows a message that is going to be posted at once, and writes it with the next commit or when it is looked for', () => {
    const seq = database.journal.append(entry('one'));
    database.journal.expectMessage(message('m1', seq, seq));
    expect(database.journal.message('m1')).toMatchObject({ state: 'received' });
    expect(() => database.journal.expectMessage(message('m1', seq, seq))).toThrow('in the journal');
    expect(database.driver.prepare('SELECT count(*) FROM messages').pluck().get()).toBe(0);
    database.transaction(testContext, () => database.journal.markPosted('m1', { results: 1 }));
    expect(database.journal.message('m1')).toMatchObject({ state: 'posted' });
    database.journal.expectMessage(message('m2', seq, seq));
    expect(database.journal.unposted().map((m) => m.id)).toEqual(['m2']);
    database.journal.expectMessage(message('m3', seq, seq));
    database.close();
    database = openTest(place.directory);
    expect(database.journal.message('m3')).toMatchObject({ state: 'received' });
  });

  it('keeps entries and messages that rode on a unit which was undone', async () => {
    const waiting = database.journal.appendDurable(entry('rides'));
    database.journal.expectMessage(message('m1', 1, 1));
    expect(() =>
      database.transaction(testContext, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(database.driver.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(0);
    expect(await waiting).toBe(1);
    expect(database.journal.unposted().map((m) => m.id)).toEqual(['m1']);
  });

  it('keeps messages apart from what the instrument was told, and knows what is to be posted', () => {
    const first = database.journal.append(entry('one'));
    const last = database.journal.append(entry('two'));
    database.journal.append(entry('other', 'i2'));
    database.journal.addMessage(message('m1', first, last));
    database.journal.addMessage(message('m2', 10, 11));
    expect(database.journal.unposted().map((m) => m.id)).toEqual(['m1', 'm2']);
    expect(Buffer.from(database.journal.bytesOf(message('m1', first, last))).toString()).toBe('onetwo');
    database.journal.markPosted('m1', { results: 3 });
    database.journal.mark({ id: 'm2', state: 'held', told: 'refused' });
    expect(database.journal.unposted()).toEqual([]);
    expect(database.journal.message('m1')).toMatchObject({
      state: 'posted',
      told: 'accepted',
      detail: { results: 3 },
    });
    expect(database.journal.message('m2')).toMatchObject({
      state: 'held',
      told: 'refused',
      detail: { frames: 2 },
    });
    expect(database.journal.messages('i1').map((m) => m.id)).toEqual(['m2', 'm1']);
    expect(database.journal.messageByDigest('i1', 'digest m1')?.id).toBe('m1');
    expect(() => database.journal.markPosted('none', null)).toThrow('no message none');
  });
});
