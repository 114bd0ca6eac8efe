/** A file system in memory, in virtual time: for the folder a device writes to and a station reads from. */
import type { FilePort } from '../../main/engine/instruments/link/folder-files.ts';
import type { DeviceFiles } from '../sim/analyser/speakers/file.ts';
import type { World } from './world.ts';

interface Entry {
  bytes: Uint8Array;
  changed: number;
  identity: string;
}

export interface MemoryFiles {
  device: DeviceFiles;
  /** As one life of the engine sees it: after its end no call ever returns, and none has an effect. */
  port(alive: () => boolean): FilePort;
  /** Chance that a call of the engine fails for now, 0..1. */
  trouble: number;
}

function missing(): Error {
  return Object.assign(new Error('no such entry'), { code: 'ENOENT' });
}

/** @param random of the troubles; absent: there are none */
export function memoryFiles(world: World, random: () => number = () => 1): MemoryFiles {
  const files = new Map<string, Entry>();
  const folders = new Set<string>();
  let number = 0;
  const put = (path: string, bytes: Uint8Array, identity?: string): void => {
    number += 1;
    const changed = world.clock.now().getTime();
    files.set(path, { bytes, changed, identity: identity ?? `1:${number}` });
  };
  const get = (path: string): Entry => {
    const found = files.get(path);
    if (found === undefined) throw missing();
    return found;
  };
  const memory: MemoryFiles = {
    trouble: 0,
    device: {
      write: async (path, bytes) => put(path, bytes.slice()),
      append: async (path, bytes) => {
        const before = files.get(path);
        // It may be claimed meanwhile, or put away: then a new file begins.
        put(path, Buffer.concat([before?.bytes ?? new Uint8Array(0), bytes]), before?.identity);
      },
      exists: (path) => files.has(path),
    },
    port: (alive) => {
      const call =
        <A extends unknown[], R>(work: (...args: A) => R) =>
        async (...args: A): Promise<R> => {
          await world.pause(random() * 3);
          if (!alive()) return new Promise<R>(() => undefined);
          if (random() < memory.trouble) throw Object.assign(new Error('busy'), { code: 'EBUSY' });
          return work(...args);
        };
      const facts = (path: string) => {
        const found = files.get(path);
        if (found !== undefined)
          return {
            kind: 'file' as const,
            size: found.bytes.length,
            changed: found.changed,
            identity: found.identity,
          };
        return folders.has(path) ? { kind: 'folder' as const, size: 0, changed: 0, identity: path } : null;
      };
      return {
        names: call((folder: string) =>
          [...files.keys(), ...folders]
            .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/'))
            .map((path) => path.slice(folder.length + 1)),
        ),
        facts: call(facts),
        makeFolder: call((path: string) => void folders.add(path)),
        rename: call((from: string, to: string) => {
          const entry = get(from);
          files.delete(from);
          files.set(to, entry);
        }),
        read: call((path: string) => get(path).bytes.slice()),
        digest: call(() => ''),
        write: call((path: string, text: string) => put(path, new TextEncoder().encode(text))),
        copy: call((from: string, to: string) => put(to, get(from).bytes)),
        remove: call((path: string) => void files.delete(path)),
        sync: call(() => undefined),
        watch: () => () => undefined,
      };
    },
  };
  return memory;
}
