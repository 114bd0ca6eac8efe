/** Which separator a file with a header has: programs write `;` or a tab where the country writes decimals with a comma. */
import type { Layout } from '../schema/layout.ts';
import { columnsOf } from './fields.ts';
import { cutLines } from './lines.ts';

const SEPARATORS = [';', '\t', ',', '|'] as const;

/**
 * The layout with the separator by which the first line names every column that it must; the layout as it is when its own does, or none does. A line
 * `sep=;` in front of the header is one of the lines the profile skips.
 * @param isTest see {@link columnsOf}
 */
export function separated(text: string, layout: Layout, isTest: (code: string) => boolean): Layout {
  if (layout.form !== 'delimited' || !layout.header || layout.record === 'block') return layout;
  const header = firstLine(text, layout.skip);
  const fits = (one: Layout): boolean => {
    const [line] = cutLines(header, one, true);
    return line !== undefined && line.fault === null && !('fault' in columnsOf(one, line, isTest));
  };
  if (fits(layout)) return layout;
  return SEPARATORS.map((separator) => ({ ...layout, separator })).find(fits) ?? layout;
}

/** The first line that is none to be skipped and not empty. Titles hold no line breaks. */
function firstLine(text: string, skip: readonly string[]): string {
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at, at + 65_536);
    const [line = ''] = rest.split(/\r\n|\r|\n/, 1);
    if (line.trim() !== '' && !skip.some((begin) => line.startsWith(begin))) return line;
    at += Math.max(1, line.length + 1);
  }
  return '';
}
