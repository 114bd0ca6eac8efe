import type { ColDef, ICellRendererParams } from 'ag-grid-community';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { CheckBox } from './Field.tsx';
import type { GridColumn, GridProps } from './Grid.tsx';
import { fitColumns } from './gridFit.ts';
import type { BlockRow } from './gridRows.ts';

/** What the cells of one grid share: the selection, which changes without redrawing rows. */
export interface GridContext {
  readonly select: StoreApi<{ selected: ReadonlySet<string> }>;
  readonly toggle: (id: string) => void;
  readonly toggleAll: () => void;
}
type Cell<Row> = ICellRendererParams<BlockRow<Row>, unknown, GridContext>;

export const nothing: ReadonlySet<string> = new Set();

export const rowKey = (params: { data: { id: string } }): string => params.data.id;
export const domId = (id: string): string => `row-${id.replace(/[^\w-]/g, '_')}`;

export const rowClasses = {
  'lv-block-last': (row: { data: { last: boolean } | undefined }) => row.data?.last === true,
  'lv-block-plain': (row: { data: { single: boolean } | undefined }) => row.data?.single === true,
  'lv-fresh': (row: { data: { fresh: boolean } | undefined }) => row.data?.fresh === true,
};

/** px at the left of the first column, also when it is first because the spare one before it was left out. */
const FIRST_PAD = 16;
/** px of the column of boxes, and of the scroll bar that lies over the rows. */
const BOX = 30;
const SCROLL_BAR = 8;

/** The least room in which every column has the width it would like, px. */
export function roomWanted<Row>(columns: readonly GridColumn<Row>[], boxes: boolean): number {
  return columns.reduce((sum, column) => sum + column.width, boxes ? BOX + SCROLL_BAR : SCROLL_BAR);
}

/**
 * AG Grid's columns for ours, with the selection boxes first when there are any.
 * @param room px of the whole grid; 0 while nobody has measured it
 */
export function columnsOf<Row>(
  columns: readonly GridColumn<Row>[],
  boxes: boolean,
  room: number,
): ColDef<BlockRow<Row>>[] {
  const widths = fitColumns(columns, room === 0 ? 0 : room - SCROLL_BAR - (boxes ? BOX : 0));
  const shown = columns.filter((column) => widths.has(column.id));
  const defs = shown.map(
    (column, at): ColDef<BlockRow<Row>> => ({
      colId: column.id,
      headerName: column.title,
      width: widths.get(column.id) ?? column.width,
      minWidth: column.grow === undefined ? 0 : (widths.get(column.id) ?? column.width),
      ...(column.grow ? { flex: column.grow } : {}),
      ...fixed,
      headerClass: column.align === 'right' ? 'lv-head-right' : '',
      cellClass: [
        column.align === 'right' ? 'lv-cell-right' : 'lv-cell',
        column.identity ? 'lv-cell-identity' : '',
      ],
      ...((column.padLeft ?? (at === 0 && !boxes ? FIRST_PAD : undefined)) === undefined
        ? {}
        : {
            cellStyle: { paddingLeft: `${column.padLeft ?? FIRST_PAD}px` },
            headerStyle: { paddingLeft: `${column.padLeft ?? FIRST_PAD}px` },
          }),
      valueGetter: (params) => params.data,
      cellRenderer: (params: Cell<Row>) => {
        if (params.data === undefined || (column.identity && !params.data.first)) return null;
        return column.render(params.data.row);
      },
    }),
  );
  if (!boxes) return defs;
  return [
    {
      colId: 'select',
      width: BOX,
      ...fixed,
      cellClass: ['lv-cell', 'lv-cell-select', 'lv-cell-identity'],
      headerClass: 'lv-head-select',
      headerComponent: SelectAll,
      valueGetter: (params) => params.data,
      cellRenderer: SelectBox,
    },
    ...defs,
  ];
}

const fixed = { sortable: false, resizable: false, suppressMovable: true } as const;

function SelectBox<Row>(params: Cell<Row>) {
  const { t } = useTranslation('ui');
  const id = params.data?.id ?? '';
  const on = useStore(params.context.select, (state) => state.selected.has(id));
  if (params.data?.selectable === false) return null;
  return (
    <CheckBox label={t('selectRow')} labelHidden checked={on} onChange={() => params.context.toggle(id)} />
  );
}

function SelectAll({ context }: { context: GridContext }) {
  const { t } = useTranslation('ui');
  const count = useStore(context.select, (state) => state.selected.size);
  return (
    <CheckBox
      label={t('selectAll')}
      labelHidden
      checked={count > 0 ? 'some' : false}
      onChange={context.toggleAll}
    />
  );
}

/** The selection of a grid and how it changes; reads the newest props when something is pressed. */
export function makeContext<Row>(latest: { readonly current: GridProps<Row> }): GridContext {
  const select = createStore<{ selected: ReadonlySet<string> }>(() => ({ selected: nothing }));
  return {
    select,
    toggle: (id) => {
      const { onSelect, rows, rowId, selectable } = latest.current;
      const row = rows.find((candidate) => rowId(candidate) === id);
      if (row === undefined || selectable?.(row) === false) return;
      const next = new Set(select.getState().selected);
      if (!next.delete(id)) next.add(id);
      onSelect?.(next);
    },
    toggleAll: () => {
      const { onSelect, rows, rowId, selectable } = latest.current;
      const all = rows.filter((row) => selectable?.(row) !== false).map(rowId);
      onSelect?.(select.getState().selected.size > 0 ? nothing : new Set(all));
    },
  };
}
