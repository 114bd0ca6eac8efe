import { createHash } from 'node:crypto';
import type { ReportContent } from '../../../shared/reports/content.ts';

/**
 * One text for one value: JSON with the keys of every object in code-unit order, no spaces, members that are undefined left out. Two values
 * that mean the same give the same text.
 * @throws TypeError for what JSON cannot carry: NaN, infinities, functions, bigints, undefined in an array.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no canonical form');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no canonical form`);
}

/** SHA-256 of the canonical JSON (UTF-8) of a report's content: what a signature is bound to (C4). 64 lower-case hexadecimal digits. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content), 'utf8').digest('hex');
}

/**
 * What a signature of a report is bound to: {@link contentHash} of everything it says but the report date, which is the time of signing
 * itself and stands in the signature.
 */
export function reportHash(content: ReportContent): string {
  return contentHash({ ...content, reported: '' });
}
