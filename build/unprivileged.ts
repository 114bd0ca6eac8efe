/**
 * Chromium refuses its sandbox to root. Started as root (a build machine, a container) we therefore run Electron as an
 * unprivileged user, so that what is tested is what is shipped.
 */
import { statSync } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { engineNode, outDir, projectRoot } from './paths.ts';
import { type Ran, run } from './run.ts';
import { say } from './say.ts';

/** A user and group of the operating system. */
export interface Owner {
  uid: number;
  gid: number;
}

/** How to run Electron here. */
export interface RunAs {
  /** Put before the program and its arguments; empty when it runs as ourselves. Every program in it ends with `exec`. */
  prefix: string[];
  /** The user it runs as, when that is not ourselves. */
  owner?: Owner;
  /** False: the sandbox cannot be used here, `--no-sandbox` is needed and a notice was printed. */
  sandbox: boolean;
}

/**
 * Shell script for a private mount namespace: shows the project ($1) although the folder $2 above it is closed to others, by
 * covering that folder with an open one in which nothing but the project is. Then runs the rest of the arguments.
 */
const SHOW_PROJECT =
  'mount --make-rprivate / && mount --bind "$1" /mnt && mount -t tmpfs -o mode=755 levey "$2" && mkdir -p "$1" && ' +
  'mount --bind /mnt "$1" && cd / && shift 2 && exec "$@"';

/**
 * Decides how to run `program` so that its sandbox is on.
 * @param program absolute path of Electron
 */
export async function runAs(program: string): Promise<RunAs> {
  if (process.platform !== 'linux') return { prefix: [], sandbox: true };
  if (process.getuid?.() !== 0) {
    return (await sandboxWorks([], program)) ? { prefix: [], sandbox: true } : withoutSandbox(NO_NAMESPACES);
  }
  const owner = unprivilegedOwner();
  const become = [
    'setpriv',
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--',
  ];
  let prefix = become;
  let closed = await firstClosedPath(prefix, program);
  if (closed !== null) {
    prefix = ['unshare', '--mount', '--', 'sh', '-c', SHOW_PROJECT, 'levey', projectRoot, closed, ...become];
    closed = await firstClosedPath(prefix, program);
  }
  if (closed !== null) return withoutSandbox(`an unprivileged user cannot get at ${closed}`);
  if (!(await sandboxWorks(prefix, program))) return withoutSandbox(NO_NAMESPACES);
  return { prefix, owner, sandbox: true };
}

const NO_NAMESPACES = 'this system gives no user namespaces to ordinary users';

function withoutSandbox(reason: string): RunAs {
  say(`NOTICE: Electron runs with --no-sandbox, because ${reason}. This is for trying out only.`);
  return { prefix: [], sandbox: false };
}

/** The project's owner, when that is not root; else the user nobody. */
function unprivilegedOwner(): Owner {
  const project = statSync(projectRoot);
  return project.uid === 0 ? { uid: 65_534, gid: 65_534 } : { uid: project.uid, gid: project.gid };
}

/** User namespaces work for the user behind `prefix`, or Chromium's own helper is installed with its rights (owner root, SUID). */
async function sandboxWorks(prefix: string[], program: string): Promise<boolean> {
  if ((await runBehind(prefix, ['unshare', '--user', '--map-root-user', 'true'])).code === 0) return true;
  try {
    const helper = statSync(join(dirname(program), 'chrome-sandbox'));
    return helper.uid === 0 && (helper.mode & 0o4755) === 0o4755;
  } catch {
    return false;
  }
}

/** The first of the things Electron and the engine must read that the user behind `prefix` cannot; its closed folder, if it is one. */
async function firstClosedPath(prefix: string[], program: string): Promise<string | null> {
  for (const path of [program, engineNode, join(projectRoot, 'package.json'), outDir]) {
    const folders: string[] = [];
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
      folders.unshift(folder);
    for (const folder of folders) {
      if (!(await can(prefix, '-x', folder))) return folder;
    }
    if (!(await can(prefix, '-r', path)) && (await can([], '-e', path))) return path;
  }
  return null;
}

function runBehind(prefix: string[], command: [string, ...string[]]): Promise<Ran> {
  const [first = command[0], ...rest] = [...prefix, ...command];
  return run(first, rest);
}

async function can(prefix: string[], test: '-x' | '-r' | '-e', path: string): Promise<boolean> {
  return (await runBehind(prefix, ['test', test, path])).code === 0;
}

/** Gives a file or folder, with all that is in it, to another user. Links themselves are given, not what they point to. */
export async function giveTo(owner: Owner | undefined, path: string): Promise<void> {
  if (owner === undefined) return;
  await lchown(path, owner.uid, owner.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(owner, join(path, name));
}
