/** What a person is told of a watched folder. */
import { LeveyError } from '../../../../shared/errors.ts';
import { errorCode } from '../transports/transport.ts';

const SAFE =
  'Nothing was lost: files stay where they are until they are posted. Levey tries again by itself.';

/** The folder cannot be read: it is not there (a share that is not connected), or not allowed. */
export function folderProblem(path: string, cause: unknown): LeveyError {
  const code = errorCode(cause);
  const details = { path, code };
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new LeveyError({
      code: 'instrument.folderAccess',
      what: `The system does not allow Levey to read and move files in ${path}.`,
      safe: SAFE,
      todo: 'Give the user of Levey the right to read, write and delete in this folder.',
      details,
      cause,
    });
  }
  return new LeveyError({
    code: 'instrument.noFolder',
    what: `The folder ${path} cannot be reached${code === '' ? '' : ` (${code})`}.`,
    safe: SAFE,
    todo: 'Connect the share, or correct the path in the station file.',
    details,
    cause,
  });
}

/** Files that cannot be taken or put away for a minute: another program has them, the disk is full, the archive is not writable. */
export function stuckProblem(path: string, count: number, why: string): LeveyError {
  return new LeveyError({
    code: 'instrument.fileStuck',
    what: `${count === 1 ? 'A file' : `${count} files`} in ${path} cannot be read or put away (${why}).`,
    safe: SAFE,
    todo: 'Close the program that has the file open; check the rights and the free space of the folder, its archive and its errors.',
    details: { path, count, why },
  });
}

/** The text that is put beside a file that cannot be read. It says nothing of what the file holds. */
export function note(fault: string, instrumentId: string): string {
  return [
    'Levey could not read this file.',
    '',
    `What happened: ${fault}`,
    'What is safe: Nothing of it was posted. The file is as it was, and an exception is in the queue.',
    `What to do: Compare the file with the profile of ${instrumentId}. When the cause is mended, export it again, or put the file back into the watched folder.`,
    '',
  ].join('\n');
}
