/** A screen for Electron: the one that is there, or a virtual one of our own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildError, say } from './say.ts';

/** Environment for a program that is to draw, and how to be done with it. */
export interface Display {
  env: Record<string, string>;
  /** True when the screen is a virtual one that {@link Display.stop} ends. */
  virtual: boolean;
  stop(): Promise<void>;
}

/** Large enough for the 1440x900 window of the screenshots with a margin. */
const SCREEN = '1600x1000x24';
const START_MS = 15_000;

/**
 * Uses DISPLAY where it is set (or the platform needs none), else starts Xvfb and says so. Only bearers of a cookie may draw on it.
 * @param owner uid and gid of the user that is to draw, when that is not ourselves
 */
export async function ensureDisplay(owner?: { uid: number; gid: number }): Promise<Display> {
  const present = process.env.DISPLAY;
  if (process.platform !== 'linux' || (present !== undefined && present !== '')) {
    return { env: {}, virtual: false, stop: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'levey-x-'));
  const authority = join(folder, 'authority');
  await writeFile(authority, authorityRecord(randomBytes(16)), { mode: 0o600 });
  await chmod(folder, 0o700);
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', SCREEN, '-nolisten', 'tcp', '-noreset', '-auth', authority],
    // Of its own group: Ctrl+C must reach Electron first, which cannot end cleanly without its screen.
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  );
  const number = await displayNumber(server);
  if (owner !== undefined) {
    await chown(authority, owner.uid, owner.gid);
    await chown(folder, owner.uid, owner.gid);
  }
  say(`no display here: started a virtual one (Xvfb :${number}, ${SCREEN})`);
  server.unref();
  const kill = (): void => {
    server.kill('SIGKILL');
  };
  process.once('exit', kill);
  return {
    env: { DISPLAY: `:${number}`, XAUTHORITY: authority },
    virtual: true,
    stop: async () => {
      process.off('exit', kill);
      server.ref();
      if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function displayNumber(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    const fail = (what: string): void => {
      clearTimeout(timer);
      server.kill('SIGKILL');
      reject(new BuildError(`Xvfb did not start: ${what}`, 'Set DISPLAY, or install the package xvfb.'));
    };
    const timer = setTimeout(() => fail(`no display after ${START_MS / 1000} s. ${complaint}`), START_MS);
    server.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString('utf8');
    });
    server.on('error', (error) => fail(error.message));
    server.on('exit', (code) => fail(`exit code ${code}. ${complaint}`));
    let text = '';
    server.stdio[3]?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      server.removeAllListeners('exit');
      resolve(text.trim());
    });
  });
}

/**
 * One record of an X authority file: family "wild" (any host), no address, no display number, then the cookie. All lengths are
 * 16-bit, big-endian.
 */
export function authorityRecord(cookie: Uint8Array): Buffer {
  const name = Buffer.from('MIT-MAGIC-COOKIE-1', 'latin1');
  const field = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const family = Buffer.from([0xff, 0xff]);
  return Buffer.concat([family, field(Buffer.alloc(0)), field(Buffer.alloc(0)), field(name), field(cookie)]);
}
