import type { jsPDF } from 'jspdf';
import { autoTable, type CellHookData, type RowInput } from 'jspdf-autotable';
import type { ReportRow, ReportSection } from '../../../shared/reports/content.ts';
import type { PdfText, TextStyle } from './pdf-text.ts';
import { drawAmend, drawFlag, flagColour, INK } from './report-marks.ts';

/** Lines of free text under one row beyond which the text is to be given as a paragraph: a row must fit a page. */
const LONGEST = 24;

/** Whether a row's comment or result is too long to stand in the table. */
export function tooLongForTable(text: PdfText, words: string, width: number): boolean {
  return text.wrap(words, width - 8, VALUE).length > LONGEST;
}

/** Where a table may stand on a page, in mm. */
export interface TableArea {
  left: number;
  width: number;
  /** Where the first page's part begins. */
  top: number;
  /** Margins of further pages. */
  nextTop: number;
  bottom: number;
}

/** Columns: share of 178 mm, heading, alignment. */
const COLUMNS = [
  { key: 'test', title: 'Test', width: 56, right: false },
  { key: 'result', title: 'Result', width: 27, right: true },
  { key: 'flag', title: 'Flag', width: 25, right: false },
  { key: 'unit', title: 'Unit', width: 20, right: false },
  { key: 'range', title: 'Range', width: 24, right: false },
  { key: 'previous', title: 'Previous', width: 26, right: false },
] as const;
type Key = (typeof COLUMNS)[number]['key'];

const PADDING = { top: 0.95, bottom: 0.95, left: 1, right: 2 };
const LINE = 4.1;

/** A result of more lines than this in its column stands under its line instead, in full width. */
const NARROW_LINES = 3;
const BASELINE = 3.05;
const NAME: TextStyle = { size: 9, weight: 400, colour: INK.text };
const VALUE: TextStyle = { size: 9.5, weight: 600, colour: INK.text };
const SMALL: TextStyle = { size: 8.5, weight: 400, colour: INK.second };
const DATE: TextStyle = { size: 7.5, weight: 400, colour: INK.third };
const HEAD: TextStyle = { size: 8, weight: 400, colour: INK.second };
const TITLE: TextStyle = { size: 9.5, weight: 600, colour: INK.text };

/** Lines of one cell, already broken to its width. */
interface Prepared {
  row: ReportRow;
  cells: Record<Key, string[]>;
  /** Full-width lines under the line: a result too long for its column, then the comment. */
  below: { text: string; style: TextStyle }[];
  resultStyle: TextStyle;
}

/**
 * Draws the results of one section: the section's title stands in the heading, which is repeated on every page; a line is never split between
 * pages. Returns the y below the table in mm, on the page where it ended.
 */
export function drawResults(doc: jsPDF, text: PdfText, section: ReportSection, area: TableArea): number {
  const rows = section.rows.map((row) => prepare(text, row, area.width));
  const title = text.wrap(section.title, 56 - PADDING.left - PADDING.right, TITLE);
  let end = area.top;
  autoTable(doc, {
    startY: area.top,
    margin: { left: area.left, right: 210 - area.left - area.width, top: area.nextTop, bottom: area.bottom },
    tableWidth: area.width,
    theme: 'plain',
    rowPageBreak: 'avoid',
    showHead: 'everyPage',
    // The table measures and breaks; letters are drawn by PdfText, which knows every script.
    styles: { font: text.family, fontSize: 1, cellPadding: 0, overflow: 'visible' },
    columnStyles: Object.fromEntries(COLUMNS.map((column, index) => [index, { cellWidth: column.width }])),
    head: [COLUMNS.map(() => ({ content: '', styles: { minCellHeight: title.length * LINE + 2.2 } }))],
    body: rows.map(
      (row): RowInput => COLUMNS.map(() => ({ content: '', styles: { minCellHeight: heightOf(row) } })),
    ),
    didDrawCell: (data) => {
      if (data.section === 'head') drawHead(doc, text, title, data);
      const row = data.section === 'body' ? rows[data.row.index] : undefined;
      if (row !== undefined) drawCell(doc, text, row, data);
    },
    didDrawPage: (data) => {
      end = data.cursor?.y ?? end;
    },
  });
  return end;
}

