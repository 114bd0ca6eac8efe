import { afterEach, expect, test } from 'vitest';
import { type BadBench, handMessage, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { hangUp, sendText } from './tools-fixture.ts';

/** The whole trace of a line and its counters. */

let bench: BadBench;
const instrumentId = 'T1.CHEM1';

afterEach(async () => {
  await hangUp();
  await bench?.stop();
});

test('the whole journal of a line is paged backwards and searched by text, control name and message', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA', 'K']);
  await sendText(bench.port, handMessage(tube, [{ code: 'Na', text: '140' }]));
  await sendText(bench.port, handMessage(tube, [{ code: 'K', text: '4.17' }]), { spoil: true });
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 2);
  const page = async (args: {
    search?: string;
    beforeSeq?: number;
    limit?: number;
    from?: string;
    to?: string;
  }) => (await bench.tech.rows('trace.page', { instrumentId, ...args }))[0]!;
  const all = (await page({ limit: 500 })).rows;
  const journal = bench.engine.bench.store.journal.read({ instrumentId, limit: 500 });
  expect(all.map((row) => row.seq)).toEqual(journal.map((row) => row.seq));

  const seen: number[] = [];
  for (let beforeSeq: number | undefined; ; ) {
    const one = await page({ limit: 7, ...(beforeSeq === undefined ? {} : { beforeSeq }) });
    seen.unshift(...one.rows.map((row) => row.seq));
    if (!one.more || one.rows.length === 0) break;
    beforeSeq = one.olderSeq;
  }
  expect(seen).toEqual(journal.map((row) => row.seq));

  const naks = (await page({ search: '<nak>' })).rows;
  expect(naks).toHaveLength(5);
  expect(naks.every((row) => row.direction === 'out' && row.text === '\x15')).toBe(true);
  expect((await page({ search: '4.17' })).rows.length).toBe(2);
  const message = bench.engine.bench.store.journal.messages(instrumentId, 1)[0]!;
  const ofMessage = (await page({ search: `#${message.id}` })).rows;
  expect([ofMessage[0]?.seq, ofMessage.at(-1)?.seq]).toEqual([message.firstSeq, message.lastSeq]);
  expect(ofMessage.at(-1)?.message).toMatchObject({ number: message.id, state: 'posted', posted: 1 });
  const middle = all[Math.floor(all.length / 2)]!.at;
  expect((await page({ to: middle, limit: 500 })).rows.map((row) => row.seq)).toEqual(
    all.filter((row) => row.at < middle).map((row) => row.seq),
  );
  expect((await page({ from: middle, limit: 500 })).rows.map((row) => row.seq)).toEqual(
    all.filter((row) => row.at >= middle).map((row) => row.seq),
  );
});

test('L3 L12 counters of a line say what they mean, since the start and by day', async () => {
  bench = await startBadBench();
  const tube = await receivedTube(bench.tech, ['NA']);
  await sendText(bench.port, handMessage(tube, [{ code: 'Na', text: '140' }]), { spoil: true, repeat: true });
  const health = async () => {
    const rows = await bench.tech.rows('trace.health', { instrumentId });
    const n = (row: number, name: string) => rows[row]?.counts.find((one) => one.name === name)?.n;
    return { rows, n };
  };
  await bench.tech.rows('results.list', { filter: 'all' }, (rows) => rows.length === 1);
  const before = await health();
  expect(before.rows).toHaveLength(2);
  expect(before.rows[0]?.id).toBe('start');
  for (const row of [0, 1]) {
    expect([before.n(row, 'checksumErrors'), before.n(row, 'duplicates')]).toEqual([5, 5]);
    expect([before.n(row, 'frames'), before.n(row, 'refusedPeers')]).toEqual([5, 0]);
  }
  expect(before.rows[0]?.counts.every((one) => one.meaning !== '' || one.tone === 'plain')).toBe(true);

  const { store, instruments } = bench.engine.bench;
  expect(store.journal.counts(instrumentId, '2000-01-01')).toEqual([]);
  instruments.counts().keep();
  instruments.counts().keep();
  expect((await health()).rows).toEqual(before.rows);
  const [kept] = store.journal.counts(instrumentId, '2000-01-01');
  store.journal.addCounts(instrumentId, kept!.day, { frames: 2 });
  expect((await health()).n(1, 'frames')).toBe(7);
  expect((await health()).n(0, 'frames')).toBe(5);
});
