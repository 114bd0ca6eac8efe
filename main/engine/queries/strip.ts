import { fold } from '../../../shared/domain/names.ts';
import type { FoundRow, StripRow } from '../../../shared/ipc/strip.ts';
import { accessionFor } from '../accession-search.ts';
import type { Bench } from '../bench.ts';
import { boardOf } from '../live/board.ts';
import { qcBoardOf } from '../qc/board.ts';
import type { QueryHandlers } from './handler.ts';
import { ageOn, nameOf } from './rows.ts';

/** Records by their way to the server, over all collections that go there. */
export async function syncCounts(
  bench: Bench,
): Promise<{ queued: number; refused: number; conflicts: number; kept: number }> {
  const board = await boardOf(bench);
  const [queued, refused] = [board.sync('queued'), board.sync('refused')];
  return { queued, refused, conflicts: board.sync('conflict'), kept: board.sync('kept') };
}

async function badges(
  bench: Bench,
): Promise<Omit<StripRow['badges'], 'qc'> & { held: number; ready: number; calls: number }> {
  const board = await boardOf(bench);
  const held = board.count('held');
  const ready = board.count('ready');
  const exceptions = board.openTasks('exception');
  return {
    worklists: bench.waiting.count,
    results: held + ready + board.count('blocked'),
    signout: board.reports('waiting') + board.reports('sentBack'),
    instruments: exceptions,
    tasks: board.openTasks() - exceptions,
    sync: 0,
    held,
    ready,
    calls: board.openTasks('criticalCall'),
  };
}

interface Counted {
  counts: Awaited<ReturnType<typeof syncCounts>>;
  badge: Awaited<ReturnType<typeof badges>>;
}

interface Kept {
  now?: Counted | undefined;
  /** Commits so far. */
  commits?: number;
}

/** Gates of today by how they stand, and how many of them stop release. */
async function gates(bench: Bench, at: string): Promise<StripRow['qc'] & { blocked: number }> {
  const standings = await qcBoardOf(bench).standings(at);
  const count = (...states: string[]) => standings.filter((one) => states.includes(one.gate.state)).length;
  return {
    rejected: count('rejected'),
    overdue: count('overdue', 'notEvaluable'),
    warnings: count('warning'),
    evaluated: standings.length,
    blocked: standings.filter((one) => one.gate.blocks).length,
  };
}

/** What was counted since the last commit. */
const counted = new WeakMap<Bench, Kept>();

/** Counts of the store. Taken again after a commit only: the strip is made anew with every sign of life on a line, too. */
async function countsOf(bench: Bench): Promise<Counted> {
  let kept = counted.get(bench);
  if (kept === undefined) {
    const fresh: Kept = {};
    counted.set(bench, fresh);
    bench.store.onCommit(() => {
      fresh.now = undefined;
      fresh.commits = (fresh.commits ?? 0) + 1;
    });
    kept = fresh;
  }
  if (kept.now !== undefined) return kept.now;
  const { commits } = kept;
  const now: Counted = {
    counts: await syncCounts(bench),
    badge: await badges(bench),
  };
  // What was committed while it was counted may be in one number and not in another: the commit makes the strip run once more.
  if (kept.commits === commits) kept.now = now;
  return now;
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
      'lots',
      'settings',
      'catalog',
      'channel:minute',
      'channel:waiting',
      'channel:lines',
      'channel:server',
      'channel:printer',
      'channel:problems',
    ],
    run: async ({ bench, at }) => {
      const { counts, badge } = await countsOf(bench);
      const { blocked, ...qc } = await gates(bench, at);
      const server = bench.server.summary();
      const { held, ready, calls, ...rail } = badge;
      const row: StripRow = {
        id: 'strip',
        lines: [...bench.instruments.lines(), ...bench.hospital.lines()].map((line) => ({
          id: line.id,
          name: line.name,
          state: line.state,
          results: line.resultsToday,
          lastByteAt: line.lastByteAt,
          why: line.problem?.what ?? '',
          at: line.owner === null || line.owner.free ? '' : line.owner.station,
        })),
        qc,
        server: {
          state: server.state,
          ...counts,
          lastSyncAt: server.lastSyncAt,
          offlineSince: server.offlineSince,
        },
        printer: bench.labels.state(),
        badges: { ...rail, qc: blocked, sync: counts.refused + counts.conflicts },
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
