/** Times as files and streams write them. Pure. */
import { type LocalTime, parseTime } from '../../protocols/astm/records.ts';

const TOKENS = /YYYY|YY|MM|DD|HH|hh|mm|ss|M|D|H|A/g;
const PATTERNS: Record<string, string> = {
  YYYY: '(\\d{4})',
  A: '([AP]M)',
  M: '(\\d{1,2})',
  D: '(\\d{1,2})',
  H: '(\\d{1,2})',
};

interface Spelling {
  pattern: RegExp;
  tokens: string[];
}

const known = new Map<string, Spelling>();

function spelling(format: string): Spelling {
  const before = known.get(format);
  if (before !== undefined) return before;
  const tokens: string[] = [];
  let source = '';
  let from = 0;
  for (const match of format.matchAll(TOKENS)) {
    source += literal(format.slice(from, match.index)) + (PATTERNS[match[0]] ?? '(\\d\\d)');
    tokens.push(match[0]);
    from = match.index + match[0].length;
  }
  const made = { pattern: new RegExp(`^${source}${literal(format.slice(from))}$`, 'i'), tokens };
  known.set(format, made);
  return made;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replace(/ +/g, ' +');
}

/**
 * A time by the first of the spellings (separated by `|`) it has; `local` null when it has none or is no time: 31 February, 25 o'clock.
 * Two figures of a year are of this century.
 */
export function timeBy(formats: string, text: string): LocalTime {
  const trimmed = text.trim();
  if (trimmed === '') return { text: '', local: null };
  for (const format of formats.split('|')) {
    const { pattern, tokens } = spelling(format);
    const found = pattern.exec(trimmed);
    if (found === null) continue;
    const part = Object.fromEntries(tokens.map((token, at) => [token, found[at + 1] ?? '']));
    const year = part.YYYY ?? (part.YY === undefined ? '' : `20${part.YY}`);
    const day = `${year}${two(part.MM ?? part.M)}${two(part.DD ?? part.D)}`;
    const hour = part.hh === undefined ? (part.HH ?? part.H) : hour24(part.hh, part.A ?? '');
    if (hour === null) continue;
    const clock = hour === undefined ? '' : `${two(hour)}${two(part.mm ?? '00')}${two(part.ss ?? '00')}`;
    const { local } = parseTime(`${day}${clock}`);
    if (local !== null) return { text: trimmed, local };
  }
  return { text: trimmed, local: null };
}

function two(text: string | undefined): string {
  return (text ?? '').padStart(2, '0');
}

/** `12 AM` is midnight and `12 PM` noon; null when it is no hour of a 12-hour clock. */
function hour24(text: string, half: string): string | null {
  const hour = Number(text);
  if (hour < 1 || hour > 12 || half === '') return null;
  return String((hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0));
}
