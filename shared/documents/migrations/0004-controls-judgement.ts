import type { DocumentMigration } from './migration.ts';

/** Controls get what they were judged by: lot, run, target and rule hits, and room for an exclusion and for reviews. Those stored before were not judged. */
export const controlsJudgement: DocumentMigration = {
  version: 4,
  name: '0004-controls-judgement',
  migrate(collection, document) {
    if (collection !== 'controls' || Array.isArray(document.hits)) return { ...document };
    return {
      ...document,
      lotId: '',
      runId: '',
      target: null,
      hits: [],
      excluded: null,
      reviews: [],
    };
  },
};
