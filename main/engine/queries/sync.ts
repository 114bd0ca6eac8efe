import type { CollectionName, DocOf } from '../../../shared/documents/index.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { causeOf } from '../../../shared/domain/refusal.ts';
import type { ConflictRow, SyncKindRow, SyncRecordRow } from '../../../shared/ipc/sync.ts';
import type { Bench } from '../bench.ts';
import { replicated } from '../live/board.ts';
import { conflictFields } from '../replication/conflict-fields.ts';
import { isKept, keptFirst } from '../replication/kept.ts';
import type { Find } from '../store/store.ts';
import type { QueryHandlers } from './handler.ts';
import { nameOf } from './rows.ts';
import { syncCounts } from './strip.ts';

type Replicated = (typeof replicated)[number];

const MOST_RECORDS = 500;

async function record<C extends Replicated>(
  bench: Bench,
  collection: C,
  doc: DocOf<C>,
): Promise<SyncRecordRow> {
  const any = doc as DocOf<Replicated> & { patientId?: string; accessionIdentifier?: string };
  const patientId = collection === 'patients' ? any.id : (any.patientId ?? '');
  const patient = patientId === '' ? undefined : await bench.store.get('patients', patientId);
  return {
    id: `${collection}:${doc.id}`,
    collection,
    docId: doc.id,
    kind: collection,
    accessionDisplay: any.accessionIdentifier ? formatAccession(any.accessionIdentifier) : '',
    title: titleOf(collection, doc as DocOf<Replicated>),
    patientName: patient === undefined ? '' : nameOf(patient),
    changedAt: doc.updatedAt,
    state: doc.syncState,
    since: doc.sync.since,
    why: doc.sync.why,
    cause: doc.syncState === 'refused' ? causeOf(doc.sync.why) : '',
    target: targetOf(collection, doc as DocOf<Replicated>),
  };
}

/** What the record's own screen is asked to show. */
function targetOf(collection: Replicated, doc: DocOf<Replicated>): string {
  switch (collection) {
    case 'results':
    case 'reports':
      return doc.id;
    case 'specimens':
      return formatAccession((doc as DocOf<'specimens'>).accessionIdentifier);
    case 'orders':
      return (doc as DocOf<'orders'>).requisition;
    default:
      return '';
  }
}

/** What a record is, in a few words. */
export function titleOf(collection: Replicated, doc: DocOf<Replicated>): string {
  switch (collection) {
    case 'results': {
      const result = doc as DocOf<'results'>;
      return `${result.testName} ${result.value.text}`.trim();
    }
    case 'controls': {
      const control = doc as DocOf<'controls'>;
      return `${control.testCode} ${control.level} ${control.value.text}`;
    }
    case 'lots': {
      const lot = doc as DocOf<'lots'>;
      return `${lot.material} ${lot.level}, ${lot.lot}`;
    }
    case 'catalog': {
      const entry = doc as DocOf<'catalog'>;
      return `${entry.code} ${entry.name}`.trim();
    }
    case 'settings':
      return doc.id;
    case 'specimens':
      return (doc as DocOf<'specimens'>).typeDisplay;
    case 'orders':
      return (doc as DocOf<'orders'>).display;
    case 'reports': {
      const report = doc as DocOf<'reports'>;
      return `${report.title} · ${report.version}`;
    }
    case 'instruments':
      return (doc as DocOf<'instruments'>).name;
    case 'tasks':
      return (doc as DocOf<'tasks'>).summary;
    default:
      return (doc as DocOf<'patients'>).identifier;
  }
}

/** A conflict as both versions, field by field, from the open conflict task of the record. */
async function conflict(bench: Bench, collection: string, docId: string): Promise<ConflictRow[]> {
  if (!(replicated as readonly string[]).includes(collection)) return [];
  const doc = await bench.store.get(collection as CollectionName, docId);
  if (doc === undefined || doc.syncState !== 'conflict') return [];
  const row = await record(bench, collection as Replicated, doc as DocOf<Replicated>);
  const open = await bench.store.find('tasks', { selector: { status: { $eq: 'open' } } });
  const task = open.find((t) => t.payload.collection === collection && t.payload.docId === docId);
  return [
    {
      id: row.id,
      collection,
      docId,
      title: row.title,
      patientName: row.patientName,
      why: doc.sync.why,
      signed: task?.kind === 'amendment',
      deleted: task?.payload.deleted === true,
      hereAt: doc.updatedAt,
      foundAt: task?.createdAt ?? '',
      fields: conflictFields(doc, task?.payload.server),
    },
  ];
}

export const syncQueryHandlers: QueryHandlers<
  'sync.summary' | 'sync.kinds' | 'sync.records' | 'sync.events' | 'sync.conflict'
> = {
  'sync.summary': {
    topics: [...replicated, 'channel:server'],
    run: async ({ bench }) => [{ id: 'summary', ...bench.server.summary(), ...(await syncCounts(bench)) }],
  },
  'sync.kinds': {
    topics: [...replicated, 'channel:server'],
    run: async ({ bench }) => {
      const rows: SyncKindRow[] = [];
      for (const kind of replicated) {
        const by = (state: string) => ({ selector: { syncState: { $eq: state } } });
        const oldest = await bench.store.find(kind, {
          ...by('queued'),
          sort: [{ syncState: 'asc' }, { updatedAt: 'asc' }],
          limit: 1,
        });
        rows.push({
          id: kind,
          kind,
          queued: await bench.store.count(kind, by('queued')),
          oldest: oldest[0]?.updatedAt ?? '',
          refused: await bench.store.count(kind, by('refused')),
          conflicts: await bench.store.count(kind, by('conflict')),
          kept: (await bench.store.find(kind, keptFirst)).filter(isKept).length,
        });
      }
      return rows;
    },
  },
  'sync.records': {
    topics: [...replicated],
    run: async ({ bench }, { filter }) => {
      const wanted: Find['selector'][] = ['refused', 'conflict', 'queued']
        .slice(0, filter === 'needsPerson' ? 2 : 3)
        .map((state) => ({ syncState: { $eq: state } }));
      if (filter !== 'needsPerson') wanted.push(keptFirst.selector);
      const kinds: readonly Replicated[] = filter === 'signed' ? ['reports'] : replicated;
      const rows: SyncRecordRow[] = [];
      for (const selector of wanted) {
        for (const kind of kinds) {
          const docs = await bench.store.find(kind, {
            selector,
            sort: [{ syncState: 'desc' }, { updatedAt: 'desc' }],
            limit: MOST_RECORDS,
          });
          for (const doc of docs)
            if (doc.syncState !== 'local' || isKept(doc)) rows.push(await record(bench, kind, doc));
        }
      }
      return rows.sort((a, b) => b.changedAt.localeCompare(a.changedAt)).slice(0, MOST_RECORDS);
    },
  },
  'sync.events': { topics: ['channel:server'], run: async ({ bench }) => bench.server.events() },
  'sync.conflict': {
    topics: [...replicated],
    run: async ({ bench }, { collection, docId }) => conflict(bench, collection, docId),
  },
};
