import { constants } from 'node:fs';
import { copyFile, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LeveyError } from '../../../shared/errors.ts';
import { parseStation, type Station } from '../../../shared/station/schema.ts';

/** A station file that was written. */
export interface SavedStation {
  station: Station;
  /** Name of the file beside it that holds what it said before. */
  keptAs: string;
}

/**
 * Replaces the section `server` of a station file, or takes it out (`undefined`); everything else stays as it is in the file now. The file
 * before is kept beside it, and the new one takes its place in one step: after a crash there is the one or the other.
 * @throws LeveyError `station.missing`, `station.notJson`, `station.invalid` (nothing is written then), `station.notWritable`
 */
export async function saveServerSection(file: string, server: unknown, at: Date): Promise<SavedStation> {
  let path: string;
  let text: string;
  try {
    path = await realpath(file);
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw notWritable(`The station file ${file} cannot be read.`, cause);
  }
  // Also checks what stands in the file now: a file mended by hand meanwhile is not to be made worse.
  parseStation(text);
  const { server: _before, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const next = `${JSON.stringify(server === undefined ? rest : { ...rest, server }, null, 2)}\n`;
  const station = parseStation(next);
  const extension = extname(path);
  const keptAs = `${basename(path, extension)}.before-${stampOf(at)}${extension}`;
  const directory = dirname(path);
  const draft = join(directory, `.${basename(path)}.new`);
  try {
    const { mode } = await stat(path);
    await copyFile(path, join(directory, keptAs), constants.COPYFILE_EXCL);
    await writeWhole(draft, next, mode & 0o777, 'w');
    await rename(draft, path);
    await syncDirectory(directory);
  } catch (cause) {
    await rm(draft, { force: true });
    throw notWritable(`The station file ${file} cannot be written.`, cause);
  }
  return { station, keptAs };
}

/**
 * Writes a secret into a new file beside the station file, mode 0600.
 * @param name what it is for: the file is `name-YYYYMMDD-HHMMSSmmm` @returns the file's name. @throws LeveyError `station.notWritable`
 */
export async function writeSecretFile(
  directory: string,
  name: string,
  text: string,
  at: Date,
): Promise<string> {
  const file = `${name}-${stampOf(at)}`;
  try {
    await writeWhole(join(directory, file), `${text.trim()}\n`, 0o600, 'wx');
    await syncDirectory(directory);
  } catch (cause) {
    throw notWritable(`The file ${file} cannot be written beside the station file.`, cause);
  }
  return file;
}

async function writeWhole(path: string, text: string, mode: number, flags: 'w' | 'wx'): Promise<void> {
  const handle = await open(path, flags, mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `20261122-203005123`, UTC. */
function stampOf(at: Date): string {
  const digits = at.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

function notWritable(what: string, cause: unknown): LeveyError {
  const why = cause instanceof Error ? ` ${cause.message}` : '';
  return new LeveyError({
    code: 'station.notWritable',
    what: `${what}${why}`,
    safe: 'The station works on with what it had.',
    todo: 'Let the user who runs the workstation write to that folder, or change the file by hand (docs/station.md).',
    cause,
  });
}
