/** Test help: a pair of pseudo-terminals made by socat, standing for a serial cable. Used by tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PtyPair {
  a: string;
  b: string;
  /** Pulls the cable out: both devices vanish. */
  unplug(): Promise<void>;
  /** Puts it back under the same names. */
  plug(): Promise<void>;
  close(): Promise<void>;
}

/** Two connected devices. Rejects when socat is not installed. */
export async function ptyPair(): Promise<PtyPair> {
  const directory = mkdtempSync(join(tmpdir(), 'levey-pty-'));
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  let child: ChildProcess | null = null;
  const plug = async (): Promise<void> => {
    const next = spawn('socat', ['-d', '-d', `PTY,link=${a},raw,echo=0`, `PTY,link=${b},raw,echo=0`]);
    child = next;
    await new Promise<void>((done, failed) => {
      next.once('error', failed);
      next.once('exit', (code) => failed(new Error(`socat ended with ${code}`)));
      next.stderr?.on('data', (text: Buffer) => {
        if (text.toString().includes('starting data transfer loop')) done();
      });
    });
  };
  const unplug = async (): Promise<void> => {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null) return;
    await new Promise<void>((done) => {
      ending.once('exit', () => done());
      ending.kill('SIGTERM');
    });
  };
  await plug();
  return {
    a,
    b,
    plug,
    unplug,
    async close() {
      await unplug();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
