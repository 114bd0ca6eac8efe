/** Where records, segments and lines of a message stand in its text. Pure. */
import type { Protocol } from '../../../../shared/profiles/profile.ts';

/** Half-open, in characters. */
export interface Place {
  from: number;
  to: number;
}

const NOWHERE: Place = { from: 0, to: 0 };

/**
 * The places of records in a text of one or several messages.
 * @param raw latin1
 * @returns the place of a record: by message (from 0, as {@link readMessages} gives them) and record (from 0, as `records` of a result counts)
 */
export function placesOf(raw: string, protocol: Protocol): (message: number, record: number | null) => Place {
  const groups = protocol === 'astm' || protocol === 'hl7' ? recordGroups(raw, protocol) : null;
  const lines = groups === null ? allLines(raw) : [];
  return (message, record) => {
    if (record === null) return NOWHERE;
    return (groups === null ? lines[record] : groups[message]?.[record]) ?? NOWHERE;
  };
}

function recordGroups(raw: string, protocol: 'astm' | 'hl7'): Place[][] {
  const begins = protocol === 'astm' ? /^H/ : /^MSH/;
  const envelope = /^(FHS|BHS|BTS|FTS)/;
  const groups: Place[][] = [];
  for (const match of raw.matchAll(protocol === 'astm' ? /[^\r]+/g : /[^\r\n]+/g)) {
    const text = match[0].replace(/^\n+/, '');
    if (text === '') continue;
    if (protocol === 'hl7' && envelope.test(text)) continue;
    if (begins.test(text)) groups.push([]);
    else if (groups.length === 0) {
      if (protocol === 'hl7') continue;
      groups.push([]);
    }
    const from = match.index + match[0].length - text.length;
    groups.at(-1)?.push({ from, to: from + text.length });
  }
  return groups;
}

/** Every line, empty ones too: lines of files and streams are counted so. */
function allLines(raw: string): Place[] {
  const lines: Place[] = [];
  let from = 0;
  for (const match of raw.matchAll(/\r\n|\r|\n/g)) {
    lines.push({ from, to: match.index });
    from = match.index + match[0].length;
  }
  return [...lines, { from, to: raw.length }];
}
