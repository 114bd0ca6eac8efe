/** Names of files in a watched folder. They are data: none leads out of its folder, none reaches a log. */

/** Bytes of a name of ours at most; systems take 255. */
const LONGEST = 150;

/** Whether a name is one of a file in its folder: not a way to another one. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

/** A name with nothing in it that a system or a terminal minds, not too long, with its ending kept. */
export function safeName(name: string): string {
  const clean = name.replace(/[^\p{L}\p{N}._ ()+-]/gu, '_').replace(/^\.+/, '_');
  if (Buffer.byteLength(clean) <= LONGEST) return clean;
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(clean)?.[0] ?? '';
  let begin = clean.slice(0, clean.length - ending.length);
  while (Buffer.byteLength(begin) > LONGEST - ending.length) begin = begin.slice(0, -1);
  return begin.toWellFormed() + ending;
}

/** The name of a note beside a file among the errors ends so. */
export const NOTE = '.txt';

/** Between a claimed file's number and its name, and before the digest of what was read of it before. */
const NAME = '~';
const GROWN = '+';

/** The name a claimed file has among the claims. @param before digest of what was read of it, where it was put away and has grown */
export function claimName(number: string, name: string, before?: string): string {
  return `${number}${before === undefined ? '' : GROWN + before}${NAME}${safeName(name)}`;
}

/** The name a claimed file had, and the digest of what was read of it before. */
export function claimedName(claim: string): { name: string; before: string | undefined } {
  const at = claim.indexOf(NAME);
  const [, before] = claim.slice(0, Math.max(at, 0)).split(GROWN);
  return { name: claim.slice(at + 1), before };
}

/** `20260729T064205118`: when the file was written (UTC), so that the archive is in order. */
export function stampOf(changed: number): string {
  return new Date(changed).toISOString().replace(/[-:.Z]/g, '');
}

/** A shell pattern (`*`, `?`) as an expression; case of letters does not matter, for devices of systems where it does not. */
export function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/\*+/g, '*')
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'isu');
}
