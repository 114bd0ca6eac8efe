/** A row as the grid holds it: with its place in the block. */
export interface BlockRow<Row> {
  readonly id: string;
  readonly row: Row;
  /** First of its block: shows the identity. */
  readonly first: boolean;
  /** Last of its block: the strong line stands under it. */
  readonly last: boolean;
  /** There are no blocks: hairlines everywhere. */
  readonly single: boolean;
  readonly selectable: boolean;
  readonly fresh: boolean;
}

/**
 * Wraps rows for the grid. Blocks are runs of neighbouring rows with one `blockOf`. A wrapper of `before` is used again when nothing
 * about it changed, so that the grid redraws only what did.
 */
export function blockRows<Row>(
  rows: readonly Row[],
  rowId: (row: Row) => string,
  blockOf: ((row: Row) => string) | undefined,
  selectable: ((row: Row) => boolean) | undefined,
  fresh: ReadonlySet<string>,
  before: ReadonlyMap<string, BlockRow<Row>>,
): BlockRow<Row>[] {
  const blocks = rows.map((row) => blockOf?.(row));
  return rows.map((row, at) => {
    const id = rowId(row);
    const single = blockOf === undefined;
    const next: BlockRow<Row> = {
      id,
      row,
      first: single || at === 0 || blocks[at - 1] !== blocks[at],
      last: !single && (at === rows.length - 1 || blocks[at + 1] !== blocks[at]),
      single,
      selectable: selectable?.(row) ?? true,
      fresh: fresh.has(id),
    };
    const old = before.get(id);
    return old !== undefined && sameRow(old, next) ? old : next;
  });
}

function sameRow<Row>(a: BlockRow<Row>, b: BlockRow<Row>): boolean {
  return (
    a.row === b.row &&
    a.first === b.first &&
    a.last === b.last &&
    a.single === b.single &&
    a.selectable === b.selectable &&
    a.fresh === b.fresh
  );
}

/** Where the cursor goes from `from`: by steps (stops at the ends), or to the first or last. Null when there are no rows. */
export function moveCursor(
  ids: readonly string[],
  from: string | null,
  by: number | 'first' | 'last',
): string | null {
  if (ids.length === 0) return null;
  if (by === 'first') return ids[0] ?? null;
  if (by === 'last') return ids[ids.length - 1] ?? null;
  const at = from === null ? -1 : ids.indexOf(from);
  const target = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by));
  return ids[target] ?? null;
}

/** The cursor stays on its record; when that is gone it goes to the row that took its place, and to the first at the beginning. */
export function nextCursor(ids: readonly string[], cursor: string | null, place: number): string | null {
  if (ids.length === 0) return cursor;
  if (cursor !== null && ids.includes(cursor)) return cursor;
  return ids[Math.min(place, ids.length - 1)] ?? null;
}
