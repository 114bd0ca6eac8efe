/** From one record to its named fields. Pure. */
import type { Field, Layout } from '../schema/layout.ts';
import type { Line } from './lines.ts';

/** The value of a field where it stands. `last`: nothing follows it in its line, so that a file cut short may have cut it. */
export interface Cell {
  field: Field;
  text: string;
  last: boolean;
  /** the unit the title of its column gives, or '' */
  unit: string;
}

/** The fields of one result: those of the line, and of its group. */
export type Reading = readonly Cell[];

/** What a record says: one reading per group of `repeat`, else one; or why it does not fit. */
export type Fitted = { readings: Reading[]; fault: null } | { readings: []; fault: string };

const no = (fault: string): Fitted => ({ readings: [], fault });

/** Where the columns of a file are, by its header. */
export interface Columns {
  count: number;
  /** the fields with the number of their column, from 0; those of `wide` tests too */
  places: { field: Field; at: number; unit: string }[];
}

/**
 * Columns by the titles of a header line, or by their numbers.
 * @param isTest wide: whether a title is the code of a test, to find `GLU (mmol/L)`
 */
export function columnsOf(
  layout: Layout,
  header: Line | null,
  isTest: (code: string) => boolean,
): Columns | { fault: string } {
  if (layout.form !== 'delimited') return { count: 0, places: [] };
  const titles = header?.cells.map((cell) => cell.trim()) ?? [];
  const byTitle = new Map<string, number>();
  for (const [at, title] of titles.entries()) {
    const key = title.toLowerCase();
    if (key !== '' && byTitle.has(key)) return { fault: `The header names the column "${title}" twice.` };
    byTitle.set(key, at);
  }
  const places: Columns['places'] = [];
  for (const field of layout.fields) {
    const { column = '' } = field;
    const at = typeof column === 'number' ? column - 1 : byTitle.get(column.trim().toLowerCase());
    if (at === undefined || (header !== null && at >= titles.length)) {
      if (!field.optional) return { fault: `The header has no column "${column}".` };
    } else places.push({ field, at, unit: '' });
  }
  if (header !== null && layout.shape === 'wide') {
    const taken = new Set(places.map((place) => place.at));
    for (const [at, title] of titles.entries()) {
      if (taken.has(at) || title === '') continue;
      places.push({ ...wideField(title, isTest), at });
    }
  }
  return { count: header === null ? (layout.columns ?? 0) : titles.length, places };
}

