import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { LeveyError } from '../../../shared/errors.ts';
import { parseStation, type Station } from '../../../shared/station/schema.ts';

/** A station file read from disk, and the directory its relative paths start from. */
export interface LoadedStation {
  station: Station;
  directory: string;
}

/** Reads and checks a station file. Throws `station.missing`, `station.notJson` or `station.invalid`. */
export async function loadStation(file: string): Promise<LoadedStation> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new LeveyError({
      code: 'station.missing',
      what: `The station file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      safe: 'Nothing was started and nothing was changed.',
      todo: 'Name the right file with --station (docs/station.md).',
      cause,
    });
  }
  return { station: parseStation(text), directory: dirname(resolve(file)) };
}

/**
 * Reads a secret from a file that only its owner may read (mode 0600 or stricter). Relative paths start beside the station file.
 * @returns the text without surrounding blanks. Throws `secret.missing`, `secret.tooOpen` or `secret.empty`.
 */
export async function readSecretFile(file: string, directory: string): Promise<string> {
  const path = isAbsolute(file) ? file : resolve(directory, file);
  const fault = (code: string, what: string, todo: string, cause?: unknown) =>
    new LeveyError({ code, what, safe: 'Nothing was sent and nothing was changed.', todo, cause });
  let mode: number;
  try {
    mode = (await stat(path)).mode;
  } catch (cause) {
    throw fault(
      'secret.missing',
      `The secret file ${file} cannot be read.`,
      'Create it with mode 0600.',
      cause,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw fault(
      'secret.tooOpen',
      `The secret file ${file} may be read by others (mode ${(mode & 0o777).toString(8)}).`,
      `Run: chmod 600 ${file}`,
    );
  }
  const text = (await readFile(path, 'utf8')).trim();
  if (text === '')
    throw fault('secret.empty', `The secret file ${file} is empty.`, 'Put the secret into it.');
  return text;
}
