import type { CatalogDoc } from '../../../shared/documents/catalog.ts';
import { collectionNames } from '../../../shared/documents/index.ts';
import type { TaskDoc } from '../../../shared/documents/task.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { callsOf } from '../../../shared/domain/critical-call.ts';
import { rangeText } from '../../../shared/domain/range.ts';
import type { AuditRow, CatalogRow, HealthRow, TaskRow } from '../../../shared/ipc/admin.ts';
import type { AuditEntry } from '../store/sqlite/audit.ts';
import { version } from '../version.ts';
import type { QueryHandlers } from './handler.ts';
import { nameOf, placeOf } from './rows.ts';

/** Limits beyond which a value is critical, as text. */
function criticalText(low: number | undefined, high: number | undefined): string {
  return [rangeText(undefined, low), rangeText(high, undefined)].filter(Boolean).join(', ');
}

function catalogRow(doc: CatalogDoc, instruments: readonly string[]): CatalogRow {
  const age = (days: number) => (days >= 365.25 ? `${Math.round(days / 365.25)} y` : `${days} d`);
  return {
    id: doc.id,
    kind: doc.kind,
    code: doc.code,
    name: doc.name,
    loinc: doc.loinc,
    unit: doc.unit,
    section: doc.section,
    specimenType: doc.specimenType,
    container: doc.container,
    cap: doc.cap,
    members: doc.members,
    rangesText: doc.ranges.map((r) => {
      const whom = r.sex === 'any' ? '' : `${r.sex}, `;
      return `${rangeText(r.low, r.high)} (${whom}${age(r.ageLowDays)} to ${age(r.ageHighDays)})`;
    }),
    deltaText: doc.delta === null ? '' : `${doc.delta.kind} ${doc.delta.limit} in ${doc.delta.windowHours} h`,
    ranges: doc.ranges.map((r) => ({
      sex: r.sex,
      ageLowDays: r.ageLowDays,
      ageHighDays: r.ageHighDays,
      specimenType: r.specimenType,
      text: rangeText(r.low, r.high),
      criticalText: criticalText(r.criticalLow, r.criticalHigh),
    })),
    plausibleText: rangeText(doc.plausibleLow, doc.plausibleHigh),
    delta: doc.delta,
    autoverify: doc.autoverify,
    handling: doc.handling,
    drawOrder: doc.drawOrder,
    instruments: [...instruments],
    active: doc.active,
    changedAt: doc.updatedAt,
    syncState: doc.syncState,
  };
}

/** Secrets never leave the engine, not even as hashes in the audit view. */
const hidden = new Set(['secretHash', 'pinHash']);

function auditRow(entry: AuditEntry, names: ReadonlyMap<string, string>): AuditRow {
  const text = (field: string, value: unknown) =>
    hidden.has(field)
      ? '•••'
      : value === undefined
        ? ''
        : typeof value === 'string'
          ? value
          : Array.isArray(value) && value.every((item) => typeof item === 'string')
            ? value.join(', ')
            : JSON.stringify(value);
  const kept = (entry.changes ?? {}) as Record<string, unknown>;
  const changes: [string, { before?: unknown; after?: unknown }][] =
    entry.op === 'update'
      ? Object.entries(kept as Record<string, { before?: unknown; after?: unknown }>)
      : entry.op === 'note'
        ? Object.entries(kept).map(([field, after]) => [field, { after }])
        : [];
  return {
    id: String(entry.seq),
    at: entry.at,
    actor: names.get(entry.actor) ?? entry.actor,
    command: entry.command,
    collection: entry.collection,
    docId: entry.docId,
    op: entry.op,
    changes: changes.map(([field, { before, after }]) => ({
      field,
      before: text(field, before),
      after: text(field, after),
    })),
    reason: entry.reason ?? '',
  };
}

/** Kinds of the tasks screen: exceptions of instruments have a screen of their own. */
const taskKinds = ['criticalCall', 'newSpecimen', 'amendment', 'conflict', 'rerun'] as const;
/** Tasks of one kind and state at most, the newest. */
const MOST_TASKS = 300;

