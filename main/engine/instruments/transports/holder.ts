/** Who has a port or a device that we want, as far as the system tells. Only Linux tells, and only of processes this user may look at. */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** A TCP socket that listens, in `/proc/net/tcp`. */
const LISTENS = '0A';
const LEVEY = /levey|main\/engine|engine\/(headless|index)/i;

/**
 * The process that listens on a TCP port of this computer, in words: `another Levey (process 812)`, `cupsd (process 90)`. Null where it cannot
 * be told: another system, another user's process. Never rejects.
 */
export async function holderOfPort(port: number): Promise<string | null> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => text(`/proc/net/${name}`)));
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of tables.join('\n').split('\n')) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local.split(':')[1] !== wanted || state !== LISTENS || inode === undefined) continue;
    const found = await processWith(`socket:[${inode}]`);
    if (found !== null) return found;
  }
  return null;
}

/** The process that has a device open, in the words of {@link holderOfPort}; null where it cannot be told. Never rejects. */
export async function holderOfDevice(path: string): Promise<string | null> {
  const real = await realpath(path).catch(() => null);
  return real === null ? null : processWith(real);
}

/** The first process with an open file of this name. */
async function processWith(name: string): Promise<string | null> {
  const all = await readdir('/proc').catch(() => []);
  for (const id of all.filter((one) => /^\d+$/.test(one))) {
    const files = await readdir(`/proc/${id}/fd`).catch(() => []);
    const links = await Promise.all(files.map((fd) => readlink(`/proc/${id}/fd/${fd}`).catch(() => '')));
    if (links.includes(name)) return inWords(id);
  }
  return null;
}

async function inWords(id: string): Promise<string> {
  if (Number(id) === process.pid) return 'another line of this station';
  const called = (await text(`/proc/${id}/comm`)).trim();
  const levey = LEVEY.test(await text(`/proc/${id}/cmdline`));
  return `${levey ? 'another Levey' : called || 'a program'} (process ${id})`;
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
