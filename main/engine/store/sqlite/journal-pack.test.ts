import { afterEach, beforeEach, expect, test } from 'vitest';
import { seeded } from '../../../../test/sim/analyser/random.ts';
import type { LeveyDatabase } from './database.ts';
import { packed } from './journal-pack.ts';
import type { JournalEntry, JournalInput, JournalQuery } from './journal-tables.ts';
import { newDirectory, openTest, TEST_AT, testContext } from './testing.ts';

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

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

function entry(note: string, text: string, more: Partial<JournalInput> = {}): JournalInput {
  const common = { instrumentId: 'i1', linkId: 'l1', at: TEST_AT, direction: 'in' as const, durable: false };
  return { ...common, bytes: bytesOf(text), note, ...more };
}

const MESSAGE = [
  entry('enq', '\x05'),
  entry('ack', '\x06', { direction: 'out' }),
  entry('frame', '\x021H|\\^&\r\x03E5\r\n', { durable: true }),
  entry('ack', '\x06', { direction: 'out', at: '2026-07-29T06:42:05.119Z' }),
  entry('eot', '\x04', { at: '2026-07-29T06:42:05.120Z' }),
];

const rowCount = () => database.driver.column('SELECT count(*) FROM journal').get();
const asRead = ({ durable: _, ...rest }: JournalInput, seq: number): JournalEntry => ({ ...rest, seq });
const plain = (entries: readonly JournalEntry[]) => entries.map((one) => ({ ...one, bytes: [...one.bytes] }));

/** Stores entries as a line does, and gives their numbers. */
async function stored(entries: readonly JournalInput[]): Promise<number[]> {
  const seqs = Promise.all(entries.map((one) => database.journal.appendDurable(one)));
  database.journal.flush();
  return seqs;
}

test('a message is read back entry by entry though most of it stands in the row of its frame', async () => {
  const seqs = await stored([...MESSAGE, ...MESSAGE]);
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(rowCount()).toBe(3);
  database.close();
  database = openTest(place.directory);
  const expected = [...MESSAGE, ...MESSAGE].map((one, i) => asRead(one, i + 1));
  expect(plain(database.journal.read())).toEqual(plain(expected));
  expect(database.stats().journalRows).toBe(10);
});

test('what somebody waits for, what is long and what is of another connection has a row of its own', () => {
  const long = entry('ignored', 'x'.repeat(65));
  const noted = entry(`timeout: ${'x'.repeat(200)}`, '');
  const rows = (entries: readonly JournalInput[]) => packed(entries, 10).rows.map(({ seq }) => seq);
  expect(rows([entry('enq', '\x05'), entry('frame', 'f', { durable: true })])).toEqual([12]);
  expect(rows([entry('frame', 'f', { durable: true }), entry('frame', 'f', { durable: true })])).toEqual([
    11, 12,
  ]);
  expect(rows([long, long, noted])).toEqual([11, 12, 13]);
  expect(
    rows([entry('close', ''), entry('open', '', { linkId: 'l2' }), entry('enq', '\x05', { linkId: 'l2' })]),
  ).toEqual([11, 13]);
  expect(rows([entry('enq', '\x05', { linkId: 'l1' }), entry('ack', '\x06'), entry('eot', '\x04')])).toEqual([
    13,
  ]);
  expect(packed(Array(100).fill(entry('ignored', '\0')), 0).rows).toHaveLength(4);
});

