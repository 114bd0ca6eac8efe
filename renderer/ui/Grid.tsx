import type { GridApi } from 'ag-grid-community';
import { AgGridReact } from 'ag-grid-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useScreenKeys } from '../app/keys.ts';
import { columnsOf, domId, makeContext, nothing, roomWanted, rowClasses, rowKey } from './gridColumns.tsx';
import { type BlockRow, blockRows, moveCursor, nextCursor } from './gridRows.ts';
import { gridTheme } from './gridTheme.ts';
import { styleNonce } from './nonce.ts';

export interface GridColumn<Row> {
  id: string;
  title: string;
  /** px; with `grow` the width from which on it grows, and below which it gives way where the room is short. */
  width: number;
  /** Share of the extra width; none by default, so that gaps do not grow. 0: it only gives way where the room is short. */
  grow?: number;
  /** True: left out where the others need the room. What it says must stand elsewhere too, in the panel. */
  spare?: boolean;
  align?: 'left' | 'right';
  /** Who it is: shown once at the first row of a block, no hairline under the repeated cells. */
  identity?: boolean;
  /** px of padding at the left instead of 6 (first columns 12 to 16). */
  padLeft?: number;
  render: (row: Row) => ReactNode;
}

export interface GridProps<Row> {
  /** Name for screen readers. */
  label: string;
  /** In the order of the screen; the grid never sorts. */
  rows: readonly Row[];
  /** Must be a stable function (defined outside the component or memoised), like `blockOf`. */
  rowId: (row: Row) => string;
  /** Memoise it: a new array rebuilds the columns. */
  columns: readonly GridColumn<Row>[];
  cursor: string | null;
  onCursor: (id: string) => void;
  /** Rows of one block follow each other (one specimen). Without it every row shows its identity. */
  blockOf?: (row: Row) => string;
  /** Selection boxes; without it there are none. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** False: the row has no box. */
  selectable?: (row: Row) => boolean;
  /** Enter, or a double click. By default Enter goes to the next row. */
  onEnter?: (row: Row) => void;
  /** px: 28 by default, 24, 36, 52. */
  rowHeight?: number;
  /** False: its keys act only while the focus is in it (a second grid of a screen). */
  main?: boolean;
  /** What the rows are chosen by (a filter, a requisition): when it changes, new rows are not arrivals. */
  scope?: string;
  /** What stands there when there are no rows. */
  empty?: ReactNode;
  /** Words of the Enter key in the strip. */
  enterLabel?: string;
  /** Words of the arrows in the strip. */
  moveLabel?: string;
}

/** How long a row that just arrived carries the still accent bar, ms. */
const FRESH_MS = 1000;

/**
 * Rows in the window's own dress: cursor row with bar, blocks by specimen, selection by box only, keyboard first. New rows come in
 * at their place and the cursor stays on its record; when that is gone it goes to the row that took its place.
 */
