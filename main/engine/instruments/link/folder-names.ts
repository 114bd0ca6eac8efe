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

/** A shell pattern (`*`, `?`) as an expression; case of letters does not matter, for devices of systems where it does not. */
export function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/\*+/g, '*')
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'isu');
}
