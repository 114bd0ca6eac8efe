import { createStore, type StoreApi } from 'zustand/vanilla';
import type { PlainError } from '../../shared/errors.ts';
import type { Delta } from '../../shared/ipc/spec.ts';

/**
 * `loading`: no rows yet. `live`: what is shown is what the engine has. `stale`: the engine is away, the last rows stay on screen.
 * `failed`: the engine refused the query (`error` says why); rows from before stay.
 */
export type LiveState = 'loading' | 'live' | 'stale' | 'failed';

export interface Live<Row extends { id: string }> {
  /** In the engine's order. The array is new when anything changed; an unchanged row keeps its identity. */
  readonly rows: readonly Row[];
  readonly byId: ReadonlyMap<string, Row>;
  readonly state: LiveState;
  readonly error?: PlainError | undefined;
}

export type LiveStore<Row extends { id: string }> = StoreApi<Live<Row>>;

/** An empty store that waits for its snapshot. */
export function createLiveStore<Row extends { id: string }>(): LiveStore<Row> {
  return createStore<Live<Row>>(() => ({ rows: [], byId: new Map(), state: 'loading' }));
}

/** Takes a snapshot in place of everything before. */
export function applySnapshot<Row extends { id: string }>(store: LiveStore<Row>, rows: readonly Row[]): void {
  store.setState({ rows, byId: new Map(rows.map((row) => [row.id, row])), state: 'live', error: undefined });
}

/**
 * Applies what changed. `put` replaces or adds rows; `order` is the full list of ids when order or set changed, and rows that it does
 * not name are gone. Without `order` a new row goes to the end, so that nothing that arrived is ever left out.
 */
export function applyDelta<Row extends { id: string }>(store: LiveStore<Row>, delta: Delta<Row>): void {
  const { byId, rows, error } = store.getState();
  const next = new Map(byId);
  for (const row of delta.put) next.set(row.id, row);
  const ids = delta.order ?? [
    ...rows.map((row) => row.id),
    ...delta.put.map((row) => row.id).filter((id) => !byId.has(id)),
  ];
  const ordered: Row[] = [];
  const kept = new Map<string, Row>();
  for (const id of ids) {
    const row = next.get(id);
    if (row === undefined || kept.has(id)) continue;
    kept.set(id, row);
    ordered.push(row);
  }
  store.setState({ rows: ordered, byId: kept, state: 'live', error });
}