function prepare(text: PdfText, row: ReportRow, width: number): Prepared {
  const room = (key: Key): number =>
    (COLUMNS.find((column) => column.key === key)?.width ?? 20) - PADDING.left - PADDING.right;
  const mark = row.corrected === true ? 'Corrected value.' : '';
  const comment = [mark, row.comment].filter((part) => part !== '').join(' ');
  const small = comment === '' ? [] : text.wrap(comment, width - 8, SMALL);
  const result = text.wrap(row.result, room('result') + PADDING.right - 1, VALUE);
  const wide = result.length > NARROW_LINES ? text.wrap(row.result, width - 8, VALUE) : [];
  const name = row.corrected === true ? room('test') - 4 : room('test');
  const value: TextStyle = { ...VALUE, colour: flagColour(row.flag) };
  const aside = row.result === '' || wide.length > 0;
  return {
    row,
    resultStyle: { ...(aside ? SMALL : value), align: 'right' },
    cells: {
      test: text.wrap(row.test, name, NAME),
      result: row.result === '' ? ['empty'] : wide.length > 0 ? ['see below'] : result,
      flag: [''],
      unit: text.wrap(row.unit, room('unit'), SMALL),
      range: text.wrap(row.range === '' ? 'no range' : row.range, room('range'), SMALL),
      previous: row.previous === null ? [''] : text.wrap(row.previous.result, room('previous'), SMALL),
    },
    below: [
      ...wide.map((line) => ({ text: line, style: value })),
      ...small.map((line) => ({ text: line, style: SMALL })),
    ],
  };
}

/** Lines beside each other, then the previous result's date, then the comment. */
function linesOf(prepared: Prepared): number {
  const { cells, row } = prepared;
  const dated = cells.previous.length + (datedBelow(prepared) ? 1 : 0);
  const tallest = Math.max(cells.test.length, cells.result.length, cells.unit.length, cells.range.length);
  return Math.max(tallest, row.previous === null ? 0 : dated);
}

/** Whether the date does not fit behind the previous result. */
function datedBelow({ row, cells }: Prepared): boolean {
  return row.previous !== null && (cells.previous.length > 1 || row.previous.result.length > 5);
}

function heightOf(prepared: Prepared): number {
  const below = prepared.below.length === 0 ? 0 : prepared.below.length * LINE + 0.4;
  return linesOf(prepared) * LINE + below + PADDING.top + PADDING.bottom;
}

function drawHead(doc: jsPDF, text: PdfText, title: string[], data: CellHookData): void {
  const column = COLUMNS[data.column.index];
  if (column === undefined) return;
  const { x, y, width, height } = data.cell;
  const baseline = y + height - 1.4;
  if (data.column.index === 0) {
    const continued = data.pageNumber > 1 ? ', continued' : '';
    title.forEach((line, index) => {
      const last = index === title.length - 1;
      const at = baseline - (title.length - 1 - index) * LINE;
      const drawn = text.draw(line, x + PADDING.left, at, TITLE);
      if (last) text.draw(continued, x + PADDING.left + drawn, at, HEAD);
    });
    doc.setDrawColor(INK.line);
    doc.setLineWidth(0.25);
    doc.line(x, y + height, x + 178, y + height);
  } else if (column.right) {
    text.draw(column.title, x + width - 1, baseline, { ...HEAD, align: 'right' });
  } else {
    text.draw(column.title, x + PADDING.left, baseline, HEAD);
  }
}

function drawCell(doc: jsPDF, text: PdfText, prepared: Prepared, data: CellHookData): void {
  const column = COLUMNS[data.column.index];
  if (column === undefined) return;
  const { row, cells, below } = prepared;
  const { x, y, width, height } = data.cell;
  const first = y + PADDING.top + BASELINE;
  const left = x + PADDING.left;
  const lines = cells[column.key];
  if (column.key === 'test') {
    if (row.corrected === true) drawAmend(doc, left, first);
    const indent = row.corrected === true ? 4 : 0;
    text.drawLines(lines, left + indent, first, LINE, NAME);
    for (const [index, line] of below.entries()) {
      text.draw(line.text, left + 3, first + (linesOf(prepared) + index) * LINE + 0.2, line.style);
    }
    doc.setDrawColor(INK.hair);
    doc.setLineWidth(0.15);
    doc.line(x, y + height, x + 178, y + height);
  } else if (column.key === 'result') {
    text.drawLines(lines, x + width - 1, first, LINE, prepared.resultStyle);
  } else if (column.key === 'flag') {
    drawFlag(doc, text, row.flag, left, first);
  } else if (column.key === 'previous' && row.previous !== null) {
    const end = left + text.drawLines(lines, left, first, LINE, SMALL);
    if (datedBelow(prepared)) text.draw(row.previous.at, left, first + lines.length * LINE, DATE);
    else text.draw(row.previous.at, Math.max(end + 1.5, left + 8), first, DATE);
  } else {
    text.drawLines(lines, left, first, LINE, SMALL);
  }
}
