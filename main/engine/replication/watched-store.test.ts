import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../store/open.ts';
import type { Changed, Store } from '../store/store.ts';
import { seededRandom } from './pace.ts';
import { storePort } from './store-port.ts';
import { orderDoc, patientDoc, reportDoc } from './testing.ts';
import { type WatchedStore, watchedStore } from './watched-store.ts';

const clock = { now: () => new Date() };
let directory = '';
let store: Store;
let own: WatchedStore;
/** What each commit changed, and whether it was taken for the bench's. */
let commits: { ids: string[]; others: boolean }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'levey-watched-'));
  store = await openStore({ dataDir: directory, key: randomBytes(32), clock, stationCode: 'B2' });
  own = watchedStore(
    storePort(store, {
      clock,
      stationCode: 'B2',
      pdfName: 'report.pdf',
      refreshReport: async (unit, requisition) => {
        const [report] = await unit.find('reports', { selector: { requisition: { $eq: requisition } } });
        if (report !== undefined) unit.put('reports', { ...report, conclusion: `${report.conclusion}.` });
      },
    }),
  );
  commits = [];
  store.onCommit((changed: Changed) =>
    commits.push({ ids: Object.values(changed).flat(), others: own.isOthers(changed) }),
  );
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const context = () => ({ actor: 'ml', command: 'test', station: 'B2', at: clock.now().toISOString() });

test('of replication’s commits none, of the bench’s all are taken for the bench’s, however they overlap (seed 7)', async () => {
  const random = seededRandom(7);
  const bench = new Set<string>();
  const writes: Promise<unknown>[] = [];
  for (let n = 0; n < 300; n++) {
    const doc = patientDoc(n);
    if (random() < 0.3) {
      bench.add(doc.id);
      writes.push(store.write(context(), async (unit) => unit.put('patients', doc)));
    } else {
      const work = own.store.write({ command: 'sync', actor: 'server' }, async (unit) => {
        if (random() < 0.5) unit.put('patients', doc);
        else unit.putChanged('patients', doc);
        await unit.setState('mark', n);
      });
      writes.push(work);
    }
    if (random() < 0.4) await writes.at(-1);
  }
  await Promise.all(writes);
  expect(commits.length).toBeGreaterThan(50);
  expect(commits.some(({ others }) => others)).toBe(true);
  expect(commits.some(({ others }) => !others)).toBe(true);
  for (const { ids, others } of commits) expect(others).toBe(ids.some((id) => bench.has(id)));
});

test('a report brought up to date by what the server sent is replication’s own', async () => {
  const report = reportDoc(1);
  await store.write(context(), async (unit) => {
    unit.put('patients', patientDoc(1));
    unit.put('orders', orderDoc(1));
    unit.put('reports', report);
  });
  await own.store.write({ command: 'sync', actor: 'server' }, (unit) =>
    unit.refreshReport(report.requisition),
  );
  expect(commits.map(({ others }) => others)).toEqual([true, false]);
});