/** The field of a test's own column: `GLU`, or `GLU (mmol/L)` and `GLU [mmol/L]` when GLU is a test and the whole title is none. */
function wideField(title: string, isTest: (code: string) => boolean): { field: Field; unit: string } {
  const [, name = '', unit = ''] = /^([^([]*[^([\s])\s*[([]([^()[\]]*)[)\]]$/.exec(title) ?? [];
  const test = name === '' || isTest(title) || !isTest(name) ? title : name;
  return { field: { name: title, test, optional: false }, unit: test === title ? '' : unit.trim() };
}

/** Fits a record into the layout. A record with other columns, or shorter than its fields, does not fit: its values may stand in wrong places. */
export function readingsOf(line: Line, layout: Layout, columns: Columns): Fitted {
  if (line.fault !== null) return no(line.fault);
  switch (layout.form) {
    case 'delimited':
      return delimited(line, layout, columns);
    case 'fixed':
      return fixed(line, layout);
    case 'tagged':
      return layout.separator === ' ' ? words(line, layout) : tagged(line, layout);
  }
}

function delimited(line: Line, layout: Layout, { count, places }: Columns): Fitted {
  const { cells } = line;
  const { repeat } = layout;
  if (count > 0 && repeat === null && cells.length !== count)
    return no(`It has ${cells.length} columns and not ${count}.`);
  const cell = (field: Field, at: number, unit = ''): Cell => ({
    field,
    text: (cells[at] ?? '').trim(),
    last: at >= cells.length - 1,
    unit,
  });
  const missing = places.find(({ field, at }) => at >= cells.length && !field.optional);
  if (missing !== undefined) return no(`It has no column ${missing.at + 1} (${missing.field.name}).`);
  const own = places.map(({ field, at, unit }) => cell(field, at, unit));
  if (repeat === null) return { readings: [own], fault: null };
  const readings: Reading[] = [];
  for (let from = repeat.at - 1; from < cells.length; from += repeat.size) {
    const group = cells.slice(from, from + repeat.size);
    if (group.every((text) => text.trim() === '')) continue;
    if (group.length < repeat.size && from + group.length === cells.length) {
      const short = repeat.fields.find((field) => Number(field.column) > group.length && !field.optional);
      if (short !== undefined) return no(`Its last group has no ${short.name}.`);
    }
    readings.push([...own, ...repeat.fields.map((field) => cell(field, from + Number(field.column) - 1))]);
  }
  return { readings, fault: null };
}

function fixed(line: Line, layout: Layout): Fitted {
  const { text } = line;
  const { repeat } = layout;
  const cell = (field: Field, from: number): Cell => {
    const start = from + (field.at ?? 1) - 1;
    const end = start + (field.length ?? 0);
    return { field, text: text.slice(start, end).trim(), last: end >= text.length, unit: '' };
  };
  const missing = layout.fields.find((field) => (field.at ?? 1) > text.length && !field.optional);
  if (missing !== undefined) return no(`It is ${text.length} characters long and has no ${missing.name}.`);
  const own = layout.fields.map((field) => cell(field, 0));
  if (repeat === null) return { readings: [own], fault: null };
  const readings: Reading[] = [];
  for (let from = repeat.at - 1; from < text.length; from += repeat.size) {
    const group = text.slice(from, from + repeat.size);
    if (group.trim() === '') continue;
    const ends = Math.max(
      ...repeat.fields.map((field) => (field.optional ? 0 : (field.at ?? 1) + (field.length ?? 0) - 1)),
    );
    if (group.length < ends)
      return no(`Its last group has ${group.length} characters and not ${repeat.size}.`);
    readings.push([...own, ...repeat.fields.map((field) => cell(field, from))]);
  }
  return { readings, fault: null };
}

/** Fields of a tagged record by what was found; what was not found is empty, or missing. */
function found(layout: Layout, values: ReadonlyMap<Field, string>, lastOf: Field | null): Fitted {
  const missing = layout.fields.find((field) => !values.has(field) && !field.optional);
  if (missing !== undefined) return no(`It has no field ${missing.name}.`);
  const cells = layout.fields
    .filter((field) => values.has(field))
    .map(
      (field): Cell => ({ field, text: (values.get(field) ?? '').trim(), last: field === lastOf, unit: '' }),
    );
  return { readings: [cells], fault: null };
}

function tagged(line: Line, layout: Layout): Fitted {
  const byLength = [...layout.fields].sort((a, b) => (b.tag ?? '').length - (a.tag ?? '').length);
  const values = new Map<Field, string>();
  let from = 0;
  let last: Field | null = null;
  const { text } = line;
  for (let at = 0; at <= text.length; at += 1) {
    if (at < text.length && !layout.separator.includes(text.charAt(at))) continue;
    const piece = text.slice(from, at).replace(/^[\r\n]+|[\r\n]+$/g, '');
    from = at + 1;
    if (piece.trim() === '') continue;
    const field = byLength.find((one) => piece.startsWith(one.tag ?? ''));
    if (field === undefined) return no('It has a field whose mark the profile does not know.');
    if (values.has(field)) return no(`It has the field ${field.name} twice.`);
    values.set(field, piece.slice((field.tag ?? '').length));
    last = field;
  }
  return found(layout, values, last);
}

function words(line: Line, layout: Layout): Fitted {
  const byLength = layout.fields
    .filter((field) => (field.tag ?? '') !== '')
    .sort((a, b) => (b.tag ?? '').length - (a.tag ?? '').length);
  const before = layout.fields.find((field) => field.tag === '');
  const values = new Map<Field, string[]>();
  let current: Field | null = before ?? null;
  if (before !== undefined) values.set(before, []);
  for (const word of line.text.split(/\s+/).filter((one) => one !== '')) {
    const field = byLength.find((one) => isMark(word, one.tag ?? ''));
    if (field !== undefined) {
      if (values.has(field)) return no(`It has the field ${field.name} twice.`);
      values.set(field, []);
      current = field;
    }
    if (current === null) return no('It begins with text the profile does not know.');
    const rest = field === undefined ? word : word.slice((field.tag ?? '').length);
    if (rest !== '') values.get(current)?.push(rest);
  }
  return found(layout, new Map([...values].map(([field, parts]) => [field, parts.join(' ')])), current);
}

/** A mark of letters and figures is a whole word (`K` is not the beginning of `Kim`); one that ends with another sign begins it (`ID#12`). */
function isMark(word: string, tag: string): boolean {
  return /[A-Za-z0-9]$/.test(tag) ? word === tag : word.startsWith(tag);
}
