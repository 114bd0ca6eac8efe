/** Reading and writing of CSV files of quality control. Pure. */

/** One line of a file by column name, lower case; `line` is its number in the file, from 1. */
export interface CsvRow {
  line: number;
  values: Record<string, string>;
}

export interface CsvProblem {
  /** from 1; 0: the file as a whole */
  line: number;
  text: string;
}

/**
 * Reads CSV as RFC 4180 has it, with a comma, semicolon or tab between the fields - whichever stands most often in the first line. Empty lines are
 * left out, spaces around fields too. The first line names the columns in any order and case.
 * @param required columns that must be there; @param optional columns that may be; any other is a problem: a mistyped name is never ignored
 */
export function readCsv(
  text: string,
  required: readonly string[],
  optional: readonly string[],
): { rows: CsvRow[]; problems: CsvProblem[] } {
  const source = text.replace(/^\uFEFF/, '');
  const lines = fieldsOf(source, delimiterOf(source));
  const [head, ...body] = lines;
  if (head === undefined) return { rows: [], problems: [{ line: 0, text: 'The file is empty.' }] };
  const columns = head.fields.map((one) => one.toLowerCase());
  const problems: CsvProblem[] = [];
  for (const name of required)
    if (!columns.includes(name)) problems.push({ line: head.line, text: `The column “${name}” is missing.` });
  columns.forEach((name, at) => {
    if (![...required, ...optional].includes(name))
      problems.push({ line: head.line, text: `The column “${name}” is not known.` });
    if (columns.indexOf(name) !== at)
      problems.push({ line: head.line, text: `The column “${name}” is there twice.` });
  });
  if (problems.length > 0) return { rows: [], problems };
  const rows: CsvRow[] = [];
  for (const { line, fields, open } of body) {
    if (open) {
      problems.push({ line, text: 'A quotation mark is not closed.' });
      continue;
    }
    if (fields.length !== columns.length) {
      problems.push({ line, text: `${fields.length} fields instead of ${columns.length}.` });
      continue;
    }
    rows.push({ line, values: Object.fromEntries(columns.map((name, at) => [name, fields[at] ?? ''])) });
  }
  if (rows.length === 0 && problems.length === 0)
    problems.push({ line: 0, text: 'The file has no lines but the first.' });
  return { rows, problems };
}

function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r\n|\n|\r/, 1);
  const count = (one: string) => first.split(one).length;
  return [';', '\t', ','].reduce((best, one) => (count(one) > count(best) ? one : best), ',');
}

interface Line {
  line: number;
  fields: string[];
  /** ended within quotation marks */
  open: boolean;
}

function fieldsOf(text: string, delimiter: string): Line[] {
  const lines: Line[] = [];
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  let wasQuoted = false;
  let number = 1;
  let began = 1;
  const endField = () => {
    fields.push(wasQuoted ? field : field.trim());
    field = '';
    wasQuoted = false;
  };
  const endLine = () => {
    endField();
    if (fields.some((one) => one !== '')) lines.push({ line: began, fields, open: quoted });
    fields = [];
    began = number;
  };
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (quoted) {
      if (one === '\n') number += 1;
      if (one !== '"') field += one;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (one === '"' && field.trim() === '') {
      quoted = true;
      wasQuoted = true;
      field = '';
    } else if (one === delimiter) endField();
    else if (one === '\n' || one === '\r') {
      if (one === '\r' && text[at + 1] === '\n') at += 1;
      number += 1;
      endLine();
    } else if (!wasQuoted || one.trim() !== '') field += one;
  }
  if (field !== '' || fields.length > 0 || quoted) endLine();
  return lines;
}

/**
 * Writes CSV (RFC 4180, CRLF, UTF-8 without mark). A text a spreadsheet would take for a formula gets an apostrophe in front.
 * @param columns names in order
 */
export function writeCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string | number>>[],
): string {
  const field = (value: string | number | undefined): string => {
    const text = String(value ?? '');
    const safe = /^[=+@]/.test(text) || /^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [columns.join(','), ...rows.map((row) => columns.map((name) => field(row[name])).join(','))];
  return `${lines.join('\r\n')}\r\n`;
}
