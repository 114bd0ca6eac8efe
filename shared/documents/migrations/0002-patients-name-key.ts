import { nameKeyOf } from '../../domain/names.ts';
import type { DocumentMigration } from './migration.ts';

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Patients get `nameKey`, the folded text that a search by name looks through; files of the first form do not have it. */
export const patientsNameKey: DocumentMigration = {
  version: 2,
  name: '0002-patients-name-key',
  migrate(collection, document) {
    if (collection !== 'patients' || typeof document.nameKey === 'string') return { ...document };
    const nameKey = nameKeyOf({
      familyName: text(document.familyName),
      givenName: text(document.givenName),
      transliteration: text(document.transliteration),
      identifier: text(document.identifier),
    });
    return { ...document, nameKey };
  },
};
