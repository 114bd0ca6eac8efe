import type { DocOf, ReportDoc } from '../../../shared/documents/index.ts';
import { endedTask } from '../../../shared/documents/task.ts';
import type { Writer } from '../store/store.ts';
import type { ReplicationUnit } from './port.ts';

/** What {@link endAmendments} reads and writes. */
export interface Amended {
  /** All versions of the report of a requisition. */
  reportsOf(requisition: string): Promise<ReportDoc[]>;
  openTask(sourceKey: string): Promise<DocOf<'tasks'> | undefined>;
  /** Writes where a report stands on its way to the server; what it says is not touched. */
  stand(report: ReportDoc): void;
  end(task: DocOf<'tasks'>): void;
}

/** A unit of work of replication. */
export function endsIn(unit: ReplicationUnit): Amended {
  return {
    reportsOf: (requisition) => unit.reportsOf(requisition),
    openTask: (sourceKey) => unit.openTask(sourceKey),
    stand: (report) => unit.put('reports', report),
    end: (task) => unit.putChanged('tasks', task),
  };
}

/** A unit of work of the bench. */
export function endsBy(unit: Writer): Amended {
  return {
    reportsOf: (requisition) => unit.find('reports', { selector: { requisition: { $eq: requisition } } }),
    async openTask(sourceKey) {
      const selector = { sourceKey: { $eq: sourceKey }, status: { $eq: 'open' } };
      return (await unit.find('tasks', { selector, limit: 1 }))[0];
    },
    stand: (report) => unit.put('reports', report, { sync: true }),
    end: (task) => unit.put('tasks', task),
  };
}

/**
 * A version of a report is signed: the amendments that earlier versions were waiting for, because the server has something else in their place
 * or nothing, are done. What was signed before stays here as it was signed, and counts as kept here. One that the server never had as it was signed
 * here is known here alone: whoever signed elsewhere has not seen it, and only who signs here ends its amendment (C4).
 * @param by who signed: id of a person, or `server` for one signed elsewhere
 */
export async function endAmendments(unit: Amended, signed: ReportDoc, by: string, at: string): Promise<void> {
  for (const earlier of await unit.reportsOf(signed.requisition)) {
    if (earlier.version >= signed.version) continue;
    if (by === 'server' && earlier.change !== earlier.sync.sentChange) continue;
    const task = await unit.openTask(`conflict:reports:${earlier.id}`);
    if (task !== undefined) unit.end(endedTask(task, at, by, `Version ${signed.version} is signed`));
    if (earlier.syncState !== 'conflict') continue;
    const versionId = String(task?.payload.serverVersion ?? '') || earlier.sync.versionId;
    const syncState = earlier.serverId === '' ? ('queued' as const) : ('local' as const);
    unit.stand({ ...earlier, syncState, sync: { ...earlier.sync, versionId } });
  }
}
