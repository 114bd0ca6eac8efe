import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { newDirectory, openTest, TEST_AT } from './testing.ts';

test('many commits later everything is in the file, and closing leaves no log and no thread behind', async () => {
  const place = newDirectory();
  const database = openTest(place.directory);
  const entry = {
    instrumentId: 'i1',
    linkId: 'l1',
    at: TEST_AT,
    direction: 'in' as const,
    bytes: new Uint8Array(2_000),
  };
  const log = join(place.directory, 'levey.db-wal');
  const file = join(place.directory, 'levey.db');
  const before = statSync(file).size;
  for (let i = 0; i < 400; i++) database.journal.append(entry);
  // Too few pages for the writing connection to move them: that the file grows is the thread's work. Writing goes on beside it.
  await vi.waitFor(
    () => {
      database.journal.append(entry);
      expect(statSync(file).size).toBeGreaterThan(before + 400_000);
    },
    { timeout: 20_000, interval: 5 },
  );
  expect(database.driver.check()).toEqual([]);
  expect(existsSync(log)).toBe(true);
  const { journalRows } = database.stats();
  database.close();
  expect(existsSync(log)).toBe(false);
  const again = openTest(place.directory);
  expect(again.stats().journalRows).toBe(journalRows);
  expect(again.driver.check()).toEqual([]);
  again.close();
  place.remove();
});
