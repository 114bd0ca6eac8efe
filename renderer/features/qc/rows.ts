import type { QcStateRow } from '../../../shared/ipc/qc.ts';

/** Waits for a person: release is stopped, or a rejected control has no corrective action yet. */
export function waitsForAction(row: QcStateRow): boolean {
  return row.blocks || row.needsAction;
}

/** The rows of a filter (`all`, `action`, or `on <instrument>`) whose test or instrument has the typed words, in the engine's order. */
export function chosenRows(
  rows: readonly QcStateRow[],
  filter: string,
  typed: string,
): readonly QcStateRow[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (filter === 'action' && !waitsForAction(row)) return false;
    if (filter.startsWith('on ') && `on ${row.instrumentId}` !== filter) return false;
    const text = `${row.testName} ${row.testCode} ${row.instrumentName}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Beside the state, in short: the rules that fired (a reject without the warning it includes), the levels that are due, else what the engine says. */
export function whyOf(row: QcStateRow, now: string): string {
  if (row.state === 'overdue') {
    const due = row.levels.filter(
      (level) => level.controlId === '' || (level.dueTime !== '' && level.dueTime <= now),
    );
    if (due.length > 0) return due.map((level) => level.level).join(', ');
  }
  if (row.state !== 'rejected' && row.state !== 'warning') return row.text;
  const rules = [...new Set(row.levels.flatMap((level) => level.rules))];
  const shown = gravestRules(rules);
  return shown.length > 0 ? shown.join(', ') : row.text;
}

/** 1-2s is part of every graver rule: beside one it says nothing. */
export function gravestRules(rules: readonly string[]): readonly string[] {
  const grave = rules.filter((rule) => rule !== '1-2s');
  return grave.length > 0 ? grave : rules;
}

/** The earliest instant at which a level is due; '' without a schedule. */
export function dueOf(row: QcStateRow): string {
  return row.levels
    .map((level) => level.dueTime)
    .filter((time) => time !== '')
    .reduce((first, time) => (first === '' || time < first ? time : first), '');
}

/** The control that a corrective action is for: the rejected level's, else the one with a warning; undefined when there is none. */
export function controlToExplain(row: QcStateRow): QcStateRow['levels'][number] | undefined {
  // Of two rejected levels the one further out.
  const measured = row.levels
    .filter((level) => level.controlId !== '')
    .sort((a, b) => Math.abs(b.z ?? 0) - Math.abs(a.z ?? 0));
  return (
    measured.find((level) => level.state === 'rejected') ??
    measured.find((level) => level.state === 'warning') ??
    measured[0]
  );
}

/** Who may do what, by roles (the engine decides; this dims the keys). */
export const mayOverride = (roles: readonly string[]): boolean => roles.includes('supervisor');
export const mayKeepLots = (roles: readonly string[]): boolean =>
  roles.some((role) => role === 'lead' || role === 'supervisor' || role === 'admin');
export const mayPlan = (roles: readonly string[]): boolean =>
  roles.some((role) => role === 'lead' || role === 'supervisor');
export const mayWork = (roles: readonly string[]): boolean =>
  roles.some((role) => role === 'technician' || role === 'lead' || role === 'supervisor');
