import { useMemo } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CaseRow } from '../../../shared/ipc/signout.ts';

export type CaseFilter = 'waiting' | 'signed' | 'sentBack' | 'corrected';

/** Where the signer was: going to another screen and back leads to the same case. It belongs to one person. */
interface Desk {
  readonly personId: string;
  readonly filter: CaseFilter;
  readonly cursor: string | null;
  /** The case under the cursor was asked for: it stays there although its row has not come, or stands in no list of today. */
  readonly asked: boolean;
}

const first: Desk = { personId: '', filter: 'waiting', cursor: null, asked: false };
const deskStore = createStore<Desk>(() => first);

/** The desk of a person; another person's begins anew. */
export function useDesk(personId: string) {
  const desk = useStore(deskStore, (state) => (state.personId === personId ? state : first));
  const moves = useMemo(
    () => ({
      go: (filter: CaseFilter, cursor: string | null): void =>
        deskStore.setState({ personId, filter, cursor, asked: cursor !== null }),
      setCursor: (cursor: string | null): void =>
        deskStore.setState((now) => ({
          ...(now.personId === personId ? now : first),
          personId,
          cursor,
          asked: false,
        })),
    }),
    [personId],
  );
  return { filter: desk.filter, cursor: desk.cursor, asked: desk.asked, ...moves };
}

/** The list a case stands in, by its state; null while not everything of it is released. */
export function filterOf(row: Pick<CaseRow, 'state'>): CaseFilter | null {
  if (row.state === 'signed') return 'signed';
  if (row.state === 'sentBack') return 'sentBack';
  return row.state === 'waiting' ? 'waiting' : null;
}

const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').toLowerCase();

/** The cases that have every typed word in name, Latin name, title or requisition; accents and case do not matter. */
export function matching(rows: readonly CaseRow[], typed: string): readonly CaseRow[] {
  const words = plain(typed).trim().split(' ').filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = plain(`${row.patientName} ${row.transliteration} ${row.title} ${row.requisition}`);
    return words.every((word) => text.includes(word));
  });
}

/** The case that comes after one that leaves: the next below, else the one above. */
export function caseAfter(ids: readonly string[], id: string): string | null {
  const at = ids.indexOf(id);
  return at < 0 ? (ids[0] ?? null) : (ids[at + 1] ?? ids[at - 1] ?? null);
}
