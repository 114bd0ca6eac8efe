import type { DocumentMigration } from './migration.ts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Instruments get a whole overlay in place of the bare map of instrument code to catalogue code, with the version and the last editor it is saved
 * with, and the list of signed verifications. Each mapped code stays mapped; its unit is taken as sent, as before.
 */
export const instrumentsOverlay: DocumentMigration = {
  version: 3,
  name: '0003-instruments-overlay',
  migrate(collection, document) {
    if (collection !== 'instruments' || typeof document.overlayVersion === 'number') return { ...document };
    const before = isRecord(document.overlay) ? document.overlay : {};
    const items = Object.entries(before).flatMap(([code, item]) =>
      isRecord(item) && text(item.testCode) !== ''
        ? [{ code, test: text(item.testCode), by: text(item.by), at: text(item.at) }]
        : [],
    );
    const latest = items.reduce((a, b) => (b.at > a.at ? b : a), { by: '', at: '' });
    return {
      ...document,
      overlay: {
        tests: items.map(({ code, test }) => ({
          code,
          test,
          loinc: null,
          unit: null,
          sentUnits: [],
          factor: '1',
        })),
        notResults: [],
        flags: {},
        statuses: {},
        units: [],
        qc: { specimenPrefixes: [], places: [] },
      },
      overlayVersion: items.length,
      overlayBy: latest.by,
      overlayAt: latest.at,
      verifications: [],
    };
  },
};
