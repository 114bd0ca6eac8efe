import type { TFunction } from 'i18next';
import type { Role } from '../../../shared/documents/person.ts';
import type { ConflictRow, SyncRecordRow } from '../../../shared/ipc/sync.ts';
import type { ScreenId } from '../../app/screen.ts';
import { formatBirthDate } from '../../i18n/format.ts';
import type { StateKind } from '../../ui/State.tsx';

type Words = TFunction<'sync'>;

/** The shape of a record's state. */
export const recordKinds: Record<SyncRecordRow['state'], StateKind> = {
  local: 'local',
  queued: 'queued',
  onServer: 'onServer',
  refused: 'refused',
  conflict: 'conflict',
};

/** Who may pause: as the engine checks it. */
export const mayPause = (roles: readonly Role[]): boolean =>
  roles.some((role) => role === 'lead' || role === 'supervisor' || role === 'admin');

/** A kind of record in the singular: `result`. */
export function kindWord(t: Words, kind: string): string {
  return t(`one.${kind}`, { defaultValue: kind });
}

/** The name of a field as a person says it; an unknown one in words instead of its code. */
export function fieldWord(t: Words, name: string): string {
  const plain = name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
  return t(`fields.${name}`, { defaultValue: plain.charAt(0).toUpperCase() + plain.slice(1) });
}

/** A field's content for reading; empty when it was not given. */
export function valueWord(
  t: Words,
  name: string,
  value: string,
  when: (at: string) => string,
  language: string,
): string {
  if (name === 'sex' && value !== '') return t(`sexes.${value}`, { defaultValue: value });
  if (name === 'birthDate') return formatBirthDate(value, language);
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return when(value);
  return value;
}

/** What a record is, for its row: its title, or the id where a patient's name stands beside it. */
export function titleWord(t: Words, row: SyncRecordRow): string {
  return row.collection === 'patients' ? t('records.patientOf', { id: row.title }) : row.title;
}

/** Fields on which both sides differ, and those alike that say something. */
export function splitFields(conflict: Pick<ConflictRow, 'fields'>): {
  differ: ConflictRow['fields'];
  alike: ConflictRow['fields'];
} {
  return {
    differ: conflict.fields.filter((field) => !field.same),
    alike: conflict.fields.filter(
      (field) => field.same && !unspoken.has(field.name) && field.here !== '' && !/^[[{]/.test(field.here),
    ),
  };
}

/** Fields that mean nothing to a person when they agree. */
const unspoken = new Set(['identifierSystem']);

/** Why there is no answer, in words where it is a code of the network. */
export function whyWords(t: Words, why: string): string {
  if (/ECONNREFUSED/.test(why)) return t('state.whyClosed');
  if (/ENOTFOUND|EAI_AGAIN/.test(why)) return t('state.whyName');
  if (/ETIMEDOUT|timeout|aborted/i.test(why)) return t('state.whySlow');
  if (/ENETUNREACH|EHOSTUNREACH|ENETDOWN|ECONNRESET|fetch failed/.test(why)) return t('state.whyNetwork');
  return why;
}

/** The screen where a record is looked at and mended; undefined where there is none. */
export function screenOf(row: Pick<SyncRecordRow, 'collection' | 'target'>): ScreenId | undefined {
  const screens: Record<string, ScreenId> = {
    patients: 'accession',
    orders: 'accession',
    specimens: 'accession',
    results: 'results',
    reports: 'signout',
    controls: 'qc',
    instruments: 'instruments',
    catalog: 'catalogue',
    tasks: 'tasks',
  };
  return screens[row.collection];
}

/** `40 s`, `7 min`, `5 h 2 min`: how far the clocks are apart. */
export function skewText(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 120) return `${size} s`;
  const minutes = Math.round(size / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
