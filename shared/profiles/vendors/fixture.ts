/** Reading messages with a built-in profile. Used by tests only; the messages are written from the documents the profiles name. */
import { fromBinary } from '../../protocols/astm/bytes.ts';
import { charset } from '../../protocols/astm/charset.ts';
import { builtinProfile } from '../builtin.ts';
import type { CanonicalResult, Interpretation } from '../canonical.ts';
import type { Profile } from '../profile.ts';
import { readMessages } from '../read.ts';

/** The built-in profile; throws for an id that is none. */
export function profileOf(id: string): Profile {
  const found = builtinProfile(id);
  if (found === undefined) throw new Error(`No profile ${id}`);
  return found;
}

/** Reads one message given as records or segments; UTF-8 for HL7, one byte per character for ASTM. */
export function readWith(id: string, lines: readonly string[]): Interpretation {
  const profile = profileOf(id);
  const text = lines.map((line) => `${line}\r`).join('');
  const utf8 = charset('utf8');
  const bytes = fromBinary(profile.protocol === 'hl7' ? utf8.encode(text, () => {}) : text);
  const [message, ...others] = readMessages(bytes, profile);
  if (message === undefined || others.length > 0) throw new Error('Not one message');
  return message;
}

/** What matters of a result in one line: specimen, test, value and unit, status, QC, flags that hold, and the problems' codes. */
export function brief(result: CanonicalResult): string {
  const { number, text, comparator = '', unit } = result.value;
  const value = number === undefined ? text : `${comparator}${text.replace(/^[<>]=?\s*/, '').trim()}`;
  const holds = result.flags.filter((flag) => flag.meaning?.hold !== false).map((flag) => flag.code);
  return [
    result.specimenId ?? '-',
    result.testCode ?? `?${result.instrumentCode}`,
    `${value} ${unit}`.trim(),
    result.status ?? `?${result.sentStatus}`,
    ...(result.isQc ? ['QC'] : []),
    ...(result.dilution === '' ? [] : [`dilution ${result.dilution}`]),
    ...holds.map((code) => `!${code}`),
    ...result.problems.map((problem) => problem.code),
  ].join(' | ');
}

/** {@link brief} of every result. */
export const briefs = (message: Interpretation): string[] => message.results.map(brief);
