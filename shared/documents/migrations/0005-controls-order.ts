import { orderTime } from '../../domain/qc/run.ts';
import type { DocumentMigration } from './migration.ts';

/** Controls are put in order by when they were measured, not by when they arrived: the time they are ordered by is stored with each. */
export const controlsOrder: DocumentMigration = {
  version: 5,
  name: '0005-controls-order',
  migrate(collection, document) {
    if (collection !== 'controls' || typeof document.effectiveTime === 'string') return { ...document };
    const { measuredTime, postedTime } = document;
    return { ...document, effectiveTime: orderTime(String(measuredTime ?? ''), String(postedTime ?? '')) };
  },
};
