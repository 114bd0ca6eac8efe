import { fold } from '../../../shared/domain/names.ts';
import type { FoundRow, StripRow } from '../../../shared/ipc/strip.ts';
import { accessionFor } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import type { QueryHandlers } from './handler.ts';
import { ageOn, nameOf } from './rows.ts';

/** Records by their way to the server, over all collections that go there. */
export async function syncCounts(
  bench: Bench,
): Promise<{ queued: number; refused: number; conflicts: number }> {
  const counts = { queued: 0, refused: 0, conflicts: 0 };
  for (const collection of replicated) {
    for (const [state, key] of [
      ['queued', 'queued'],
      ['refused', 'refused'],
      ['conflict', 'conflicts'],
    ] as const) {
      counts[key] += await bench.store.count(collection, { selector: { syncState: { $eq: state } } });
    }
  }
  return counts;
}

/** Collections whose documents go to the server. */
export const replicated = [
  'patients',
  'orders',
  'specimens',
  'results',
  'reports',
  'controls',
  'instruments',
  'tasks',
] as const;

async function badges(
  bench: Bench,
): Promise<StripRow['badges'] & { held: number; ready: number; calls: number }> {
  const { store } = bench;
  // Replaced versions keep their verdict, and they wait for nobody.
  const standing = async (verdict: string): Promise<number> =>
    (await store.find('results', { selector: { verdict: { $eq: verdict } } })).filter((r) => r.current)
      .length;
  const [held, ready, blocked, waiting, sentBack, exceptions, open, calls] = await Promise.all([
    standing('held'),
    standing('ready'),
    standing('blocked'),
    store.count('reports', { selector: { state: { $eq: 'waiting' } } }),
    store.count('reports', { selector: { state: { $eq: 'sentBack' } } }),
    store.count('tasks', { selector: { status: { $eq: 'open' }, kind: { $eq: 'exception' } } }),
    store.count('tasks', { selector: { status: { $eq: 'open' } } }),
    store.count('tasks', { selector: { status: { $eq: 'open' }, kind: { $eq: 'criticalCall' } } }),
  ]);
  return {
    worklists: bench.waiting.count,
    results: held + ready + blocked,
    signout: waiting + sentBack,
    instruments: exceptions,
    tasks: open - exceptions,
    sync: 0,
    held,
    ready,
    calls,
  };
}

export const stripQueryHandlers: QueryHandlers<'strip' | 'search'> = {
  strip: {
    topics: [
      'results',
      'reports',
      'tasks',
      'specimens',
      'patients',
      'orders',
      'controls',
      'channel:waiting',
      'channel:lines',
      'channel:server',
      'channel:printer',
      'channel:problems',
    ],
    run: async ({ bench }) => {
      const [counts, badge] = await Promise.all([syncCounts(bench), badges(bench)]);
      const server = bench.server.summary();
      const { held, ready, calls, ...rail } = badge;
      const row: StripRow = {
        id: 'strip',
        lines: bench.instruments.lines().map((line) => ({
          id: line.id,
          name: line.name,
          state: line.state,
          results: line.resultsToday,
          lastByteAt: line.lastByteAt,
          why: line.problem?.what ?? '',
        })),
        qc: {
          rejected: await bench.store.count('controls', { selector: { state: { $eq: 'rejected' } } }),
          warnings: 0,
          evaluated: 0,
        },
        server: {
          state: server.state,
          ...counts,
          lastSyncAt: server.lastSyncAt,
          offlineSince: server.offlineSince,
        },
        printer: bench.labels.state(),
        badges: { ...rail, sync: counts.refused + counts.conflicts },
        held,
        ready,
        criticalCalls: calls,
        problems: [...bench.problems.values()],
      };
      return [row];
    },
  },
  search: {
    topics: ['patients', 'specimens', 'orders'],
    run: async ({ bench, at }, { text }) => {
      const found: FoundRow[] = [];
      for (const specimen of await accessionFor(bench, text)) {
        const patient = await bench.store.get('patients', specimen.patientId);
        found.push({
          id: `specimen:${specimen.id}`,
          kind: 'specimen',
          title: specimen.accessionIdentifier,
          subtitle: patient === undefined ? '' : nameOf(patient),
          target: specimen.accessionIdentifier,
        });
      }
      const orders = await bench.store.find('orders', {
        selector: { requisition: { $gte: text.toUpperCase(), $lt: `${text.toUpperCase()}\uffff` } },
        sort: [{ requisition: 'asc' }],
        limit: 20,
      });
      for (const requisition of [...new Set(orders.map((o) => o.requisition))].slice(0, 4)) {
        found.push({
          id: `requisition:${requisition}`,
          kind: 'requisition',
          title: requisition,
          subtitle: '',
          target: requisition,
        });
      }
      const key = fold(text);
      const patients = await bench.store.find('patients', {
        selector: { nameKey: { $regex: key === '' ? '^$' : key } },
        limit: 8,
      });
      for (const patient of patients) {
        found.push({
          id: `patient:${patient.id}`,
          kind: 'patient',
          title: nameOf(patient),
          subtitle: `${patient.sex === 'female' ? 'F' : patient.sex === 'male' ? 'M' : '–'} · ${ageOn(patient, at) || 'age unknown'} · MRN ${patient.identifier}`,
          target: patient.id,
        });
      }
      return found;
    },
  },
};
