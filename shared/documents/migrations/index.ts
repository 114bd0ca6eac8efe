import { patientsNameKey } from './0002-patients-name-key.ts';
import { instrumentsOverlay } from './0003-instruments-overlay.ts';
import { controlsJudgement } from './0004-controls-judgement.ts';
import { controlsOrder } from './0005-controls-order.ts';
import type { DocumentMigration } from './migration.ts';

export type { DocumentMigration };

/** All steps in order; the last one's version is the version of files this program writes. */
export const migrations: readonly DocumentMigration[] = [
  patientsNameKey,
  instrumentsOverlay,
  controlsJudgement,
  controlsOrder,
];