test('entries of several lines that come together keep the order of each line', () => {
  const lines = ['i1', 'i2', 'i3'];
  const entries = MESSAGE.flatMap((one) => lines.map((instrumentId) => ({ ...one, instrumentId })));
  const { rows, seqs } = packed(entries, 0);
  expect(rows.map(({ seq }) => seq)).toEqual([...rows.map(({ seq }) => seq)].sort((a, b) => a - b));
  expect([...seqs].sort((a, b) => a - b)).toEqual(entries.map((_, i) => i + 1));
  for (const id of lines) {
    const own = seqs.filter((_, i) => entries[i]?.instrumentId === id);
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
});

test('whatever is asked for, the entries are those of a journal that has a row for each', async () => {
  const random = seeded(61);
  const whole = (most: number) => Math.floor(random() * most);
  const all: JournalEntry[] = [];
  for (let flush = 0; flush < 60; flush++) {
    const some = Array.from({ length: 1 + whole(15) }, () =>
      entry(['enq', 'ack', 'frame', 'eot'][whole(4)] as string, String.fromCharCode(whole(256)), {
        instrumentId: `i${whole(3)}`,
        linkId: `l${whole(8) === 0 ? 1 : 0}`,
        durable: whole(4) === 0,
        ...(whole(3) === 0 ? { direction: 'out' as const } : {}),
      }),
    );
    const seqs = await stored(some);
    all.push(...some.map((one, i) => asRead(one, seqs[i] as number)));
  }
  all.sort((a, b) => a.seq - b.seq);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
  expect(rowCount()).toBeLessThan(all.length * 0.7);
  for (let i = 0; i < 400; i++) {
    const query: JournalQuery = {
      ...(whole(3) === 0 ? {} : { instrumentId: `i${whole(4)}` }),
      ...(whole(2) === 0 ? {} : { afterSeq: whole(all.length + 5) }),
      ...(whole(2) === 0 ? {} : { beforeSeq: whole(all.length + 5) }),
      limit: 1 + whole(12),
    };
    const { instrumentId, afterSeq = 0, beforeSeq = Number.MAX_SAFE_INTEGER, limit } = query;
    const fitting = all.filter(
      (one) =>
        (instrumentId === undefined || one.instrumentId === instrumentId) &&
        one.seq > afterSeq &&
        one.seq < beforeSeq,
    );
    const expected = query.afterSeq === undefined ? fitting.slice(-(limit ?? 0)) : fitting.slice(0, limit);
    expect(plain(database.journal.read(query)), JSON.stringify(query)).toEqual(plain(expected));
  }
});

test('the bytes of a message are those between its first and last entry, also where these stand in one row', async () => {
  const seqs = await stored([
    entry('ignored', 'a'),
    entry('ignored', 'b'),
    ...MESSAGE,
    entry('ignored', 'c'),
  ]);
  const message = { id: 'm', instrumentId: 'i1', at: TEST_AT, state: 'received', told: 'accepted' } as const;
  const about = { kind: 'astm', digest: '', detail: null };
  const bytes = (firstSeq: number, lastSeq: number) =>
    Buffer.from(database.journal.bytesOf({ ...message, ...about, firstSeq, lastSeq })).toString('latin1');
  expect(bytes(seqs[1] as number, seqs[4] as number)).toBe('b\x05\x021H|\\^&\r\x03E5\r\n');
  expect(bytes(seqs[0] as number, seqs[1] as number)).toBe('ab');
});

test('numbers that a unit took and gave back are given again', async () => {
  await stored(MESSAGE);
  const waiting = Promise.all(MESSAGE.map((one) => database.journal.appendDurable(one)));
  expect(() =>
    database.transaction(testContext, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(await waiting).toEqual([6, 7, 8, 9, 10]);
});

test('numbers that one unit of several took and gave back are given again', async () => {
  await stored(MESSAGE);
  const one = entry('frame', 'f', { durable: true });
  const seqs: number[] = [];
  await database.batch(() => {
    expect(() =>
      database.transaction(testContext, () => {
        expect(database.journal.append(one)).toBe(6);
        throw new Error('no');
      }),
    ).toThrow('no');
    database.transaction(testContext, () => seqs.push(database.journal.append(one)));
  });
  expect(seqs).toEqual([6]);
  expect(database.journal.append(one)).toBe(7);
});

test('a journal of an earlier version, with a row for each entry, is read and written on', async () => {
  const { driver } = database;
  driver.exec('ALTER TABLE journal DROP COLUMN earlier');
  for (const { instrumentId, linkId, at, direction, bytes, note = null } of MESSAGE)
    driver.raw
      .prepare(
        'INSERT INTO journal (instrumentId, linkId, at, direction, bytes, note) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(instrumentId, linkId, at, direction, bytes, note);
  database.close();
  database = openTest(place.directory);
  expect(await stored(MESSAGE)).toEqual([6, 7, 8, 9, 10]);
  const expected = [...MESSAGE, ...MESSAGE].map((one, i) => asRead(one, i + 1));
  expect(plain(database.journal.read())).toEqual(plain(expected));
});
