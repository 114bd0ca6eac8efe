import { expect, test } from 'vitest';
import type { JournalEntry, JournalMessage } from '../store/sqlite/journal-tables.ts';
import { countsOf, messageOf, TRACE_BYTES, TRACE_ROWS, TraceLog } from './trace.ts';

const at = '2026-07-29T06:42:05.118Z';
const entry = (seq: number, note: string, bytes: string, direction: 'in' | 'out' = 'in'): JournalEntry => ({
  seq,
  instrumentId: 'B2.HEM1',
  linkId: 'l1',
  at,
  direction,
  bytes: new TextEncoder().encode(bytes),
  note,
});

test('after a restart the trace begins with the journal, each message told after its last acknowledgement', () => {
  const log = new TraceLog('B2.HEM1');
  log.add({ at, direction: 'event', text: '', mark: 'event', note: 'old', tone: 'plain', message: null });
  const message: JournalMessage = {
    id: '12',
    instrumentId: 'B2.HEM1',
    firstSeq: 11,
    lastSeq: 12,
    at,
    state: 'held',
    told: 'accepted',
    kind: 'astm',
    digest: 'd',
    detail: { posted: 3, controls: 0, held: 1, duplicates: 2, queries: 0 },
  };
  log.restore(
    [
      entry(10, 'enq', '\u0005'),
      entry(11, 'refused: L11 checksum 00, expected 3F', '\u00021P|1\r\u000300\r\n'),
      entry(12, 'frame', '\u00021L|1|N\r\u000304\r\n'),
      entry(13, 'ack', '\u0006', 'out'),
      entry(14, 'eot', '\u0004'),
    ],
    [message],
  );
  expect(log.rows().map((row) => `${row.mark} ${row.tone} ${row.note}`.trim())).toEqual([
    'enq plain',
    'refused bad L11 checksum 00, expected 3F',
    'frame ok',
    'ack plain',
    'message plain',
    'eot plain',
  ]);
  expect(log.rows()[4]?.message).toEqual({
    number: '12',
    state: 'held',
    posted: 3,
    controls: 0,
    held: 1,
    known: 2,
    queries: 0,
    told: 'accepted',
  });
});

test('what needs no acknowledgement is told directly behind it; a long file is shown by its beginning', () => {
  const log = new TraceLog('B2.CSV1');
  const message: JournalMessage = {
    id: '2',
    instrumentId: 'B2.CSV1',
    firstSeq: 2,
    lastSeq: 2,
    at,
    state: 'posted',
    told: 'none',
    kind: 'file',
    digest: 'd',
    detail: null,
  };
  log.restore(
    [
      entry(1, 'fileRefused: The file is empty.', 'about it'),
      entry(2, 'file: a.csv', 'x'.repeat(TRACE_BYTES + 9)),
      entry(3, 'spoiled: the checksum is wrong', 'x'),
    ],
    [message],
  );
  expect(log.rows().map((row) => `${row.mark} ${row.tone}`)).toEqual([
    'fileRefused bad',
    'file plain',
    'message ok',
    'spoiled bad',
  ]);
  expect(log.rows()[1]?.text).toHaveLength(TRACE_BYTES);
  log.traced({ at, direction: 'in', bytes: new Uint8Array(TRACE_BYTES + 9), mark: 'file', note: 'b.csv' });
  expect(log.rows().at(-1)?.text).toHaveLength(TRACE_BYTES);
});

test('the newest rows are kept and every row has an id of its own', () => {
  const log = new TraceLog('X');
  for (let i = 0; i < TRACE_ROWS + 25; i += 1)
    log.add({ at, direction: 'in', text: '', mark: 'enq', note: String(i), tone: 'plain', message: null });
  expect(log.rows()).toHaveLength(TRACE_ROWS);
  expect(log.rows().at(-1)?.note).toBe(String(TRACE_ROWS + 24));
  expect(new Set(log.rows().map((row) => row.id)).size).toBe(TRACE_ROWS);
});

test('a message with something held is told as held', () => {
  const counts = countsOf([], 1);
  expect(messageOf('7', counts)).toMatchObject({ state: 'posted', queries: 1, posted: 0 });
  expect(messageOf('7', { ...counts, held: 2 })).toMatchObject({ state: 'held', held: 2 });
});
