/** Starting other programs: the few ways the build needs. */
import { type SpawnOptions, spawn } from 'node:child_process';

export interface Ran {
  /** Exit code; -1 when the program could not be started or was ended by a signal. */
  code: number;
  /** What it wrote to stdout and stderr, in the order it came. */
  output: string;
  timedOut: boolean;
}

/**
 * Runs a program and collects what it writes. Never throws: a program that is missing gives code -1 and the reason as output.
 * @param options.timeoutMs ends the program after that time
 * @param options.inherit lets it write to our own stderr instead
 */
export function run(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number; inherit?: boolean } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const spawnOptions: SpawnOptions = {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.inherit === true ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    };
    const child = spawn(program, args, spawnOptions);
    let output = '';
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    const collect = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: -1, output: `${output}${error.message}\n`, timedOut });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, output, timedOut });
    });
  });
}
