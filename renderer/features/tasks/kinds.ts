import type { TaskRow } from '../../../shared/ipc/admin.ts';
import type { ScreenId } from '../../app/screen.ts';
import type { GlyphName } from '../../ui/Glyph.tsx';

/** Shape and colour of each kind of task; what is not listed is drawn as held. */
const looks: Record<string, { glyph: GlyphName; tone: 'crit' | 'held' | 'quiet' }> = {
  criticalCall: { glyph: 'diamond', tone: 'crit' },
  conflict: { glyph: 'held', tone: 'held' },
  amendment: { glyph: 'amend', tone: 'held' },
  newSpecimen: { glyph: 'rejected', tone: 'crit' },
  rerun: { glyph: 'clock', tone: 'quiet' },
};

export const lookOf = (kind: string) => looks[kind] ?? { glyph: 'held' as const, tone: 'held' as const };

/** Kinds in the order in which they are to be dealt with: what a patient waits for comes first. */
const order = ['criticalCall', 'newSpecimen', 'amendment', 'conflict', 'rerun'];
const placeOf = (kind: string): number => (order.includes(kind) ? order.indexOf(kind) : order.length);

/** Open tasks by kind, then the oldest first. */
export function byUrgency(rows: readonly TaskRow[]): readonly TaskRow[] {
  return [...rows].sort(
    (a, b) => placeOf(a.kind) - placeOf(b.kind) || a.createdAt.localeCompare(b.createdAt),
  );
}

/** Where a task is solved, and what to show there. */
export function solvedAt(row: TaskRow): { screen: ScreenId; target: string } {
  if (row.resultId !== '') return { screen: 'results', target: row.resultId };
  if (row.kind === 'amendment') return { screen: 'signout', target: row.reportId };
  if (row.kind === 'newSpecimen') return { screen: 'accession', target: row.accessionDisplay };
  return { screen: 'sync', target: row.id };
}

/** How long something waits: minutes below two hours, then hours, then days. */
export function waited(since: string, now: Date): { unit: 'minutes' | 'hours' | 'days'; count: number } {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 60_000));
  if (minutes < 120) return { unit: 'minutes', count: minutes };
  return minutes < 48 * 60
    ? { unit: 'hours', count: Math.floor(minutes / 60) }
    : { unit: 'days', count: Math.floor(minutes / 1440) };
}
