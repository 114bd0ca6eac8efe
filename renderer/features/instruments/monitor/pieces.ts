import type { TraceRow } from '../../../../shared/ipc/instruments.ts';
import { readable, wireParts } from '../wire.ts';

/** What of the traffic is shown: bytes in, bytes out, and what happened to the line. */
export type Way = TraceRow['direction'];
export const ways: readonly Way[] = ['in', 'out', 'event'];

/** A link that opened says so twice: once with its peer, once as a mark. The first is enough. */
export function isWorthShowing(row: TraceRow): boolean {
  return row.text !== '' || row.message !== null || (row.note !== '' && row.note !== row.mark);
}

/** A piece as it is searched: its bytes with control characters by name (`<STX>1H|`), as bytes, and its note. */
function searched(row: TraceRow): string {
  const named = wireParts(row.text)
    .map((part) => (part.kind === 'control' ? `<${part.text}>` : part.text))
    .join('');
  return `${named}\n${readable(row.text)}\n${row.note}\n${row.message?.number ?? ''}`.toLowerCase();
}

/**
 * The pieces of the chosen ways that have the searched text, regardless of case. The bar at the end of a message stays beside what is
 * shown of it: it belongs to what came in, and goes when a search is on and has nothing of it.
 */
export function chosenPieces(
  rows: readonly TraceRow[],
  shown: ReadonlySet<Way>,
  search: string,
): readonly TraceRow[] {
  const wanted = search.trim().toLowerCase();
  return rows.filter((row) => {
    if (!isWorthShowing(row)) return false;
    if (!shown.has(row.message === null ? row.direction : 'in')) return false;
    return wanted === '' || searched(row).includes(wanted);
  });
}
