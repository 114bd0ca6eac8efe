/** Reading and moving single files of a watched folder. */
import type { FileProfile } from '../../../../shared/profiles/profile.ts';
import { readMessages } from '../../../../shared/profiles/read.ts';
import type { Timers } from '../../timers.ts';
import { errorCode } from '../transports/transport.ts';
import type { FileFacts, FilePort } from './folder-files.ts';
import { refusedText } from './folder-recover.ts';

/** What was read of a file. */
export interface ReadFile {
  /** the file, or, `refused`, what is known of one that is not read */
  bytes: Uint8Array;
  /** why nothing in it can be read; null: something can */
  fault: string | null;
  refused: boolean;
}

/** The bytes of a claimed file, or what is known of one that is not read. Null: it is no file, or changes while it is read. */
export async function readClaimed(
  files: FilePort,
  profile: FileProfile,
  { path, name, facts }: { path: string; name: string; facts: FileFacts },
): Promise<ReadFile | null> {
  if (facts.kind !== 'file') return null;
  if (facts.size === 0 || facts.size > profile.link.maxBytes) {
    const fault =
      facts.size === 0
        ? 'The file is empty.'
        : `The file has ${facts.size} bytes; the profile takes ${profile.link.maxBytes} at most.`;
    const digest = facts.size === 0 ? '' : await files.digest(path);
    return { bytes: refusedText(name, facts.changed, fault, digest), fault, refused: true };
  }
  const bytes = await files.read(path);
  const after = await files.facts(path);
  if (after === null || !sameFile(facts, after) || bytes.length !== after.size) return null;
  return { bytes, fault: faultOf(bytes, profile), refused: false };
}

/**
 * Moves a file, also to another file system; there it has its name only once it is whole.
 * @param keep where the original of one that was copied is kept: it may still be open where it is written
 */
export async function moveFile(
  files: FilePort,
  from: string,
  to: string,
  keep: string,
): Promise<'moved' | 'copied'> {
  try {
    await files.rename(from, to);
    return 'moved';
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    await files.copy(from, `${to}.part`);
    await files.rename(`${to}.part`, to);
    await files.rename(from, keep);
    return 'copied';
  }
}

/** Whether a file is not there any more, while its folder is. */
export async function isGone(files: FilePort, path: string, folder: string): Promise<boolean> {
  try {
    return (await files.facts(folder)) !== null && (await files.facts(path)) === null;
  } catch {
    return false;
  }
}

/** Waits for work, but no longer than so many milliseconds; the work goes on. */
export async function within(timers: Timers, ms: number, work: Promise<void>): Promise<void> {
  let cancel: () => void = () => undefined;
  const late = new Promise<void>((done) => {
    cancel = timers.set(ms, done);
  });
  await Promise.race([work, late]);
  cancel();
}

/** Whether a file is the same and unchanged. */
export function sameFile(left: FileFacts, right: FileFacts): boolean {
  return (
    left.kind === right.kind &&
    left.size === right.size &&
    left.changed === right.changed &&
    left.identity === right.identity
  );
}

/** Whether a file has lines that are results, also such that are held. */
export function holdsResults(bytes: Uint8Array, profile: FileProfile): boolean {
  return readMessages(bytes, profile).some((one) => one.results.length > 0);
}

/** Why nothing in a file can be read; null when lines of it can, of which those that cannot are held one by one. */
function faultOf(bytes: Uint8Array, profile: FileProfile): string | null {
  const holds = readMessages(bytes, profile)
    .filter((one) => one.results.length === 0)
    .flatMap((one) => one.problems.filter((problem) => problem.severity === 'hold'));
  return holds.length === 0 ? null : holds.map((problem) => problem.text).join(' ');
}
