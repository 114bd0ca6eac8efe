/** The engine as a process: plain Node 24, never Electron's. */
import { fork } from 'node:child_process';
import { ENGINE_FLAGS } from '../../shared/ipc/engine-flags.ts';
import type { EngineToShell, ShellToEngine } from '../../shared/ipc/envelope.ts';
import type { EngineChild, EngineChildEvents } from './engine-supervisor.ts';

/** What the engine may know of our environment. Secrets that happen to be in it stay here. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'USERPROFILE',
  'APPDATA',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
];

/**
 * Starts the engine.
 * @param node absolute path of the Node 24 program
 * @param program absolute path of the engine's main file
 */
export function forkEngine(node: string, program: string, events: EngineChildEvents): EngineChild {
  const env: NodeJS.ProcessEnv = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const child = fork(program, [], {
    execPath: node,
    execArgv: [...ENGINE_FLAGS],
    env,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let ended = false;
  const end = (how: string): void => {
    if (ended) return;
    ended = true;
    events.ended(how);
  };
  child.on('message', (message) => events.message(message as EngineToShell));
  child.on('error', (error) => {
    // Could not be started at all: no exit event follows. Failing to send is followed by one.
    if (child.pid === undefined) end(error.message);
  });
  child.on('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  return {
    send: (message: ShellToEngine) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (signal) => {
      child.kill(signal);
    },
  };
}
