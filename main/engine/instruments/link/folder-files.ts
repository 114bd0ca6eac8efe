/** What a watched folder needs of the file system, so that tests can stop it at any step. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, watch } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { errorCode } from '../transports/transport.ts';

/** An entry of a folder as it is itself: a link is not followed. */
export interface FileFacts {
  kind: 'file' | 'folder' | 'other';
  size: number;
  /** milliseconds since 1970 */
  changed: number;
  /** which file it is, whatever its name */
  identity: string;
}

/** Every call may reject with a Node error (`code`). Paths are whole. */
export interface FilePort {
  names(folder: string): Promise<string[]>;
  /** null: there is no such entry (any more) */
  facts(path: string): Promise<FileFacts | null>;
  makeFolder(path: string, parents: boolean): Promise<void>;
  /** Atomic; an entry at `to` is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** The whole file; rejects when it is a link. */
  read(path: string): Promise<Uint8Array>;
  /** SHA-256 of a file of any length, hex. */
  digest(path: string): Promise<string>;
  /** Writes a small file and waits until it is on disk. */
  write(path: string, text: string): Promise<void>;
  /** Copies a file to another file system and waits until it is on disk. */
  copy(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Waits until the names in a folder are on disk, where the system can tell. */
  sync(folder: string): Promise<void>;
  /** Calls `changed` when something may have happened in the folder. Only a hint. Returns the way to stop. */
  watch(folder: string, changed: () => void): () => void;
}

/** Systems and shares that cannot open a folder say so with one of these; there is nothing to wait for then. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF']);

/** The file system of this computer. */
export const nodeFiles: FilePort = {
  names: (folder) => readdir(folder),
  async facts(path) {
    try {
      const found = await lstat(path);
      return {
        kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other',
        size: found.size,
        changed: found.mtimeMs,
        identity: `${found.dev}:${found.ino}`,
      };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  },
  async makeFolder(path, parents) {
    await mkdir(path, { recursive: parents }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  },
  rename,
  async read(path) {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  },
  async digest(path) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  },
  write: (path, text) => writeFile(path, text, { flush: true }),
  async copy(from, to) {
    await copyFile(from, to);
    const { atime, mtimeMs } = await lstat(from);
    const file = await open(to, 'r+');
    try {
      // Not every share takes a time; then the file is known by its content alone.
      await file.utimes(atime, (Math.floor(mtimeMs) + 0.5) / 1000).catch(() => undefined);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  remove: unlink,
  async sync(folder) {
    try {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!NO_FOLDER_SYNC.has(errorCode(error))) throw error;
    }
  },
  watch(folder, changed) {
    try {
      const watcher = watch(folder, { persistent: false }, () => changed());
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      return () => undefined;
    }
  },
};
