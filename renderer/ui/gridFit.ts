/** What of a column matters to how wide it gets. */
export interface Fit {
  id: string;
  /** px; with `grow` what it would like to have. */
  width: number;
  grow?: number;
  /** Left out where the others need the room. */
  spare?: boolean;
}

/** Share of its width, and px, that a growing column keeps when there is not the room. */
const LEAST_SHARE = 0.6;
const LEAST_PX = 64;

/** Its cells end in an ellipsis at the latest here: less says nothing. */
function least(column: Fit): number {
  return column.grow === undefined
    ? column.width
    : Math.min(column.width, Math.max(LEAST_PX, Math.ceil(column.width * LEAST_SHARE)));
}

const sum = (columns: readonly Fit[], of: (column: Fit) => number): number =>
  columns.reduce((total, column) => total + of(column), 0);

/**
 * The widths of the columns, in px by id, so that all of them are seen: nobody scrolls sideways to find that a record is refused.
 * Where the room is short the spare columns go, the last first, as many as must. What is still too wide gives way: columns that grow
 * (names, sentences: they end in an ellipsis), each by the same share of what it can give. A column that is not in the answer is left out.
 *
 * @param room px, without the selection boxes and the scroll bar; not positive while it is not known: all as they would like
 */
export function fitColumns(columns: readonly Fit[], room: number): ReadonlyMap<string, number> {
  let kept = columns;
  const wide = (): number => (room <= 0 ? 0 : sum(kept, (column) => column.width) - room);
  while (wide() > 0) {
    const gone = kept.findLast((column) => column.spare === true);
    if (gone === undefined) break;
    kept = kept.filter((column) => column !== gone);
  }
  const canGive = sum(kept, (column) => column.width - least(column));
  const share = canGive === 0 ? 0 : Math.max(0, Math.min(1, wide() / canGive));
  return new Map(
    kept.map((column) => [column.id, Math.floor(column.width - (column.width - least(column)) * share)]),
  );
}