export function Grid<Row>(props: GridProps<Row>) {
  const {
    label,
    rows,
    rowId,
    columns,
    cursor,
    onCursor,
    blockOf,
    selected,
    selectable,
    rowHeight = 28,
    main = true,
  } = props;
  const { t } = useTranslation('ui');
  const api = useRef<GridApi<BlockRow<Row>>>(undefined);
  const frame = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;

  const fresh = useFresh(rows, rowId, props.scope);
  const before = useRef<ReadonlyMap<string, BlockRow<Row>>>(new Map());
  const wrapped = useMemo(() => {
    const next = blockRows(rows, rowId, blockOf, selectable, fresh, before.current);
    before.current = new Map(next.map((row) => [row.id, row]));
    return next;
  }, [rows, rowId, blockOf, selectable, fresh]);

  const context = useMemo(() => makeContext(latest), []);
  useEffect(() => context.select.setState({ selected: selected ?? nothing }), [context, selected]);

  const hasBoxes = selected !== undefined;
  const [width, setWidth] = useState(0);
  // While there is the room a wider window changes no column: only what is short of it counts.
  const room = width >= roomWanted(columns, hasBoxes) ? 0 : width;
  const columnDefs = useMemo(() => columnsOf(columns, hasBoxes, room), [columns, hasBoxes, room]);

  const place = useRef(0);
  useEffect(() => {
    const ids = wrapped.map((row) => row.id);
    const next = nextCursor(ids, cursor, place.current);
    if (next !== cursor && next !== null) latest.current.onCursor(next);
    else if (cursor !== null) place.current = Math.max(0, ids.indexOf(cursor));
  }, [wrapped, cursor]);

  const showCursor = useCallback(() => showCursorIn(api.current, frame.current, latest.current.cursor), []);
  useEffect(() => {
    // Both matter: the cursor moved, or its record moved under it.
    if (wrapped.length > 0 || cursor !== null) showCursor();
  }, [cursor, wrapped, showCursor]);

  const move = useCallback((by: number | 'first' | 'last') => {
    const { rows: now, rowId: idOf, cursor: from, onCursor: go } = latest.current;
    const target = moveCursor(now.map(idOf), from, by);
    if (target !== null) go(target);
  }, []);
  const enter = useCallback(() => {
    const { onEnter, rows: now, rowId: idOf, cursor: at } = latest.current;
    const row = now.find((candidate) => idOf(candidate) === at);
    if (onEnter !== undefined && row !== undefined) onEnter(row);
    else move(1);
  }, [move]);
  const toggleHere = useCallback(() => {
    if (latest.current.cursor !== null) context.toggle(latest.current.cursor);
  }, [context]);

  useScreenKeys(
    main
      ? [
          {
            key: 'ArrowUp',
            label: props.moveLabel ?? t('keys.move'),
            caps: ['ArrowUp', 'ArrowDown'],
            run: () => move(-1),
            palette: false,
            group: 0,
          },
          {
            key: 'ArrowDown',
            label: props.moveLabel ?? t('keys.move'),
            run: () => move(1),
            palette: false,
            strip: false,
          },
          { key: 'PageUp', label: t('keys.pageUp'), run: () => move(-20), palette: false, strip: false },
          { key: 'PageDown', label: t('keys.pageDown'), run: () => move(20), palette: false, strip: false },
          { key: 'Home', label: t('keys.first'), run: () => move('first'), palette: false, strip: false },
          { key: 'End', label: t('keys.last'), run: () => move('last'), palette: false, strip: false },
          ...(hasBoxes
            ? [{ key: 'Space', label: t('keys.select'), run: toggleHere, palette: false, group: 0 }]
            : []),
          { key: 'Enter', label: props.enterLabel ?? t('keys.next'), run: enter, palette: false, group: 0 },
        ]
      : [],
  );
  // A second grid of a screen: its keys act only while the focus is in it.
  useEffect(() => {
    const element = frame.current;
    if (main || element === null) return;
    const steps = new Map([
      ['ArrowUp', () => move(-1)],
      ['ArrowDown', () => move(1)],
      ['PageUp', () => move(-20)],
      ['PageDown', () => move(20)],
      ['Home', () => move('first')],
      ['End', () => move('last')],
      ['Enter', enter],
      [' ', toggleHere],
    ]);
    const onKeyDown = (event: KeyboardEvent): void => {
      const step = steps.get(event.key);
      if (step === undefined || event.ctrlKey || event.altKey) return;
      event.preventDefault();
      step();
    };
    element.addEventListener('keydown', onKeyDown);
    return () => element.removeEventListener('keydown', onKeyDown);
  }, [main, move, enter, toggleHere]);

  return (
    <div className="lv-grid" ref={frame}>
      <AgGridReact<BlockRow<Row>>
        theme={gridTheme}
        rowData={wrapped}
        columnDefs={columnDefs}
        context={context}
        rowHeight={rowHeight}
        headerHeight={28}
        getRowId={rowKey}
        rowSelection={{ mode: 'singleRow', checkboxes: false, enableClickSelection: false }}
        rowClassRules={rowClasses}
        scrollbarWidth={0}
        styleNonce={styleNonce()}
        animateRows={false}
        suppressCellFocus
        suppressHeaderFocus
        suppressNoRowsOverlay
        suppressRowHoverHighlight
        suppressScrollOnNewData
        suppressDragLeaveHidesColumns
        onGridReady={(event) => {
          api.current = event.api;
          const root = frame.current?.querySelector('[role="grid"], [role="treegrid"]');
          root?.setAttribute('tabindex', '0');
          root?.setAttribute('aria-label', label);
          showCursor();
        }}
        onGridSizeChanged={(event) => setWidth(event.clientWidth)}
        onFirstDataRendered={showCursor}
        onRowClicked={(event) => event.data && onCursor(event.data.id)}
        onRowDoubleClicked={(event) => event.data && latest.current.onEnter?.(event.data.row)}
        processRowPostCreate={(event) => {
          if (event.node.id !== undefined) event.eRow.id = domId(event.node.id);
        }}
      />
      {rows.length === 0 && props.empty !== undefined ? (
        <div className="lv-grid-empty">{props.empty}</div>
      ) : null}
    </div>
  );
}

/** Ids that were not there before the last change, for one second; nothing is fresh at the first rows. `scope`: another one brings a new set. */
export function useFresh<Row>(
  rows: readonly Row[],
  rowId: (row: Row) => string,
  scope: string | undefined,
): ReadonlySet<string> {
  const known = useRef<ReadonlySet<string> | null>(null);
  const knownScope = useRef(scope);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(nothing);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const ids = new Set(rows.map(rowId));
    const had = knownScope.current === scope ? known.current : null;
    known.current = ids;
    knownScope.current = scope;
    if (had === null || had.size === 0) return;
    const added = [...ids].filter((id) => !had.has(id));
    // A new filter brings a whole new set: that is not an arrival.
    if (added.length === 0 || added.length > 25) return;
    setFresh(new Set(added));
    // Not cleared at the next change of rows: a row that changes twice in a second would carry its bar for good.
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFresh(nothing), FRESH_MS);
  }, [rows, rowId, scope]);
  return fresh;
}

function showCursorIn<Row>(
  api: GridApi<BlockRow<Row>> | undefined,
  frame: HTMLElement | null,
  cursor: string | null,
): void {
  if (api === undefined || api.isDestroyed()) return;
  const node = cursor === null ? undefined : api.getRowNode(cursor);
  const root = frame?.querySelector('[role="grid"], [role="treegrid"]');
  if (node === undefined) {
    api.deselectAll();
    root?.removeAttribute('aria-activedescendant');
    return;
  }
  node.setSelected(true, true);
  if (node.rowIndex !== null) api.ensureIndexVisible(node.rowIndex);
  root?.setAttribute('aria-activedescendant', domId(cursor ?? ''));
}