/** Who recorded a call at another station, whose people are not known here: `Sam Okafor (B2)`. */
function calledElsewhere(task: TaskDoc): string | undefined {
  const [call] = callsOf(task);
  if (call === undefined || call.by === '') return undefined;
  return call.station === '' ? call.by : `${call.by} (${call.station})`;
}

export const adminQueryHandlers: QueryHandlers<'catalog.list' | 'tasks.list' | 'audit.list' | 'health'> = {
  'catalog.list': {
    topics: ['catalog'],
    run: async ({ bench }, { kind }) => {
      const measures = [...bench.instruments.measures()];
      const measuring = (doc: CatalogDoc) =>
        doc.kind === 'test' ? measures.filter(([, tests]) => tests.has(doc.code)).map(([id]) => id) : [];
      return bench.catalog
        .all()
        .filter((doc) => kind === 'all' || doc.kind === kind)
        .sort((a, b) => a.kind.localeCompare(b.kind) || a.order - b.order || a.name.localeCompare(b.name))
        .map((doc) => catalogRow(doc, measuring(doc)));
    },
  },
  'tasks.list': {
    topics: ['tasks', 'patients', 'specimens'],
    run: async ({ bench }, { status }) => {
      const people = await bench.store.find('people', { selector: {} });
      const names = new Map(people.map((person) => [person.id, person.name]));
      const states = status === 'open' ? ['open'] : ['done', 'rejected'];
      const rows: TaskRow[] = [];
      for (const [state, kind] of states.flatMap((one) => taskKinds.map((two) => [one, two] as const))) {
        const tasks = await bench.store.find('tasks', {
          selector: { status: { $eq: state }, kind: { $eq: kind } },
          sort: [{ status: 'desc' }, { kind: 'desc' }, { createdAt: 'desc' }],
          limit: MOST_TASKS,
        });
        for (const task of tasks) {
          const patient =
            task.patientId === '' ? undefined : await bench.store.get('patients', task.patientId);
          const specimen =
            task.specimenId === '' ? undefined : await bench.store.get('specimens', task.specimenId);
          rows.push({
            id: task.id,
            kind: task.kind,
            status: task.status,
            reason: task.reason,
            summary: task.summary,
            patientName: patient === undefined ? '' : nameOf(patient),
            accessionDisplay: specimen === undefined ? '' : formatAccession(specimen.accessionIdentifier),
            createdAt: task.createdAt,
            transliteration: patient?.transliteration ?? '',
            resolution: task.resolution,
            resolvedBy: names.get(task.resolvedBy) ?? calledElsewhere(task) ?? task.resolvedBy,
            resolvedAt: task.resolvedAt,
            resultId: task.resultId,
            reportId: task.reportId,
            instrumentId: task.instrumentId,
            syncState: placeOf(bench, task),
          });
        }
      }
      return status === 'open'
        ? rows.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
        : rows.sort((a, b) => b.resolvedAt.localeCompare(a.resolvedAt));
    },
  },
  'audit.list': {
    topics: [...collectionNames],
    run: async ({ bench }, { docId }) => {
      const people = await bench.store.find('people', { selector: {} });
      const names = new Map(people.map((p) => [p.id, p.name]));
      const entries = bench.store.auditTail(400);
      // The store gives them in the order in which they were written; a reader wants the newest first.
      return entries
        .filter((e) => docId === '' || e.docId === docId)
        .toReversed()
        .map((e) => auditRow(e, names));
    },
  },
  health: {
    topics: ['channel:lines', 'channel:server'],
    run: async ({ bench }) => {
      const stats = bench.store.stats();
      const row: HealthRow = {
        id: 'health',
        version,
        node: process.version,
        startedAt: bench.startedAt,
        databaseBytes: stats.databaseBytes,
        memoryBytes: process.memoryUsage.rss(),
        documents: stats.documents,
        auditRows: stats.auditRows,
        journalRows: stats.journalRows,
        apiUrl: bench.apiUrl,
      };
      return [row];
    },
  },
};
